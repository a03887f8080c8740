/**
 * Exceptions first: what was not as it should be on one day, each with its call and, where there is
 * one, its incident; and that somebody has looked at them.
 *
 * @module
 */
import { html } from "hono/html";
import type { Incident } from "../../evidence/incident.ts";
import { may } from "../../policy/access.ts";
import { scrolls } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Reply, Visit } from "../page.ts";
import { type Exception, KINDS, type Kind } from "../watch/day.ts";
import { type DayRead, type Days, dayOf, ENTRY_COUNT_MAX, startOf } from "../watch/days.ts";
import { prunedNote } from "../watch/pruned.ts";
import { type Review, reviewsOf, signReview, unchangedSince } from "../watch/review.ts";
import { callPath, logRead, moment } from "../watch/show.ts";

/** Rows on the page; the others are counted. */
const ROW_COUNT_MAX = 200;
const INCIDENT_COUNT_MAX = 20;

type Said = "reviewChanged" | "reviewPartial" | "reviewCard" | "reviewLong" | "reviewFailed";

export function exceptionsPages(deps: PageDeps, days: Days): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/exceptions",
      action: "read_log",
      nav: "nav.exceptions",
      handle: (visit) => shown(deps, days, visit, dayAsked(deps, visit.query)),
    },
    {
      method: "POST",
      path: "/exceptions/review",
      action: "work_incidents",
      async handle(visit) {
        const day = dayAsked(deps, visit.form);
        const read = await dayRead(days, visit, day);
        const seen = visit.form.get("seen") ?? "";
        const note = (visit.form.get("note") ?? "").trim();
        if (!read.isWhole) return await shown(deps, days, visit, day, "reviewPartial", note);
        // Signed is what was looked at.
        if (seen !== seenOf(read))
          return await shown(deps, days, visit, day, "reviewChanged", note);
        const signed = await signReview(deps, visit, day, read.figures.counts, note);
        if (signed !== "signed") {
          const why = { card: "reviewCard", long: "reviewLong", failed: "reviewFailed" } as const;
          return await shown(deps, days, visit, day, why[signed], signed === "card" ? "" : note);
        }
        return { kind: "redirect", to: `/console/exceptions?day=${day}` };
      },
    },
  ];
}

/** Today where no day is named, or none that there is or was. */
function dayAsked({ clock }: PageDeps, from: URLSearchParams): string {
  const asked = from.get("day") ?? "";
  const start = startOf(asked);
  return start === undefined || start > clock() ? dayOf(clock()) : asked;
}

async function dayRead(days: Days, { session }: Visit, day: string): Promise<DayRead> {
  const [read] = await days.read(session.principal.tenant, [day]);
  if (read === undefined) throw new Error("there is no such day");
  return read;
}

/** The counts as the form carries them back. */
const seenOf = ({ figures }: DayRead): string =>
  KINDS.map((kind) => figures.counts[kind]).join(",");

async function shown(
  deps: PageDeps,
  days: Days,
  visit: Visit,
  day: string,
  said?: Said,
  note = "",
): Promise<Reply> {
  const { query, say, session } = visit;
  const { tenant } = session.principal;
  await deps.enter(logRead(visit, "exceptions", { day }));
  const read = await dayRead(days, visit, day);
  const reviews = await reviewsOf(deps.log, tenant, day);
  const wanted = KINDS.find((kind) => kind === query.get("kind"));
  const all = read.figures.exceptions.filter(({ kind }) => wanted === undefined || kind === wanted);
  const rows = all.toReversed().slice(0, ROW_COUNT_MAX);
  const incidents = await incidentsOf(deps, tenant, rows);
  const { counts } = read.figures;
  const total = KINDS.filter((kind) => wanted === undefined || kind === wanted).reduce(
    (sum, kind) => sum + counts[kind],
    0,
  );
  return {
    kind: "page",
    title: say("nav.exceptions"),
    body: html`${
        said === undefined
          ? ""
          : html`<p role="alert" class="word bad">${say(`exceptions.${said}`)}</p>`
      }
      ${filterForm(visit, day, wanted)} ${await prunedNote(deps, visit, startOf(day) ?? 0)}
      ${
        read.isWhole
          ? ""
          : html`<p role="status" class="word securing">
              ${say("overview.partial", { count: ENTRY_COUNT_MAX, days: day })}
            </p>`
      }
      <ul class="tiles">
        ${KINDS.map(
          (kind) =>
            html`<li>
              ${say(`kind.${kind}`)}
              <strong class="${counts[kind] > 0 ? "bad" : ""}">${counts[kind]}</strong>
            </li>`,
        )}
      </ul>
      ${
        rows.length === 0
          ? html`<p>${say("exceptions.none", { day })}</p>`
          : table(visit, day, rows, incidents)
      }
      ${
        total > rows.length
          ? html`<p class="hint">${say("exceptions.more", { count: total - rows.length })}</p>`
          : ""
      }
      ${reviewPart(visit, read, reviews, note)}`,
  };
}

