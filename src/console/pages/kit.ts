/**
 * The auditor's kit: a time is chosen, and one file is given out that anybody can check without us.
 *
 * @module
 */
import { html } from "hono/html";
import type { KitAsked, NoKitWhy, PageDeps } from "../deps.ts";
import type { Html, PageDef, Reply, Visit } from "../page.ts";
import { startOf } from "../watch/days.ts";
import { factOf } from "../watch/show.ts";

const DAY_MS = 86_400_000;

export function kitPages(deps: PageDeps): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/kit",
      action: "read_log",
      nav: "nav.kit",
      handle: async (visit) => page(deps, visit),
    },
    {
      method: "POST",
      path: "/kit/download",
      action: "read_log",
      handle: (visit) => download(deps, visit),
    },
  ];
}

async function download(deps: PageDeps, visit: Visit): Promise<Reply> {
  const asked = askedOf(visit);
  if (asked === undefined) return page(deps, visit, "bad");
  const made = await deps.kit.make(asked);
  if (made.kind === "none") return page(deps, visit, made.why);
  const { entryCount, first, last } = made;
  const [from, to] = [visit.form.get("from") ?? "", visit.form.get("to") ?? ""];
  const filter = { ...(from === "" ? {} : { from }), ...(to === "" ? {} : { to }) };
  const fact = factOf(visit, {
    type: "LogRead",
    outcome: "read",
    reason: "kit",
    detail: { filter, first, last, entryCount },
  });
  // Durable before the first byte, and each by itself: a copy leaves this service.
  const entered = await deps.log.enter([{ ...fact, at: deps.clock() }]);
  if (entered.kind === "failed") {
    made.cancel();
    return page(deps, visit, "failed");
  }
  return {
    kind: "file",
    name: `${asked.name}.zip`,
    contentType: "application/zip",
    body: made.file,
  };
}

/** Both days whole; undefined where they are none, or the wrong way round. */
function askedOf({ form, session }: Visit): KitAsked | undefined {
  const { tenant } = session.principal;
  const [first, last] = [form.get("from") ?? "", form.get("to") ?? ""];
  const [from, to] = [startOf(first), startOf(last)];
  if ((first !== "" && from === undefined) || (last !== "" && to === undefined)) return undefined;
  if (from !== undefined && to !== undefined && to < from) return undefined;
  const days = [first, last].filter((day) => day !== "");
  const name = ["tacet-kit", tenant, ...days].join("-").replaceAll(/[^\w.-]/g, "_");
  return {
    tenant,
    name,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to: to + DAY_MS }),
  };
}

function page({ kit, log }: PageDeps, visit: Visit, why?: NoKitWhy | "bad"): Reply {
  const { form, say, session } = visit;
  const told =
    why === undefined
      ? html``
      : html`<p role="alert" class="word bad">
          ${say(`kit.${why}`, { count: kit.entryCountMax })}
        </p>`;
  const day = (name: "from" | "to"): Html =>
    html`<label
      >${say(`report.${name}`)} (UTC)
      <input type="date" name="${name}" value="${form.get(name) ?? ""}"
    /></label>`;
  const key = log.verifierKey;
  return {
    kind: "page",
    title: say("nav.kit"),
    body: html`${told}
      <p>${say("kit.what")}</p>
      <form class="filter" method="post" action="/console/kit/download">
        <input type="hidden" name="csrf" value="${session.csrf}" />
        ${day("from")} ${day("to")}
        <button type="submit">${say("kit.make")}</button>
      </form>
      <p class="hint">${say("kit.period")} ${say("kit.logged")}</p>
      <p>${say("kit.how")}</p>
      ${key === undefined ? html`` : html`<p><code>${key}</code></p>`}`,
  };
}
