/**
 * How late this process runs: what is due waits for everything that is being done before it, so a
 * timer's lateness tells how long a pause has to wait too.
 *
 * @module
 */

const SAMPLE_MS = 50;
/** One long moment, such as a large answer being written, is no overload. */
const SMOOTHING_MS = 1_000;

export interface Pressure {
  /** Smoothed over about a second. */
  delayMs(): number;
  stop(): void;
}

export function loopPressure(now: () => number = () => performance.now()): Pressure {
  let delayMs = 0;
  let dueAt = now() + SAMPLE_MS;
  const timer = setInterval(() => {
    const at = now();
    const lateMs = Math.max(0, at - dueAt);
    delayMs = smoothed(delayMs, lateMs, lateMs + SAMPLE_MS);
    dueAt = at + SAMPLE_MS;
  }, SAMPLE_MS);
  timer.unref();
  return {
    delayMs: () => delayMs,
    stop: () => clearInterval(timer),
  };
}

/** A sample counts by how long it stands for. */
export function smoothed(before: number, sample: number, elapsedMs: number): number {
  const weight = 1 - Math.exp(-elapsedMs / SMOOTHING_MS);
  return before + (sample - before) * weight;
}
