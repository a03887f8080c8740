/**
 * Sets of stretches of time: in order, apart from one another, none of them empty.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Stretch } from "./evidence.ts";

/** All that lies in any of them. */
export function union(stretches: readonly Stretch[]): readonly Stretch[] {
  const merged: { from: EpochMs; to: EpochMs }[] = [];
  const full = stretches.filter(({ from, to }) => to > from);
  for (const { from, to } of full.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** What lies in these and in none of those. */
export function without(these: readonly Stretch[], those: readonly Stretch[]): readonly Stretch[] {
  const taken = union(those);
  const left: Stretch[] = [];
  let first = 0;
  for (const { from, to } of union(these)) {
    while ((taken[first]?.to ?? Infinity) <= from) first += 1;
    let at = from;
    for (let index = first; index < taken.length; index += 1) {
      const one = taken[index];
      if (one === undefined || one.from >= to) break;
      if (one.from > at) left.push({ from: at, to: one.from });
      at = Math.max(at, one.to);
    }
    if (at < to) left.push({ from: at, to });
  }
  return left;
}

/** What of these lies between two moments. */
export const within = (these: readonly Stretch[], { from, to }: Stretch): readonly Stretch[] =>
  union(these.map((one) => ({ from: Math.max(one.from, from), to: Math.min(one.to, to) })));

export const lengthMs = (these: readonly Stretch[]): number =>
  union(these).reduce((sum, { from, to }) => sum + to - from, 0);
