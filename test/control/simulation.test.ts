/**
 * Sessions, desks, recorders and restarts under a virtual clock, by seed. The judge is what the
 * simulated recorders did, never what the core believes.
 */
import { describe, expect, test } from "vitest";
import { fold } from "../../src/control/evolve.ts";
import { play } from "../simulation/play.ts";

const SEEDS = Number(process.env["SEEDS"] ?? 300);
const FIRST = Number(process.env["SEED"] ?? 1);

describe("whatever recorders, disks and processes do", () => {
  test(`${SEEDS} seeds: nobody is told safe while a required recorder records, and all is let go in the end`, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
      const story = await play(seed);
      expect(story.wrong, `seed ${seed}\n${story.trace.slice(-60).join("\n")}`).toEqual([]);
    }
  }, 120_000);

  test("a call rebuilt from the log is the call that made it", async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { world } = await play(seed);
      const ids = new Set(world.log.entries.map((one) => one.callId));
      for (const callId of ids) {
        const events = world.log.entries
          .filter((one) => one.callId === callId)
          .map((one) => one.event);
        const loaded = await world.log.load("t", callId);
        expect(fold(events)).toEqual(loaded.state);
        const read = world.keeper.read("t", callId);
        await world.clock.pass(10);
        expect((await read)?.state).toEqual((await world.log.load("t", callId)).state);
      }
    }
  }, 60_000);
});
