/**
 * Where in a log a moment lies: time never goes back in it.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";

/**
 * Position of the first entry at or after this moment, of those behind `from` up to `to`; one behind
 * `to` where there is none. `momentOf` is asked of some of them, and may throw.
 */
export function firstAt(
  { from, to }: { readonly from: number; readonly to: number },
  at: EpochMs,
  momentOf: (position: number) => EpochMs,
): number {
  let [low, high] = [from + 1, to + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (momentOf(middle) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
