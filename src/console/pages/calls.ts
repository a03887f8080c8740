/**
 * Calls: found by time, agent, call, window, recorder, recording, and what happened.
 *
 * @module
 */
import { html } from "hono/html";
import type { Entry } from "../../log/entry.ts";
import { sentenceOf } from "../calls/entryWords.ts";
import { type Behind, readCall, type Summary, summaryOf } from "../calls/read.ts";
import { type Asked, askedOf, FIELDS, findCalls, type FoundCalls } from "../calls/search.ts";
import { moment, scrolling } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Reply, Visit } from "../page.ts";
import type { Say } from "../say.ts";
import { en, type Key } from "../strings/en.ts";
import { cardRefused } from "../watch/review.ts";
import { callPath, duration, logRead } from "../watch/show.ts";

/** Entries of a call that are looked at for its line in the list. */
const SUMMED_ENTRY_COUNT_MAX = 1_000;
const OUTCOMES = ["success", "failure", "denied", "refused", "read", "shown"] as const;
/** Those that this console has words for. */
const TYPES = [
  ...new Set(Object.keys(en).flatMap((key) => /^entry\.([A-Z]\w+)/.exec(key)?.slice(1, 2) ?? [])),
].toSorted();

const LABELS: Readonly<Record<(typeof FIELDS)[number], Key>> = {
  from: "calls.from",
  to: "calls.to",
  callId: "calls.call",
  windowId: "calls.window",
  agentId: "calls.agent",
  recorderId: "calls.recorder",
  recordingId: "calls.recording",
  type: "calls.type",
  outcome: "calls.outcome",
};

export function callsPages(deps: PageDeps): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/calls",
      action: "read_log",
      nav: "nav.calls",
      handle: (visit) => search(deps, visit),
    },
  ];
}

async function search(deps: PageDeps, visit: Visit): Promise<Reply> {
  const { query, say, session } = visit;
  const { tenant } = session.principal;
  const asked = askedOf(query, tenant, deps.idForm);
  switch (asked.kind) {
    case "card":
      await deps.enter(cardRefused(visit, "searchCalls", asked.path));
      return page(visit, new URLSearchParams(), alarm(say("card.refused")), deps);
    case "wrong": {
      const key = asked.why === "time" ? "calls.badTime" : "calls.tooLong";
      const wrong = alarm(say(key, { name: say(LABELS[asked.field]) }));
      return page(visit, query, wrong, deps);
    }
    case "ok":
      await deps.enter(logRead(visit, "calls", { ...asked.filter }));
      return page(visit, query, await results(deps, visit, asked), deps);
  }
}

const alarm = (text: string): Html => html`<p class="bad" role="alert">${text}</p>`;

const page = (visit: Visit, query: URLSearchParams, body: Html, deps: PageDeps): Reply => ({
  kind: "page",
  title: visit.say("nav.calls"),
  body: html`${searchForm(visit, query, deps)} ${body}`,
});

function searchForm({ say, session }: Visit, query: URLSearchParams, deps: PageDeps): Html {
  const value = (name: string) => query.get(name)?.trim() ?? "";
  const recorders = deps.recorders(session.principal.tenant).map((one) => one.recorderId);
  const choice = (name: "recorderId" | "type" | "outcome", values: readonly string[]) =>
    html`<label>
      ${say(LABELS[name])}
      <select name="${name}">
        <option value="">${say("calls.any")}</option>
        ${[...new Set([...values, value(name)])]
          .filter((one) => one !== "")
          .map(
            (one) =>
              html`<option value="${one}" ${one === value(name) ? "selected" : ""}>${one}</option>`,
          )}
      </select>
    </label>`;
  const text = (name: "callId" | "windowId" | "agentId" | "recordingId") =>
    html`<label>
      ${say(LABELS[name])}
      <input name="${name}" value="${value(name)}" autocomplete="off" spellcheck="false" />
    </label>`;
  const time = (name: "from" | "to") =>
    html`<label>
      ${say(LABELS[name])}
      <input type="datetime-local" step="1" name="${name}" value="${value(name)}" />
    </label>`;
  return html`<search>
    <form class="filter" method="get" action="/console/calls">
      ${time("from")} ${time("to")} ${text("callId")} ${text("agentId")} ${text("windowId")}
      ${choice("recorderId", recorders)} ${text("recordingId")} ${choice("type", TYPES)}
      ${choice("outcome", OUTCOMES)}
      <button type="submit">${say("calls.search")}</button>
    </form>
  </search>`;
}

