/** What the picture of a call says at any instant is what the core says of it then. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Timeline, livesOf, timelineOf, wordAt } from "../../src/console/calls/timeline.ts";
import type { CallState } from "../../src/control/call.ts";
import { newCall } from "../../src/control/call.ts";
import { goalOf, isSilent, protection } from "../../src/control/conclude.ts";
import type { CallEvent } from "../../src/control/events.ts";
import { evolve } from "../../src/control/evolve.ts";
import { IVR, PAGE, SUPERVISOR, Told, tap } from "../control/given.ts";

const RULES = { leaseMsMax: 20_000, windowMsMax: 40_000, callIdleMsMax: 60_000, endMsMax: 5_000 };
const TAPS = [
  tap("a", "1"),
  tap("a", "2", { required: false }),
  tap("b", "1"),
  tap("c", "1", { control: "none" }),
];
const windowId = fc.constantFrom("w1", "w2", "w3", "w4");
const by = fc.constantFrom(PAGE, PAGE, IVR, SUPERVISOR);
const taps = fc.subarray(TAPS, { minLength: 1 });
const tapId = fc.constantFrom(...TAPS.map((one) => one.tapId));
const status = fc.constantFrom("recording", "paused", "paused", "absent", "unknown" as const);

type Do = (call: Told, at: number) => void;
const step: fc.Arbitrary<Do> = fc.oneof(
  fc
    .record({ windowId, by, leaseMs: fc.nat(30_000), taps })
    .map<Do>((one) => (call, at) => void call.open(at, one.windowId, one)),
  fc
    .record({ windowId, by })
    .map<Do>((one) => (call, at) => void call.close(at, one.windowId, one.by)),
  fc
    .record({ windowId, leaseMs: fc.nat(30_000) })
    .map<Do>((one) => (call, at) => void call.renew(at, one.windowId, one.leaseMs)),
  fc.record({ taps }).map<Do>((one) => (call, at) => void call.register(at, one.taps)),
  fc
    .record({ tapId, status })
    .map<Do>((one) => (call, at) => void call.baseline(at, one.tapId, one.status)),
  fc
    .record({ tapId, status })
    .map<Do>((one) => (call, at) => void call.says(at, one.tapId, one.status)),
  fc.constant<Do>((call, at) => {
    for (const { tapId: id } of Object.values(call.state.taps)) call.says(at, id, "paused");
  }),
  fc.constant<Do>((call, at) => {
    for (const { tapId: id } of Object.values(call.state.taps)) call.says(at, id, "recording");
  }),
  fc.constant<Do>((call, at) => void call.when(at, { type: "Wake" })),
  fc.constant<Do>((call, at) => void call.end(at)),
);
const script = fc.array(fc.tuple(fc.oneof(fc.constant(0), fc.nat(6_000)), step), { maxLength: 40 });

function told(steps: readonly (readonly [number, Do])[]): readonly CallEvent[] {
  const call = new Told(RULES);
  let at = 1_000;
  for (const [ms, perform] of steps) {
    at += ms;
    call.pass(at);
    perform(call, at);
  }
  return call.events;
}

/** The states of the newest life, each with the moment from which it holds. */
function statesOf(events: readonly CallEvent[]): readonly { at: number; state: CallState }[] {
  let state = newCall;
  let states: { at: number; state: CallState }[] = [];
  for (const event of events) {
    if (event.type === "CallRegistered" && state.endedAt !== undefined) states = [];
    state = evolve(state, event);
    states.push({ at: state.at, state });
  }
  return states;
}

function always(look: (timeline: Timeline, at: number, state: CallState) => void): void {
  fc.assert(
    fc.property(script, fc.nat(5_000), (steps, more) => {
      const events = told(steps);
      const states = statesOf(events);
      const last = states.at(-1);
      if (last === undefined) return;
      const timeline = timelineOf(events, last.at + more) as Timeline;
      const moments = states.flatMap(({ at }, index) => {
        const next = states[index + 1]?.at ?? timeline.to;
        return [at, Math.floor((at + next) / 2)];
      });
      for (const at of moments) {
        const { state } = states.findLast((one) => one.at <= at) ?? last;
        look(timeline, at, state);
      }
    }),
    { numRuns: 300 },
  );
}

test("the call's word in the picture is the word the fold of its entries gives, at every instant", () => {
  always((timeline, at, state) => {
    expect(wordAt(timeline.call, at)).toBe(protection(state));
  });
});

