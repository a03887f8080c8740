import { expect, test } from "vitest";
import { nodeClock } from "../../src/runtime/node/clock.ts";

test("a clock that was put back goes on from the log's newest entry, and never steps back itself", () => {
  const clock = nodeClock();
  const ahead = Date.now() + 3_600_000;
  clock.startFrom(ahead);
  expect(clock.now()).toBeGreaterThanOrEqual(ahead);
  expect(clock.now()).toBeLessThan(ahead + 60_000);
  clock.startFrom(0);
  expect(clock.now()).toBeGreaterThanOrEqual(ahead);
});
