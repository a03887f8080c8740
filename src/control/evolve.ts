/**
 * How an event changes a call. Never refuses: what was logged has happened.
 *
 * @module
 */
import type { CallState, EpochMs, Tap, TapId, Window, WindowId } from "./call.ts";
import { newCall } from "./call.ts";
import {
  allSilent,
  goal,
  goalOf,
  isReleased,
  isSettled,
  isSilent,
  protection,
} from "./conclude.ts";
import type { CallEvent } from "./events.ts";

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

/** A tap that was left is let go once every tap that counts is confirmed; that stays so. */
function free(tap: Tap, reached: boolean): Tap {
  if (tap.role !== "leaving" || tap.freed === true || !reached) return tap;
  return { ...tap, freed: true };
}

/** From here on tacet may have silenced it: the pause goes out after this is durable. */
function touch(state: CallState, tap: Tap): Tap {
  if (tap.touched || tap.control === "none" || tap.before === undefined) return tap;
  if (goalOf(state, tap) !== "paused") return tap;
  return tap.before === "paused" && tap.status !== "recording" ? tap : { ...tap, touched: true };
}

/** Confirmed as recording again: nothing is owed, and what it is now is the next baseline. */
function letGo(state: CallState, tap: Tap): Tap {
  if (!tap.touched || goalOf(state, tap) !== "recording" || !isReleased(tap, state.turn))
    return tap;
  return { ...tap, touched: false, before: tap.status, beforeAt: tap.askedAt };
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

type Of<T extends CallEvent["type"]> = Extract<CallEvent, { type: T }>;

function register(state: CallState, event: Of<"CallRegistered">): CallState {
  const { attributes, agentId, at } = event;
  const identity = { registeredAt: at, attributes, ...(agentId === undefined ? {} : { agentId }) };
  if (state.endedAt === undefined) return { ...state, ...identity };
  // A new life of an old id. What the old one still owes is kept until it is paid.
  const owing = Object.values(state.taps)
    .filter((tap) => tap.touched)
    .map((tap) => [tap.tapId, { ...tap, role: "leaving" }] as const);
  const { turn, turnAt, settlement, version } = state;
  return {
    ...newCall,
    turn,
    turnAt,
    settlement,
    version,
    at,
    taps: Object.fromEntries(owing),
    ...identity,
  };
}

function move(state: CallState, event: Of<"CallMoved">): CallState {
  const { agentId, attributes } = event;
  const moved = { ...state, attributes, ...(agentId === undefined ? {} : { agentId }) };
  if (agentId === undefined || agentId === state.agentId) return moved;
  const windows = Object.entries(state.windows).map(([windowId, window]) => {
    const passes = window.agentId !== undefined && window.agentId === state.agentId;
    return [windowId, passes ? { ...window, agentId, owner: `agent:${agentId}` } : window] as const;
  });
  return { ...moved, windows: Object.fromEntries(windows) };
}

function addTap(known: Tap | undefined, event: Of<"TapAdded">): Tap {
  const read =
    known?.before !== undefined && known.before !== "unknown" && known.elsewhere !== true;
  if (known !== undefined && (known.touched || read)) {
    const { freed: _, elsewhere, session, ...kept } = known;
    const same = elsewhere === true || session === undefined ? {} : { session };
    return { ...kept, ...same, ...event.tap, role: "active" };
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

function baseline(known: Tap, event: Of<"TapBaselined">): Tap {
  const { baselineBy: _, ...tap } = known;
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

function open(state: CallState, event: Of<"WindowOpened">): CallState {
  const { windowId, owner, agentId, reason, at, expiresAt, expiresAtMax } = event;
  const window: Window = {
    owner,
    ...(agentId === undefined ? {} : { agentId }),
    ...(reason === undefined ? {} : { reason }),
    openedAt: at,
    expiresAt,
    expiresAtMax,
    state: "open",
  };
  const opened = withWindow(state, windowId, window);
  if (goal(state) === "paused") return opened;
  const taps = Object.values(opened.taps).map((tap) => [tap.tapId, reread(tap, event)] as const);
  return { ...opened, taps: Object.fromEntries(taps) };
}

/** A baseline that is unknown or too old is read again before the first command. */
function reread(tap: Tap, event: Of<"WindowOpened">): Tap {
  if (tap.touched || tap.control === "none" || tap.before === undefined) return tap;
  const stale = tap.before === "unknown" || (tap.beforeAt ?? 0) < event.baselineAfter;
  if (!stale) return tap;
  const { before: _, beforeAt: __, ...rest } = tap;
  return { ...rest, baselineBy: event.baselineBy };
}

function report(state: CallState, tap: Tap, event: Of<"RecorderReported">): Tap {
  const { failure: _, confirmedAfterMs: __, elsewhere: ___, ...rest } = tap;
  const next: Tap = {
    ...rest,
    status: event.status,
    confirmedBy: event.confirmedBy,
    turn: event.turn,
    goal: event.goal,
    askedAt: event.askedAt,
    ...(event.reason === "other_conversation" ? { elsewhere: true } : {}),
    ...(tap.session === undefined && event.session !== undefined ? { session: event.session } : {}),
  };
  const wanted =
    goalOf(state, tap) === "paused" ? isSilent(next, state.turn) : isReleased(next, state.turn);
  if (wanted) return { ...next, confirmedAfterMs: Math.max(0, event.at - state.turnAt) };
  return tap.failure === undefined ? next : { ...next, failure: tap.failure };
}

const withTap = (state: CallState, tap: Tap): CallState => ({
  ...state,
  taps: { ...state.taps, [tap.tapId]: tap },
});

function changeTap(state: CallState, tapId: TapId, change: (tap: Tap) => Tap): CallState {
  const tap = state.taps[tapId];
  return tap === undefined ? state : withTap(state, change(tap));
}

const withWindow = (state: CallState, windowId: WindowId, window: Window): CallState => ({
  ...state,
  windows: { ...state.windows, [windowId]: window },
});

function changeWindow(state: CallState, windowId: WindowId, change: Partial<Window>): CallState {
  const window = state.windows[windowId];
  return window === undefined ? state : withWindow(state, windowId, { ...window, ...change });
}
