/**
 * What the control log knows of incidents: all of it after a start, and one that was closed so long
 * ago that memory has it no more.
 *
 * @module
 */
import type { RecorderId, TenantId } from "../../control/call.ts";
import { LogUnavailable } from "../../control/within.ts";
import { type Book, type Filed, openBook } from "../../evidence/incidentBook.ts";
import { factOfEntry } from "../../evidence/incidentEntries.ts";
import { INCIDENT_TYPES } from "../../evidence/incidentFacts.ts";
import type { Entry } from "../../log/entry.ts";
import type { EntryFilter, LogStore } from "../../log/store.ts";

type Log = Pick<LogStore, "read" | "size">;

const PAGE = 1_000;
/** Entries that are read one by one because the search file has not got to them yet. */
const TAIL_COUNT_MAX = 20_000;

/** Every incident of the tenant. Throws `LogUnavailable` while the search file is far behind. */
export async function bookOfLog(
  log: Log,
  tenant: TenantId,
  closedCountMax?: number,
): Promise<Book> {
  const { indexedTo } = await log.read(tenant, { type: INCIDENT_TYPES[0] }, 0, 1);
  if (log.size(tenant) - indexedTo > TAIL_COUNT_MAX) {
    throw new LogUnavailable("the search file is being made anew");
  }
  const book = openBook(closedCountMax);
  for await (const entry of inOrder(log, tenant, indexedTo)) {
    const fact = factOfEntry(entry);
    if (fact !== undefined) book.take(fact, entry.position);
  }
  return book;
}

/** One incident, wherever in the log it lies. */
export async function incidentInLog(
  log: Log,
  tenant: TenantId,
  incidentId: string,
): Promise<Filed | undefined> {
  const book = openBook();
  for await (const entry of found(log, tenant, { incidentId }, 0, Infinity)) {
    const fact = factOfEntry(entry);
    if (fact !== undefined) book.take(fact, entry.position);
  }
  return book.find(incidentId);
}

/** The newest incident of a recording, whether it is in memory or not. */
export async function newestInLog(
  log: Log,
  tenant: TenantId,
  recorderId: RecorderId,
  recordingId: string,
): Promise<Filed | undefined> {
  let newest: string | undefined;
  const filter = { type: "IncidentOpened", recorderId, recordingId };
  for await (const entry of found(log, tenant, filter, 0, Infinity)) {
    const id = entry.detail?.["incidentId"];
    if (typeof id === "string") newest = id;
  }
  return newest === undefined ? undefined : await incidentInLog(log, tenant, newest);
}

/** The incidents' entries in the log's order: by the search file, and one by one beyond it. */
async function* inOrder(log: Log, tenant: TenantId, indexedTo: number): AsyncGenerator<Entry> {
  const lines = INCIDENT_TYPES.map((type) => found(log, tenant, { type }, 0, indexedTo));
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
  yield* found(log, tenant, {}, indexedTo, Infinity);
}

async function* found(
  log: Log,
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
