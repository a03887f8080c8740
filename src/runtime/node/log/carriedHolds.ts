/**
 * Legal holds that stood in a log, as copies of their entries for the log that takes its place: there
 * they keep everything. What they kept before is in the old log, which is never pruned.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import type { Entry, EntryDraft } from "../../../log/entry.ts";
import { LEGAL_HOLD_TYPES, legalHolds } from "../../../log/retention.ts";
import { copyOf, entriesWith } from "./carried.ts";

/** What both types begin with. */
const MARK = '"LegalHold';

/** In the order in which they were placed. Where the file cannot be read any more, those until then. */
export function standingHolds(
  db: DatabaseSync | undefined,
  tenant: TenantId,
  agreesTo: number,
): EntryDraft[] {
  if (db === undefined) return [];
  const holds = legalHolds();
  const placed = new Map<string, Entry>();
  for (const { entry, position } of entriesWith(db, tenant, MARK)) {
    // Behind what was signed anybody may have written that one is lifted.
    if (entry.type === LEGAL_HOLD_TYPES[1] && position > agreesTo) continue;
    holds.take(entry);
    const holdId = entry.detail?.["holdId"];
    if (typeof holdId === "string" && entry.type === LEGAL_HOLD_TYPES[0]) placed.set(holdId, entry);
  }
  return holds.standing().flatMap(({ holdId }) => {
    const entry = placed.get(holdId);
    return entry === undefined ? [] : [keepingAll(entry)];
  });
}

function keepingAll(entry: Entry): EntryDraft {
  const copy = copyOf(entry);
  return { ...copy, detail: { ...copy.detail, firstKept: 1 } };
}
