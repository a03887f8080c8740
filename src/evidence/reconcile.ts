/**
 * Whether a payment fell into a silence: a payment's moment against the windows of its call, or of
 * its agent's calls. Pure; `docs/reconcile.md` says the same in words.
 *
 * A payment's time is that of its authorisation, usually at the end of collection or just after it.
 * So what counts is the stretch from the moment the window was first secured to that moment, or to
 * the window's end where it ended up to `toleranceMs` before.
 *
 * @module
 */
import type { CallId, EpochMs, WindowId } from "../control/call.ts";
import type { Stretch } from "./evidence.ts";
import type { Outcome } from "./reconciled.ts";

/** One window, as far as payments are concerned. */
export interface PaidWindow {
  readonly callId: CallId;
  readonly windowId: WindowId;
  readonly openedAt: EpochMs;
  /** Closed, expired, or its call at an end. `Infinity`: open as far as the log reaches. */
  readonly endedAt: EpochMs;
  /** When the call was secured while it was open, in order and apart. */
  readonly secured: readonly Stretch[];
  /** Whose call, or whose window, it was and when. */
  readonly agents: readonly (Stretch & { readonly agentId: string })[];
}

/** Why, in one word. */
export type Why =
  | "open"
  | "closed_just_before"
  | "secured_after"
  | "opened_after"
  | "interrupted"
  | "not_secured"
  | "no_window_then"
  | "call_unknown"
  | "agent_unknown"
  | "outside_log";

export interface Finding {
  readonly outcome: Outcome;
  readonly why: Why;
  /** Of which it is told. */
  readonly callId?: CallId;
  readonly windowId?: WindowId;
}

const NOTHING: Finding = { outcome: "no_window", why: "no_window_then" };

/** One window at one moment. */
function judgeWindow(window: PaidWindow, at: EpochMs, toleranceMs: number): Finding {
  const { callId, endedAt, openedAt, windowId } = window;
  const [first] = window.secured;
  const say = (outcome: Outcome, why: Why): Finding => ({ outcome, why, callId, windowId });
  if (openedAt > at + toleranceMs || endedAt + toleranceMs < at) return NOTHING;
  const soon = first !== undefined && first.from <= at + toleranceMs;
  if (openedAt > at) return soon ? say("late", "opened_after") : say("unsecured", "not_secured");
  if (first === undefined || !soon) return say("unsecured", "not_secured");
  if (first.from > at) return say("late", "secured_after");
  // Secured to the end of the window; else the first stretch ended before the window did.
  const isWhole = first.to >= endedAt;
  if (endedAt < at)
    return isWhole ? say("secured", "closed_just_before") : say("unsecured", "interrupted");
  return isWhole || first.to > at ? say("secured", "open") : say("unsecured", "interrupted");
}

/** The first of these that there is. */
const OF_ONE_CALL: readonly Outcome[] = ["secured", "unsecured", "late"];
const OF_SEVERAL: readonly Outcome[] = ["unsecured", "late", "secured"];

/**
 * The windows of one call at one moment: those that were open then decide; only where none was, those
 * within the tolerance do. One that was secured is enough, since windows of one call share their
 * silence; a window that was never secured beside one that came late is not made good by it.
 */
export function judgeCall(
  windows: readonly PaidWindow[],
  at: EpochMs,
  toleranceMs: number,
): Finding {
  const open = windows.filter(({ endedAt, openedAt }) => openedAt <= at && at <= endedAt);
  const deciding = open.length > 0 ? open : windows;
  return pick(
    deciding.map((window) => judgeWindow(window, at, toleranceMs)),
    OF_ONE_CALL,
  );
}

/**
 * The windows of all calls of an agent: where more than one call had a window then, the payment may
 * be any one's, and the worst counts.
 */
export function judgeAgent(
  windows: readonly PaidWindow[],
  agentId: string,
  at: EpochMs,
  toleranceMs: number,
): Finding {
  const byCall = new Map<CallId, PaidWindow[]>();
  for (const window of windows) {
    const was = window.agents.some(
      (one) =>
        one.agentId === agentId && one.from <= at + toleranceMs && one.to >= at - toleranceMs,
    );
    if (was) byCall.set(window.callId, [...(byCall.get(window.callId) ?? []), window]);
  }
  return pick(
    [...byCall.values()].map((own) => judgeCall(own, at, toleranceMs)),
    OF_SEVERAL,
  );
}

function pick(findings: readonly Finding[], order: readonly Outcome[]): Finding {
  for (const outcome of order) {
    const found = findings.find((one) => one.outcome === outcome);
    if (found !== undefined) return found;
  }
  return NOTHING;
}
