/**
 * Overview: what happened today, whether recorders and log are well, and how the last two weeks went.
 *
 * @module
 */
import { html } from "hono/html";
import { scrolls } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Visit } from "../page.ts";
import { OUTCOMES } from "../watch/day.ts";
import { type DayRead, type Days, dayOf, daysTo, ENTRY_COUNT_MAX } from "../watch/days.ts";
import { plotted } from "../watch/plot.ts";
import { duration, logRead, moment } from "../watch/show.ts";
import { verificationOf } from "../watch/verification.ts";

const DAY_COUNT = 14;
/** Beyond it "or more" is said. */
const INCIDENT_COUNT_MAX = 200;

export function overviewPages(deps: PageDeps, days: Days): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/",
      action: "read_log",
      nav: "nav.overview",
      async handle(visit) {
        const { tenant } = visit.session.principal;
        const today = dayOf(deps.clock());
        await deps.enter(logRead(visit, "overview", { day: today }));
        const read = await days.read(tenant, daysTo(deps.clock(), DAY_COUNT));
        const open = await openIncidents(deps, tenant);
        const title = visit.say("nav.overview");
        return { kind: "page", title, body: body(deps, visit, read, open) };
      },
    },
  ];
}

async function openIncidents({ incidents }: PageDeps, tenant: string): Promise<string> {
  const page = await incidents.list(tenant, { state: "open", after: 0, limit: INCIDENT_COUNT_MAX });
  return `${page.incidents.length}${page.next === undefined ? "" : "+"}`;
}

