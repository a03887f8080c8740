/**
 * From a call's durable change to the conditions that began or ended with it. Pure.
 *
 * @module
 */
import type { CallId, CallState, TenantId } from "../control/call.ts";
import { counts, hasOpenWindow, isSilent, pausedByOther, protection } from "../control/conclude.ts";
import type { CallChange } from "../control/ports.ts";
import type { Alert, CallAlert, Condition } from "./alert.ts";

/** How long a confirmation that lapsed at a start may take to come back before anybody is told. */
export const START_HOLD_MS = 5_000;

export type Signal =
  /** Not told before `holdMs` have passed, and never where it is over by then. */
  | { readonly type: "raise"; readonly alert: Alert; readonly holdMs: number }
  | { readonly type: "resolve"; readonly condition: Condition; readonly at: number };

/** What a change says of each of the call's conditions; drift that goes on is not said again. */
export function signalsOf(change: CallChange): readonly Signal[] {
  const { state } = change;
  const holdMs = lapsedAtStart(change) ? START_HOLD_MS : 0;
  const standing = standingOf(change);
  const signals: Signal[] = (["unsecured", "stalled", "paused_by_other"] as const).map((kind) => {
    const alert = standing.find((one) => one.kind === kind);
    return alert === undefined ? over(change, kind) : { type: "raise", alert, holdMs };
  });
  if (protection(state) !== "unsecured") return [...signals, over(change, "drift")];
  const recorderIds = driftedOf(change);
  if (recorderIds.length === 0) return signals;
  const alert = alertOf(change, "drift", state.at, recorderIds);
  return [...signals, { type: "raise", alert, holdMs: 0 }];
}

type Call = Pick<CallChange, "tenant" | "callId" | "state" | "position">;

/** The conditions that a call is in by its state alone. Drift is told by the change only. */
export function standingOf(call: Call): readonly CallAlert[] {
  const { state } = call;
  const since = state.settlement.kind === "overdue" ? state.settlement.since : state.at;
  const word = protection(state);
  const taps = Object.values(state.taps);
  const owed = taps.filter((tap) => tap.touched);
  const found: CallAlert[] = [];
  if (word === "unsecured") {
    const unsure = taps.filter((tap) => counts(tap) && !isSilent(tap, state.turn));
    found.push(alertOf(call, "unsecured", since, ids(unsure)));
  }
  // An ended call whose recorders were not heard recording again is nobody's to look at but ours.
  const left = state.endedAt !== undefined && owed.length > 0;
  if (word === "stalled" || left) found.push(alertOf(call, "stalled", since, ids(owed)));
  const foreign = taps.filter((tap) => pausedByOther(tap));
  if (foreign.length > 0 && state.endedAt === undefined) {
    found.push(alertOf(call, "paused_by_other", state.at, ids(foreign)));
  }
  return found;
}

/** Whether an open alert of this kind still stands in this state. */
export function stands(kind: CallAlert["kind"], call: Call): boolean {
  if (kind === "drift") return protection(call.state) === "unsecured";
  return standingOf(call).some((one) => one.kind === kind);
}

/** Recorders that had confirmed, and were heard otherwise while a window was open. */
function driftedOf({ events, state }: CallChange): readonly string[] {
  const { settlement } = state;
  if (settlement.kind !== "overdue" || !hasOpenWindow(state)) return [];
  const reported = events.filter(
    (event) =>
      event.type === "RecorderReported" &&
      event.status !== "paused" &&
      event.at === settlement.since,
  );
  const timedOut = events.some((event) => event.type === "ConfirmationOverdue");
  return timedOut ? [] : ids(reported as readonly { recorderId: string }[]);
}

const lapsedAtStart = ({ events }: CallChange): boolean =>
  events.some((event) => event.type === "ConfirmationLapsed" && event.reason === "started");

const ids = (of: readonly { readonly recorderId: string }[]): readonly string[] => [
  ...new Set(of.map(({ recorderId }) => recorderId)),
];

const over = ({ callId, state, tenant }: Call, kind: CallAlert["kind"]): Signal => ({
  type: "resolve",
  condition: { kind, tenant, callId },
  at: state.at,
});

function alertOf(
  { callId, position, state, tenant }: Call,
  kind: CallAlert["kind"],
  since: number,
  recorderIds: readonly string[],
): CallAlert {
  return {
    kind,
    since,
    tenant,
    callId,
    windowIds: openWindows(state),
    recorderIds,
    ...(state.agentId === undefined ? {} : { agentId: state.agentId }),
    protection: protection(state),
    position,
  };
}

const openWindows = ({ windows }: CallState): readonly string[] =>
  Object.entries(windows).flatMap(([id, { state }]) => (state === "open" ? [id] : []));

/** What names a call among all. */
export type CallName = { readonly tenant: TenantId; readonly callId: CallId };
