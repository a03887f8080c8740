/**
 * The gap statement of one recording: one page for whoever has to show why a recording has gaps.
 *
 * @module
 */
import { html } from "hono/html";
import { isCallEntry } from "../../log/callEntries.ts";
import { readCall } from "../calls/read.ts";
import {
  type Ended,
  type Gap,
  type Request,
  type Statement,
  statementOf,
} from "../calls/statement.ts";
import { entriesOfLife } from "../calls/lives.ts";
import { moment, scrolling, whoIs } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Reply, Visit } from "../page.ts";
import type { Say } from "../say.ts";
import { callPath, duration, logRead } from "../watch/show.ts";
import { callIdOf, type Evidence, evidenceOf, fact } from "./call.ts";
import { evidenceCell } from "./callRecorders.ts";

/** Positions that are named one by one. */
const POSITION_COUNT_MAX = 200;

export function statementPages(deps: PageDeps): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/calls/:callId/statement/:tapId",
      action: "read_log",
      handle: (visit) => show(deps, visit),
    },
  ];
}

async function show(deps: PageDeps, visit: Visit): Promise<Reply> {
  const { query, say, session } = visit;
  const { tenant } = session.principal;
  const callId = await callIdOf(deps, visit, "readStatement");
  if (callId === undefined) return { kind: "not_found" };
  await deps.enter(logRead(visit, "statement", { callId }));
  const title = say("statement.title");
  const page = (body: Html): Reply => ({ kind: "page", title, body });
  const trouble = (text: string) =>
    page(
      html`<p class="bad" role="alert">${text}</p>
        <p><a href="${callPath(callId)}">${say("statement.back")}</a></p>`,
    );
  try {
    const { behind, entries, isWhole } = await readCall(deps.log, tenant, callId);
    // What may lack something is no statement.
    if (behind !== undefined) {
      return trouble(say("statement.behind", { indexed: behind.indexed, size: behind.size }));
    }
    if (!isWhole) return trouble(say("call.tooLong", { count: entries.length }));
    const events = entries.filter(isCallEntry);
    const lives = entriesOfLife(events, Number(query.get("life") ?? NaN));
    const statement = statementOf(lives.entries, visit.param("tapId"), deps.clock());
    if (statement === undefined) return { kind: "not_found" };
    const evidence: Evidence = lives.isNewest
      ? await evidenceOf(deps, visit, callId)
      : { kind: "of_the_newest" };
    const head = await deps.log.checkpoint(tenant);
    return page(
      html`<div class="statement">
        <p>${say("statement.intro")}</p>
        ${about(deps, visit, callId, statement, lives.beganAt)} ${gaps(visit, statement)}
        ${sums(visit, statement)}
        <section>
          <h2>${say("statement.evidence")}</h2>
          ${evidenceCell(say, evidence, statement.tap)}
        </section>
        <section>
          <h2>${say("statement.deleted")}</h2>
          <p>${say("statement.deletedText")}</p>
        </section>
        ${check(deps, visit, callId, head)}
      </div>`,
    );
  } catch {
    return trouble(say("error.unavailable"));
  }
}

function about(
  { clock, recorders }: PageDeps,
  { say, session }: Visit,
  callId: string,
  { tap }: Statement,
  beganAt: number | undefined,
): Html {
  const { tenant } = session.principal;
  const vendor = recorders(tenant).find((one) => one.recorderId === tap.recorderId)?.vendor;
  return html`<dl class="facts">
    ${fact(say("calls.call"), html`<a href="${callPath(callId)}"><code>${callId}</code></a>`)}
    ${fact(say("statement.tenant"), tenant)}
    ${fact(say("calls.recorder"), vendor === undefined ? tap.recorderId : `${tap.recorderId} (${vendor})`)}
    ${fact(say("statement.target"), html`<code>${tap.targetKey}</code>`)}
    ${tap.session === undefined ? "" : fact(say("calls.recording"), html`<code>${tap.session}</code>`)}
    ${fact(say("call.control"), say(`control.${tap.control}`))}
    ${fact(say("call.audio"), say(`audio.${tap.audio}`))}
    ${beganAt === undefined ? "" : fact(say("call.began"), moment(beganAt))}
    ${fact(say("statement.madeAt"), moment(clock()))}
    ${fact(say("statement.madeFor"), `${session.name} (${session.principal.id})`)}
  </dl>`;
}

function gaps(visit: Visit, { gaps: all, tap }: Statement): Html {
  const { say } = visit;
  if (tap.control === "none") return html`<p>${say("statement.onlyTestifies")}</p>`;
  if (all.length === 0) return html`<p>${say("statement.noWindows")}</p>`;
  return html`${all.map((one, index) => gap(visit, one, index + 1, tap.touched))}`;
}

