/**
 * Time on Node: the wall clock at start plus monotonic elapsed time, so that it never steps back
 * and no lease is stretched by whoever sets the machine's clock.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { Clock } from "../../control/ports.ts";

const TIMER_MS_MAX = 2_000_000_000;

export interface NodeClock extends Clock {
  /** Goes on from here where the wall clock stands before it: the log's time never steps back. */
  startFrom(at: EpochMs): void;
}

export function nodeClock(): NodeClock {
  let startedAt = Date.now();
  const started = performance.now();
  const now = () => Math.floor(startedAt + (performance.now() - started));
  return {
    now,
    startFrom(at) {
      startedAt += Math.max(0, at - now());
    },
    after(ms, run) {
      // Timers count in whole milliseconds and may fire a fraction early.
      const timer = setTimeout(run, Math.min(TIMER_MS_MAX, Math.max(0, Math.ceil(ms))));
      return () => clearTimeout(timer);
    },
    random: Math.random,
  };
}
