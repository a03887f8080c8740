/** The reference recorder: the contract, and its script. */
import { describe, expect, test } from "vitest";
import { recorderContract } from "./contract.ts";
import type { ContractFault, Guarantee, Rig } from "./contract.ts";
import { memoryRecorder, memoryVendor } from "../../src/adapters/memory/index.ts";
import type { Attempt, MemoryOptions } from "../../src/adapters/memory/index.ts";
import { bind } from "../../src/adapters/registry.ts";
import type { PushedChange, RecorderContext } from "../../src/control/ports.ts";

const target = { reference: "Call-1" };
const noNetwork = () => Promise.reject(new Error("the memory recorder needs no network"));
const always = Number.POSITIVE_INFINITY;

/** What each museum fault is to a recorder that has no wire. */
function scriptOf(name: ContractFault, times: number): readonly Attempt[] {
  const both = (outcome: Attempt["outcome"], applied: boolean): readonly Attempt[] =>
    (["pause", "resume"] as const).map((on) => ({ on, outcome, applied, times }));
  switch (name) {
    case "ack-and-ignore":
      return both({ kind: "acknowledged" }, false);
    case "applied-but-lost":
      return both({ kind: "in_doubt" }, true);
    case "lost-and-not-applied":
      return both({ kind: "in_doubt" }, false);
    case "slow":
      return both("hangs", true);
    case "unreachable":
      return [
        ...both({ kind: "unreachable" }, false),
        { on: "status", outcome: { kind: "unreachable" }, applied: false, times },
      ];
    case "error-in-200":
      return both({ kind: "refused", reason: "vendor_error", detail: "scripted" }, false);
    // These happen on a wire, and it has none.
    case "already-paused-is-error":
    case "html-instead-of-json":
    case "oversized":
    case "redirect":
      return [];
    default:
      return name satisfies never;
  }
}

function makeRig(options: MemoryOptions): Rig {
  const memory = memoryRecorder("memory-1", options);
  memory.begin(target.reference);
  memory.begin("call-2");
  return {
    recorder: memory.recorder,
    target,
    other: { reference: "call-2" },
    stranger: { reference: "call-3" },
    spellings: [{ reference: "CALL-1" }],
    send: noNetwork,
    heard: () => memory.heard(target.reference),
    commandsHeard: () =>
      memory.requests.filter(({ on }) => on === "pause" || on === "resume").length,
    followed: () => 0,
    fault: (name, times = always) => memory.script(...scriptOf(name, times)),
    clearFaults: () => memory.clearScript(),
    byHand: (status) => memory.byHand(target.reference, status),
    end: () => memory.end(target.reference),
    takeOver: () => memory.begin(target.reference),
    secrets: ["no secret is configured"],
    close: () => {},
  };
}

const noWire: { reason: string; tests: readonly Guarantee[] } = {
  reason: "it has no wire",
  tests: [
    "a page instead of the vendor's answer is a bad reply and confirms nothing",
    "an oversized reply is given up and confirms nothing",
    "a redirect is a bad reply and is not followed",
    "a repeat that the vendor calls an error is acknowledged",
  ],
};
recorderContract("memory", () => makeRig({}), { skip: [noWire] });
recorderContract("memory, by mute and watched", () => makeRig({ control: "mute", watch: true }), {
  skip: [noWire],
});

const context = (over: Partial<RecorderContext> = {}): RecorderContext => ({
  now: () => 7,
  signal: AbortSignal.timeout(10_000),
  silenced: false,
  ...over,
});

