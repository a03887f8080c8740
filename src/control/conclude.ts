/**
 * What follows from a call's facts. Pure; every word the API says of a call is decided here.
 *
 * @module
 */
import type { CallState, EpochMs, Goal, Protection, Tap, Window, WindowId } from "./call.ts";

/** Windows that still ask for silence: open ones, and expired ones whose silence is kept. */
export function goal(state: CallState): Goal {
  return Object.values(state.windows).some((window) => window.state !== "closed")
    ? "paused"
    : "recording";
}

export function hasOpenWindow(state: CallState): boolean {
  return Object.values(state.windows).some((window) => window.state === "open");
}

/** A required tap that can be silenced and that the call has not moved away from. */
export function counts(tap: Tap): boolean {
  return tap.required && tap.role === "active" && tap.control !== "none";
}

/** Confirmed silent in the current turn, by this tap's own rules. */
export function isSilent(tap: Tap, turn: number): boolean {
  // Seen paused on the way to recording, a resume may be under way.
  if (tap.turn !== turn || tap.goal !== "paused") return false;
  if (tap.confirmedBy === "acknowledged" && !tap.acceptAcknowledged) return false;
  return tap.status === "paused" || (tap.status === "absent" && tap.absentIs === "protected");
}

/** At least one required active tap that can be silenced, and every such tap confirmed silent. */
export function allSilent(state: CallState): boolean {
  const taps = Object.values(state.taps).filter(counts);
  return taps.length > 0 && taps.every((tap) => isSilent(tap, state.turn));
}

/** Somebody else had silenced it before tacet's first command; tacet leaves it so. */
export function pausedByOther(tap: Tap): boolean {
  return tap.status === "paused" && tap.before === "paused" && !tap.touched;
}

export function protection(state: CallState): Protection {
  if (state.endedAt !== undefined) return "ended";
  const overdue = state.settlement.kind === "overdue";
  if (hasOpenWindow(state)) {
    if (state.settlement.kind === "settled") return "secured";
    return overdue ? "unsecured" : "securing";
  }
  if (goal(state) === "paused") {
    // Leases ended. In grace the resume is under way; kept for good, a person has to act.
    const kept = Object.values(state.windows).some(
      (window) => window.state === "expired" && window.releaseAt === undefined,
    );
    return kept ? "stalled" : "resuming";
  }
  if (state.settlement.kind === "settled") return "recording";
  return overdue ? "stalled" : "resuming";
}

/** Who asks about a window: the credential's issuer, and the agent it is, where it is one. */
export interface Asker {
  readonly owner: string;
  readonly agentId?: string;
}

/** The window of this id; ids are the callers' and may be the names of an object's own members. */
export function windowOf(state: CallState, windowId: WindowId): Window | undefined {
  return Object.hasOwn(state.windows, windowId) ? state.windows[windowId] : undefined;
}

/**
 * The window is the asker's. What an agent opened is that agent's, passes with the call to the next
 * one, and stays with whoever issued the credential it was opened with.
 */
export function ownsWindow(window: Window, asker: Asker): boolean {
  if (window.agentId !== undefined && asker.agentId !== undefined) {
    return window.agentId === asker.agentId;
  }
  return window.owner === asker.owner;
}

/** The boolean a payment page obeys: the call is secured and the asker's own window is open. */
export function safeToCollect(
  state: CallState,
  windowId: WindowId,
  asker: Asker,
  at: EpochMs,
): boolean {
  const window = windowOf(state, windowId);
  return (
    window !== undefined &&
    window.state === "open" &&
    ownsWindow(window, asker) &&
    window.expiresAt > at &&
    protection(state) === "secured"
  );
}

/** For how long a page may collect, counted from the moment it sent its request. 0 when not safe. */
export function collectForMs(
  state: CallState,
  windowId: WindowId,
  asker: Asker,
  at: EpochMs,
): number {
  if (!safeToCollect(state, windowId, asker, at)) return 0;
  return (windowOf(state, windowId)?.expiresAt ?? at) - at;
}

/** What one tap should be: one that was left and let go records although a window is open. */
export function goalOf(state: CallState, tap: Tap): Goal {
  return tap.role === "leaving" && tap.freed === true ? "recording" : goal(state);
}

/** Confirmed in the current turn that it records again, or that there is nothing to record. */
export function isReleased(tap: Tap, turn: number): boolean {
  if (tap.turn !== turn || tap.goal !== "recording") return false;
  return tap.status === "recording" || tap.status === "absent";
}

/** Commands sent to this tap in this turn, as far as they came of anything. */
export function attemptsOf(tap: Tap, turn: number): number {
  return tap.failure?.attempts ?? (tap.turn === turn ? (tap.attempts ?? 0) : 0);
}

/** Every tap that counts towards the goal has shown it. */
export function isSettled(state: CallState): boolean {
  if (goal(state) === "paused") return allSilent(state);
  return Object.values(state.taps).every((tap) => !tap.touched || isReleased(tap, state.turn));
}

/** No window, nothing owed, nothing being asked: such a call costs nothing. */
export function isAtRest(state: CallState): boolean {
  return (
    goal(state) === "recording" &&
    (state.endingAt === undefined || state.endedAt !== undefined) &&
    Object.values(state.taps).every((tap) => !tap.touched && tap.baselineBy === undefined)
  );
}
