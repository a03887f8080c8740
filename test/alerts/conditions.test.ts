import { expect, test } from "vitest";
import { type Signal, signalsOf, START_HOLD_MS, stands } from "../../src/alerts/conditions.ts";
import { A, B, Told } from "../control/given.ts";

const CALL = { tenant: "acme", callId: "c1" };

/** Runs the step and tells what it raised and what it said is over. */
function step(told: Told, run: () => unknown) {
  const before = told.events.length;
  run();
  const events = told.events.slice(before);
  const change = { ...CALL, state: told.state, events, position: told.events.length };
  const signals = signalsOf(change);
  const raised = signals.flatMap((one) => (one.type === "raise" ? [one] : []));
  const over = signals.flatMap((one) => (one.type === "resolve" ? [one.condition.kind] : []));
  return { kinds: raised.map(({ alert }) => alert.kind), raised, over, change };
}
const first = (raised: readonly Extract<Signal, { type: "raise" }>[]) => raised[0]?.alert;

test("a call that was confirmed and is heard recording has drifted, and is unsecured", () => {
  const told = new Told().secured(A, B);
  const { kinds, raised } = step(told, () => told.says(500, "b/1", "recording"));
  expect(kinds).toEqual(["unsecured", "drift"]);
  expect(raised.map(({ alert }) => alert.since)).toEqual([500, 500]);
  expect(raised[1]?.alert).toMatchObject({ recorderIds: ["b"], windowIds: ["w1"] });
  const { over } = step(told, () => told.says(600, "b/1", "paused"));
  expect(over.toSorted()).toEqual(["drift", "paused_by_other", "stalled", "unsecured"]);
});

test("a call that was never confirmed is unsecured when its time is over, and has not drifted", () => {
  const told = new Told().registered(A);
  expect(step(told, () => told.open(100, "w1")).kinds).toEqual([]);
  expect(step(told, () => told.says(200, "a/1", "recording")).kinds).toEqual([]);
  const { kinds, raised } = step(told, () => told.pass(100 + told.rules.confirmMsMax));
  expect(kinds).toEqual(["unsecured"]);
  expect(first(raised)).toMatchObject({ since: 100 + told.rules.confirmMsMax, recorderIds: ["a"] });
});

test("what lapses because tacet started may come back before anybody is told; silence may not", () => {
  const told = new Told().secured(A);
  const woken = step(told, () => told.when(1_000, { type: "Wake" }));
  expect(woken.raised.map(({ alert, holdMs }) => [alert.kind, holdMs])).toEqual([
    ["unsecured", START_HOLD_MS],
  ]);
  const silent = new Told().secured(A);
  const lapsed = step(silent, () => silent.pass(120 + silent.rules.confirmAgeMsMax));
  expect(lapsed.raised.map(({ alert, holdMs }) => [alert.kind, holdMs])).toEqual([
    ["unsecured", 0],
  ]);
});

test("a recorder that does not come back is stalled, until it does, past the end of its call too", () => {
  const told = new Told().secured(A);
  told.close(1_000, "w1");
  const overdue = step(told, () => told.pass(1_000 + told.rules.confirmMsMax));
  expect(overdue.kinds).toEqual(["stalled"]);
  told.end(10_000);
  const ended = step(told, () => told.pass(10_000 + told.rules.endMsMax));
  expect(told.state.endedAt).toBeDefined();
  expect(ended.kinds).toEqual(["stalled"]);
  expect(stands("stalled", ended.change)).toBe(true);
  const back = step(told, () => told.says(60_000, "a/1", "recording"));
  expect([back.kinds, stands("stalled", back.change)]).toEqual([[], false]);
});

test("what somebody else had paused is told as theirs, and is over when it records", () => {
  const told = new Told();
  told.register(0, [A]);
  const { kinds } = step(told, () => told.baseline(10, "a/1", "paused"));
  expect(kinds).toEqual(["paused_by_other"]);
  told.open(100, "w1");
  const heard = step(told, () => told.says(200, "a/1", "recording"));
  expect(heard.over).toContain("paused_by_other");
});
