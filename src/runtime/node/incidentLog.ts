/**
 * What the control log knows of incidents: all of it after a start, and one that was closed so long
 * ago that memory has it no more.
 *
 * @module
 */
import type { RecorderId, TenantId } from "../../control/call.ts";
import { type Book, type Filed, openBook } from "../../evidence/incidentBook.ts";
import { factOfEntry } from "../../evidence/incidentEntries.ts";
import { INCIDENT_TYPES } from "../../evidence/incidentFacts.ts";
import type { LogStore } from "../../log/store.ts";
import { entriesFound, entriesOfTypes } from "./entriesOfTypes.ts";

type Log = Pick<LogStore, "read" | "size">;

/** Every incident of the tenant. Throws `LogUnavailable` while the search file is far behind. */
export async function bookOfLog(
  log: Log,
  tenant: TenantId,
  closedCountMax?: number,
): Promise<Book> {
  const book = openBook(closedCountMax);
  for await (const entry of entriesOfTypes(log, tenant, INCIDENT_TYPES)) {
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
  for await (const entry of entriesFound(log, tenant, { incidentId }, 0, Infinity)) {
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
  for await (const entry of entriesFound(log, tenant, filter, 0, Infinity)) {
    const id = entry.detail?.["incidentId"];
    if (typeof id === "string") newest = id;
  }
  return newest === undefined ? undefined : await incidentInLog(log, tenant, newest);
}
