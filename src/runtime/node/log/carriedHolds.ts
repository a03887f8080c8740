/**
 * Legal holds that stood in a log, as copies of their entries for the log that takes its place: there
 * they keep everything. What they kept before is in the old log, which is never pruned.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import type { Entry, EntryDraft } from "../../../log/entry.ts";
import { readEntry } from "../../../log/form.ts";
import { LEGAL_HOLD_TYPES, legalHolds } from "../../../log/retention.ts";

/** In the order in which they were placed. Where the file cannot be read any more, those until then. */
export function standingHolds(
  db: DatabaseSync | undefined,
  tenant: TenantId,
  agreesTo: number,
): EntryDraft[] {
  if (db === undefined) return [];
  const holds = legalHolds();
  const placed = new Map<string, Entry>();
  for (const { entry, position } of entriesOf(db, tenant)) {
    // Behind what was signed anybody may have written that one is lifted.
    if (entry.type === LEGAL_HOLD_TYPES[1] && position > agreesTo) continue;
    holds.take(entry);
    const holdId = entry.detail?.["holdId"];
    if (typeof holdId === "string" && entry.type === LEGAL_HOLD_TYPES[0]) placed.set(holdId, entry);
  }
  return holds.standing().flatMap(({ holdId }) => {
    const entry = placed.get(holdId);
    return entry === undefined ? [] : [copyOf(entry)];
  });
}

function* entriesOf(
  db: DatabaseSync,
  tenant: TenantId,
): Generator<{
  readonly entry: Entry;
  readonly position: number;
}> {
  const query =
    "SELECT position, bytes FROM entries WHERE tenant = ? AND instr(bytes, ?) > 0 ORDER BY position";
  try {
    for (const row of db.prepare(query).iterate(tenant, Buffer.from('"LegalHold'))) {
      const { bytes, position } = row as unknown as { bytes: Uint8Array; position: number };
      const formed = readEntry(bytes);
      if (formed.kind === "entry") yield { entry: formed.entry, position };
    }
  } catch {
    // The file is damaged from here on. A hold that was lifted behind may stand: keeping is safer.
  }
}

function copyOf(entry: Entry): EntryDraft {
  const { clock: _, position: __, salt: ___, v: ____, ...draft } = entry;
  return {
    ...draft,
    origin: { component: "restore" },
    detail: { ...draft.detail, firstKept: 1 },
  };
}
