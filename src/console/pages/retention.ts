/**
 * Retention: how long entries are kept, what was pruned, what keeps older ones, and legal holds placed
 * and lifted.
 *
 * @module
 */
import { html } from "hono/html";
import type { LegalHold } from "../../log/retention.ts";
import type { RetentionStanding, Stop } from "../../log/retentionDesk.ts";
import { may } from "../../policy/access.ts";
import { scrolls } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Reply, Visit } from "../page.ts";
import { startOf } from "../watch/days.ts";
import { isCard } from "../watch/review.ts";
import { actorOf, callPath, logRead, moment } from "../watch/show.ts";

const REASON_MAX = 2_000;
const CALL_ID_MAX = 128;

type Said = "empty" | "long" | "card" | "day" | "call_unknown" | "full" | "unknown" | "log_failed";
/** What a form was sent with, to be sent again. */
interface Typed {
  readonly said?: Said;
  readonly reason?: string;
  readonly callId?: string;
  readonly since?: string;
}

export function retentionPages(deps: PageDeps): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/retention",
      action: "read_retention",
      nav: "nav.retention",
      handle: (visit) => shown(deps, visit, {}),
    },
    {
      method: "POST",
      path: "/retention/place",
      action: "hold_entries",
      handle: (visit) => place(deps, visit),
    },
    {
      method: "POST",
      path: "/retention/lift",
      action: "hold_entries",
      handle: (visit) => lift(deps, visit),
    },
  ];
}

async function shown(deps: PageDeps, visit: Visit, typed: Typed): Promise<Reply> {
  const { say, session } = visit;
  await deps.enter(logRead(visit, "retention", {}));
  const standing = await deps.retention.standing(session.principal.tenant);
  const { said } = typed;
  return {
    kind: "page",
    title: say("nav.retention"),
    body: html`${
        said === undefined
          ? ""
          : html`<p role="alert" class="word bad">${say(`retention.said_${said}`)}</p>`
      }
      ${kept(visit, standing)}
      <h2>${say("retention.holds")}</h2>
      <p class="hint">${say("retention.why")}</p>
      ${holds(visit, standing.legalHolds)} ${placing(visit, typed)}`,
  };
}

function kept({ say }: Visit, { keptFrom, months, prunedTo, stoppedBy }: RetentionStanding): Html {
  return html`<p>
      ${months === undefined ? say("retention.forever") : say("retention.months", { months })}
    </p>
    <p>
      ${prunedTo === 0 ? say("retention.none") : say("retention.pruned", { position: prunedTo })}
      ${keptFrom === undefined ? "" : html`${say("retention.keptFrom")} ${moment(keptFrom)}.`}
    </p>
    ${
      stoppedBy === undefined
        ? ""
        : html`<p class="word securing">
            ${say("retention.stopped")}
            ${say(`retention.stop_${stoppedBy.kind}`, { id: idOf(stoppedBy) })}.
          </p>`
    }`;
}

function idOf(stop: Stop): string {
  switch (stop.kind) {
    case "legal_hold":
      return stop.holdId;
    case "open_incident":
      return stop.incidentId;
    case "copy":
      return stop.destination;
    case "call":
      return stop.callId;
    case "reading":
    case "log":
      return "";
  }
}

