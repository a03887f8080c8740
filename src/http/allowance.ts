/**
 * How much each of many may still do: units that are spent and come back with time. Bounded in
 * memory; time is given in.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";

/** Whoever spent longest ago is forgotten first, and has all units again. */
export const ALLOWANCE_COUNT_MAX = 10_000;

export interface AllowanceOptions {
  readonly clock: () => EpochMs;
  readonly unitsMax: number;
  readonly unitsPerS: number;
  readonly countMax?: number;
}

export interface Allowances {
  /** 0 where it was spent; otherwise in how many ms there will be enough, and nothing was spent. */
  spend(key: string, units: number): number;
  /** How many are remembered. */
  count(): number;
}

export function createAllowances(options: AllowanceOptions): Allowances {
  const { clock, unitsMax, unitsPerS, countMax = ALLOWANCE_COUNT_MAX } = options;
  const left = new Map<string, { readonly units: number; readonly at: EpochMs }>();
  return {
    spend(key, units) {
      if (units === 0) return 0;
      const now = clock();
      const before = left.get(key);
      const gained = before === undefined ? 0 : (Math.max(0, now - before.at) / 1_000) * unitsPerS;
      const there = before === undefined ? unitsMax : Math.min(unitsMax, before.units + gained);
      if (there < units) return Math.max(1, ((units - there) / unitsPerS) * 1_000);
      left.delete(key);
      left.set(key, { units: there - units, at: now });
      if (left.size > countMax) left.delete(left.keys().next().value ?? key);
      return 0;
    },
    count: () => left.size,
  };
}