test("a window's lane is open exactly while the window is", () => {
  always((timeline, at, state) => {
    for (const { windowId: id, ...lane } of timeline.windows) {
      const { state: now } = state.windows[id] ?? { state: "closed" };
      const word = { open: "open", expired: "kept", closed: undefined }[now];
      expect(wordAt(lane, at)).toBe(word);
    }
  });
});

test("a tap's lane is silent exactly while it is confirmed silent and silence is asked for", () => {
  always((timeline, at, state) => {
    for (const lane of timeline.taps) {
      const one = state.taps[lane.tapId];
      const silent =
        one !== undefined &&
        one.control !== "none" &&
        goalOf(state, one) === "paused" &&
        isSilent(one, state.turn);
      expect(wordAt(lane, at) === "silent").toBe(silent);
      expect(wordAt(lane, at) === undefined).toBe(one === undefined);
    }
  });
});

test("spans of a lane follow one another, none is empty but the last, none says the same twice", () => {
  fc.assert(
    fc.property(script, (steps) => {
      const timeline = timelineOf(told(steps), 0);
      if (timeline === undefined) return;
      for (const { spans } of [timeline.call, ...timeline.windows, ...timeline.taps]) {
        spans.forEach(({ from, to, word }, index) => {
          const next = spans[index + 1];
          expect(from).toBeGreaterThanOrEqual(timeline.from);
          expect(to).toBeLessThanOrEqual(timeline.to);
          if (next === undefined) return;
          expect(to).toBeGreaterThan(from);
          expect(next.from).toBeGreaterThanOrEqual(to);
          expect(next.from === to && next.word === word).toBe(false);
        });
      }
    }),
    { numRuns: 300 },
  );
});

test("a drift is a mark and a span of its own, and the call's word says it at once", () => {
  const call = new Told().secured(tap("a", "1"));
  call.says(5_000, "a/1", "recording");
  call.says(6_000, "a/1", "paused");
  call.close(9_000, "w1");
  const timeline = timelineOf(call.events, 9_500) as Timeline;
  expect(timeline.call.spans).toMatchObject([
    { word: "recording", to: 100 },
    { word: "securing", to: 120 },
    { word: "secured", to: 5_000 },
    { word: "unsecured", to: 6_000 },
    { word: "secured", to: 9_000 },
    { word: "resuming", to: 9_500 },
  ]);
  const [lane] = timeline.taps;
  expect(lane?.spans.map(({ word }) => word)).toEqual([
    "unknown",
    "recording",
    "pausing",
    "silent",
    "exposed",
    "silent",
    "resuming",
  ]);
  expect(lane?.marks).toMatchObject([
    { kind: "confirmed", at: 120 },
    { kind: "drift", at: 5_000 },
    { kind: "confirmed", at: 6_000 },
  ]);
});

test("a window's renewal, the end of its lease and the silence kept after it are in its lane", () => {
  const call = new Told({ atLeaseEnd: "resume", graceMs: 2_000 }).registered(tap("a", "1"));
  call.open(1_000, "w1", { leaseMs: 5_000 });
  call.says(1_100, "a/1", "paused");
  call.renew(4_000, "w1", 5_000);
  for (const at of [9_000, 11_000]) call.pass(at);
  const [lane] = timelineOf(call.events, 20_000)?.windows ?? [];
  expect(lane?.spans).toEqual([
    { from: 1_000, to: 9_000, word: "open" },
    { from: 9_000, to: 11_000, word: "kept" },
  ]);
  expect(lane?.marks).toMatchObject([
    { kind: "renewed", at: 4_000 },
    { kind: "expired", at: 9_000 },
    { kind: "closed", at: 11_000 },
  ]);
});

test("each life of a name that was used again is a call of its own", () => {
  const call = new Told().secured(tap("a", "1"));
  call.close(1_000, "w1");
  call.says(1_100, "a/1", "recording");
  call.end(2_000);
  call.pass(2_000);
  const first = call.events.length;
  call.register(90_000_000, [tap("a", "1")]);
  call.open(90_001_000, "w2");
  const lives = livesOf(call.events);
  expect(lives.map(({ length }) => length)).toEqual([first, call.events.length - first]);
  const timeline = timelineOf(call.events, 90_002_000) as Timeline;
  expect(timeline.from).toBe(90_000_000);
  expect(timeline.windows.map((lane) => lane.windowId)).toEqual(["w2"]);
});
