/**
 * Incidents: which recordings are suspect, and one of them with what was found and done, to its close.
 *
 * @module
 */
import { html } from "hono/html";
import type { Incident, Worked } from "../../evidence/incident.ts";
import { may } from "../../policy/access.ts";
import { scrolls } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Reply, Visit } from "../page.ts";
import { isCard } from "../watch/review.ts";
import { actorOf, callPath, leftToRight, logRead, moment } from "../watch/show.ts";

const PAGE_LIMIT = 50;
const TEXT_MAX = 2_000;
const CAUSE_MAX = 200;
const STATES = ["open", "closed"] as const;

type Said = "empty" | "long" | "card" | "closed" | "full" | "log_failed";
interface Typed {
  readonly said?: Said;
  readonly text?: string;
  readonly cause?: string;
}

export function incidentsPages(deps: PageDeps): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/incidents",
      action: "read_evidence",
      nav: "nav.incidents",
      handle: (visit) => list(deps, visit),
    },
    {
      method: "GET",
      path: "/incidents/:incidentId",
      action: "read_evidence",
      handle: (visit) => one(deps, visit, {}),
    },
    {
      method: "POST",
      path: "/incidents/:incidentId/note",
      action: "work_incidents",
      handle: (visit) => work(deps, visit, "note"),
    },
    {
      method: "POST",
      path: "/incidents/:incidentId/close",
      action: "work_incidents",
      handle: (visit) => work(deps, visit, "close"),
    },
  ];
}

async function list({ enter, incidents }: PageDeps, visit: Visit): Promise<Reply> {
  const { query, say, session } = visit;
  const asked = query.get("state") ?? "open";
  const state = STATES.find((known) => known === asked);
  const after = Math.max(0, Math.trunc(Number(query.get("after") ?? 0)) || 0);
  await enter(logRead(visit, "incidents", state === undefined ? {} : { state }));
  const page = await incidents.list(session.principal.tenant, {
    ...(state === undefined ? {} : { state }),
    after,
    limit: PAGE_LIMIT,
  });
  const title = say("nav.incidents");
  const body = html`<form class="filter" method="get" action="/console/incidents">
      <label
        >${say("incidents.state")}
        <select name="state">
          ${(["open", "closed", "all"] as const).map(
            (one) =>
              html`<option value="${one}" ${one === asked ? "selected" : ""}>
                ${say(`incidents.${one}`)}
              </option>`,
          )}
        </select></label
      >
      <button type="submit">${say("exceptions.show")}</button>
    </form>
    ${
      page.incidents.length === 0
        ? html`<p>${say("incidents.none")}</p>`
        : table(visit, page.incidents)
    }
    ${
      page.next === undefined
        ? ""
        : html`<p>
            <a href="/console/incidents?state=${asked}&amp;after=${page.next}"
              >${say("incidents.next")}</a
            >
          </p>`
    }`;
  return { kind: "page", title, body };
}

