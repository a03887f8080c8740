/**
 * Incidents that were open in a log, as copies of their entries for the log that takes its place: a
 * person still has to answer for them.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import { openBook } from "../../../evidence/incidentBook.ts";
import { factOfEntry } from "../../../evidence/incidentEntries.ts";
import type { Entry, EntryDraft } from "../../../log/entry.ts";
import { copyOf, entriesWith } from "./carried.ts";

/** Canonical JSON has no space: what is looked for stands in every entry of an incident. */
const MARK = '"incidentId":';
/** Their states are not needed, only which are open: none is kept closed. */
const CLOSED_COUNT_MAX = 0;

/** In the order of the log; what cannot be read any more is left out. */
export function openIncidents(db: DatabaseSync | undefined, tenant: TenantId): EntryDraft[] {
  if (db === undefined) return [];
  const book = openBook(CLOSED_COUNT_MAX);
  const entries = new Map<string, Entry[]>();
  for (const { entry } of entriesWith(db, tenant, MARK)) {
    const fact = factOfEntry(entry);
    if (fact === undefined) continue;
    book.take(fact, entry.position);
    const { incidentId } = fact;
    if (book.find(incidentId) === undefined) entries.delete(incidentId);
    else entries.set(incidentId, [...(entries.get(incidentId) ?? []), entry]);
  }
  const all = [...entries.values()].flat().toSorted((a, b) => a.position - b.position);
  return all.map(copyOf);
}