function gap(visit: Visit, one: Gap, number: number, isOwed: boolean): Html {
  const { language, say } = visit;
  const { drift, recordsBy, recordsHow, requests, resumed, silentFrom, silentHow, until } = one;
  const windowId = requests.map((request) => request.windowId).join(", ");
  const notAgain = say(isOwed ? "statement.notAgain" : "statement.notTouched");
  return html`<section>
    <h2>${say("statement.gap", { number, windowId })}</h2>
    ${asked(visit, requests)}
    <dl class="facts">
      ${fact(
        say("statement.silentFrom"),
        silentFrom === undefined
          ? html`<span class="bad">${say("statement.never")}</span>`
          : html`${moment(silentFrom)}
            ${silentHow === undefined ? "" : `(${say(`how.${silentHow}`)})`}`,
      )}
      ${drift.map(({ from, to }) =>
        fact(
          say("statement.drift"),
          html`<span class="bad"
            >${moment(from)} – ${moment(to)} (${duration(to - from, language)})</span
          >`,
        ),
      )}
      ${fact(
        say("statement.until"),
        until === undefined ? say("statement.stillAsked") : ending(say, resumed),
      )}
      ${fact(
        say("statement.recordsBy"),
        recordsBy === undefined
          ? until === undefined
            ? "–"
            : notAgain
          : html`${moment(recordsBy)}
            ${recordsHow === undefined ? "" : `(${say(`how.${recordsHow}`)})`}`,
      )}
    </dl>
    <p class="hint">${say("statement.entries", { positions: ranges(one.positions) })}</p>
  </section>`;
}

function asked({ say }: Visit, requests: readonly Request[]): Html {
  return scrolling(
    say("statement.asked"),
    html`<table class="wide">
      <caption>
        ${say("statement.asked")}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say("calls.window")}</th>
          <th scope="col">${say("statement.askedBy")}</th>
          <th scope="col">${say("statement.reason")}</th>
          <th scope="col">${say("call.from")}</th>
          <th scope="col">${say("call.to")}</th>
        </tr>
      </thead>
      <tbody>
        ${requests.map(
          (request) =>
            html`<tr>
              <th scope="row"><code>${request.windowId}</code></th>
              <td>${askedBy(say, request)}</td>
              <td>${request.reason ?? say("statement.noReason")}</td>
              <td>${moment(request.askedAt)}</td>
              <td>${ending(say, request.ended)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  );
}

const askedBy = (say: Say, { agentId, by, owner }: Request): string =>
  [
    by === undefined ? "–" : whoIs(by),
    ...(owner === undefined ? [] : [say("statement.owner", { owner })]),
    ...(agentId === undefined ? [] : [`${say("calls.agent")} ${agentId}`]),
  ].join(", ");

const ending = (say: Say, { at, by, how }: Ended): Html => {
  const said = say(`statement.how.${how}`, { who: by === undefined ? "tacet" : whoIs(by) });
  return at === undefined ? html`${said}` : html`${moment(at)}, ${said}`;
};

function sums({ language, say }: Visit, { lateMs, notSilentMs, silentMs }: Statement): Html {
  return html`<section>
    <h2>${say("statement.sums")}</h2>
    <dl class="facts">
      ${fact(say("statement.silentMs"), duration(silentMs, language))}
      ${fact(say("statement.notSilentMs"), duration(notSilentMs, language))}
      ${fact(say("statement.lateMs"), duration(lateMs, language))}
    </dl>
  </section>`;
}

function check({ log }: PageDeps, { say }: Visit, callId: string, head: string): Html {
  const key = log.verifierKey;
  const path = `/v1/log/entries?callId=${encodeURIComponent(callId)}`;
  return html`<section>
    <h2>${say("statement.check")}</h2>
    <p>${say("statement.checkText")}</p>
    <pre><code>${head}</code></pre>
    ${key === undefined ? "" : html`<p>${say("statement.key")}: <code>${key}</code></p>`}
    <p>
      <code>tacet verify --key KEY --checkpoint FILE LOG</code>
    </p>
    <p>${say("statement.entriesAt", { path: "" })}<code>${path}</code></p>
    <p class="noprint"><a href="${callPath(callId)}">${say("statement.back")}</a></p>
  </section>`;
}

/** `12–15, 19`: positions in order, those that follow one another as one. */
function ranges(positions: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const position of positions) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1 === position) last[1] = position;
    else runs.push([position, position]);
  }
  const said = runs
    .slice(0, POSITION_COUNT_MAX)
    .map(([from, to]) => (from === to ? String(from) : `${from}–${to}`));
  return said.join(", ") + (runs.length > said.length ? " …" : "");
}
