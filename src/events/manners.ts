/**
 * How much a client may send over its connection, and how often it may be wrong. Time is given in.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";

/** Messages that cannot be read before the client is taken as broken. */
const FAULT_COUNT_MAX = 5;
/** Messages a client may send at once, and how fast the allowance comes back. */
const ALLOWANCE_MAX = 200;
const ALLOWANCE_PER_S = 20;
/** A subscription may mean a snapshot, so it costs more than a `shown`. */
export const SUBSCRIBE_COST = 10;

export interface Manners {
  /** False where the client has sent more than it may. */
  spend(cost: number, now: EpochMs): boolean;
  /** False where it was wrong once too often. */
  forgive(): boolean;
}

export function createManners(startedAt: EpochMs): Manners {
  let allowance = ALLOWANCE_MAX;
  let allowanceAt = startedAt;
  let faults = 0;
  return {
    spend(cost, now) {
      const gained = ((now - allowanceAt) / 1000) * ALLOWANCE_PER_S;
      allowance = Math.min(ALLOWANCE_MAX, allowance + gained) - cost;
      allowanceAt = now;
      return allowance >= 0;
    },
    forgive() {
      faults += 1;
      return faults <= FAULT_COUNT_MAX;
    },
  };
}
