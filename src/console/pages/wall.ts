/**
 * The live wall: every call inside a window, as it changes. The rows come over the event stream; the
 * page itself holds the table, the filter and the words.
 *
 * @module
 */
import { html } from "hono/html";
import { PROTECTIONS, RECORDER_STATUSES } from "../../control/call.ts";
import { may } from "../../policy/access.ts";
import { scrolls } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Visit } from "../page.ts";

/** As the API takes attributes' names. */
const NAME = /^[A-Za-z][\w.-]{0,63}$/;
const VALUE_MAX = 256;
/** Attributes one can filter by at once. */
const PAIRS = ["1", "2"] as const;
const SUGGESTED = ["queue", "team", "ucc"];

export function wallPages({ clock, eventsTicket }: PageDeps): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/wall",
      action: "subscribe",
      nav: "nav.wall",
      handle: async (visit) => ({
        kind: "page",
        title: visit.say("nav.wall"),
        script: "wall.js",
        body: body(visit, clock()),
      }),
    },
    {
      method: "POST",
      path: "/wall/ticket",
      byScript: true,
      action: "subscribe",
      handle: async ({ session }) => ({
        kind: "data",
        status: 200,
        body: { ticket: await eventsTicket(session) },
      }),
    },
  ];
}

interface Pair {
  readonly name: string;
  readonly value: string;
}

function pairsOf(query: URLSearchParams): { readonly good: Pair[]; readonly isBad: boolean } {
  const asked = PAIRS.map((one) => ({
    name: (query.get(`name${one}`) ?? "").trim(),
    value: (query.get(`value${one}`) ?? "").trim(),
  })).filter(({ name, value }) => name !== "" || value !== "");
  const good = asked.filter(
    ({ name, value }) => NAME.test(name) && value !== "" && value.length <= VALUE_MAX,
  );
  return { good, isBad: good.length < asked.length };
}

function body(visit: Visit, now: number): Html {
  const { query, say, session } = visit;
  const { good, isBad } = pairsOf(query);
  const agent = (query.get("agent") ?? "").trim().slice(0, 128);
  const where = Object.fromEntries(good.map(({ name, value }) => [name, value]));
  return html`${filterForm(visit, agent)}
    ${isBad ? html`<p role="alert" class="word bad">${say("wall.badFilter")}</p>` : ""}
    <noscript><p class="word bad">${say("wall.needsScript")}</p></noscript>
    <p id="connection" class="word securing">${say("wall.connecting")}</p>
    <p id="over" class="word bad" role="alert" hidden>
      <a href="/console/sign-in">${say("signIn.again")}</a>
    </p>
    <p id="count"></p>
    <div id="summary" class="quiet" role="status"></div>
    <div class="scroll" ${scrolls(say("wall.caption"))}>
      <table
        id="wall"
        class="wall"
        role="table"
        data-csrf="${session.csrf}"
        data-now="${now}"
        data-where="${JSON.stringify(where)}"
        data-agent="${agent}"
        data-calls="${may(session.principal, "read_log").ok ? "1" : ""}"
        data-words="${JSON.stringify(wordsOf(visit))}"
      >
        <caption>
          ${say("wall.caption")}
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">${say("exceptions.call")}</th>
            <th scope="col" role="columnheader">${say("wall.protection")}</th>
            <th scope="col" role="columnheader">${say("wall.agent")}</th>
            <th scope="col" role="columnheader">${say("wall.inside")}</th>
            <th scope="col" role="columnheader">${say("wall.left")}</th>
            <th scope="col" role="columnheader">${say("wall.recorders")}</th>
            <th scope="col" role="columnheader">${say("wall.attributes")}</th>
          </tr>
        </thead>
        <tbody role="rowgroup"></tbody>
      </table>
    </div>`;
}

function filterForm({ query, say }: Visit, agent: string): Html {
  const isOn = ["agent", "name1", "name2"].some((name) => (query.get(name) ?? "") !== "");
  return html`<details ${isOn ? "open" : ""}>
    <summary>${say("wall.filter")}</summary>
    <form class="filter" method="get" action="/console/wall">
      <label>${say("wall.agent")} <input name="agent" value="${agent}" maxlength="128" /></label>
      ${PAIRS.map(
        (one) =>
          html`<label
              >${say("wall.attribute")} ${one}
              <input
                name="name${one}"
                list="attributes"
                maxlength="64"
                value="${query.get(`name${one}`) ?? ""}" /></label
            ><label
              >${say("wall.value")} ${one}
              <input name="value${one}" maxlength="256" value="${query.get(`value${one}`) ?? ""}"
            /></label>`,
      )}
      <datalist id="attributes">
        ${SUGGESTED.map((name) => html`<option value="${name}"></option>`)}
      </datalist>
      <button type="submit">${say("exceptions.show")}</button>
      <a href="/console/wall">${say("wall.noFilter")}</a>
    </form>
  </details>`;
}

/** What the script says; `{…}` is for it to fill in. */
function wordsOf({ say }: Visit) {
  return {
    protection: Object.fromEntries(PROTECTIONS.map((word) => [word, say(`protection.${word}`)])),
    status: Object.fromEntries(RECORDER_STATUSES.map((word) => [word, say(`status.${word}`)])),
    connected: say("wall.connected"),
    lost: say("wall.lost"),
    count: say("wall.count"),
    rest: say("wall.rest"),
    summary: say("wall.summary"),
    none: say("wall.none"),
    over: say("wall.over"),
  };
}
