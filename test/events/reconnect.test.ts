import { expect, test } from "vitest";
import { reconnectAfterMs } from "../../src/events/reconnect.ts";

/** A generator with a fixed seed (mulberry32): what fails here fails again. */
function dice(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("ten thousand desktops are asked back over ten seconds, no second much fuller than another", () => {
  const random = dice(7);
  const seconds = new Map<number, number>();
  for (let count = 0; count < 10_000; count += 1) {
    const second = Math.floor(reconnectAfterMs(10_000, { random }) / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }
  expect(seconds.size).toBe(10);
  expect(Math.max(...seconds.values())).toBeLessThan(1_200);
});

test("few clients come back within a second, and nobody is kept away longer than a minute", () => {
  const random = () => 1;
  expect(reconnectAfterMs(3, { random })).toBe(1_000);
  expect(reconnectAfterMs(5_000_000, { random })).toBe(60_000);
});
