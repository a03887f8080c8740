/**
 * One call: its facts, its timeline, its recorders with their evidence, and every entry in words.
 *
 * @module
 */
import { html } from "hono/html";
import type { TenantId } from "../../control/call.ts";
import { protection } from "../../control/conclude.ts";
import { CallTooLong } from "../../evidence/desk.ts";
import type { CallEvidence } from "../../evidence/evidence.ts";
import { eventOfEntry, isCallEntry } from "../../log/callEntries.ts";
import { hasCardNumber } from "../../policy/cardholder.ts";
import { DRAWN_ENTRY_COUNT_MAX, readCall } from "../calls/read.ts";
import { entriesOfLife } from "../calls/lives.ts";
import { type Timeline, timelineOf } from "../calls/timeline.ts";
import { moment } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Reply, Visit } from "../page.ts";
import { cardRefused } from "../watch/review.ts";
import { callPath, duration, logRead } from "../watch/show.ts";
import { entriesList } from "./callEntries.ts";
import { recordersTable } from "./callRecorders.ts";
import { timelineSection } from "./callTimeline.ts";
import { behind } from "./calls.ts";

/** What is known of a call's evidence, and why where it is not. */
export type Evidence =
  | { readonly kind: "known"; readonly evidence: CallEvidence }
  | { readonly kind: "away" | "of_the_newest" | "too_long" };

export function callPages(deps: PageDeps): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/calls/:callId",
      action: "read_log",
      handle: (visit) => show(deps, visit),
    },
  ];
}

/**
 * The call's id, as asked for: undefined where it is none. What looks like a card number is
 * refused, and that is entered.
 */
export async function callIdOf(
  { enter, idForm }: PageDeps,
  visit: Visit,
  operation: string,
): Promise<string | undefined> {
  const callId = visit.param("callId");
  if (idForm(visit.session.principal.tenant, "callId", callId).ok) return callId;
  if (hasCardNumber(callId)) await enter(cardRefused(visit, operation, "/callId"));
  return undefined;
}

async function show(deps: PageDeps, visit: Visit): Promise<Reply> {
  const { query, say, session } = visit;
  const { tenant } = session.principal;
  const callId = await callIdOf(deps, visit, "readCall");
  if (callId === undefined) return { kind: "not_found" };
  await deps.enter(logRead(visit, "history", { callId }));
  const title = say("call.title", { callId });
  try {
    const read = await readCall(deps.log, tenant, callId);
    const [first] = read.entries;
    if (first === undefined) return { kind: "not_found" };
    const told = entriesOfLife(read.entries.filter(isCallEntry), Number(query.get("life") ?? NaN));
    const { count, isNewest, number: life } = told;
    const timeline = timelineOf(told.entries.map(eventOfEntry), deps.clock());
    const evidence = isNewest
      ? await evidenceOf(deps, visit, callId)
      : { kind: "of_the_newest" as const };
    const shown = { callId, life, timeline, evidence };
    const body = html`${behind(say, read.behind)}
    ${count > 1 ? livesList(visit, callId, life, count) : ""}
    ${
      timeline === undefined
        ? html`<p class="notice">${say("calls.noEvents")}</p>`
        : html`${await facts(deps, visit, { ...shown, timeline, isNewest })}
          ${
            read.isWhole
              ? html`${timelineSection(visit, { ...shown, timeline })}
                ${recordersTable(visit, { ...shown, timeline }, deps.recordingPage.has)}`
              : html`<p class="notice">${say("call.tooLong", { count: DRAWN_ENTRY_COUNT_MAX })}</p>`
          }`
    }
    ${await entriesList(deps, visit, callId)}`;
    return { kind: "page", title, body };
  } catch {
    const body = html`<p class="bad" role="alert">${say("error.unavailable")}</p>`;
    return { kind: "page", title, body };
  }
}

/** What recordings tell: whoever may read the log may see it. */
export async function evidenceOf(
  { evidence }: PageDeps,
  { session }: Visit,
  callId: string,
): Promise<Evidence> {
  try {
    const known = await evidence.read(session.principal.tenant, callId);
    return known === undefined ? { kind: "away" } : { kind: "known", evidence: known };
  } catch (error) {
    return { kind: error instanceof CallTooLong ? "too_long" : "away" };
  }
}

interface Shown {
  readonly callId: string;
  readonly timeline: Timeline;
  readonly evidence: Evidence;
  readonly isNewest: boolean;
}

async function facts(
  deps: PageDeps,
  { language, say, session }: Visit,
  { callId, evidence, isNewest, timeline }: Shown,
): Promise<Html> {
  const { state } = timeline;
  const word = protection(state);
  const isLive = isNewest && state.endedAt === undefined;
  const durable = !isLive || (await isDurable(deps, session.principal.tenant, callId));
  const attributes = Object.entries(state.attributes);
  const incidents = evidence.kind === "known" ? evidence.evidence.incidentIds : [];
  return html`<p>
      <strong class="word ${word}">${say(`protection.${word}`)}</strong>
      ${isLive ? html`${say("call.live")} <a href="${callPath(callId)}">${say("call.reload")}</a>` : ""}
    </p>
    ${durable ? "" : html`<p class="notice" role="status">${say("call.notDurable")}</p>`}
    <h2>${say("call.facts")}</h2>
    <dl class="facts">
      ${fact(say("calls.call"), html`<code>${callId}</code>`)}
      ${fact(say("call.agent"), state.agentId ?? "–")}
      ${
        attributes.length === 0
          ? ""
          : fact(
              say("call.attributes"),
              attributes.map(([name, value]) => `${name}: ${value}`).join(", "),
            )
      }
      ${fact(say("call.began"), moment(timeline.from))}
      ${state.endedAt === undefined ? "" : fact(say("call.ended"), moment(state.endedAt))}
      ${fact(say("calls.windows"), String(timeline.windows.length))}
      ${fact(say("call.unsecured"), duration(state.unsecuredMs, language))}
      ${fact(say("call.unrecorded"), duration(state.unrecordedMs, language))}
      ${
        incidents.length === 0
          ? ""
          : fact(
              say("call.incidents"),
              html`${incidents.map(
                (id) => html`<a href="/console/incidents/${encodeURIComponent(id)}">${id}</a> `,
              )}`,
            )
      }
    </dl>`;
}

export const fact = (name: string, value: Html | string): Html =>
  html`<dt>${name}</dt>
    <dd>${value}</dd>`;

/** False while facts of this call are in memory alone. Whoever cannot say is no reason for a notice. */
async function isDurable({ calls }: PageDeps, tenant: TenantId, callId: string): Promise<boolean> {
  try {
    return (await calls.read(tenant, callId))?.durable ?? true;
  } catch {
    return true;
  }
}

const livesList = ({ say }: Visit, callId: string, life: number, count: number): Html =>
  html`<p class="notice">${say("call.lives", { count, life })}</p>
    <nav class="zoom" aria-label="${say("calls.call")}">
      ${Array.from({ length: count }, (_, index) => index + 1)
        .slice(-20)
        .map(
          (one) =>
            html`<a
              href="${callPath(callId)}?life=${one}"
              ${one === life ? html`aria-current="page"` : ""}
              >${say("call.life", { life: one })}</a
            >`,
        )}
    </nav>`;
