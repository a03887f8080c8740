/**
 * The moments at which time alone changes something, and what time then brings about. One alarm
 * serves the whole call.
 *
 * @module
 */
import type { CallState, EpochMs, Tap, TapId } from "./call.ts";
import type { Fresh, Rules } from "./commands.ts";
import { counts, goal, goalOf, isAtRest, isReleased, isSilent } from "./conclude.ts";
import type { CallEvent } from "./events.ts";

/** Undefined where time changes nothing. Every deadline is answered by an event in `pass`. */
export function nextDeadline(state: CallState, rules: Rules, fresh: Fresh): EpochMs | undefined {
  const deadlines: EpochMs[] = [];
  for (const window of Object.values(state.windows)) {
    if (window.state === "open") deadlines.push(window.expiresAt);
    if (window.state === "expired" && window.releaseAt !== undefined)
      deadlines.push(window.releaseAt);
  }
  if (state.settlement.kind === "due") deadlines.push(state.settlement.by);
  for (const tap of Object.values(state.taps)) {
    if (tap.baselineBy !== undefined) deadlines.push(tap.baselineBy);
    if (ages(state, tap)) deadlines.push(lapsesAt(tap, rules, fresh));
  }
  if (state.endedAt === undefined && state.endBy !== undefined) deadlines.push(state.endBy);
  if (idles(state)) deadlines.push(state.at + rules.callIdleMsMax);
  return deadlines.length > 0 ? Math.min(...deadlines) : undefined;
}

/** What has come about by `at`. Empty exactly when no deadline has passed. */
export function pass(
  at: EpochMs,
  state: CallState,
  rules: Rules,
  fresh: Fresh,
): readonly CallEvent[] {
  const confirmDueBy = at + rules.confirmMsMax;
  const events: CallEvent[] = [];
  for (const [windowId, window] of Object.entries(state.windows)) {
    if (window.state === "open" && window.expiresAt <= at) {
      const releases = rules.atLeaseEnd === "resume";
      events.push({
        type: "WindowExpired",
        windowId,
        ...(releases ? { releaseAt: at + rules.graceMs } : {}),
        at,
      });
    }
    if (window.state === "expired" && window.releaseAt !== undefined && window.releaseAt <= at) {
      events.push({ type: "WindowReleased", windowId, confirmDueBy, at });
    }
  }
  const taps = Object.values(state.taps);
  const lapsed = taps.filter((tap) => ages(state, tap) && lapsesAt(tap, rules, fresh) <= at);
  if (lapsed.length > 0)
    events.push({ type: "ConfirmationLapsed", tapIds: lapsed.map(id), reason: "silent", at });
  for (const { tapId, recorderId, baselineBy } of taps) {
    if (baselineBy === undefined || baselineBy > at) continue;
    events.push({ type: "TapBaselined", tapId, recorderId, status: "unknown", askedAt: at, at });
  }
  if (state.settlement.kind === "due" && state.settlement.by <= at) {
    events.push({
      type: "ConfirmationOverdue",
      goal: goal(state),
      tapIds: unsettledTaps(state).map(id),
      at,
    });
  }
  if (idles(state) && state.at + rules.callIdleMsMax <= at) {
    events.push({
      type: "CallEnding",
      reason: "idle",
      idleSince: state.at,
      endBy: at + rules.endMsMax,
      confirmDueBy,
      at,
    });
  }
  if (state.endedAt === undefined && state.endBy !== undefined && state.endBy <= at) {
    events.push({ type: "CallEnded", outstanding: taps.filter((tap) => tap.touched).map(id), at });
  }
  return events;
}

/** The taps that have not shown the goal. */
function unsettledTaps(state: CallState): readonly Tap[] {
  const taps = Object.values(state.taps);
  return goal(state) === "paused"
    ? taps.filter((tap) => counts(tap) && !isSilent(tap, state.turn))
    : taps.filter((tap) => tap.touched && !isReleased(tap, state.turn));
}

/** Confirmed silent by something that can be asked again, so the confirmation grows old. */
function ages(state: CallState, tap: Tap): boolean {
  const asked = tap.confirmedBy === "read_back" || tap.confirmedBy === "pushed";
  return asked && goalOf(state, tap) === "paused" && isSilent(tap, state.turn);
}

function lapsesAt(tap: Tap, rules: Rules, fresh: Fresh): EpochMs {
  return Math.max(tap.askedAt, fresh[tap.tapId] ?? 0) + rules.confirmAgeMsMax;
}

const idles = (state: CallState): boolean =>
  state.registeredAt !== undefined && state.endingAt === undefined && isAtRest(state);

const id = (tap: Tap): TapId => tap.tapId;