function filterForm({ say }: Visit, day: string, wanted: Kind | undefined): Html {
  return html`<form class="filter" method="get" action="/console/exceptions">
    <label
      >${say("exceptions.day")} (UTC) <input type="date" name="day" value="${day}" required
    /></label>
    <label
      >${say("exceptions.kind")}
      <select name="kind">
        <option value="">${say("exceptions.all")}</option>
        ${KINDS.map(
          (kind) =>
            html`<option value="${kind}" ${kind === wanted ? "selected" : ""}>
              ${say(`kind.${kind}`)}
            </option>`,
        )}
      </select></label
    >
    <button type="submit">${say("exceptions.show")}</button>
  </form>`;
}

/** Incidents of the calls that are shown, the newest first. */
async function incidentsOf(
  { incidents }: PageDeps,
  tenant: string,
  rows: readonly Exception[],
): Promise<ReadonlyMap<string, readonly Incident[]>> {
  const found = new Map<string, readonly Incident[]>();
  for (const { callId } of rows) {
    if (found.has(callId)) continue;
    const page = await incidents.list(tenant, { callId, after: 0, limit: INCIDENT_COUNT_MAX });
    found.set(callId, page.incidents.toReversed());
  }
  return found;
}

/** Of this very recording where that is known; otherwise one of the windows it is about. */
function incidentFor(
  { callId, recorderIds, recordingId, windowIds }: Exception,
  all: ReadonlyMap<string, readonly Incident[]>,
): Incident | undefined {
  const ofCall = all.get(callId) ?? [];
  if (recordingId !== undefined)
    return ofCall.find(
      (one) => recorderIds.includes(one.recorderId) && one.recordingId === recordingId,
    );
  return ofCall.find((one) => one.windowIds.some((id) => windowIds.includes(id)));
}

function table(
  { say }: Visit,
  day: string,
  rows: readonly Exception[],
  incidents: ReadonlyMap<string, readonly Incident[]>,
): Html {
  return html`<div class="scroll" ${scrolls(say("nav.exceptions"))}>
    <table>
      <caption>
        ${say("exceptions.caption", { day })}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say("exceptions.at")}</th>
          <th scope="col">${say("exceptions.kind")}</th>
          <th scope="col">${say("exceptions.call")}</th>
          <th scope="col">${say("exceptions.windowIds")}</th>
          <th scope="col">${say("overview.recorder")}</th>
          <th scope="col">${say("exceptions.incident")}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map((one) => {
          const incident = incidentFor(one, incidents);
          return html`<tr>
            <td>${moment(one.at)}</td>
            <td class="word bad">${say(`kind.${one.kind}`)}</td>
            <th scope="row"><a href="${callPath(one.callId)}">${one.callId}</a></th>
            <td>${one.windowIds.join(", ") || "–"}</td>
            <td>${one.recorderIds.join(", ") || "–"}</td>
            <td>
              ${
                incident === undefined
                  ? "–"
                  : html`<a href="/console/incidents/${encodeURIComponent(incident.incidentId)}"
                      >${say(`incident.${incident.state}`)}</a
                    >`
              }
            </td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

function reviewPart(visit: Visit, read: DayRead, reviews: readonly Review[], note: string): Html {
  const { say, session } = visit;
  const mayReview = may(session.principal, "work_incidents").ok;
  const last = reviews.at(-1);
  return html`<h2 id="review">${say("review.title")}</h2>
    ${reviews.length === 0 ? html`<p>${say("review.none")}</p>` : signedTable(visit, reviews)}
    ${
      last === undefined || unchangedSince(last, read.figures.counts)
        ? ""
        : html`<p class="word bad" role="status">
            ${say("review.changed")}
            ${KINDS.filter((kind) => last.counts[kind] !== read.figures.counts[kind])
              .map(
                (kind) =>
                  `${say(`kind.${kind}`)}: ${last.counts[kind]} → ${read.figures.counts[kind]}`,
              )
              .join("; ")}
          </p>`
    }
    ${
      mayReview
        ? html`<form method="post" action="/console/exceptions/review">
            <input type="hidden" name="csrf" value="${session.csrf}" />
            <input type="hidden" name="day" value="${read.day}" />
            <input type="hidden" name="seen" value="${seenOf(read)}" />
            <p>
              <label
                >${say("review.note")}<br />
                <textarea name="note" rows="3" cols="60" maxlength="2000">${note}</textarea>
              </label>
            </p>
            <p class="hint">${say("review.means")}</p>
            <button type="submit">${say("review.sign")}</button>
          </form>`
        : html`<p class="hint">${say("review.notYou")}</p>`
    }`;
}

function signedTable({ say }: Visit, reviews: readonly Review[]): Html {
  return html`<div class="scroll" ${scrolls(say("review.caption"))}>
    <table>
      <caption>
        ${say("review.caption")}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say("exceptions.at")}</th>
          <th scope="col">${say("review.who")}</th>
          <th scope="col">${say("review.counts")}</th>
          <th scope="col">${say("review.size")}</th>
          <th scope="col">${say("review.note")}</th>
        </tr>
      </thead>
      <tbody>
        ${reviews.map(
          ({ at, counts, note, size, who }) =>
            html`<tr>
              <td>${moment(at)}</td>
              <th scope="row">${who}</th>
              <td>${KINDS.map((kind) => `${say(`kind.${kind}`)}: ${counts[kind]}`).join("; ")}</td>
              <td>${size ?? "–"}</td>
              <td>${note}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
