/**
 * One random story: calls, overlapping windows, renewals, moves, shared targets, people's hands,
 * lost and late requests, full disks, crashes. Then the faults end and everything has to be as the
 * calls ask.
 */
import { protection } from "../../src/control/conclude.ts";
import { judge } from "./judge.ts";
import type { DiskFault } from "./log.ts";
import type { Fault } from "./recorder.ts";
import type { World } from "./world.ts";
import { IVR, PAGE, SUPERVISOR, tap, world } from "./world.ts";

export interface Story {
  readonly world: World;
  readonly trace: readonly string[];
  /** Broken promises, in words. */
  readonly wrong: readonly string[];
}

const FAULTS: readonly Fault[] = [
  "request_lost",
  "reply_lost",
  "refused",
  "not_sent",
  "ignored",
  "slow",
  "hung_then_lands",
];
const DISK: readonly DiskFault[] = ["failed_not_applied", "failed_but_applied"];

export async function play(seed: number, steps = 60): Promise<Story> {
  // Every third story names its targets in two ways.
  const aliases = seed % 3 === 0;
  const w = await world({
    seed: seed * 2_654_435_761,
    recorders: {
      a: { delayMs: (clock) => Math.floor(clock.random() * 30), capabilities: { aliases } },
      b: {
        delayMs: (clock) => Math.floor(clock.random() * 30),
        survey: seed % 2 === 0,
        capabilities: { aliases },
      },
    },
    // No baseline is old enough to excuse that a person's silence was undone.
    rules: { leaseMsMax: 20_000, windowMsMax: 40_000, endMsMax: 10_000, baselineAgeMsMax: 0 },
  });
  const trace: string[] = [];
  const judged = judge(w);
  const { wrong } = judged;
  const start = w.clock.now();
  const say = (line: string) => void trace.push(`${w.clock.now() - start} ${line}`);
  const roll = (sides: number) => Math.floor(w.clock.random() * sides);
  const pick = <T>(all: readonly T[]): T => all[roll(all.length)] as T;
  let faulty = 0;

  for (const recorder of Object.values(w.recorders)) {
    for (const ref of ["1", "2", "3"]) recorder.begin(ref);
    recorder.faults = (kind, target) => {
      if (roll(100) >= faulty) return "none";
      const fault = pick(FAULTS);
      say(`fault ${recorder.id}/${target} ${kind}: ${fault}`);
      return fault;
    };
  }
  w.log.disk = () => (roll(400) < faulty ? pick(DISK) : "none");
  w.log.delayMs = () => roll(4);

  const calls = ["c1", "c2", "c3"];
  const windows = ["w1", "w2", "w3", "w4", "w5", "w6"];
  const refs = ["1", "2", "3"];
  for (let step = 0; step < steps; step += 1) {
    faulty = step < steps * 0.7 ? 15 : 0;
    const callId = pick(calls);
    const windowId = `${callId}-${pick(windows)}`;
    const by = windowId.endsWith("1") ? IVR : PAGE;
    const named = (ref: string) => (aliases && roll(2) === 0 ? `x${ref}` : ref);
    const taps = [
      tap("a", named(pick(refs))),
      tap("b", named(pick(refs)), { required: roll(3) > 0 }),
    ];
    const what = roll(14);
    if (what < 5) {
      say(`pause ${windowId} on ${taps.map((one) => one.tapId).join(" ")}`);
      void w.pause(callId, windowId, taps, by, 2_000 + roll(15_000));
    } else if (what < 8) {
      say(`resume ${windowId}`);
      void w.resume(callId, windowId, roll(4) === 0 ? SUPERVISOR : by);
    } else if (what === 8) {
      say(`move ${callId} to ${taps.map((one) => one.tapId).join(" ")}`);
      void w.register(callId, taps, pick(["a1", "a2"]));
    } else if (what === 9) {
      void w.keeper.execute("t", callId, {
        type: "RenewWindow",
        by,
        windowId,
        leaseMs: roll(20_000),
      });
    } else if (what === 10) {
      const recorder = pick(Object.values(w.recorders));
      const ref = pick(refs);
      const to = roll(3) === 0 ? "paused" : "recording";
      judged.hand(recorder, ref, to);
      say(`by hand ${recorder.id}/${ref} ${to}`);
      recorder.byHand(ref, to);
    } else if (what === 11 && roll(3) === 0) {
      say(`end ${callId}`);
      void w.end(callId);
    } else if (what === 12) {
      const recorder = pick(Object.values(w.recorders));
      recorder.down = !recorder.down && faulty > 0;
      say(`${recorder.id} ${recorder.down ? "down" : "up"}`);
    } else if (what === 13 && roll(3) === 0) {
      say("crash");
      await w.restart(roll(3_000));
    }
    await w.clock.pass(roll(1_200), judged.look);
  }
  say("faults end");
  faulty = 0;
  for (const recorder of Object.values(w.recorders)) recorder.down = false;
  // Every lease has ended, every retry's longest pause has passed.
  for (let round = 0; round < 40; round += 1) {
    await w.clock.pass(4_000, judged.look);
  }
  for (const callId of calls) {
    const read = w.keeper.read("t", callId);
    await w.clock.pass(8);
    const view = await read;
    if (view === undefined) continue;
    const word = protection(view.state);
    if (word !== "recording" && word !== "ended") wrong.push(`P2: ${callId} is ${word}`);
    for (const one of Object.values(view.state.taps)) {
      if (one.touched) wrong.push(`P2: ${callId} still owes ${one.tapId} a resume`);
    }
  }
  for (const recorder of Object.values(w.recorders)) {
    for (const ref of refs) {
      const name = `${recorder.id}/${ref}`;
      const last = recorder.journal.findLast((line) => line.target === ref);
      if (last?.status === "paused" && last.cause === "command")
        wrong.push(`P2: ${name} stays silent`);
    }
  }
  return { world: w, trace, wrong };
}
