/**
 * One measured span of one way: every connection pauses and resumes its own calls, one after the
 * other.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import type { Way } from "./ways.ts";

export interface Span {
  /** Of each pause, in ms. */
  readonly pausesMs: readonly number[];
  readonly resumesMs: readonly number[];
  /** Pauses with their resumes, in a second. */
  readonly rate: number;
}

/** What making calls ready leaves behind, such as a search file to fill, is done by then. */
const SETTLE_MS = 250;

/**
 * So many pauses by so many connections, each taking the next call when it is through with one.
 * What has to be made ready, and what is cleared away, is not counted.
 */
export async function measure(way: Way, connections: number, pauses: number): Promise<Span> {
  const pausings = await way.ready(pauses);
  const calls = [...Map.groupBy(pausings, ({ callId }) => callId).values()];
  await setTimeout(SETTLE_MS);
  const pausesMs: number[] = [];
  const resumesMs: number[] = [];
  const startedAt = performance.now();
  const lane = async () => {
    for (let call = calls.pop(); call !== undefined; call = calls.pop()) {
      for (const { pause, resume } of call) {
        const askedAt = performance.now();
        await pause();
        const pausedAt = performance.now();
        await resume();
        pausesMs.push(pausedAt - askedAt);
        resumesMs.push(performance.now() - pausedAt);
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const seconds = (performance.now() - startedAt) / 1_000;
  await way.over(pausings);
  return { pausesMs, resumesMs, rate: pausings.length / seconds };
}

/** Runs the way warm, and tells how many pauses fill a span of `spanMs`. */
export async function warmUp(
  way: Way,
  connections: number,
  { spanMs, warmMs }: { readonly spanMs: number; readonly warmMs: number },
): Promise<number> {
  const startedAt = performance.now();
  for (let pauses = 5; ;) {
    const { rate } = await measure(way, connections, pauses);
    const fills = (ms: number) => Math.max(5 * connections, Math.round((rate * ms) / 1_000));
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