function table({ say }: Visit, incidents: readonly Incident[]): Html {
  return html`<div class="scroll" ${scrolls(say("incidents.caption"))}>
    <table>
      <caption>
        ${say("incidents.caption")}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say("incidents.opened")}</th>
          <th scope="col">${say("incidents.recording")}</th>
          <th scope="col">${say("exceptions.call")}</th>
          <th scope="col">${say("incidents.why")}</th>
          <th scope="col">${say("incidents.state")}</th>
        </tr>
      </thead>
      <tbody>
        ${incidents.map(
          (incident) =>
            html`<tr>
              <td>${moment(incident.openedAt)}</td>
              <th scope="row">
                <a href="/console/incidents/${encodeURIComponent(incident.incidentId)}"
                  >${incident.recorderId} ${incident.recordingId}</a
                >
              </th>
              <td><a href="${callPath(incident.callId)}">${incident.callId}</a></td>
              <td>${incident.causes.map((cause) => say(`cause.${cause}`)).join("; ")}</td>
              <td class="word ${incident.state === "open" ? "bad" : "ok"}">
                ${say(`incident.${incident.state}`)}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

async function one(deps: PageDeps, visit: Visit, typed: Typed): Promise<Reply> {
  const { say, session } = visit;
  const incidentId = visit.param("incidentId");
  const incident = await deps.incidents.find(session.principal.tenant, incidentId);
  if (incident === undefined) return { kind: "not_found" };
  const { callId, recorderId, recordingId } = incident;
  await deps.enter(logRead(visit, "incidents", { incidentId, callId }));
  const { said } = typed;
  return {
    kind: "page",
    title: say("incidents.one", { recording: `${recorderId} ${recordingId}` }),
    body: html`${
      said === undefined
        ? ""
        : html`<p role="alert" class="word bad">${say(`incidents.said_${said}`)}</p>`
    }
    ${facts(visit, incident)} ${notes(visit, incident)} ${forms(visit, incident, typed)}`,
  };
}

function facts({ say }: Visit, incident: Incident): Html {
  const { callId, causes, closedAt, earlier, flagged, foundCause, ranges, state } = incident;
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  const where = ranges.map(({ fromMs, toMs }) =>
    leftToRight(`${seconds(fromMs)}–${seconds(toMs)} s`),
  );
  const rows: readonly (readonly [string, Html | string])[] = [
    [
      say("incidents.state"),
      html`<span class="word ${state === "open" ? "bad" : "ok"}"
        >${say(`incident.${state}`)}</span
      >`,
    ],
    [say("incidents.opened"), moment(incident.openedAt)],
    ...(closedAt === undefined ? [] : [[say("incidents.closedAt"), moment(closedAt)] as const]),
    [say("exceptions.call"), html`<a href="${callPath(callId)}">${callId}</a>`],
    [say("exceptions.windowIds"), incident.windowIds.join(", ")],
    [say("incidents.why"), causes.map((cause) => say(`cause.${cause}`)).join("; ")],
    [say("incidents.where"), where.length === 0 ? say("incidents.nowhere") : where.join(", ")],
    ...(flagged === undefined
      ? []
      : [[say("incidents.flagged"), say(flagged ? "incidents.yes" : "incidents.no")] as const]),
    [say("incidents.cause"), foundCause ?? "–"],
    ...(earlier === undefined
      ? []
      : [
          [
            say("incidents.earlier"),
            html`<a href="/console/incidents/${encodeURIComponent(earlier)}">${earlier}</a>`,
          ] as const,
        ]),
  ];
  return html`<div class="scroll" ${scrolls(say("incidents.facts"))}>
    <table>
      <caption>
        ${say("incidents.facts")}
      </caption>
      <tbody>
        ${rows.map(
          ([name, value]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function notes({ say }: Visit, incident: Incident): Html {
  if (incident.notes.length === 0) return html`<p>${say("incidents.noNotes")}</p>`;
  return html`<h2>${say("incidents.notes")}</h2>
    <ol>
      ${incident.notes.map(
        ({ at, by, text }) =>
          html`<li>
            <strong><bdi>${by}</bdi></strong
            >, ${moment(at)}: <bdi>${text}</bdi>
          </li>`,
      )}
    </ol>`;
}

function forms({ say, session }: Visit, { incidentId, state }: Incident, typed: Typed): Html {
  if (state === "closed") return html`<p class="hint">${say("incidents.isClosed")}</p>`;
  if (!may(session.principal, "work_incidents").ok)
    return html`<p class="hint">${say("incidents.notYou")}</p>`;
  const path = `/console/incidents/${encodeURIComponent(incidentId)}`;
  // One form, two ways to send it: closing is a note too.
  return html`<h2>${say("incidents.work")}</h2>
    <form method="post" action="${path}/note">
      <input type="hidden" name="csrf" value="${session.csrf}" />
      <p>
        <label
          >${say("incidents.text")}<br />
          <textarea name="text" rows="4" cols="60" maxlength="${TEXT_MAX}" required>
${typed.text ?? ""}</textarea>
        </label>
      </p>
      <p>
        <label
          >${say("incidents.causeAsked")}<br />
          <input name="cause" size="60" maxlength="${CAUSE_MAX}" value="${typed.cause ?? ""}"
        /></label>
      </p>
      <p class="hint">${say("incidents.deletesNothing")}</p>
      <button type="submit">${say("incidents.addNote")}</button>
      <button type="submit" formaction="${path}/close">${say("incidents.close")}</button>
    </form>`;
}

async function work(deps: PageDeps, visit: Visit, what: "note" | "close"): Promise<Reply> {
  const { form, session } = visit;
  const { tenant } = session.principal;
  const text = (form.get("text") ?? "").trim();
  const cause = (form.get("cause") ?? "").trim();
  const typed = { text, cause };
  if (text === "") return await one(deps, visit, { ...typed, said: "empty" });
  if (text.length > TEXT_MAX || cause.length > CAUSE_MAX)
    return await one(deps, visit, { ...typed, said: "long" });
  if (await isCard(deps, visit, `${what}Incident`, { text, cause })) {
    return await one(deps, visit, { said: "card" });
  }
  const incidentId = visit.param("incidentId");
  const said = { by: actorOf(visit), text, ...(cause === "" ? {} : { foundCause: cause }) };
  return await answered(deps, visit, typed, await deps.incidents[what](tenant, incidentId, said));
}

async function answered(
  deps: PageDeps,
  visit: Visit,
  typed: Typed,
  worked: Worked,
): Promise<Reply> {
  switch (worked.kind) {
    case "done": {
      const { incidentId } = worked.incident;
      return { kind: "redirect", to: `/console/incidents/${encodeURIComponent(incidentId)}` };
    }
    case "unknown":
      return { kind: "not_found" };
    case "closed":
    case "full":
    case "log_failed":
      return await one(deps, visit, { ...typed, said: worked.kind });
  }
}
