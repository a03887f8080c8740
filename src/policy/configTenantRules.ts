/**
 * What has to hold inside a tenant: its routes lead to recorders that can be silenced and can
 * answer in time, and somebody has chosen what happens when a page is gone.
 *
 * @module
 */
import type { Control } from "../control/call.ts";
import { controlsOf, type RecorderConfig, type Vendors } from "./configRecorders.ts";
import { routeSchema, rulesSchema, type RouteConfig } from "./configTenants.ts";
import { listOf, membersOf, valid, type Members, type Say } from "./crossRule.ts";
import { nearest } from "./nearest.ts";
import type { Path } from "./path.ts";

type Recorders = Readonly<Record<string, RecorderConfig>>;

const RENEWALS_A_LEASE = 3;

/** The log of what belongs to no tenant has this name. */
const RESERVED = "system";

export function tenantProblems(
  root: Members,
  recorders: Recorders,
  vendors: Vendors,
  sandbox: boolean,
  say: Say,
): void {
  const named = Object.keys(membersOf(root["recorders"]));
  for (const [id, value] of Object.entries(membersOf(root["tenants"]))) {
    const tenant = membersOf(value);
    const path = ["tenants", id];
    if (id === RESERVED) say(path, "is tacet's own name for its system log", "name it otherwise");
    if (tenant["atLeaseEnd"] === undefined && !sandbox) leaseEndMissing(path, say);
    numberRules(tenant, path, say);
    const routes = listOf(tenant["routes"]).map((route) => valid(routeSchema, route));
    orderRules(routes, path, say);
    routes.forEach((route, index) => {
      const at = [...path, "routes", index];
      if (route !== undefined) routeRules(route, at, { recorders, vendors, named, tenant, say });
    });
  }
}

function leaseEndMissing(path: Path, say: Say): void {
  say(
    [...path, "atLeaseEnd"],
    "is not chosen",
    "choose `resume` (when a page is gone and its lease has ended, recording starts again: nothing " +
      "goes unrecorded, but a caller still reading out a card would be heard) or " +
      "`keep_paused_and_alert` (silence is kept until a person acts: no card is heard, but the " +
      "rest of the call may not be recorded)",
  );
}

function numberRules(tenant: Members, path: Path, say: Say): void {
  const rules = valid(rulesSchema, tenant["rules"] ?? {});
  if (rules === undefined) return;
  const ordered = [
    ["leaseMsDefault", "leaseMsMax"],
    ["leaseMsMax", "windowMsMax"],
    ["waitMsDefault", "waitMsMax"],
    ["windowCountMax", "windowIdCountMax"],
  ] as const;
  for (const [small, large] of ordered) {
    if (rules[small] > rules[large]) {
      say([...path, "rules", small], `is more than ${large}`, `make it ${rules[large]} or less`);
    }
  }
  // One renewal may be lost and the next one late, and the page still has its lease.
  const leastMs = RENEWALS_A_LEASE * rules.renewMsMax;
  if (rules.leaseMsDefault < leastMs) {
    say(
      [...path, "rules", "leaseMsDefault"],
      "is less than three renewals: a hidden page's timers run once a minute, and it would lose its window",
      `make it ${leastMs} or more; where no page in a browser renews, say in renewMsMax how seldom it is done`,
    );
  }
}

/** The last route takes every call that is left, and no earlier one does. */
function orderRules(routes: readonly (RouteConfig | undefined)[], path: Path, say: Say): void {
  const every = routes.findIndex(
    (route) => route !== undefined && Object.keys(route.when ?? {}).length === 0,
  );
  const last = routes.length - 1;
  if (every >= 0 && every < last) {
    say(
      [...path, "routes", every],
      "matches every call, so the routes after it are never used",
      "move it to the end",
    );
  }
  if (every < 0 && routes[last] !== undefined) {
    say(
      [...path, "routes", last, "when"],
      "leaves calls that match no route",
      "end with a route that has no `when`",
    );
  }
}

