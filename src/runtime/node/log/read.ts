/**
 * Reading entries back, by position, by time and by what they are about.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { Entry } from "../../../log/entry.ts";
import { matches, termsOfFilter } from "../../../log/filter.ts";
import { firstAt } from "../../../log/firstAt.ts";
import { readEntry } from "../../../log/form.ts";
import type { EntryFilter, EntryPage } from "../../../log/store.ts";
import { TILE_WIDTH, packBundle } from "../../../log/tiles.ts";
import { LogDamaged } from "./calls.ts";
import type { Statements } from "./database.ts";
import { withoutGap } from "./nodes.ts";
import type { Pruner } from "./prune.ts";
import type { Search } from "./search.ts";

/** Entries in one page. */
const PAGE_MAX = 1_000;
/** Up to so many entries the search file catches up before it is asked. */
const LAG_MAX = 5_000;

/** Where entries are read from. What was pruned is in no answer; what stays of it is. */
export interface ReadFrom {
  readonly sql: Statements;
  readonly search: Search;
  readonly pruner: Pick<Pruner, "prunedTo" | "keptAfter" | "isKept">;
}

export async function readPage(
  { pruner, search, sql }: ReadFrom,
  size: (tenant: TenantId) => number,
  ask: { tenant: TenantId; filter: EntryFilter; after: number; limit: number },
): Promise<EntryPage> {
  const { tenant, filter } = ask;
  const limit = Math.max(1, Math.min(PAGE_MAX, Math.trunc(ask.limit)));
  const end = size(tenant);
  const prunedTo = pruner.prunedTo(tenant);
  const whole = { from: prunedTo, to: end };
  const from = filter.from === undefined ? 0 : firstEntryAt(sql, tenant, whole, filter.from) - 1;
  const after = Math.max(0, ask.after, from);
  const before = filter.to === undefined ? end : firstEntryAt(sql, tenant, whole, filter.to) - 1;
  const terms = termsOfFilter(filter);
  if (terms.length === 0) {
    const kept = after < prunedTo ? pruner.keptAfter(tenant, after, limit) : [];
    const begin = Math.max(after, prunedTo);
    const count = Math.min(limit - kept.length, Math.max(0, before - begin));
    const entries = [
      ...kept
        .map((position) => entryAt(sql, tenant, position))
        .filter((entry) => matches(entry, filter)),
      ...inOrder(sql, tenant, begin, count),
    ];
    return page(entries, (entries.at(-1)?.position ?? begin) < before, end);
  }
  if (end - search.indexedTo(tenant) <= LAG_MAX) await search.caughtUp();
  const indexedTo = search.indexedTo(tenant);
  const positions = await foundThere({ pruner, search }, { tenant, terms, after, limit });
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
  { pruner, search, sql }: ReadFrom,
  end: number,
  ask: { tenant: TenantId; filter: EntryFilter; before: number; limit: number },
): Promise<EntryPage> {
  const { tenant, filter } = ask;
  const limit = Math.max(1, Math.min(PAGE_MAX, Math.trunc(ask.limit)));
  // Backwards nothing is read beyond what was pruned: what stays of it is found by its own words.
  const whole = { from: pruner.prunedTo(tenant), to: end };
  const first =
    filter.from === undefined ? whole.from + 1 : firstEntryAt(sql, tenant, whole, filter.from);
  const until = filter.to === undefined ? end : firstEntryAt(sql, tenant, whole, filter.to) - 1;
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
  const found = positions.filter(
    (position) => position >= first && position > pruner.prunedTo(tenant),
  );
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

/**
 * One more than are asked for, where there are so many. The search file may still know of what was
 * pruned: what it finds there is passed over.
 */
async function foundThere(
  { pruner, search }: Pick<ReadFrom, "pruner" | "search">,
  {
    after,
    limit,
    tenant,
    terms,
  }: { tenant: TenantId; terms: string[]; after: number; limit: number },
): Promise<number[]> {
  let there: number[] = [];
  for (let from = after; ;) {
    const count = from < pruner.prunedTo(tenant) ? PAGE_MAX + 1 : limit + 1;
    const some = await search.find(tenant, terms, from, count);
    there = [...there, ...some].filter((position) => isThere(pruner, tenant, position));
    const last = some.at(-1);
    if (there.length > limit || last === undefined || some.length < count) return there;
    from = last;
  }
}

const isThere = (pruner: ReadFrom["pruner"], tenant: TenantId, position: number): boolean =>
  position > pruner.prunedTo(tenant) || pruner.isKept(tenant, position);

/** Position of the first entry at or after this moment; throws `LogDamaged` as reading does. */
export const firstEntryAt = (
  sql: Statements,
  tenant: TenantId,
  span: { readonly from: number; readonly to: number },
  at: EpochMs,
): number => firstAt(span, at, (position) => entryAt(sql, tenant, position).at);

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
