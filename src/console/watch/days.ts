/**
 * The figures of days, read from the log as far as one page view may read, and kept: the next view
 * goes on where the last one stopped, and a day that is over is read once.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../control/call.ts";
import { fold } from "../../control/evolve.ts";
import { eventOfEntry, isCallEntry } from "../../log/callEntries.ts";
import type { LogStore } from "../../log/store.ts";
import { type Day, type Figures, openDay } from "./day.ts";

/** Entries one page view reads, of all its days together. */
export const ENTRY_COUNT_MAX = 10_000;
/** Entries read at once: between two of these others have their turn. */
const PAGE_COUNT = 250;
/** Of one call from before the day. */
const HISTORY_COUNT_MAX = 1_000;
/** How old figures may be. */
const FRESH_MS = 3_000;
/** Days kept, of all tenants. */
export const DAY_COUNT_MAX = 400;
/** An entry is as old as this, at most, when it becomes durable. */
const SETTLE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface DayRead {
  /** Such as `2026-11-22`, in UTC. */
  readonly day: string;
  readonly figures: Figures;
  /** Every entry of the day so far is in the figures. */
  readonly isWhole: boolean;
}

export interface Days {
  /** Newest first; the budget of one page view is spent in this order. */
  read(tenant: TenantId, days: readonly string[]): Promise<readonly DayRead[]>;
}

interface Kept {
  day: Day;
  after: number;
  readAt: EpochMs;
  isWhole: boolean;
  /** Once all of it has been read, and nothing can follow: the day itself is let go. */
  done?: Figures;
  running?: Promise<void>;
}

/** The day of a moment, in UTC. */
export const dayOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);
/** When it begins; undefined where there is no such day. */
export function startOf(day: string): EpochMs | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(at) && dayOf(at) === day ? at : undefined;
}
/** The day and those before it, newest first. */
export const daysTo = (at: EpochMs, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => dayOf(at - index * DAY_MS));

export function days(
  log: Pick<LogStore, "read">,
  clock: () => EpochMs,
  entryCountMax: number = ENTRY_COUNT_MAX,
): Days {
  const kept = new Map<string, Kept>();

  function keptOf(key: string): Kept {
    const found = kept.get(key) ?? { day: openDay(), after: 0, readAt: 0, isWhole: false };
    kept.delete(key);
    kept.set(key, found);
    for (const [oldest] of kept) {
      if (kept.size <= DAY_COUNT_MAX) break;
      kept.delete(oldest);
    }
    return found;
  }

  /** One reader at a time takes a day further; whoever asks meanwhile waits for it. */
  async function advance(
    tenant: TenantId,
    from: EpochMs,
    one: Kept,
    budget: { left: number },
  ): Promise<void> {
    if (one.running !== undefined) return await one.running;
    const isFresh = one.isWhole && clock() < one.readAt + FRESH_MS;
    if (one.done !== undefined || isFresh || budget.left <= 0) return;
    one.running = readOn(tenant, from, one, budget);
    try {
      await one.running;
    } finally {
      delete one.running;
    }
  }

  async function readOn(
    tenant: TenantId,
    from: EpochMs,
    one: Kept,
    budget: { left: number },
  ): Promise<void> {
    const to = from + DAY_MS;
    one.isWhole = false;
    while (budget.left > 0) {
      const askedAt = clock();
      const limit = Math.min(PAGE_COUNT, budget.left);
      const page = await log.read(tenant, { from, to }, one.after, limit);
      for (const entry of page.entries) {
        const { callId, position, type } = entry;
        const isKnown = callId === undefined || one.day.knows(callId) || type === "CallRegistered";
        if (!isKnown && isCallEntry(entry))
          budget.left -= await begin(tenant, callId, position, one.day);
        one.day.take(entry);
        one.after = position;
      }
      budget.left -= Math.max(1, page.entries.length);
      if (page.next !== undefined) continue;
      one.isWhole = true;
      one.readAt = askedAt;
      if (askedAt > to + SETTLE_MS) {
        one.done = one.day.figures();
        one.day = openDay();
      }
      return;
    }
  }

  /** Brings in a call that was there before. How many entries that took. */
  async function begin(
    tenant: TenantId,
    callId: string,
    before: number,
    day: Day,
  ): Promise<number> {
    const { entries } = await log.read(tenant, { callId }, 0, HISTORY_COUNT_MAX);
    const events = entries
      .filter((entry) => entry.position < before && isCallEntry(entry))
      .map(eventOfEntry);
    day.begin(callId, fold(events));
    return entries.length;
  }

  return {
    async read(tenant, asked) {
      const budget = { left: entryCountMax };
      const found: DayRead[] = [];
      for (const day of asked) {
        const from = startOf(day);
        if (from === undefined) continue;
        const one = keptOf(`${tenant}\n${day}`);
        await advance(tenant, from, one, budget);
        found.push({ day, figures: one.done ?? one.day.figures(), isWhole: one.isWhole });
      }
      return found;
    },
  };
}
