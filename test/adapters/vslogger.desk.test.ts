/**
 * VSLogger under a real desk: conversations that change on a channel, before and after a command.
 *
 * @module
 */
import { afterEach, expect, test } from "vitest";
import { inProcess } from "./inProcess.ts";
import { bind } from "../../src/adapters/registry.ts";
import { vsloggerVendor } from "../../src/adapters/vslogger/index.ts";
import type { Target } from "../../src/control/call.ts";
import { DEFAULT_DESK_RULES } from "../../src/control/commands.ts";
import { Desk } from "../../src/control/desk.ts";
import type { Claim } from "../../src/control/owed.ts";
import type { DeskReport } from "../../src/control/sightings.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";

const desks: Desk[] = [];
afterEach(() => desks.splice(0).forEach((desk) => desk.stop()));

function bench(settings: object = {}) {
  const simulator = vsloggerSimulator();
  const recorder = vsloggerVendor.create(
    "vslogger-hq",
    vsloggerVendor.settings.parse({
      baseUrl: "http://127.0.0.1",
      version: "5.1.0.0",
      hash: { type: "none" },
      ...settings,
    }),
    { now: Date.now },
  );
  const reports: DeskReport[] = [];
  const clock = {
    now: Date.now,
    random: Math.random,
    after(ms: number, run: () => void) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
  const rules = { ...DEFAULT_DESK_RULES, guardMs: 20, retryMsMin: 10 };
  const desk = new Desk(
    bind(recorder, inProcess(simulator.app)),
    rules,
    clock,
    (_call, _tap, one) => reports.push(one),
  );
  desk.open();
  desks.push(desk);
  const claim = (target: Target, over: Partial<Claim>): void => {
    const targetKey = recorder.targetKey(target);
    const base = {
      tapId: `vslogger-hq ${targetKey}`,
      recorderId: "vslogger-hq",
      targetKey,
      target,
    };
    desk.sync("call", [{ ...base, want: "paused", turn: 1, turnAt: 0, touched: true, ...over }]);
  };
  const told = async (expected: object) => {
    await expect.poll(() => reports.at(-1)).toMatchObject(expected);
  };
  return { simulator, desk, claim, told };
}

test.each([{ channel: 5 }, { extension: "410" }])(
  "a pause of %j is confirmed with its session, and void once the channel carries another call",
  async (target) => {
    const { simulator, claim, told } = bench();
    const begin = (session_id: string) => simulator.begin("5", { extension: "410", session_id });
    simulator.faults.set({ name: "channel-reuse" });
    begin("s-1");
    claim(target, { want: "baseline", touched: false });
    await told({ type: "baseline", status: "recording", session: "id:s-1" });
    claim(target, { before: "recording", session: "id:s-1" });
    await told({ type: "status", status: "paused", session: "id:s-1" });
    simulator.end("5");
    begin("s-2");
    // Muted by what outlived the first call: it confirms nothing of that call.
    await told({ type: "status", status: "unknown", reason: "other_conversation" });
    claim(target, { want: "recording", turn: 2, before: "recording", session: "id:s-1" });
    await told({ type: "status", status: "recording" });
    expect(simulator.heard("5")).toBe("recording");
  },
);

test.each(["mute", "record"] as const)(
  "what a person restarts inside a window is silenced again, by %s",
  async (silenceBy) => {
    const { simulator, claim, told } = bench({ silenceBy });
    simulator.begin("5");
    claim({ channel: 5 }, {});
    await told({ status: "paused" });
    simulator.byHand("5", "recording");
    await expect.poll(() => simulator.commandsHeard()).toBe(2);
    await told({ status: "paused" });
    expect(simulator.heard("5")).toBe("paused");
  },
);

test("a call that ended in its window is let go, and its channel's mute with it", async () => {
  const { simulator, claim, told } = bench();
  simulator.faults.set({ name: "channel-reuse" });
  simulator.begin("5", { extension: "410" });
  claim({ extension: "410" }, {});
  await told({ status: "paused" });
  simulator.end("5");
  await told({ status: "absent" });
  claim({ extension: "410" }, { want: "recording", turn: 2 });
  await expect.poll(() => simulator.channel(5)?.mute).toBe(false);
  await told({ status: "absent", turn: 2 });
  simulator.begin("5");
  expect(simulator.heard("5")).toBe("recording");
});
