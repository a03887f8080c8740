/**
 * Time on Node: the wall clock at start plus monotonic elapsed time, so that it never steps back
 * and no lease is stretched by whoever sets the machine's clock.
 *
 * @module
 */
import type { Clock } from "../../control/ports.ts";

const TIMER_MS_MAX = 2_000_000_000;

export function nodeClock(): Clock {
  const startedAt = Date.now();
  const started = performance.now();
  return {
    now: () => Math.floor(startedAt + (performance.now() - started)),
    after(ms, run) {
      // Timers count in whole milliseconds and may fire a fraction early.
      const timer = setTimeout(run, Math.min(TIMER_MS_MAX, Math.max(0, Math.ceil(ms))));
      return () => clearTimeout(timer);
    },
    random: Math.random,
  };
}
