/**
 * The rules of what desks report: what counts, what is new, and what a reply may not confirm.
 *
 * @module
 */
import type { CallState, Tap } from "./call.ts";
import type { Command, Rules } from "./commands.ts";
import { goalOf, isReleased, isSilent } from "./conclude.ts";
import type { CallEvent } from "./events.ts";

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;

/** Nothing confirmed before a start or a wake is young enough to rest a payment on. */
export function wake(at: number, state: CallState): readonly CallEvent[] {
  const tapIds = Object.values(state.taps)
    .filter((tap) => goalOf(state, tap) === "paused" && isSilent(tap, state.turn))
    .map((tap) => tap.tapId);
  return tapIds.length === 0 ? [] : [{ type: "ConfirmationLapsed", tapIds, reason: "started", at }];
}

export function reportBaseline(
  command: Of<"ReportBaseline">,
  state: CallState,
): readonly CallEvent[] {
  const tap = state.taps[command.tapId];
  if (tap === undefined) return [];
  if (tap.baselineBy === undefined && !isMistaken(tap, command, state)) return [];
  const { askedAt, at, session, status, tapId } = command;
  const { recorderId } = tap;
  const carried = session === undefined ? {} : { session };
  return [{ type: "TapBaselined", tapId, recorderId, status, ...carried, askedAt, at }];
}

/** It passed for somebody else's silence, and is another call's of tacet's: it is tacet's to undo. */
function isMistaken(tap: Tap, { status }: Of<"ReportBaseline">, state: CallState): boolean {
  if (tap.touched || goalOf(state, tap) !== "paused") return false;
  return tap.before === "paused" && status !== "paused";
}

export function reportRecorder(
  command: Of<"ReportRecorder">,
  state: CallState,
  rules: Rules,
): readonly CallEvent[] {
  const { at, askedAt, attempts, confirmedBy, reason, session, status, tapId, turn } = command;
  const tap = state.taps[tapId];
  if (tap === undefined || tap.baselineBy !== undefined) return [];
  // A reply never confirms a newer turn; that it records is heard at once, whenever it was asked.
  if (turn < state.turn && status !== "recording") return [];
  if (askedAt < tap.askedAt && status !== "recording") return [];
  const elsewhere = reason === "other_conversation";
  const same =
    tap.status === status &&
    tap.turn === turn &&
    tap.goal === command.goal &&
    // How it is known that it records is no news.
    (tap.confirmedBy === confirmedBy || status === "recording") &&
    (tap.elsewhere === true) === elsewhere;
  if (same || (turn < tap.turn && tap.status === status)) return [];
  return [
    {
      type: "RecorderReported",
      tapId,
      recorderId: tap.recorderId,
      status,
      confirmedBy,
      turn,
      goal: command.goal,
      askedAt,
      ...(session === undefined ? {} : { session }),
      attempts,
      ...(reason === undefined ? {} : { reason }),
      confirmDueBy: at + rules.confirmMsMax,
      at,
    },
  ];
}

/** Entered when it is new; the same trouble again is only counted by the desk. */
export function reportFailure(
  command: Of<"ReportFailure">,
  state: CallState,
): readonly CallEvent[] {
  const { at, attempts, detail, outcome, reason, tapId, turn } = command;
  const tap = state.taps[tapId];
  if (tap === undefined || turn < state.turn) return [];
  const satisfied =
    goalOf(state, tap) === "paused" ? isSilent(tap, state.turn) : isReleased(tap, state.turn);
  if (satisfied || (tap.failure?.outcome === outcome && tap.failure.reason === reason)) return [];
  const { recorderId } = tap;
  const said = detail === undefined ? {} : { detail };
  return [
    { type: "RecorderFailed", tapId, recorderId, turn, outcome, reason, ...said, attempts, at },
  ];
}

export function letGo(
  { at, reason, tapId }: Of<"LetGoTap">,
  state: CallState,
): readonly CallEvent[] {
  const tap = state.taps[tapId];
  if (tap === undefined || !tap.touched || goalOf(state, tap) !== "recording") return [];
  return [{ type: "TapReleased", tapId, recorderId: tap.recorderId, reason, at }];
}
