/**
 * Entries of a log that go on in the one that takes its place: found by what stands in them, and copied.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import type { Entry, EntryDraft } from "../../../log/entry.ts";
import { readEntry } from "../../../log/form.ts";

/**
 * Entries whose bytes hold the mark, in the order of the log; what cannot be read is left out. The
 * position is the file's, which nobody signed.
 */
export function* entriesWith(
  db: DatabaseSync,
  tenant: TenantId,
  mark: string,
): Generator<{ readonly entry: Entry; readonly position: number }> {
  const query =
    "SELECT position, bytes FROM entries WHERE tenant = ? AND instr(bytes, ?) > 0 ORDER BY position";
  try {
    for (const row of db.prepare(query).iterate(tenant, Buffer.from(mark))) {
      const { bytes, position } = row as unknown as { bytes: Uint8Array; position: number };
      const formed = readEntry(bytes);
      if (formed.kind === "entry") yield { entry: formed.entry, position };
    }
  } catch {
    // The file is damaged from here on. What was open or held before may have ended behind: that it
    // goes on is safer.
  }
}

/** The fact's own moment goes on in `detail.at`, as with every copy. */
export function copyOf(entry: Entry): EntryDraft {
  const { clock: _, position: __, salt: ___, v: ____, ...draft } = entry;
  const at = draft.detail?.["at"];
  return {
    ...draft,
    at: typeof at === "number" ? at : draft.at,
    origin: { component: "restore" },
  };
}
