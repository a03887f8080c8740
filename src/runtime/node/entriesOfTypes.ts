/**
 * The entries of some types, in the log's order: by the search file as far as it is filled, and one by
 * one behind that.
 *
 * @module
 */
import type { TenantId } from "../../control/call.ts";
import { LogUnavailable } from "../../control/within.ts";
import type { Entry } from "../../log/entry.ts";
import type { EntryFilter, LogStore } from "../../log/store.ts";

type Log = Pick<LogStore, "read" | "size">;

const PAGE = 1_000;
/** Entries that are read one by one because the search file has not got to them yet. */
const TAIL_COUNT_MAX = 20_000;

/**
 * Every entry of these types, and others that came last. Throws `LogUnavailable` while the search file
 * is far behind.
 */
export async function* entriesOfTypes(
  log: Log,
  tenant: TenantId,
  types: readonly string[],
): AsyncGenerator<Entry> {
  const { indexedTo } = await log.read(tenant, { type: types[0] ?? "" }, 0, 1);
  if (log.size(tenant) - indexedTo > TAIL_COUNT_MAX) {
    throw new LogUnavailable("the search file is being made anew");
  }
  const lines = types.map((type) => entriesFound(log, tenant, { type }, 0, indexedTo));
  const heads = await Promise.all(lines.map((line) => line.next()));
  for (;;) {
    let first: number | undefined;
    for (const [index, { done, value }] of heads.entries()) {
      if (done === true) continue;
      const earliest = first === undefined ? undefined : heads[first];
      if (earliest?.done !== false || value.position < earliest.value.position) first = index;
    }
    const head = first === undefined ? undefined : heads[first];
    const line = first === undefined ? undefined : lines[first];
    if (first === undefined || head?.done !== false || line === undefined) break;
    yield head.value;
    heads[first] = await line.next();
  }
  yield* entriesFound(log, tenant, {}, indexedTo, Infinity);
}

/** What the filter finds behind `from`, up to `to`. */
export async function* entriesFound(
  log: Pick<LogStore, "read">,
  tenant: TenantId,
  filter: EntryFilter,
  from: number,
  to: number,
): AsyncGenerator<Entry, undefined> {
  for (let after: number | undefined = from; after !== undefined;) {
    const { entries, next } = await log.read(tenant, filter, after, PAGE);
    for (const entry of entries) {
      if (entry.position > to) return undefined;
      yield entry;
    }
    after = next;
  }
  return undefined;
}
