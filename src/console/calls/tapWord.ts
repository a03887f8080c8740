/**
 * What one recorder is in a call, in one word, as far as it was confirmed.
 *
 * @module
 */
import type { CallState, RecorderStatus, Tap } from "../../control/call.ts";
import { goalOf, isReleased, isSilent, pausedByOther } from "../../control/conclude.ts";

export type TapWord =
  | "recording"
  | "pausing"
  | "silent"
  /** Seen recording in this very turn, when it should be silent. */
  | "exposed"
  | "unconfirmed"
  | "resuming"
  | "stalled"
  | "paused_by_other"
  | "absent"
  | "unknown"
  /** It is never silenced. */
  | "witness";

/** What one tap is, as far as it was confirmed. */
export function tapWord(state: CallState, tap: Tap): TapWord {
  if (tap.control === "none") return "witness";
  const overdue = state.settlement.kind === "overdue";
  if (goalOf(state, tap) === "paused" && state.endedAt === undefined) {
    if (isSilent(tap, state.turn)) return "silent";
    if (tap.status === "recording" && tap.turn === state.turn) return "exposed";
    return overdue ? "unconfirmed" : "pausing";
  }
  if (tap.touched && !isReleased(tap, state.turn)) {
    return overdue || state.endedAt !== undefined ? "stalled" : "resuming";
  }
  if (pausedByOther(tap)) return "paused_by_other";
  return wordOfStatus(tap.status);
}

function wordOfStatus(status: RecorderStatus): TapWord {
  switch (status) {
    case "paused":
      return "paused_by_other";
    case "recording":
    case "absent":
    case "unknown":
      return status;
  }
}
