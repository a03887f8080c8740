/** How late the process runs is measured, and one long moment is no overload. */
import { afterEach, expect, test, vi } from "vitest";
import { DELAY_MS_MAX } from "../../src/http/gate.ts";
import { loopPressure, smoothed } from "../../src/runtime/node/pressure.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** A loop that comes to its timers `lateMs` late. */
function loop(lateMs: () => number) {
  vi.useFakeTimers();
  let extra = 0;
  let at = 0;
  const pressure = loopPressure(() => at + extra);
  const pass = (count: number) => {
    for (let tick = 0; tick < count; tick += 1) {
      at += 50;
      extra += lateMs();
      vi.advanceTimersByTime(50);
    }
  };
  return { pressure, pass };
}

test("a loop that is always on time is not late", () => {
  const { pressure, pass } = loop(() => 0);
  pass(100);
  expect(pressure.delayMs()).toBe(0);
  pressure.stop();
});

test("a loop that is late all the time is found late within a few seconds, and well again after", () => {
  let lateMs = 400;
  const { pressure, pass } = loop(() => lateMs);
  pass(10);
  expect(pressure.delayMs()).toBeGreaterThan(DELAY_MS_MAX.read);
  lateMs = 0;
  pass(60);
  expect(pressure.delayMs()).toBeLessThan(DELAY_MS_MAX.read / 4);
  pressure.stop();
});

test("one long moment turns nobody away", () => {
  let lateMs = 0;
  const { pressure, pass } = loop(() => lateMs);
  pass(20);
  lateMs = 300;
  pass(1);
  lateMs = 0;
  expect(pressure.delayMs()).toBeGreaterThan(0);
  expect(pressure.delayMs()).toBeLessThan(DELAY_MS_MAX.read);
  pressure.stop();
});

test("a sample counts by how long it stands for", () => {
  expect(smoothed(0, 100, 0)).toBe(0);
  expect(smoothed(0, 100, 1_000)).toBeCloseTo(63.2, 1);
  expect(smoothed(100, 100, 50)).toBe(100);
});
