/** Confirmation and freshness: the time allowed, age, noise, failures. */
import { expect, test } from "vitest";
import type { Tap } from "../../src/control/call.ts";
import { attemptsOf, protection } from "../../src/control/conclude.ts";
import { nextDeadline } from "../../src/control/deadlines.ts";
import { owed } from "../../src/control/owed.ts";
import { A, B, tap, Told } from "./given.ts";

test("the time allowed ran out: unsecured, and the taps that did not confirm are named", () => {
  const call = new Told({ confirmMsMax: 3_000 }).registered(A, B);
  call.open(100, "w1");
  call.says(150, "a/1", "paused");
  expect(call.pass(3_099)).toEqual([]);
  expect(call.pass(3_100)).toEqual(["ConfirmationOverdue"]);
  expect(call.events.at(-1)).toMatchObject({ goal: "paused", tapIds: ["b/1"] });
  expect(protection(call.state)).toBe("unsecured");
});

test("a noisy recorder cannot put off the moment a call is called unsecured", () => {
  const call = new Told({ confirmMsMax: 3_000 }).registered(A);
  call.open(0, "w1");
  for (let at = 100; at < 3_000; at += 100) {
    call.says(at, "a/1", at % 200 === 0 ? "recording" : "absent");
    call.when(at, {
      type: "ReportFailure",
      tapId: "a/1",
      turn: call.state.turn,
      outcome: "refused",
      reason: `vendor_error_${at}`,
      attempts: 1,
    });
  }
  expect(nextDeadline(call.state, call.rules, {})).toBe(3_000);
  expect(call.pass(3_000)).toEqual(["ConfirmationOverdue"]);
});

test("the same trouble again is not entered again", () => {
  const call = new Told().registered(A);
  call.open(0, "w1");
  const failure = {
    type: "ReportFailure",
    tapId: "a/1",
    turn: call.state.turn,
    outcome: "unreachable",
    reason: "unreachable",
    attempts: 1,
  } as const;
  expect(call.when(10, failure)).toEqual(["RecorderFailed"]);
  expect(call.when(20, { ...failure, attempts: 2 })).toEqual([]);
  expect(call.when(30, { ...failure, reason: "other" })).toEqual(["RecorderFailed"]);
});

test("a failure of an older turn tells nothing", () => {
  const call = new Told().secured(A);
  const turn = call.state.turn;
  call.close(200, "w1");
  const failure = { outcome: "in_doubt", reason: "in_doubt", attempts: 1, turn } as const;
  expect(call.when(210, { type: "ReportFailure", tapId: "a/1", ...failure })).toEqual([]);
});

test("a confirmation lapses after confirmAgeMsMax when the recorder falls silent", () => {
  const call = new Told({ confirmAgeMsMax: 5_000 }).secured(A);
  expect(call.pass(5_119)).toEqual([]);
  expect(call.pass(5_120)).toEqual(["ConfirmationLapsed"]);
  expect(protection(call.state)).toBe("unsecured");
  expect(owed(call.state)).toEqual([{ order: "pause", tapId: "a/1" }]);
});

test("guard re-reads are memory: they put off the lapse and are no entries", () => {
  const call = new Told({ confirmAgeMsMax: 5_000 }).secured(A);
  expect(call.says(4_000, "a/1", "paused")).toEqual([]);
  expect(call.pass(8_999, { "a/1": 4_000 })).toEqual([]);
  expect(call.pass(9_000, { "a/1": 4_000 })).toEqual(["ConfirmationLapsed"]);
});

test("a yes that cannot be asked again does not grow old, but is worth nothing after a start", () => {
  const call = new Told().registered(tap("a", "1", { acceptAcknowledged: true }));
  call.open(100, "w1");
  call.says(150, "a/1", "paused", { confirmedBy: "acknowledged" });
  expect(call.pass(50_000)).toEqual([]);
  expect(call.when(50_100, { type: "Wake" })).toEqual(["ConfirmationLapsed"]);
  expect(protection(call.state)).toBe("unsecured");
});

test("after a start no confirmation is young enough, and that is entered", () => {
  const call = new Told().secured(A, B);
  expect(call.when(130, { type: "Wake" })).toEqual(["ConfirmationLapsed"]);
  expect(call.events.at(-1)).toMatchObject({ reason: "started", tapIds: ["a/1", "b/1"] });
  expect(protection(call.state)).toBe("unsecured");
  expect(call.when(140, { type: "Wake" })).toEqual([]);
});

test("a start finds nothing to lapse in a call at rest", () => {
  expect(new Told().registered(A).when(100, { type: "Wake" })).toEqual([]);
});

test("while anything is owed a resume's deadline stands, and then it is stalled", () => {
  const call = new Told().secured(A);
  call.close(200, "w1");
  expect(nextDeadline(call.state, call.rules, {})).toBe(200 + call.rules.confirmMsMax);
  call.pass(200 + call.rules.confirmMsMax);
  expect(protection(call.state)).toBe("stalled");
  expect(owed(call.state)).toEqual([{ order: "resume", tapId: "a/1" }]);
});

test("how long the confirmation took is told from the turn's start", () => {
  const call = new Told().registered(A);
  call.open(100, "w1");
  call.says(142, "a/1", "paused");
  expect(call.state.taps["a/1"]?.confirmedAfterMs).toBe(42);
});

test("how often a recorder was told is of this turn, in trouble and after it", () => {
  const call = new Told().registered(A);
  const told = () => attemptsOf(call.state.taps[A.tapId] as Tap, call.state.turn);
  call.open(100, "w1");
  expect(told()).toBe(0);
  const trouble = { tapId: A.tapId, outcome: "unreachable", reason: "unreachable" } as const;
  call.when(150, { type: "ReportFailure", ...trouble, attempts: 2, turn: call.state.turn });
  expect(told()).toBe(2);
  call.says(200, A.tapId, "paused", { attempts: 3 });
  expect(told()).toBe(3);
  call.close(300, "w1");
  expect(told()).toBe(0);
});
