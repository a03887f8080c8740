/**
 * Reading entries back, by position, by time and by what they are about.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { Entry } from "../../../log/entry.ts";
import { matches, termsOfFilter } from "../../../log/filter.ts";
import { readEntry } from "../../../log/form.ts";
import type { EntryFilter, EntryPage } from "../../../log/store.ts";
import { TILE_WIDTH, packBundle } from "../../../log/tiles.ts";
import { LogDamaged } from "./calls.ts";
import type { Statements } from "./database.ts";
import { withoutGap } from "./nodes.ts";
import type { Search } from "./search.ts";

/** Entries in one page. */
const PAGE_MAX = 1_000;
/** Up to so many entries the search file catches up before it is asked. */
const LAG_MAX = 5_000;

export async function readPage(
  sql: Statements,
  search: Search,
  size: (tenant: TenantId) => number,
  ask: { tenant: TenantId; filter: EntryFilter; after: number; limit: number },
): Promise<EntryPage> {
  const { tenant, filter } = ask;
  const limit = Math.max(1, Math.min(PAGE_MAX, Math.trunc(ask.limit)));
  const end = size(tenant);
  const from = filter.from === undefined ? 0 : firstAt(sql, tenant, end, filter.from) - 1;
  const after = Math.max(0, ask.after, from);
  const before = filter.to === undefined ? end : firstAt(sql, tenant, end, filter.to) - 1;
  const terms = termsOfFilter(filter);
  if (terms.length === 0) {
    const entries = inOrder(sql, tenant, after, Math.min(limit, Math.max(0, before - after)));
    return page(entries, (entries.at(-1)?.position ?? after) < before, end);
  }
  if (end - search.indexedTo(tenant) <= LAG_MAX) await search.caughtUp();
  const indexedTo = search.indexedTo(tenant);
  const positions = await search.find(tenant, terms, after, limit + 1);
  const found = positions.filter((position) => position <= before);
  const entries = found.slice(0, limit).map((position) => entryAt(sql, tenant, position));
  const next = found.length > limit ? found[limit - 1] : undefined;
  return {
    // The search file only finds: what it found must fit by its own words.
    entries: entries.filter((entry) => matches(entry, filter)),
    indexedTo,
    ...(next === undefined ? {} : { next }),
  };
}

/** The same from the end: the newest first. */
export async function readBackPage(
  sql: Statements,
  search: Search,
  end: number,
  ask: { tenant: TenantId; filter: EntryFilter; before: number; limit: number },
): Promise<EntryPage> {
  const { tenant, filter } = ask;
  const limit = Math.max(1, Math.min(PAGE_MAX, Math.trunc(ask.limit)));
  const first = filter.from === undefined ? 1 : firstAt(sql, tenant, end, filter.from);
  const until = filter.to === undefined ? end : firstAt(sql, tenant, end, filter.to) - 1;
  const last = Math.min(end, until, ask.before - 1);
  const terms = termsOfFilter(filter);
  if (terms.length === 0) {
    const after = Math.max(first - 1, last - limit);
    const entries = inOrder(sql, tenant, after, Math.max(0, last - after)).toReversed();
    return page(entries, (entries.at(-1)?.position ?? 0) > first, end);
  }
  if (end - search.indexedTo(tenant) <= LAG_MAX) await search.caughtUp();
  const indexedTo = search.indexedTo(tenant);
  const positions = await search.findBack(tenant, terms, last + 1, limit + 1);
  const found = positions.filter((position) => position >= first);
  const entries = found.slice(0, limit).map((position) => entryAt(sql, tenant, position));
  const next = found.length > limit ? found[limit - 1] : undefined;
  return {
    entries: entries.filter((entry) => matches(entry, filter)),
    indexedTo,
    ...(next === undefined ? {} : { next }),
  };
}

function page(entries: readonly Entry[], more: boolean, indexedTo: number): EntryPage {
  const next = more ? entries.at(-1)?.position : undefined;
  return { entries, indexedTo, ...(next === undefined ? {} : { next }) };
}

/** Position of the first entry at or after this moment: time never goes back in a log. */
function firstAt(sql: Statements, tenant: TenantId, size: number, at: EpochMs): number {
  let [low, high] = [1, size + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (entryAt(sql, tenant, middle).at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function inOrder(sql: Statements, tenant: TenantId, after: number, limit: number): Entry[] {
  if (limit === 0) return [];
  const rows = sql.entriesAfter.all(tenant, after, limit) as unknown as {
    position: number;
    bytes: Uint8Array;
  }[];
  return rows.map(({ position, bytes }) => parse(bytes, tenant, position));
}

/** Entries' bytes as they stand in the file, from index `from` (0 is the first) on. */
export function bundleOf(
  sql: Statements,
  tenant: TenantId,
  from: number,
  count: number,
): Uint8Array {
  const limit = Math.max(0, Math.min(TILE_WIDTH, count));
  const rows = sql.someEntries.all(tenant, from, from + limit) as unknown as {
    position: number;
    bytes: Uint8Array;
  }[];
  return packBundle(withoutGap(rows, from).map(({ bytes }) => bytes));
}

function entryAt(sql: Statements, tenant: TenantId, position: number): Entry {
  const row = sql.entryAt.get(tenant, position) as { bytes: Uint8Array } | undefined;
  return parse(row?.bytes ?? new Uint8Array(0), tenant, position);
}

function parse(bytes: Uint8Array, tenant: TenantId, position: number): Entry {
  const formed = readEntry(bytes);
  if (formed.kind === "entry") return formed.entry;
  throw new LogDamaged(`Entry ${position} of ${tenant} cannot be read. Run tacet verify.`);
}