function body(deps: PageDeps, visit: Visit, read: readonly DayRead[], open: string): Html {
  const { language, say } = visit;
  const [today] = read;
  if (today === undefined) return html``;
  const { figures } = today;
  const count = OUTCOMES.reduce((sum, one) => sum + figures.windows[one], 0);
  const exceptions = Object.values(figures.counts).reduce((sum, one) => sum + one, 0);
  const { principal } = visit.session;
  const { confirmMsMax } = deps.policy.routing(principal.tenant, {}).rules;
  const time = (ms: number) => duration(ms, language);
  const target = say("overview.target", { time: time(confirmMsMax) });
  const each = count === 0 ? 0 : figures.unsecuredMs / count;
  const eachUnrecorded = count === 0 ? 0 : figures.unrecordedMs / count;
  const { securedAfterMs } = figures;
  const unread = read.filter(({ isWhole }) => !isWhole);
  return html`<p>${say("overview.today", { day: today.day })}</p>
    ${
      unread.length === 0
        ? ""
        : html`<p role="status" class="word securing">
            ${say("overview.partial", {
              count: ENTRY_COUNT_MAX,
              days: unread.map(({ day }) => day).join(", "),
            })}
          </p>`
    }
    <ul class="tiles">
      ${tile(say("overview.windows"), String(count), "")}
      ${tile(
        say("overview.securedAfter"),
        securedAfterMs === undefined ? "–" : time(securedAfterMs.worst),
        securedAfterMs === undefined
          ? target
          : html`${say("overview.median", { time: time(securedAfterMs.median) })}<br />${target}`,
        (securedAfterMs?.worst ?? 0) > confirmMsMax,
      )}
      ${tile(
        say("overview.unsecured"),
        time(figures.unsecuredMs),
        html`${say("overview.each", { time: time(each) })}<br />${target}`,
        each > confirmMsMax,
      )}
      ${tile(
        say("overview.unrecorded"),
        time(figures.unrecordedMs),
        html`${say("overview.each", { time: time(eachUnrecorded) })}<br />${target}`,
        eachUnrecorded > confirmMsMax,
      )}
      ${tile(
        say("nav.exceptions"),
        String(exceptions),
        html`<a href="/console/exceptions">${say("overview.toExceptions")}</a>`,
        exceptions > 0,
      )}
      ${tile(
        say("overview.openIncidents"),
        open,
        html`<a href="/console/incidents">${say("overview.toIncidents")}</a>`,
        open !== "0",
      )}
      ${integrity(deps, visit)}
    </ul>
    <div class="scroll" ${scrolls(say("overview.byOutcome"))}>
      <table>
        <caption>
          ${say("overview.byOutcome")}
        </caption>
        <thead>
          <tr>
            <th scope="col">${say("overview.outcome")}</th>
            <th scope="col">${say("overview.windows")}</th>
          </tr>
        </thead>
        <tbody>
          ${OUTCOMES.map(
            (one) =>
              html`<tr>
                <th scope="row">${say(`outcome.${one}`)}</th>
                <td>${figures.windows[one]}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${recorders(deps, visit)} ${fortnight(visit, read, confirmMsMax)}`;
}

function tile(name: string, value: string, more: Html | string, isBad = false): Html {
  return html`<li>
    ${name} <strong class="${isBad ? "bad" : ""}">${value}</strong>
    <span class="hint">${more}</span>
  </li>`;
}

/** What the log's own readers said last. */
function integrity({ custody }: PageDeps, { say, session }: Visit): Html {
  const known = verificationOf(custody(), session.principal.tenant);
  const link = html`<a href="/console/integrity">${say("overview.toIntegrity")}</a>`;
  const name = say("nav.integrity");
  if (known === undefined)
    return tile(name, "–", html`${say("overview.notVerified")}<br />${link}`);
  if (!known.ok) return tile(name, "✗", html`${say("overview.broken")}<br />${link}`, true);
  const to = say("overview.verifiedTo", { position: known.position });
  return tile(name, "✓", html`${to} ${moment(known.at)}<br />${link}`);
}

function recorders(deps: PageDeps, { say, session }: Visit): Html {
  return html`<h2>${say("overview.recorders")}</h2>
    <div class="scroll" ${scrolls(say("overview.recorders"))}>
      <table>
        <caption>
          ${say("overview.recordersCaption")}
        </caption>
        <thead>
          <tr>
            <th scope="col">${say("overview.recorder")}</th>
            <th scope="col">${say("overview.vendor")}</th>
            <th scope="col">${say("overview.health")}</th>
          </tr>
        </thead>
        <tbody>
          ${deps.recorders(session.principal.tenant).map(
            ({ health, reachability, recorderId, vendor }) =>
              html`<tr>
                <th scope="row">${recorderId}</th>
                <td>${vendor}</td>
                <td>
                  ${
                    health === undefined
                      ? say(`reach.${reachability}`)
                      : health.healthy
                        ? html`<span class="word ok">${say("overview.well")}</span>`
                        : html`<span class="word bad">${say("overview.down")}</span>
                            ${moment(health.since)} (${health.cause.replaceAll("_", " ")})`
                  }
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function fortnight({ language, say }: Visit, read: readonly DayRead[], targetMs: number): Html {
  const days = read.toReversed();
  const names = days.map(({ day }) => day);
  const told = (ms: number) => duration(ms, language);
  const cell = (ms: number | undefined) => (ms === undefined ? "–" : told(ms));
  return html`<h2>${say("overview.fortnight")}</h2>
    <div class="scroll" ${scrolls(say("overview.plotSecured"))}>
      ${plotted({
        id: "secured-after",
        title: say("overview.plotSecured"),
        days: names,
        told,
        mark: { name: say("overview.targetName"), value: targetMs },
        series: [
          {
            name: say("overview.worstName"),
            form: "line",
            values: days.map(({ figures }) => figures.securedAfterMs?.worst),
          },
          {
            name: say("overview.medianName"),
            form: "line",
            values: days.map(({ figures }) => figures.securedAfterMs?.median),
          },
        ],
      })}
    </div>
    <div class="scroll" ${scrolls(say("overview.plotUnsecured"))}>
      ${plotted({
        id: "unsecured",
        title: say("overview.plotUnsecured"),
        days: names,
        told,
        series: [
          {
            name: say("overview.unsecured"),
            form: "bar",
            values: days.map(({ figures }) => figures.unsecuredMs),
          },
        ],
      })}
    </div>
    <details>
      <summary>${say("overview.asTable")}</summary>
      <div class="scroll" ${scrolls(say("overview.asTable"))}>
        <table>
          <caption>
            ${say("overview.fortnight")}
          </caption>
          <thead>
            <tr>
              <th scope="col">${say("overview.day")}</th>
              <th scope="col">${say("overview.medianName")}</th>
              <th scope="col">${say("overview.worstName")}</th>
              <th scope="col">${say("overview.unsecured")}</th>
            </tr>
          </thead>
          <tbody>
            ${days.map(
              ({ day, figures, isWhole }) =>
                html`<tr>
                  <th scope="row"><time datetime="${day}">${day}</time>${isWhole ? "" : " …"}</th>
                  <td>${cell(figures.securedAfterMs?.median)}</td>
                  <td>${cell(figures.securedAfterMs?.worst)}</td>
                  <td>${told(figures.unsecuredMs)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
}
