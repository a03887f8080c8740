/**
 * The report of a period, ready to print: counts, exceptions, figures, who reviewed each day, the
 * signed head it all rests on, and how to check it.
 *
 * @module
 */
import { html } from "hono/html";
import { scrolls } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Visit } from "../page.ts";
import { type Exception, KINDS, OUTCOMES } from "../watch/day.ts";
import { type DayRead, type Days, dayOf, ENTRY_COUNT_MAX, startOf } from "../watch/days.ts";
import { prunedNote } from "../watch/pruned.ts";
import { type Review, reviewsOf, unchangedSince } from "../watch/review.ts";
import { callPath, duration, logRead, moment } from "../watch/show.ts";

/** Days one report covers. */
const DAY_COUNT_MAX = 31;
const DAY_COUNT = 7;
/** Rows printed; the others are counted. */
const ROW_COUNT_MAX = 500;
const DAY_MS = 86_400_000;

export function reportPages(deps: PageDeps, days: Days): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/report",
      action: "read_log",
      nav: "nav.report",
      async handle(visit) {
        const { say, session } = visit;
        const { tenant } = session.principal;
        const period = periodOf(visit.query, deps.clock());
        const { from, to } = period;
        await deps.enter(logRead(visit, "report", { from, to }));
        const read = (await days.read(tenant, period.days)).toReversed();
        const reviews = await Promise.all(
          read.map(async ({ day }) => (await reviewsOf(deps.log, tenant, day)).at(-1)),
        );
        // After the figures: what they rest on is under it.
        const head = await deps.log.checkpoint(tenant);
        return {
          kind: "page",
          title: say("nav.report"),
          body: html`${
            period.isAsAsked
              ? ""
              : html`<p role="alert" class="word bad">
                  ${say("report.bad", { count: DAY_COUNT_MAX })}
                </p>`
          }
          ${form(visit, period)} ${await prunedNote(deps, visit, startOf(period.from) ?? 0)}
          ${body(deps, visit, period, read, reviews)} ${proof(deps, visit, head)}`,
        };
      },
    },
  ];
}

interface Period {
  readonly from: string;
  readonly to: string;
  /** Newest first. */
  readonly days: readonly string[];
  readonly isAsAsked: boolean;
}

/** The last seven days where none are asked for, or none that there can be. */
function periodOf(query: URLSearchParams, now: number): Period {
  const [first, last] = [query.get("from"), query.get("to")];
  const [from, to] = [startOf(first ?? ""), startOf(last ?? "")];
  const asked = first !== null || last !== null;
  const count = from === undefined || to === undefined ? 0 : (to - from) / DAY_MS + 1;
  const fits = to !== undefined && count >= 1 && count <= DAY_COUNT_MAX && to <= now;
  const end = fits ? to : now;
  const days = Array.from({ length: fits ? count : DAY_COUNT }, (_, back) =>
    dayOf(end - back * DAY_MS),
  );
  return { from: days.at(-1) ?? "", to: days[0] ?? "", days, isAsAsked: fits || !asked };
}

const form = ({ say }: Visit, { from, to }: Period): Html =>
  html`<form class="filter" method="get" action="/console/report">
    <label
      >${say("report.from")} (UTC) <input type="date" name="from" value="${from}" required
    /></label>
    <label>${say("report.to")} (UTC) <input type="date" name="to" value="${to}" required /></label>
    <button type="submit">${say("report.show")}</button>
  </form>`;

function body(
  deps: PageDeps,
  visit: Visit,
  { from, to }: Period,
  read: readonly DayRead[],
  reviews: readonly (Review | undefined)[],
): Html {
  const { say, session } = visit;
  const unread = read.filter(({ isWhole }) => !isWhole).map(({ day }) => day);
  const partial = { count: ENTRY_COUNT_MAX, days: unread.join(", ") };
  const sums = <K extends string>(names: readonly K[], of: (one: DayRead, name: K) => number) =>
    names.map((name) => [name, read.reduce((sum, one) => sum + of(one, name), 0)] as const);
  return html`<p>${say("report.of", { tenant: session.principal.tenant, from, to })}</p>
    <p>${say("report.made")} ${moment(deps.clock())}</p>
    <p class="hint">${say("report.print")}</p>
    ${
      unread.length === 0
        ? ""
        : html`<p role="status" class="word bad">${say("overview.partial", partial)}</p>`
    }
    ${counted(
      say("report.counts"),
      say("overview.outcome"),
      say("report.count"),
      sums(OUTCOMES, ({ figures }, name) => figures.windows[name]).map(
        ([name, count]) => [say(`outcome.${name}`), count] as const,
      ),
    )}
    ${counted(
      say("report.exceptions"),
      say("report.kind"),
      say("report.count"),
      sums(KINDS, ({ figures }, name) => figures.counts[name]).map(
        ([name, count]) => [say(`kind.${name}`), count] as const,
      ),
    )}
    ${dayByDay(visit, read, reviews)} ${everyException(visit, read)}`;
}

