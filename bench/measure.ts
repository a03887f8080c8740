/**
 * One measured span of one way: every connection pauses and resumes its own calls, one after the
 * other.
 *
 * @module
 */
import type { Pausing, Way } from "./ways.ts";

export interface Span {
  /** Of each pause, in ms. */
  readonly pausesMs: readonly number[];
  readonly resumesMs: readonly number[];
  /** Pauses with their resumes, in a second. */
  readonly rate: number;
}

/** `pauses` of each connection. What has to be made ready, and what is cleared away, is not counted. */
export async function measure(way: Way, connections: number, pauses: number): Promise<Span> {
  const lanes = await Promise.all(Array.from({ length: connections }, () => way.ready(pauses)));
  const pausesMs: number[] = [];
  const resumesMs: number[] = [];
  const startedAt = performance.now();
  await Promise.all(lanes.map((lane) => run(lane, pausesMs, resumesMs)));
  const seconds = (performance.now() - startedAt) / 1_000;
  await way.over(lanes.flat());
  return { pausesMs, resumesMs, rate: (connections * pauses) / seconds };
}

async function run(
  lane: readonly Pausing[],
  pausesMs: number[],
  resumesMs: number[],
): Promise<void> {
  for (const { pause, resume } of lane) {
    const askedAt = performance.now();
    await pause();
    const pausedAt = performance.now();
    await resume();
    pausesMs.push(pausedAt - askedAt);
    resumesMs.push(performance.now() - pausedAt);
  }
}

/** Runs the way warm, and tells how many pauses of each connection fill a span of `spanMs`. */
export async function warmUp(
  way: Way,
  connections: number,
  { spanMs, warmMs }: { readonly spanMs: number; readonly warmMs: number },
): Promise<number> {
  const startedAt = performance.now();
  for (let pauses = 5; ;) {
    const { rate } = await measure(way, connections, pauses);
    const fills = (ms: number) => Math.max(5, Math.round((rate * ms) / 1_000 / connections));
    if (performance.now() - startedAt >= warmMs) return fills(spanMs);
    pauses = fills(warmMs / 4);
  }
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low = 0, high = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}
