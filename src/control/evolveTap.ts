/**
 * How events change one tap: its baseline, what it shows, and whether tacet has it to undo.
 *
 * @module
 */
import type { CallState, Tap, TapId } from "./call.ts";
import { goal, goalOf, isReleased, isSilent } from "./conclude.ts";
import type { CallEvent } from "./events.ts";

type Of<T extends CallEvent["type"]> = Extract<CallEvent, { type: T }>;

export function addTap(known: Tap | undefined, event: Of<"TapAdded">): Tap {
  const read =
    known?.before !== undefined && known.before !== "unknown" && known.elsewhere !== true;
  if (known !== undefined && (known.touched || read)) {
    const { confirmedBy, freed, elsewhere, session, ...kept } = known;
    const same = elsewhere === true || session === undefined ? {} : { session };
    const back: Tap = { ...kept, ...same, ...event.tap, role: "active" };
    // It was let go, or was another conversation: what it confirmed then says nothing of now.
    if (freed === true || elsewhere === true) return { ...back, status: "unknown", turn: -1 };
    return confirmedBy === undefined ? back : { ...back, confirmedBy };
  }
  const asked = event.tap.control === "none" ? {} : { baselineBy: event.baselineBy };
  return {
    ...event.tap,
    ...asked,
    role: "active",
    touched: false,
    status: "unknown",
    turn: -1,
    askedAt: 0,
  };
}

export function baseline(known: Tap, event: Of<"TapBaselined">): Tap {
  const { baselineBy, ...tap } = known;
  // What it was is known better now; what it shows stays as it was confirmed.
  if (baselineBy === undefined) return { ...tap, before: event.status, beforeAt: event.askedAt };
  const session = tap.session ?? event.session;
  const carried = session === undefined ? {} : { session };
  return {
    ...tap,
    ...carried,
    before: event.status,
    beforeAt: event.askedAt,
    status: event.status,
    turn: -1,
  };
}

export function report(state: CallState, tap: Tap, event: Of<"RecorderReported">): Tap {
  const { failure: _, confirmedAfterMs: __, elsewhere: ___, ...rest } = tap;
  const next: Tap = {
    ...rest,
    status: event.status,
    confirmedBy: event.confirmedBy,
    turn: event.turn,
    goal: event.goal,
    askedAt: event.askedAt,
    attempts: event.attempts,
    ...(event.reason === "other_conversation" ? { elsewhere: true } : {}),
    ...(tap.session === undefined && event.session !== undefined ? { session: event.session } : {}),
  };
  const wanted =
    goalOf(state, tap) === "paused" ? isSilent(next, state.turn) : isReleased(next, state.turn);
  if (wanted) return { ...next, confirmedAfterMs: Math.max(0, event.at - state.turnAt) };
  return tap.failure === undefined ? next : { ...next, failure: tap.failure };
}

/** Before the first command of a turn: a baseline that is unknown or too old is read again. */
export function rereadBaselines(state: CallState, event: Of<"WindowOpened">): CallState {
  if (goal(state) === "paused") return state;
  const taps = Object.values(state.taps).map((tap) => [tap.tapId, reread(tap, event)] as const);
  return { ...state, taps: Object.fromEntries(taps) };
}

function reread(tap: Tap, event: Of<"WindowOpened">): Tap {
  if (tap.touched || tap.control === "none" || tap.before === undefined) return tap;
  const stale = tap.before === "unknown" || (tap.beforeAt ?? 0) < event.baselineAfter;
  if (!stale) return tap;
  const { before: _, beforeAt: __, ...rest } = tap;
  return { ...rest, baselineBy: event.baselineBy };
}

/** A tap that was left is let go once every tap that counts is confirmed; that stays so. */
export function free(tap: Tap, reached: boolean): Tap {
  if (tap.role !== "leaving" || tap.freed === true || !reached) return tap;
  return { ...tap, freed: true };
}

/** From here on tacet may have silenced it: the pause goes out after this is durable. */
export function touch(state: CallState, tap: Tap): Tap {
  if (tap.touched || tap.control === "none" || tap.before === undefined) return tap;
  if (goalOf(state, tap) !== "paused") return tap;
  if (tap.before !== "paused") return { ...tap, touched: true };
  // Somebody else silenced it: theirs, until it is heard recording.
  return tap.status === "recording" ? { ...tap, before: "recording", touched: true } : tap;
}

/** Confirmed as recording again: nothing is owed, and what it is now is the next baseline. */
export function letGo(state: CallState, tap: Tap): Tap {
  if (!tap.touched || goalOf(state, tap) !== "recording" || !isReleased(tap, state.turn))
    return tap;
  return { ...tap, touched: false, before: tap.status, beforeAt: tap.askedAt };
}

export const withTap = (state: CallState, tap: Tap): CallState => ({
  ...state,
  taps: { ...state.taps, [tap.tapId]: tap },
});

export function changeTap(state: CallState, tapId: TapId, change: (tap: Tap) => Tap): CallState {
  const tap = state.taps[tapId];
  return tap === undefined ? state : withTap(state, change(tap));
}
