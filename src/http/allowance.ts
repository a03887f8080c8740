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
  /** Takes units that were not asked for, down to so many fewer than none. */
  owe(key: string, units: number, debtMax: number): void;
  /** How many are remembered. */
  count(): number;
}

export function createAllowances(options: AllowanceOptions): Allowances {
  const { clock, unitsMax, unitsPerS, countMax = ALLOWANCE_COUNT_MAX } = options;
  const left = new Map<string, { readonly units: number; readonly at: EpochMs }>();

  function thereFor(key: string): number {
    const before = left.get(key);
    if (before === undefined) return unitsMax;
    const gained = (Math.max(0, clock() - before.at) / 1_000) * unitsPerS;
    return Math.min(unitsMax, before.units + gained);
  }

  function keep(key: string, units: number): void {
    left.delete(key);
    left.set(key, { units, at: clock() });
    if (left.size > countMax) left.delete(left.keys().next().value ?? key);
  }

  return {
    spend(key, units) {
      if (units === 0) return 0;
      const there = thereFor(key);
      if (there < units) return Math.max(1, ((units - there) / unitsPerS) * 1_000);
      keep(key, there - units);
      return 0;
    },
    owe: (key, units, debtMax) => keep(key, Math.max(-debtMax, thereFor(key) - units)),
    count: () => left.size,
  };
}
