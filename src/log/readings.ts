/**
 * Who reads a log from an older entry on: pruning leaves them what they still have to read, for a while.
 * In memory alone: after a start nobody reads. Time is given in.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../control/call.ts";

/** Readers that are known at once. Of more, what the one heard of longest ago reads may be pruned. */
export const READER_COUNT_MAX = 1_000;

export interface Readings {
  /**
   * `reader` goes on from position `from` within so many ms; where it does not, it reads no more. The
   * same name takes the place of what it said before.
   */
  reads(tenant: TenantId, reader: string, from: number, forMs: number): void;
  /** It came to its end, or gave up. */
  readsNoMore(tenant: TenantId, reader: string): void;
}

export interface KnownReadings extends Readings {
  /** The first position that somebody still has to read; Infinity where nobody reads. */
  firstNeeded(tenant: TenantId): number;
}

export function createReadings(now: () => EpochMs): KnownReadings {
  const known = new Map<string, Known>();
  const keyOf = (tenant: TenantId, reader: string) => `${tenant}\n${reader}`;
  return {
    reads(tenant, reader, from, forMs) {
      const key = keyOf(tenant, reader);
      known.delete(key);
      known.set(key, { tenant, from, until: now() + forMs });
      if (known.size > READER_COUNT_MAX) known.delete(known.keys().next().value ?? key);
    },
    readsNoMore: (tenant, reader) => void known.delete(keyOf(tenant, reader)),
    firstNeeded(tenant) {
      let first = Infinity;
      for (const [key, one] of known) {
        if (one.until < now()) known.delete(key);
        else if (one.tenant === tenant) first = Math.min(first, one.from);
      }
      return first;
    },
  };
}

interface Known {
  readonly tenant: TenantId;
  readonly from: number;
  readonly until: EpochMs;
}
