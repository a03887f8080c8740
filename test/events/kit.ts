/**
 * What the event tests share: calls written by hand, viewers, a clock moved by hand, and a reader
 * as slow as a test wants.
 *
 * @module
 */
import { type CallState, newCall, type Tap, type Window } from "../../src/control/call.ts";
import type { CallView } from "../../src/control/calls.ts";
import type { CallChange, Clock } from "../../src/control/ports.ts";
import { createHub, type Hub, type HubOptions } from "../../src/events/hub.ts";
import type { Viewer } from "../../src/events/project.ts";
import type { ServerMessage } from "../../src/events/protocol.ts";
import type { Outlet } from "../../src/events/subscriber.ts";

export const TENANT = "acme";
export const EPOCH = "tacet.test/acme";

/** A clock that stands still until it is moved; timers run in order of their time. */
export interface HandClock extends Clock {
  pass(ms: number): void;
  timers(): number;
}

function handClock(): HandClock {
  let now = 1_000_000;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    random: () => 0.5,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    pass(ms) {
      const until = now + ms;
      for (;;) {
        const next = timers.filter((one) => one.at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = until;
    },
    timers: () => timers.length,
  };
}

export const state = (more: Partial<CallState> = {}): CallState => ({ ...newCall, ...more });

export const openWindow = (owner: string, more: Partial<Window> = {}): Window => ({
  owner,
  openedAt: 1_000,
  expiresAt: 61_000,
  expiresAtMax: 901_000,
  state: "open",
  ...more,
});

export const tap = (more: Partial<Tap> = {}): Tap => ({
  tapId: "hq one",
  recorderId: "hq",
  targetKey: "one",
  target: { sipUri: "sip:secret@example.com" },
  control: "mute",
  audio: "silence",
  required: true,
  absentIs: "unprotected",
  acceptAcknowledged: false,
  role: "active",
  touched: true,
  status: "paused",
  turn: 0,
  askedAt: 1_010,
  ...more,
});

export const secured = (owner = "shop"): Partial<CallState> => ({
  windows: { w1: openWindow(owner) },
  settlement: { kind: "settled" },
});

export const change = (
  callId: string,
  position: number,
  more: Partial<CallState> = {},
  tenant = TENANT,
): CallChange => ({ tenant, callId, state: state(more), events: [], position });

export const view = (
  callId: string,
  position: number,
  more: Partial<CallState> = {},
): CallView => ({
  tenant: TENANT,
  callId,
  state: state(more),
  position,
  at: 0,
  durable: true,
});

/** Sees every call of the tenant. */
export const wall = (more: Partial<Viewer> = {}): Viewer => ({
  tenant: TENANT,
  owner: "wall",
  ownCallsOnly: false,
  sees: () => true,
  can: () => [],
  ...more,
});

/** Sees its own calls only. */
export const agent = (agentId: string, more: Partial<Viewer> = {}): Viewer =>
  wall({
    owner: agentId,
    agentId,
    ownCallsOnly: true,
    sees: (_callId, { agentId: whose }) => whose === agentId,
    ...more,
  });

export interface Reader extends Outlet {
  readonly got: ServerMessage[];
  readonly texts: string[];
  /** Takes nothing while true. */
  stuck: boolean;
  take<T extends ServerMessage["type"]>(type: T): Extract<ServerMessage, { type: T }>[];
}

export function reader(): Reader {
  const got: ServerMessage[] = [];
  const texts: string[] = [];
  return {
    got,
    texts,
    stuck: false,
    send(text) {
      texts.push(text);
      got.push(JSON.parse(text));
    },
    buffered() {
      return this.stuck ? Infinity : 0;
    },
    take(type) {
      return got.filter((message): message is Extract<ServerMessage, { type: typeof type }> => {
        return message.type === type;
      });
    },
  };
}

export interface Bench {
  readonly hub: Hub;
  readonly clock: HandClock;
  /** Runs one deferred slice; false where there was none. */
  readonly slice: () => boolean;
  readonly settle: () => void;
  epoch: string;
  readonly errors: unknown[];
}

export function bench(
  options: Partial<HubOptions> & { views?: CallView[]; size?: number } = {},
): Bench {
  const clock = handClock();
  const waiting: (() => void)[] = [];
  const errors: unknown[] = [];
  const made: Bench = {
    hub: createHub({
      clock,
      epoch: () => made.epoch,
      position: () => options.size ?? 0,
      live: async () => options.views ?? [],
      defer: (run) => void waiting.push(run),
      onError: (error) => errors.push(error),
      ...options,
    }),
    clock,
    slice() {
      const run = waiting.shift();
      run?.();
      return run !== undefined;
    },
    settle() {
      while (made.slice());
    },
    epoch: EPOCH,
    errors,
  };
  return made;
}
