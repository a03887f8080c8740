/**
 * What may be used once: ids, remembered until they would have expired. When as many are
 * remembered as may be, nothing more is taken, rather than one taken twice.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";

const SWEEP_MS = 1_000;

export interface UsedOnce {
  /** True the first time; false ever after, and where nothing more can be remembered. */
  take(id: string, expiresAt: EpochMs, now: EpochMs): boolean;
}

export function usedOnce(countMax: number): UsedOnce {
  const expiries = new Map<string, EpochMs>();
  let sweptAt = Number.NEGATIVE_INFINITY;
  const sweep = (now: EpochMs): void => {
    if (now - sweptAt < SWEEP_MS) return;
    sweptAt = now;
    for (const [id, expiresAt] of expiries) if (expiresAt <= now) expiries.delete(id);
  };
  return {
    take(id, expiresAt, now) {
      if (expiries.has(id)) return false;
      if (expiries.size >= countMax) sweep(now);
      if (expiries.size >= countMax) return false;
      expiries.set(id, expiresAt);
      return true;
    },
  };
}