interface RouteContext {
  readonly recorders: Recorders;
  readonly vendors: Vendors;
  /** Every recorder id written down, well formed or not. */
  readonly named: readonly string[];
  readonly tenant: Members;
  readonly say: Say;
}

function routeRules(route: RouteConfig, path: Path, context: RouteContext): void {
  const { say } = context;
  const seen = new Set<string>();
  let controllable = 0;
  route.recorders.forEach((part, index) => {
    const at = [...path, "recorders", index];
    if (seen.has(part.recorder)) say([...at, "recorder"], "is named twice", "keep it once");
    seen.add(part.recorder);
    const offered = offeredBy(part.recorder, context);
    if (!context.named.includes(part.recorder)) unknownRecorder(part.recorder, at, context);
    if (part.required && part.control === "none") {
      say(
        [...at, "control"],
        "is none for a required recorder, which nothing could then secure",
        "give it a control, or set `required: false`",
      );
    }
    const wanted = part.control;
    if (
      wanted !== undefined &&
      wanted !== "none" &&
      offered !== undefined &&
      !offered.includes(wanted)
    ) {
      controlMissing(offered, at, say);
    }
    // A recorder that is itself in error is given the benefit of the doubt: it has its own problem.
    const canBeSilenced = offered === undefined || offered.some((control) => control !== "none");
    if (part.required && wanted !== "none" && canBeSilenced) controllable += 1;
    if (part.required && !canBeSilenced) {
      say(
        [...at, "required"],
        `is true for a recorder that ${CANNOT_BE_SILENCED}`,
        "set `required: false`, and require one that can be silenced",
      );
    }
    freshness(part.recorder, at, context);
  });
  if (controllable === 0) {
    say(
      [...path, "recorders"],
      "names no required recorder that can be silenced, so no call would ever be secured",
      "make one of them required",
    );
  }
}

const CANNOT_BE_SILENCED = "cannot be silenced: it only tells afterwards what it recorded";

function controlMissing(offered: readonly Control[], at: Path, say: Say): void {
  const path = [...at, "control"];
  if (offered.some((control) => control !== "none")) {
    say(path, "is not one that this recorder offers", `choose ${offered.join(" or ")}`);
    return;
  }
  say(
    path,
    `is asked of a recorder that ${CANNOT_BE_SILENCED}`,
    "leave `control` out; what it records has to be kept from it by other means",
  );
}

function unknownRecorder(id: string, at: Path, { named, say }: RouteContext): void {
  const meant = nearest(id, named);
  say(
    [...at, "recorder"],
    "is not in `recorders`",
    meant === undefined ? `name one of ${named.join(", ") || "them"}` : `did you mean "${meant}"?`,
  );
}

function offeredBy(
  id: string,
  { recorders, vendors }: RouteContext,
): readonly Control[] | undefined {
  const recorder = recorders[id];
  return recorder && controlsOf(id, recorder, vendors);
}

/**
 * A confirmation must outlive one missed re-read, and the slowest read that is still waited for, or
 * a call would flicker between words.
 */
function freshness(id: string, at: Path, { recorders, tenant, say }: RouteContext): void {
  const desk = recorders[id]?.desk;
  const rules = valid(rulesSchema, tenant["rules"] ?? {});
  if (desk === undefined || rules === undefined) return;
  const { guardMs, statusMsMax } = desk;
  const slowestMs = Math.max(guardMs, statusMsMax) + statusMsMax;
  const path = [...at.slice(0, 2), "rules", "confirmAgeMsMax"];
  if (rules.confirmAgeMsMax < 2 * guardMs) {
    say(
      path,
      `is less than twice the guardMs of recorder ${id}`,
      `make it ${2 * guardMs} or more, or lower recorders.${id}.desk.guardMs`,
    );
  } else if (rules.confirmAgeMsMax < slowestMs) {
    say(
      path,
      `can pass while one slow read of recorder ${id} is waited for`,
      `make it ${slowestMs} or more, or lower recorders.${id}.desk.statusMsMax`,
    );
  }
}
