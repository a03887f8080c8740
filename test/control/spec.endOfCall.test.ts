/** The end of a call, rest, and an id's new life. */
import { expect, test } from "vitest";
import { isAtRest, protection } from "../../src/control/conclude.ts";
import { nextDeadline } from "../../src/control/deadlines.ts";
import { claims, owed } from "../../src/control/owed.ts";
import { A, B, Told } from "./given.ts";
import { world } from "../simulation/world.ts";

test("the end of a call closes its windows and owes what tacet silenced", () => {
  const call = new Told().secured(A);
  expect(call.end(200)).toEqual(["CallEnding"]);
  expect(protection(call.state)).toBe("resuming");
  expect(owed(call.state)).toEqual([{ order: "resume", tapId: "a/1" }]);
  expect(call.says(250, "a/1", "recording")).toEqual(["RecorderReported", "CallEnded"]);
  expect(protection(call.state)).toBe("ended");
  expect(isAtRest(call.state)).toBe(true);
});

test("a call of which nothing was touched ends at once", () => {
  expect(new Told().registered(A).end(200)).toEqual(["CallEnding", "CallEnded"]);
});

test("absent taps do not hold the end up", () => {
  const call = new Told().secured(A);
  call.end(200);
  expect(call.says(250, "a/1", "absent")).toEqual(["RecorderReported", "CallEnded"]);
});

test("after endMsMax it ends with what is outstanding named, and the desk still tries", () => {
  const call = new Told({ endMsMax: 30_000 }).secured(A, B);
  call.end(200);
  call.says(250, "a/1", "recording");
  call.pass(5_000);
  expect(call.pass(30_200)).toEqual(["CallEnded"]);
  expect(call.events.at(-1)).toMatchObject({ outstanding: ["b/1"] });
  expect(claims(call.state)).toMatchObject([{ tapId: "b/1", want: "recording" }]);
  expect(isAtRest(call.state)).toBe(false);
  call.says(90_000, "b/1", "recording");
  expect(isAtRest(call.state)).toBe(true);
});

test("an ending or ended call takes no window and no registration; ending again changes nothing", () => {
  const call = new Told().secured(A);
  call.end(200);
  expect(call.open(210, "w2")).toBe("call_ended");
  expect(call.register(210, [A])).toBe("call_ended");
  expect(call.end(220)).toEqual([]);
  expect(call.close(230, "w1")).toEqual([]);
  call.says(250, "a/1", "recording");
  expect(call.open(300, "w1")).toBe("call_ended");
  expect(new Told().end(1)).toBe("call_unknown");
});

test("an id may start anew a day later: windows and taps of its old life are gone", () => {
  const day = 24 * 3_600_000;
  const call = new Told().secured(A);
  call.end(200);
  call.says(250, "a/1", "recording");
  expect(call.open(249 + day, "w1", { taps: [B] })).toBe("call_ended");
  expect(call.open(250 + day, "w1", { taps: [B] })).toEqual([
    "CallRegistered",
    "TapAdded",
    "WindowOpened",
  ]);
  expect(Object.keys(call.state.taps)).toEqual(["b/1"]);
  expect(call.state.unsecuredMs).toBe(0);
  expect(protection(call.state)).toBe("securing");
});

test("what the old life still owes is kept until it is paid", () => {
  const day = 24 * 3_600_000;
  const call = new Told().secured(A);
  call.end(200);
  call.pass(60_000);
  call.register(70_000 + day, [B]);
  expect(claims(call.state).find((one) => one.tapId === "a/1")?.want).toBe("recording");
});

test("a call at rest ends itself after callIdleMsMax", () => {
  const call = new Told({ callIdleMsMax: 1_000 }).registered(A);
  expect(nextDeadline(call.state, call.rules, {})).toBe(1_010);
  expect(call.pass(1_009)).toEqual([]);
  expect(call.pass(1_010)).toEqual(["CallEnding", "CallEnded"]);
  expect(call.events.at(-2)).toMatchObject({ reason: "idle" });
});

test("a call with a window open, or something owed, is not idle", () => {
  const call = new Told({ callIdleMsMax: 1_000, windowMsMax: 60_000 }).secured(A);
  expect(call.pass(4_000, { "a/1": 4_000 })).toEqual([]);
  call.close(5_000, "w1");
  expect(call.pass(7_999)).toEqual([]);
  expect(isAtRest(call.state)).toBe(false);
});

test("at rest there is no deadline but idleness, and ended there is none at all", () => {
  const call = new Told().registered(A);
  call.end(100);
  expect(nextDeadline(call.state, call.rules, {})).toBeUndefined();
});

test("an idle call's day is counted from when its end was due, though it was entered later", () => {
  const day = 24 * 3_600_000;
  const call = new Told({ callIdleMsMax: 1_000 }).registered(A);
  const later = 10 + 1_000 + day;
  expect(call.pass(later)).toEqual(["CallEnding", "CallEnded"]);
  expect(call.register(later, [A])).toEqual(["CallRegistered", "TapAdded"]);
});

test("after a restart idle calls that nobody asks for are ended by a sweep, and younger ones are left", async () => {
  const w = await world({ rules: { callIdleMsMax: 60_000 } });
  w.recorders["a"]!.begin("1");
  void w.register("old", [A]);
  await w.clock.pass(50_000);
  void w.register("young", [A]);
  await w.clock.pass(1_000);
  await w.restart();
  await w.clock.pass(20_000);
  expect((await w.log.load("t", "old")).state.endedAt).toBeUndefined();
  const swept = w.keeper.sweep("t");
  await w.clock.pass(100);
  await swept;
  expect((await w.log.load("t", "old")).state.endedAt).toBeDefined();
  expect((await w.log.load("t", "young")).state.endedAt).toBeUndefined();
});
