/**
 * What an entry can be found by in the search file.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import { isCallEntry } from "../../../log/callEntries.ts";
import type { Entry } from "../../../log/entry.ts";
import { termsOf } from "../../../log/filter.ts";

/**
 * An entry of the writer's own; whether it still is what was signed is for verify to say. What is no
 * entry any more cannot be found, and keeps no other from being found.
 */
export function parse(bytes: Uint8Array): Entry | undefined {
  try {
    const entry = JSON.parse(Buffer.from(bytes).toString()) as Partial<Entry> | null;
    return entry?.actor?.id === undefined || entry.origin === undefined
      ? undefined
      : (entry as Entry);
  } catch {
    return undefined;
  }
}

/** `k` finds the entry that made a window's id known to its call, and no refused attempt at it. */
export function wordsOf(entry: Entry): string[] {
  const words = termsOf(entry);
  return opensWindow(entry) ? [...words, `k:${entry.windowId}`] : words;
}

/** An entry that makes a window's id known to its call. */
export function opensWindow(entry: Entry): boolean {
  const opens = entry.type === "WindowOpened" || entry.type === "WindowForestalled";
  return opens && entry.windowId !== undefined && isCallEntry(entry);
}

/** An entry that is about to be erased. */
export interface Forgotten {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** Nothing finds these entries any more. */
export function removeWords(
  db: DatabaseSync,
  tenant: TenantId,
  entries: readonly Forgotten[],
): void {
  const remove = db.prepare("DELETE FROM words WHERE tenant = ? AND word = ? AND position = ?");
  for (const { bytes, position } of entries) {
    const entry = parse(bytes);
    for (const word of entry === undefined ? [] : wordsOf(entry)) {
      remove.run(tenant, word, position);
    }
  }
}
