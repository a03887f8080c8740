/**
 * One random story: calls, overlapping windows, renewals, moves, shared targets, people's hands,
 * lost and late requests, full disks, crashes. Then the faults end and everything has to be as the
 * calls ask.
 */
import type { Actor } from "../../src/control/call.ts";
import { newCallers } from "./callers.ts";
import { desktopsOf, STORY_RULES, tapsOf, worldOf } from "./cast.ts";
import { judge } from "./judge.ts";
import type { Counts } from "./judge.ts";
import type { DiskFault } from "./log.ts";
import type { NetworkFault } from "./network.ts";
import type { Fault } from "./recorder.ts";
import { shapeOf } from "./shape.ts";
import type { Shape } from "./shape.ts";
import type { World } from "./world.ts";
import { IVR, PAGE, SUPERVISOR, world } from "./world.ts";

export interface Story {
  readonly world: World;
  readonly shape: Shape;
  readonly trace: readonly string[];
  /** Broken promises, in words. */
  readonly wrong: readonly string[];
  readonly counts: StoryCounts;
}

export interface StoryCounts extends Counts {
  calls: number;
  entries: number;
  faults: number;
  crashes: number;
}

export interface StoryOptions {
  readonly callCount?: number;
  /** Hears of every line of the trace as it happens. */
  readonly hear?: (line: string) => void;
}

const FAULTS: readonly Fault[] = [
  "request_lost",
  "reply_lost",
  "refused",
  "not_sent",
  "ignored",
  "slow",
  "hung_then_lands",
  "lands_late",
  "broken_then_lands",
];
const NETWORK: readonly NetworkFault[] = [
  "request_lost",
  "reply_lost",
  "refused",
  "not_sent",
  "ignored",
  "slow",
  "lands_late",
  "broken_then_lands",
  "served_twice",
  "busy",
  "html",
];
const DISK: readonly DiskFault[] = ["failed_not_applied", "failed_but_applied"];
const AGENT: Actor = { id: "a1", kind: "agent", owner: "desk", agentId: "a1" };
const HUNG_MS = 8_000;