async function results(
  deps: PageDeps,
  visit: Visit,
  { before, filter }: Extract<Asked, { kind: "ok" }>,
): Promise<Html> {
  const { query, say, session } = visit;
  const { tenant } = session.principal;
  let found: FoundCalls;
  const rows: Html[] = [];
  try {
    found = await findCalls(deps.log, tenant, filter, before);
    for (const { callId, entry } of found.calls) {
      const { entries, isWhole } = await readCall(deps.log, tenant, callId, SUMMED_ENTRY_COUNT_MAX);
      const summary = isWhole ? summaryOf(entries, deps.clock()) : "long";
      rows.push(row(visit, callId, entry, summary));
    }
  } catch {
    return alarm(say("error.unavailable"));
  }
  const isAll = Object.keys(filter).length === 0;
  return html`${behind(say, found.behind)}
    ${
      rows.length === 0
        ? html`<p>${say(isAll && before === undefined ? "calls.noneYet" : "calls.none")}</p>`
        : html`${scrolling(
            say("nav.calls"),
            html`<table class="wide">
              <caption>
                ${say("calls.caption")}
              </caption>
              <thead>
                <tr>
                  ${COLUMNS.map((key) => html`<th scope="col">${say(key)}</th>`)}
                </tr>
              </thead>
              <tbody>
                ${rows}
              </tbody>
            </table>`,
          )}`
    }
    ${found.endsEarly ? html`<p class="notice">${say("calls.tooMany")}</p>` : ""}
    <p>
      ${
        found.next === undefined
          ? ""
          : html`<a rel="next" href="${linkTo(query, found.next)}">${say("calls.older")}</a>`
      }
      ${before === undefined ? "" : html`<a href="${linkTo(query)}">${say("calls.newest")}</a>`}
    </p>`;
}

const COLUMNS: readonly Key[] = [
  "calls.call",
  "calls.word",
  "calls.agent",
  "calls.windows",
  "calls.unsecured",
  "calls.worst",
  "calls.fits",
];

/** "long": it has more entries than are looked at for a line. */
function row(
  { language, say }: Visit,
  callId: string,
  entry: Entry,
  summary: Summary | "long" | undefined,
): Html {
  const fits = html`<td>${moment(entry.at)}<br />${sentenceOf(entry, say)}</td>`;
  const name = html`<th scope="row">
    <a href="${callPath(callId)}"><code>${callId}</code></a>
  </th>`;
  if (summary === undefined || summary === "long") {
    const why = summary === undefined ? say("calls.noEvents") : say("worst.unread");
    return html`<tr>
      ${name}
      <td colspan="5">${why}</td>
      ${fits}
    </tr>`;
  }
  const { agentId = "", unsecuredMs, windowCount, word, worst } = summary;
  return html`<tr>
    ${name}
    <td class="word ${word}">${say(`protection.${word}`)}</td>
    <td>${agentId}</td>
    <td>${windowCount}</td>
    <td>${duration(unsecuredMs, language)}</td>
    <td class="${classOf(worst)}">${say(`worst.${worst}`)}</td>
    ${fits}
  </tr>`;
}

function classOf(worst: Summary["worst"]): "bad" | "missing" | "ok" {
  switch (worst) {
    case "suspect":
    case "unsecured":
    case "outstanding":
    case "stalled":
      return "bad";
    case "missing":
    case "expired":
    case "retried":
      return "missing";
    case "none":
      return "ok";
  }
}

/** Where a filtered answer lags: what it does not show yet. */
export const behind = (say: Say, lag: Behind | undefined): Html =>
  lag === undefined
    ? html``
    : html`<p class="notice" role="status">
        ${say("calls.behind", { indexed: lag.indexed, size: lag.size })}
      </p>`;

/** The same search, from another place in the log. */
function linkTo(query: URLSearchParams, before?: number): string {
  const same = new URLSearchParams();
  for (const field of FIELDS) {
    const value = query.get(field)?.trim() ?? "";
    if (value !== "") same.set(field, value);
  }
  if (before !== undefined) same.set("before", String(before));
  const text = same.toString();
  return `/console/calls${text === "" ? "" : `?${text}`}`;
}