function holds(visit: Visit, standing: readonly LegalHold[]): Html {
  const { say, session } = visit;
  if (standing.length === 0) return html`<p>${say("retention.noHolds")}</p>`;
  const mayLift = may(session.principal, "hold_entries").ok;
  return html`<div class="scroll" ${scrolls(say("retention.holds"))}>
    <table>
      <caption>
        ${say("retention.holds")}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say("retention.placedAt")}</th>
          <th scope="col">${say("retention.by")}</th>
          <th scope="col">${say("retention.reason")}</th>
          <th scope="col">${say("retention.keeps")}</th>
          ${mayLift ? html`<th scope="col">${say("retention.end")}</th>` : ""}
        </tr>
      </thead>
      <tbody>
        ${standing.map(
          (hold) =>
            html`<tr>
              <td>${moment(hold.placedAt)}</td>
              <td><bdi>${hold.by}</bdi></td>
              <th scope="row"><bdi>${hold.reason}</bdi></th>
              <td>${keeps(visit, hold)}</td>
              ${mayLift ? html`<td>${lifting(visit, hold)}</td>` : ""}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function keeps({ say }: Visit, { callId, firstKept }: LegalHold): Html {
  if (callId === undefined) return html`${say("retention.keepsFrom", { position: firstKept })}`;
  const words = say("retention.keepsCall", { callId, position: firstKept });
  return html`<a href="${callPath(callId)}">${words}</a>`;
}

function lifting({ say, session }: Visit, { holdId }: LegalHold): Html {
  return html`<form method="post" action="/console/retention/lift">
    <input type="hidden" name="csrf" value="${session.csrf}" />
    <input type="hidden" name="holdId" value="${holdId}" />
    <label
      >${say("retention.liftReason")} <input name="reason" maxlength="${REASON_MAX}" required
    /></label>
    <button type="submit">${say("retention.lift")}</button>
  </form>`;
}

function placing({ say, session }: Visit, typed: Typed): Html {
  if (!may(session.principal, "hold_entries").ok)
    return html`<p class="hint">${say("retention.notYou")}</p>`;
  return html`<h2>${say("retention.place")}</h2>
    <form method="post" action="/console/retention/place">
      <input type="hidden" name="csrf" value="${session.csrf}" />
      <p>
        <label
          >${say("retention.reason")}<br />
          <input
            name="reason"
            size="60"
            maxlength="${REASON_MAX}"
            required
            value="${typed.reason ?? ""}"
        /></label>
      </p>
      <p>
        <label
          >${say("retention.callId")}<br />
          <input name="callId" size="60" maxlength="${CALL_ID_MAX}" value="${typed.callId ?? ""}"
        /></label>
      </p>
      <p>
        <label
          >${say("retention.since")}<br />
          <input type="date" name="since" value="${typed.since ?? ""}"
        /></label>
      </p>
      <button type="submit">${say("retention.placeNow")}</button>
    </form>`;
}

const sent = ({ form }: Visit, name: string): string => (form.get(name) ?? "").trim();

/** What is wrong with words that would go into the log; undefined where nothing is. */
function wordsFlaw(reason: string, callId: string): Said | undefined {
  if (reason === "") return "empty";
  return reason.length > REASON_MAX || callId.length > CALL_ID_MAX ? "long" : undefined;
}

async function place(deps: PageDeps, visit: Visit): Promise<Reply> {
  const reason = sent(visit, "reason");
  const callId = sent(visit, "callId");
  const since = sent(visit, "since");
  const typed = { reason, callId, since };
  const from = since === "" ? undefined : startOf(since);
  const flaw =
    wordsFlaw(reason, callId) ?? (since !== "" && from === undefined ? "day" : undefined);
  if (flaw !== undefined) return await shown(deps, visit, { ...typed, said: flaw });
  if (await isCard(deps, visit, "placeLegalHold", { reason, callId })) {
    return await shown(deps, visit, { said: "card" });
  }
  const placed = await deps.retention.place(visit.session.principal.tenant, {
    by: actorOf(visit),
    reason,
    ...(callId === "" ? {} : { callId }),
    ...(from === undefined ? {} : { since: from }),
  });
  if (placed.kind === "placed") return { kind: "redirect", to: "/console/retention" };
  return await shown(deps, visit, { ...typed, said: placed.kind });
}

async function lift(deps: PageDeps, visit: Visit): Promise<Reply> {
  const reason = sent(visit, "reason");
  const flaw = wordsFlaw(reason, "");
  if (flaw !== undefined) return await shown(deps, visit, { said: flaw });
  if (await isCard(deps, visit, "liftLegalHold", { reason })) {
    return await shown(deps, visit, { said: "card" });
  }
  const order = { by: actorOf(visit), reason };
  const { tenant } = visit.session.principal;
  const lifted = await deps.retention.lift(tenant, sent(visit, "holdId"), order);
  if (lifted.kind === "lifted") return { kind: "redirect", to: "/console/retention" };
  return await shown(deps, visit, { said: lifted.kind });
}
