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
import { readEntry } from "../../../log/form.ts";

/** Canonical JSON has no space: what is looked for stands in every entry of an incident. */
const MARK = '"incidentId":';
/** Their states are not needed, only which are open: none is kept closed. */
const CLOSED_COUNT_MAX = 0;

/** In the order of the log; what cannot be read any more is left out. */
export function openIncidents(db: DatabaseSync | undefined, tenant: TenantId): EntryDraft[] {
  if (db === undefined) return [];
  const book = openBook(CLOSED_COUNT_MAX);
  const entries = new Map<string, Entry[]>();
  for (const entry of entriesOf(db, tenant)) {
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

function* entriesOf(db: DatabaseSync, tenant: TenantId): Generator<Entry> {
  const query =
    "SELECT bytes FROM entries WHERE tenant = ? AND instr(bytes, ?) > 0 ORDER BY position";
  try {
    for (const row of db.prepare(query).iterate(tenant, Buffer.from(MARK))) {
      const formed = readEntry((row as unknown as { bytes: Uint8Array }).bytes);
      if (formed.kind === "entry") yield formed.entry;
    }
  } catch {
    // The file is damaged from here on. What was open before may be closed behind: open is safer.
  }
}

/** The fact's own moment goes on in `detail.at`, as with every copy. */
function copyOf(entry: Entry): EntryDraft {
  const { clock: _, position: __, salt: ___, v: ____, ...draft } = entry;
  const at = draft.detail?.["at"];
  return {
    ...draft,
    at: typeof at === "number" ? at : draft.at,
    origin: { component: "restore" },
  };
}