const counted = (
  title: string,
  name: string,
  count: string,
  rows: readonly (readonly [string, number])[],
): Html =>
  html`<div class="scroll" ${scrolls(title)}>
    <table>
      <caption>
        ${title}
      </caption>
      <thead>
        <tr>
          <th scope="col">${name}</th>
          <th scope="col">${count}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([word, number]) =>
            html`<tr>
              <th scope="row">${word}</th>
              <td>${number}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;

function dayByDay(
  { language, say }: Visit,
  read: readonly DayRead[],
  reviews: readonly (Review | undefined)[],
): Html {
  const time = (ms: number | undefined) => (ms === undefined ? "–" : duration(ms, language));
  const count = (of: Readonly<Record<string, number>>) =>
    Object.values(of).reduce((sum, one) => sum + one, 0);
  const signed = (review: Review | undefined, { counts }: DayRead["figures"]) => {
    if (review === undefined) return say("report.notReviewed");
    return unchangedSince(review, counts) ? review.who : say("report.changed", { who: review.who });
  };
  const sum = (of: (figures: DayRead["figures"]) => number) =>
    read.reduce((total, { figures }) => total + of(figures), 0);
  const worst = Math.max(-1, ...read.map(({ figures }) => figures.securedAfterMs?.worst ?? -1));
  return html`<div class="scroll" ${scrolls(say("report.days"))}>
    <table>
      <caption>
        ${say("report.days")}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say("overview.day")}</th>
          <th scope="col">${say("overview.windows")}</th>
          <th scope="col">${say("nav.exceptions")}</th>
          <th scope="col">${say("overview.medianName")}</th>
          <th scope="col">${say("overview.worstName")}</th>
          <th scope="col">${say("overview.unsecured")}</th>
          <th scope="col">${say("overview.unrecorded")}</th>
          <th scope="col">${say("report.review")}</th>
        </tr>
      </thead>
      <tbody>
        ${read.map(
          ({ day, figures, isWhole }, index) =>
            html`<tr>
              <th scope="row"><time datetime="${day}">${day}</time>${isWhole ? "" : " …"}</th>
              <td>${count(figures.windows)}</td>
              <td>${count(figures.counts)}</td>
              <td>${time(figures.securedAfterMs?.median)}</td>
              <td>${time(figures.securedAfterMs?.worst)}</td>
              <td>${time(figures.unsecuredMs)}</td>
              <td>${time(figures.unrecordedMs)}</td>
              <td>${signed(reviews[index], figures)}</td>
            </tr>`,
        )}
        <tr>
          <th scope="row">${say("report.sum")}</th>
          <td>${sum(({ windows }) => count(windows))}</td>
          <td>${sum(({ counts }) => count(counts))}</td>
          <td>–</td>
          <td>${time(worst < 0 ? undefined : worst)}</td>
          <td>${time(sum(({ unsecuredMs }) => unsecuredMs))}</td>
          <td>${time(sum(({ unrecordedMs }) => unrecordedMs))}</td>
          <td></td>
        </tr>
      </tbody>
    </table>
  </div>`;
}

function everyException({ say }: Visit, read: readonly DayRead[]): Html {
  const all = read.flatMap(({ figures }) => figures.exceptions);
  const count = read.reduce(
    (sum, { figures }) => sum + KINDS.reduce((all, kind) => all + figures.counts[kind], 0),
    0,
  );
  const rows = all.slice(0, ROW_COUNT_MAX);
  if (count === 0)
    return html`<h2>${say("report.list")}</h2>
      <p>${say("report.none")}</p>`;
  const cut = rows.length < count ? say("report.listed", { shown: rows.length, count }) : "";
  const row = ({ at, callId, kind, position, recorderIds, windowIds }: Exception) =>
    html`<tr>
      <td>${position}</td>
      <td>${moment(at)}</td>
      <td>${say(`kind.${kind}`)}</td>
      <td><a href="${callPath(callId)}">${callId}</a></td>
      <td>${windowIds.join(", ")}</td>
      <td>${recorderIds.join(", ")}</td>
    </tr>`;
  return html`<div class="scroll" ${scrolls(say("report.list"))}>
    <table>
      <caption>
        ${say("report.list")}. ${cut}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say("report.entry")}</th>
          <th scope="col">${say("report.when")}</th>
          <th scope="col">${say("report.kind")}</th>
          <th scope="col">${say("report.call")}</th>
          <th scope="col">${say("report.windows")}</th>
          <th scope="col">${say("report.recorders")}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(row)}
      </tbody>
    </table>
  </div>`;
}

function proof({ log }: PageDeps, { say }: Visit, head: string): Html {
  const key = log.verifierKey === undefined ? "" : ` --key ${log.verifierKey}`;
  return html`<h2>${say("report.verify")}</h2>
    <p>${say("report.verifyHow")}</p>
    <div class="scroll" ${scrolls(say("report.verify"))}>
      <pre><code>${head}</code></pre>
    </div>
    <p><code>tacet verify FOLDER${key}</code></p>
    <p><code>tacet verify FOLDER${key} --since HEAD</code></p>`;
}
