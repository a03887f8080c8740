/** Bounds of what the HTTP face remembers between requests. */
import { expect, test } from "vitest";
import { noMetrics, observeChanges } from "../../src/http/metrics.ts";
import { usedOnce } from "../../src/http/usedOnce.ts";
import { change, openWindow } from "../events/kit.ts";

test("used ids are remembered until they expire, and with no room left nothing is taken twice", () => {
  const used = usedOnce(3);
  for (const id of ["a", "b", "c"]) expect(used.take(id, 10_000, 0)).toBe(true);
  expect(used.take("d", 10_000, 1)).toBe(false);
  expect(used.take("a", 10_000, 2)).toBe(false);
  expect(used.take("d", 20_000, 10_001)).toBe(true);
});

test("the metrics remember so many calls; who is forgotten leaves the gauges and comes back whole", () => {
  const gauges = { windows: 0, calls: new Map<string, number>() };
  const observe = observeChanges(
    {
      ...noMetrics,
      windowsOpen: (by) => void (gauges.windows += by),
      calls: (word, by) => void gauges.calls.set(word, (gauges.calls.get(word) ?? 0) + by),
    },
    10,
  );
  const total = () => [...gauges.calls.values()].reduce((sum, count) => sum + count, 0);
  for (let at = 1; at <= 25; at += 1) {
    observe(change(`c${at}`, at, { windows: { w: openWindow("shop") } }));
  }
  expect([gauges.windows, total()]).toEqual([10, 10]);
  observe(change("c1", 26, { windows: { w: openWindow("shop") } }));
  expect([gauges.windows, total()]).toEqual([10, 10]);
  for (let at = 1; at <= 25; at += 1) observe(change(`c${at}`, 26 + at, { endedAt: 1 }));
  expect([gauges.windows, total()]).toEqual([0, 0]);
});