export async function tell(seed: number, options: StoryOptions = {}): Promise<Story> {
  const shape = shapeOf(seed, options.callCount);
  const w = await world(worldOf(shape, seed));
  const start = w.clock.now();
  const trace: string[] = [];
  const say = (line: string) => {
    trace.push(`${w.clock.now() - start} ${line}`);
    options.hear?.(trace.at(-1) ?? "");
  };
  const roll = (sides: number) => Math.floor(w.clock.random() * sides);
  const pick = <T>(all: readonly T[]): T => all[roll(all.length)] as T;
  const desktops = desktopsOf(w, shape, roll);
  const callers = newCallers(w, shape.whenLogFails);
  const judged = judge(w, { callers, desktops, rules: STORY_RULES });
  const refs = Array.from({ length: shape.lineCount }, (_, at) => `${at + 1}`);
  const calls = Array.from({ length: shape.callCount }, (_, at) => `c${at + 1}`);
  const recordings = Object.values(w.recordings);
  let faulty = false;
  let full = false;

  for (const recorder of recordings) for (const ref of refs) recorder.begin(ref);
  const meets = <T>(all: readonly T[], what: string): T | "none" => {
    if (!faulty || roll(100) >= shape.faults) return "none";
    const fault = pick(all);
    say(`fault ${what}: ${String(fault)}`);
    return fault;
  };
  for (const one of Object.values(w.recorders)) {
    // One that cannot be asked and does not do what it says is beyond anybody's knowledge.
    const told = one.capabilities.status ? FAULTS : FAULTS.filter((fault) => fault !== "ignored");
    one.faults = (kind, ref) => meets(told, `${one.id}/${ref} ${kind}`);
  }
  for (const one of Object.values(w.vendors))
    one.faults = (kind, ref) => meets(NETWORK, `${one.id}/${ref} ${kind}`);
  w.log.disk = (tenant, callId) => {
    if (full) return trouble(tenant, callId, "failed_not_applied");
    if (!faulty || roll(1_000) >= shape.diskFaults) return "none";
    return trouble(tenant, callId, pick(DISK));
  };
  const trouble = (tenant: string, callId: string, fault: DiskFault) => {
    judged.logTrouble(tenant, callId);
    say(`disk ${tenant}/${callId}: ${fault}`);
    return fault;
  };
  w.log.delayMs = (tenant, callId) => {
    if (!faulty || !shape.slowDisk || roll(30) > 0) return roll(4);
    judged.logTrouble(tenant, callId);
    return roll(6) === 0 ? HUNG_MS : roll(600);
  };
  w.log.answerMs = () => (roll(3) === 0 ? roll(6) : 0);
  w.onCrash = async () => {
    for (const desktop of desktops) desktop.cut();
    await w.log.audit();
  };
  const connect = () => {
    for (const desktop of desktops) w.clock.after(roll(400), () => desktop.connect());
  };
  connect();

  /** Most requests arrive soon and once; some late, twice or not at all. */
  const arrivals = (): readonly number[] => {
    if (!faulty) return [roll(20)];
    const [soon, late] = [roll(60), roll(5_000)];
    return ([[], [soon, late], [late], [soon, soon]] as const)[roll(30)] ?? [soon];
  };

  function act(): void {
    const tenant = pick(shape.tenants);
    const callId = pick(calls);
    const number = 1 + roll(6);
    const windowId = `${callId}-w${number}`;
    const by = number === 1 ? IVR : number === 2 ? AGENT : PAGE;
    const base = { tenant, callId, windowId, by, arrivesInMs: arrivals() };
    const name = `${tenant}/${windowId}`;
    // In a crowd most calls have a line of their own.
    const own = refs[calls.indexOf(callId)] ?? "1";
    const ref = () => (shape.callCount > 10 && roll(10) > 0 ? own : pick(refs));
    const taps = () => tapsOf(shape, roll, ref);
    const what = roll(18);
    if (what < 6) {
      const specs = taps();
      say(`pause ${name} on ${specs.map((one) => one.tapId).join(" ")}`);
      const leaseMs = 2_000 + roll(25_000);
      const waitMs = roll(4_000);
      callers.pause({ ...base, taps: specs, leaseMs, waitMs, agentId: pick(["a1", "a2"]) });
    } else if (what < 9) {
      say(`resume ${name}`);
      callers.resume({ ...base, by: roll(4) === 0 ? SUPERVISOR : by });
    } else if (what === 9) {
      const specs = taps();
      say(`move ${tenant}/${callId} to ${specs.map((one) => one.tapId).join(" ")}`);
      callers.tell(tenant, callId, {
        type: "RegisterCall",
        by: PAGE,
        agentId: pick(["a1", "a2"]),
        attributes: { region: pick(["emea", "apac"]) },
        taps: { mode: roll(4) === 0 ? "add" : "only", specs },
      });
    } else if (what < 12) {
      say(`renew ${name}`);
      callers.renew({ ...base, leaseMs: roll(25_000), waitMs: roll(500) });
    } else if (what === 12) {
      byHand(pick(recordings), pick(refs));
    } else if (what === 13 && roll(3) === 0) {
      say(`end ${tenant}/${callId}`);
      callers.tell(tenant, callId, { type: "EndCall", by: PAGE });
    } else if (what === 14 && faulty && shape.faults > 0) {
      const recorder = pick(recordings);
      recorder.down = !recorder.down;
      say(`${recorder.id} ${recorder.down ? "down" : "up"}`);
    } else if (what === 15) {
      const desktop = pick(desktops);
      say(`desktop ${desktop.name} loses its connection`);
      desktop.cut();
      w.clock.after(roll(3_000), () => desktop.connect());
    } else if (what === 16 && faulty && shape.diskFaults > 0 && roll(3) === 0) {
      full = !full;
      say(full ? "the disk is full" : "the disk has room");
    }
  }

  function byHand(recorder: (typeof recordings)[number], ref: string): void {
    const to = pick(["paused", "recording", "recording", "over", "begin"] as const);
    say(`by hand ${recorder.id}/${ref} ${to}`);
    const is = recorder.truth.get(ref)?.status;
    if (to === "over" || to === "begin") {
      judged.hand(recorder, ref, "absent");
      if (is !== "absent") return recorder.end(ref);
      return recorder.begin(ref, `s-${ref}-${w.clock.now()}`);
    }
    if (is === "absent") return;
    judged.hand(recorder, ref, to);
    recorder.byHand(ref, to);
    const direct = w.recorders[recorder.id];
    if (direct?.capabilities.watch === true && roll(3) > 0) direct.push(ref, to);
  }

  async function crash(): Promise<void> {
    const jumpMs = shape.clockJumps ? pick([0, -60_000, -4_000, 5_000, 30_000, 900_000]) : 0;
    say(`crash${jumpMs === 0 ? "" : `, and the wall clock is set by ${jumpMs} ms`}`);
    full = full && roll(2) === 0;
    w.onBoot = () => judged.begins(jumpMs);
    await w.restart(roll(3_000), jumpMs);
    connect();
  }

  try {
    for (let step = 0; step < shape.steps; step += 1) {
      faulty = step < shape.steps * 0.7;
      if (!faulty) full = false;
      for (let one = 0; one < shape.perStep; one += 1) act();
      if (shape.crashes && roll(30) === 0) {
        // In the middle of what was just asked for: on its way, being written, or being answered.
        await w.clock.pass(roll(80), judged.look);
        await crash();
      }
      await w.clock.pass(roll(1_200), judged.look);
      judged.examine();
    }
    say("faults end");
    faulty = false;
    full = false;
    for (const recorder of recordings) recorder.down = false;
    for (const desktop of desktops) desktop.connect();
    // Every lease has ended, every retry's longest pause has passed.
    for (let round = 0; round < 40; round += 1) {
      await w.clock.pass(4_000, judged.look);
      judged.examine();
    }
    await w.log.audit();
    await judged.atRest();
    judged.examine();
  } catch (error) {
    judged.wrong.push(`${w.clock.now() - start} alarm: ${String(error)}`);
  }
  const met = (what: RegExp) => trace.filter((line) => what.test(line)).length;
  return {
    world: w,
    shape,
    trace,
    wrong: judged.wrong,
    counts: {
      ...judged.counts,
      calls: judged.ledger.calls.size,
      entries: w.log.entries.length,
      faults: met(/^\d+ (?:fault|disk)/),
      crashes: met(/^\d+ crash/),
    },
  };
}
