/** How many calls are looked at at once, and how long they wait between. */
import { expect, test } from "vitest";
import { schedule, type Due } from "../../src/runtime/node/evidence/schedule.ts";
import { VirtualClock } from "../simulation/clock.ts";

const RULES = { retryMsMin: 1_000, retryMsMax: 8_000, giveUpMs: 60_000, missed: () => {} };

function due(clock: VirtualClock, callId: string, more: Partial<Due> = {}): Due {
  const now = clock.now();
  return { tenant: "t", callId, dueAt: now, firstAt: now, ofWindow: false, ...more };
}

test("a few run at once, however many are due", async () => {
  const clock = new VirtualClock();
  let running = 0;
  let most = 0;
  let ran = 0;
  const s = schedule({
    ...RULES,
    clock,
    async run() {
      running += 1;
      most = Math.max(most, running);
      await clock.sleep(1_000);
      running -= 1;
      ran += 1;
      return "done";
    },
  });
  for (let count = 0; count < 50; count += 1) s.put(due(clock, `c${count}`));
  await clock.pass(60_000);
  expect([ran, most]).toEqual([50, 4]);
  await s.stop();
});

test("each pause is longer than the one before, up to the longest, until it is the last time", async () => {
  const clock = new VirtualClock();
  const at: [number, boolean][] = [];
  const begun = clock.now();
  const s = schedule({
    ...RULES,
    clock,
    run(_due, last) {
      at.push([clock.now() - begun, last]);
      return Promise.resolve(last ? ("done" as const) : { notBefore: 0 });
    },
  });
  s.put(due(clock, "c"));
  await clock.pass(200_000);
  const pauses = at.map(([ms], index) => ms - (at[index - 1]?.[0] ?? 0)).slice(1);
  expect(pauses.every((ms, index) => ms >= Math.min(8_000, 1_000 * 2 ** index) / 2)).toBe(true);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(8_500);
  const lasts = at.map(([, last]) => last);
  expect(lasts.filter(Boolean)).toEqual([true]);
  expect(lasts.at(-1)).toBe(true);
  expect(at.at(-1)?.[0]).toBeGreaterThanOrEqual(60_000);
  await s.stop();
});

test("what happens to a call while it is looked at has it looked at again", async () => {
  const clock = new VirtualClock();
  let ran = 0;
  const s = schedule({
    ...RULES,
    clock,
    async run() {
      ran += 1;
      await clock.sleep(5_000);
      return "done";
    },
  });
  s.put(due(clock, "c"));
  await clock.pass(1_000);
  s.put(due(clock, "c"));
  await clock.pass(2_000);
  // Never twice at once.
  expect(ran).toBe(1);
  await clock.pass(10_000);
  expect(ran).toBe(2);
  await s.stop();
});

test("with nothing to wait for there is no timer", async () => {
  const clock = new VirtualClock();
  const s = schedule({ ...RULES, clock, run: () => Promise.resolve("done") });
  expect(clock.armed).toBe(0);
  s.put(due(clock, "c"));
  await clock.pass(5_000);
  expect(clock.armed).toBe(0);
  await s.stop();
});
