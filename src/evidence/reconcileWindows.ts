/**
 * The windows of a whole log, gathered in one pass over its events: when each was open, when its
 * call was secured meanwhile, and whose it was. Bounded by the calls of the days that are asked for.
 *
 * @module
 */
import type { CallId, CallState, EpochMs, WindowId } from "../control/call.ts";
import { newCall } from "../control/call.ts";
import { counts, goal, protection } from "../control/conclude.ts";
import type { CallEvent } from "../control/events.ts";
import { evolve } from "../control/evolve.ts";
import type { Stretch } from "./evidence.ts";
import type { Known } from "./reconcileIndex.ts";
import type { PaidWindow } from "./reconcile.ts";

/** Ended calls whose turn is remembered, in case their ids begin anew: the ones that ended last. */
const ENDED_COUNT_MAX = 200_000;

type Agent = Stretch & { readonly agentId: string };

/** A window while it is open. */
interface Building {
  readonly openedAt: EpochMs;
  readonly secured: Stretch[];
  /** Since when it is secured; absent while it is not. */
  since?: EpochMs;
  readonly agents: Agent[];
  readonly held: Map<string, EpochMs>;
}

/** A process that starts again knows nothing of the time since its last word. */
interface Doubt {
  readonly from: EpochMs;
  /** The silences of windows that ended in it. */
  readonly ended: Stretch[][];
}

interface Life {
  state: CallState;
  readonly open: Map<WindowId, Building>;
  doubt?: Doubt;
}

export interface Gathering {
  /** One event of a call, in the order of the log. */
  take(callId: CallId, event: CallEvent): void;
  /** Any entry's moment: how far the log reaches. */
  reach(at: EpochMs): void;
  /** Entries are gone here: the log reaches only over what comes behind them. */
  forget(): void;
  /** All there is to know, once every event was taken. */
  end(): Known;
}

/** Windows that were open at some moment from `from` to `to` are kept. */
export function gatherWindows(
  { from, to }: Stretch,
  endedCountMax: number = ENDED_COUNT_MAX,
): Gathering {
  const lives = new Map<CallId, Life>();
  const ended = new Set<CallId>();
  const windows: PaidWindow[] = [];
  const calls = new Set<CallId>();
  const agents = new Set<string>();
  let [firstAt, lastAt] = [Infinity, -Infinity];

  function finish(
    callId: CallId,
    windowId: WindowId,
    one: Building,
    endedAt: EpochMs,
    doubt?: Doubt,
  ): void {
    if (endedAt < from || one.openedAt > to) return;
    const secured = [...one.secured];
    doubt?.ended.push(secured);
    if (one.since !== undefined) secured.push({ from: one.since, to: endedAt });
    const stints = [...one.agents];
    for (const [agentId, since] of one.held) stints.push({ agentId, from: since, to: endedAt });
    windows.push({ callId, windowId, openedAt: one.openedAt, endedAt, secured, agents: stints });
  }

  function note(callId: CallId, state: CallState): void {
    if (state.at < from || (state.registeredAt ?? 0) > to) return;
    calls.add(callId);
    if (state.agentId !== undefined) agents.add(state.agentId);
  }

  /** A call that is over: all that another life of its id goes on from. */
  function retire(callId: CallId, life: Life): void {
    const owing = Object.entries(life.state.taps).filter(([, tap]) => tap.touched);
    const rest = { windows: {}, attributes: {}, taps: Object.fromEntries(owing) };
    life.state = { ...life.state, ...rest };
    ended.delete(callId);
    ended.add(callId);
    const [oldest] = ended;
    if (ended.size <= endedCountMax || oldest === undefined) return;
    ended.delete(oldest);
    lives.delete(oldest);
  }

  return {
    take(callId, event) {
      const known = lives.get(callId);
      // What comes after a forgotten call's end says nothing of a window.
      if (known === undefined && event.type !== "CallRegistered") return;
      const life = known ?? { state: newCall, open: new Map<WindowId, Building>() };
      if (known === undefined) lives.set(callId, life);
      else if (event.type === "CallRegistered") ended.delete(callId);
      if (event.type === "ConfirmationLapsed" && event.reason === "started") {
        life.doubt ??= { from: life.state.at, ended: [] };
      }
      life.state = evolve(life.state, event);
      follow(life, (windowId, one, at) => finish(callId, windowId, one, at, life.doubt));
      settle(life, event);
      note(callId, life.state);
      for (const { held } of life.open.values()) for (const id of held.keys()) agents.add(id);
      if (life.state.endedAt !== undefined) retire(callId, life);
    },
    forget() {
      firstAt = Infinity;
    },
    reach(at) {
      firstAt = Math.min(firstAt, at);
      lastAt = Math.max(lastAt, at);
    },
    end() {
      for (const [callId, { open, state }] of lives) {
        if (state.endedAt === undefined) note(callId, { ...state, at: Infinity });
        for (const [windowId, one] of open) finish(callId, windowId, one, Infinity);
        open.clear();
      }
      const reach = firstAt > lastAt ? {} : { reach: { from: firstAt, to: lastAt } };
      return { windows, calls, agents, ...reach };
    },
  };
}

/** Found recording after a start, the recorder may have recorded ever since the last word before. */
function settle(life: Life, event: CallEvent): void {
  const { doubt, open, state } = life;
  if (doubt === undefined) return;
  if (isDrift(state, event)) {
    const all = [...doubt.ended, ...[...open.values()].map(({ secured }) => secured)];
    for (const secured of all) {
      const left = secured.filter((one) => one.from <= doubt.from);
      const cut = left.map((one) => ({ from: one.from, to: Math.min(one.to, doubt.from) }));
      secured.splice(0, secured.length, ...cut);
    }
    delete life.doubt;
  } else if (protection(state) === "secured" || goal(state) === "recording") delete life.doubt;
}

function isDrift({ taps }: CallState, event: CallEvent): boolean {
  if (event.type !== "RecorderReported" || event.status !== "recording") return false;
  const tap = taps[event.tapId];
  return tap !== undefined && counts(tap) && event.goal === "paused";
}

/** Brings the open windows in step with the call. */
function follow(
  { open, state }: Life,
  finish: (windowId: WindowId, one: Building, at: EpochMs) => void,
): void {
  const { at } = state;
  for (const [windowId, one] of open) {
    if (state.windows[windowId]?.state === "open") continue;
    open.delete(windowId);
    finish(windowId, one, at);
  }
  const isSecured = protection(state) === "secured";
  for (const [windowId, window] of Object.entries(state.windows)) {
    if (window.state !== "open") continue;
    const one: Building = open.get(windowId) ?? {
      openedAt: at,
      secured: [],
      agents: [],
      held: new Map(),
    };
    open.set(windowId, one);
    if (isSecured) one.since ??= at;
    else if (one.since !== undefined) {
      one.secured.push({ from: one.since, to: at });
      delete one.since;
    }
    const now = new Set([state.agentId, window.agentId].filter((id) => id !== undefined));
    for (const [agentId, since] of one.held) {
      if (now.has(agentId)) continue;
      one.held.delete(agentId);
      one.agents.push({ agentId, from: since, to: at });
    }
    for (const agentId of now) if (!one.held.has(agentId)) one.held.set(agentId, at);
  }
}