describe("the script", () => {
  test("is used up in order, attempt by attempt, and then it obeys", async () => {
    const memory = memoryRecorder("m");
    const port = bind(memory.recorder, noNetwork);
    memory.begin("call-1");
    memory.script(
      { on: "pause", outcome: { kind: "unreachable" }, applied: false },
      { on: "pause", outcome: { kind: "in_doubt" }, applied: true, times: 2 },
    );
    const kinds = [];
    for (let n = 0; n < 4; n += 1) kinds.push((await port.pause?.(target, context()))?.kind);
    expect(kinds).toEqual(["unreachable", "in_doubt", "in_doubt", "acknowledged"]);
    expect(memory.requests.length).toBe(3);
    expect(memory.journal).toEqual([
      { target: "call-1", status: "recording", cause: "call" },
      { target: "call-1", status: "paused", cause: "command" },
    ]);
  });
  test("lets an abandoned resume land late", async () => {
    const memory = memoryRecorder("m");
    const port = bind(memory.recorder, noNetwork);
    memory.begin("call-1");
    await port.pause?.(target, context());
    const later = Promise.withResolvers<void>();
    memory.script({ on: "resume", outcome: "hangs", applied: true, after: later.promise });
    const deadline = new AbortController();
    const outcome = port.resume?.(target, context({ signal: deadline.signal }));
    await Promise.resolve();
    deadline.abort();
    expect(await outcome).toMatchObject({ kind: "in_doubt" });
    expect(memory.heard("call-1")).toBe("paused");
    later.resolve();
    await later.promise;
    await Promise.resolve();
    expect(memory.heard("call-1")).toBe("recording");
  });
  test("may make a status or a survey lie or fail", async () => {
    const memory = memoryRecorder("m");
    const port = bind(memory.recorder, noNetwork);
    memory.begin("call-1");
    memory.script(
      { on: "status", outcome: { kind: "observed", status: "paused" }, applied: false },
      { on: "survey", outcome: { kind: "unreachable" }, applied: false },
    );
    expect(await port.status?.(target, context())).toMatchObject({ status: "paused" });
    expect(await port.status?.(target, context())).toMatchObject({ status: "recording" });
    const asked = new Map([["call-1", target]]);
    expect(await port.survey?.(asked, context())).toEqual({ kind: "unreachable" });
    expect(await port.survey?.(asked, context())).toBeInstanceOf(Map);
  });
});

test("a pause of nothing is refused, and nothing is recorded of it", async () => {
  const memory = memoryRecorder("m");
  const port = bind(memory.recorder, noNetwork);
  expect(await port.pause?.(target, context())).toMatchObject({ reason: "target_not_found" });
  expect(memory.journal).toEqual([]);
});

test("who watches is told of every change, and of a reconnect, until they stop", () => {
  const memory = memoryRecorder("m", { watch: true });
  const port = bind(memory.recorder, noNetwork);
  const told: (PushedChange | "reconnected")[] = [];
  const stop = port.watch?.(
    { change: (change) => told.push(change), reconnected: () => told.push("reconnected") },
    { now: () => 0, after: () => () => undefined },
  );
  memory.begin("call-1");
  memory.byHand("call-1", "paused");
  memory.reconnect();
  stop?.();
  memory.byHand("call-1", "recording");
  expect(told).toEqual([
    { targetKey: "call-1", status: "recording" },
    { targetKey: "call-1", status: "paused" },
    "reconnected",
  ]);
});

test("what it is told not to offer, it does not have", () => {
  const port = bind(memoryRecorder("m", { status: false, survey: false }).recorder, noNetwork);
  expect(port).not.toHaveProperty("status");
  expect(port).not.toHaveProperty("survey");
  expect(port).not.toHaveProperty("watch");
  expect(port).toHaveProperty("pause");
});

test("made as a vendor's, it records every target until somebody silences it", async () => {
  const settings = memoryVendor.settings.parse({});
  const port = bind(memoryVendor.create("m", settings, { now: Date.now }), noNetwork);
  expect(await port.status?.(target, context())).toMatchObject({ status: "recording" });
  expect(await port.pause?.(target, context())).toEqual({ kind: "acknowledged" });
  expect(await port.status?.(target, context())).toMatchObject({ status: "paused" });
});
