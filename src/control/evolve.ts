/**
 * How an event changes a call. Never refuses: what was logged has happened.
 *
 * @module
 */
import type { CallState, EpochMs, Tap, TapId } from "./call.ts";
import { newCall } from "./call.ts";
import { allSilent, goal, isSettled, protection } from "./conclude.ts";
import type { CallEvent } from "./events.ts";
import { addTap, baseline, changeTap, free, letGo, report, touch, withTap } from "./evolveTap.ts";
import { changeWindow, move, open, register, withWindow } from "./evolveWindow.ts";

export function evolve(state: CallState, event: CallEvent): CallState {
  const before = elapse(state, event.at);
  const after = follow(before, apply(before, event), event);
  return { ...after, version: state.version + 1 };
}

export const fold = (events: readonly CallEvent[], from: CallState = newCall): CallState =>
  events.reduce(evolve, from);

function apply(state: CallState, event: CallEvent): CallState {
  switch (event.type) {
    case "CallRegistered":
      return register(state, event);
    case "CallMoved":
      return move(state, event);
    case "TapAdded":
      return withTap(state, addTap(state.taps[event.tap.tapId], event));
    case "TapLeaving":
      return changeTap(state, event.tapId, (tap) => ({ ...tap, role: "leaving" }));
    case "TapReleased":
      return changeTap(state, event.tapId, (tap) => ({ ...tap, touched: false }));
    case "TapBaselined":
      return changeTap(state, event.tapId, (tap) => baseline(tap, event));
    case "WindowOpened":
      return open(state, event);
    case "WindowRenewed":
      return changeWindow(state, event.windowId, { expiresAt: event.expiresAt });
    case "WindowExpired":
      return changeWindow(state, event.windowId, {
        state: "expired",
        ...(event.releaseAt === undefined ? {} : { releaseAt: event.releaseAt }),
      });
    case "WindowClosed":
    case "WindowReleased":
      return changeWindow(state, event.windowId, { state: "closed" });
    case "WindowForestalled":
      return withWindow(state, event.windowId, {
        owner: event.by?.owner ?? "",
        openedAt: event.at,
        expiresAt: event.at,
        expiresAtMax: event.at,
        state: "closed",
      });
    case "RecorderReported":
      return changeTap(state, event.tapId, (tap) => report(state, tap, event));
    case "RecorderFailed": {
      const { outcome, reason, detail, attempts } = event;
      const failure = { outcome, reason, attempts, ...(detail === undefined ? {} : { detail }) };
      return changeTap(state, event.tapId, (tap) => ({ ...tap, failure }));
    }
    case "ConfirmationOverdue":
      return { ...state, settlement: { kind: "overdue", since: event.at } };
    case "ConfirmationLapsed":
      return event.tapIds.reduce(
        (next, tapId) =>
          changeTap(next, tapId, ({ confirmedBy: _, ...tap }) => ({ ...tap, status: "unknown" })),
        state,
      );
    case "CallEnding": {
      const windows = Object.entries(state.windows).map(
        ([id, window]) => [id, { ...window, state: "closed" }] as const,
      );
      return {
        ...state,
        windows: Object.fromEntries(windows),
        endingAt: event.at,
        endBy: event.endBy,
        ...(event.idleSince === undefined ? {} : { idleSince: event.idleSince }),
      };
    }
    case "CallEnded":
      return { ...state, endedAt: event.at };
  }
}

/** What follows from any event: turns, who is touched, who is let go, and when it must be confirmed. */
function follow(before: CallState, applied: CallState, event: CallEvent): CallState {
  const flipped = goal(before) !== goal(applied);
  const turned = flipped ? { ...applied, turn: applied.turn + 1, turnAt: event.at } : applied;
  const reached = allSilent(turned);
  const taps: Record<TapId, Tap> = {};
  for (const tap of Object.values(turned.taps)) {
    const next = letGo(turned, touch(turned, free(tap, reached && goal(turned) === "paused")));
    if (next.role === "active" || next.touched) taps[next.tapId] = next;
  }
  return settle(before, { ...turned, taps }, flipped, event);
}

/** Due afresh when the goal flips or a settled call stops being so; drift is overdue at once. */
function settle(
  before: CallState,
  after: CallState,
  flipped: boolean,
  event: CallEvent,
): CallState {
  if (isSettled(after)) return { ...after, settlement: { kind: "settled" } };
  if (event.type === "ConfirmationOverdue") return after;
  const wasSettled = before.settlement.kind === "settled";
  if (!flipped && !wasSettled) return after;
  const drifted =
    !flipped && (event.type === "RecorderReported" || event.type === "ConfirmationLapsed");
  if (drifted) return { ...after, settlement: { kind: "overdue", since: event.at } };
  const by = "confirmDueBy" in event ? event.confirmDueBy : event.at;
  return { ...after, settlement: { kind: "due", by } };
}

/** Sums up the time since the last event by what the call was in it. */
function elapse(state: CallState, at: EpochMs): CallState {
  if (state.version === 0) return { ...state, at };
  const ms = Math.max(0, at - state.at);
  const word = protection(state);
  const unsecured = word === "securing" || word === "unsecured";
  const unrecorded = word === "resuming" || word === "stalled";
  return {
    ...state,
    at: Math.max(at, state.at),
    unsecuredMs: state.unsecuredMs + (unsecured ? ms : 0),
    unrecordedMs: state.unrecordedMs + (unrecorded ? ms : 0),
  };
}
