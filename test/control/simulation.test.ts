/**
 * Sessions, desks, recorders, hub, adapters and restarts under a virtual clock, by seed. The judge is
 * what the simulated recorders did, never what the core believes.
 */
import { expect, test } from "vitest";
import { tell } from "../simulation/story.ts";

const SEEDS = Number(process.env["SEEDS"] ?? 200);
const FIRST = Number(process.env["SEED"] ?? 1);
/** Every fortieth seed has hundreds of calls; one of those is enough for every day. */
const isEveryday = (seed: number) => seed % 40 !== 0 || seed === 40;

test(`${SEEDS} seeds: nobody is told safe while a required recorder records, and all is let go in the end`, async () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    if (!isEveryday(seed)) continue;
    const story = await tell(seed);
    expect(story.wrong, `seed ${seed}\n${story.trace.slice(-60).join("\n")}`).toEqual([]);
  }
}, 300_000);
