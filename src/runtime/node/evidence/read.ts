/**
 * A call's evidence as it stands in the control log.
 *
 * @module
 */
import type { CallId, TenantId } from "../../../control/call.ts";
import { CallTooLong } from "../../../evidence/desk.ts";
import { type Fact, type Known, knownOf } from "../../../evidence/known.ts";
import type { Entry } from "../../../log/entry.ts";
import type { EntryFilter, EntryPage, LogStore } from "../../../log/store.ts";
import { factOf } from "./entries.ts";

const PAGE_COUNT = 1_000;
/** Entries of one call that are looked at. A call that has more is given up, and that is entered. */
const CALL_COUNT_MAX = 50_000;
/** Newest entries that the search file has not got yet. */
const TAIL_COUNT_MAX = 50_000;

export type Reads = Pick<LogStore, "read" | "size">;

/**
 * Undefined for a call that the log does not know. Throws `CallTooLong` where half of it would be
 * read, and otherwise where the log cannot be read, or the search file is too far behind.
 */
export async function readKnown(
  log: Reads,
  tenant: TenantId,
  callId: CallId,
): Promise<Known | undefined> {
  const entries = await entriesOfCall(log, tenant, callId);
  const facts = entries.map(factOf).filter((fact): fact is Fact => fact !== undefined);
  return facts.some(({ kind }) => kind === "event") ? knownOf(facts) : undefined;
}

async function entriesOfCall(
  log: Reads,
  tenant: TenantId,
  callId: CallId,
): Promise<readonly Entry[]> {
  // What was indexed meanwhile is in both.
  const found = new Map<number, Entry>();
  const take = (entry: Entry): void => {
    if (entry.callId !== callId) return;
    found.set(entry.position, entry);
    if (found.size > CALL_COUNT_MAX) throw new CallTooLong();
  };
  const indexedTo = await eachEntry(log, tenant, { callId }, 0, take);
  let tail = 0;
  await eachEntry(log, tenant, {}, indexedTo, (entry) => {
    tail += 1;
    // Of all calls, and fewer once they are indexed.
    if (tail > TAIL_COUNT_MAX) throw new Error("more entries than are looked at are not indexed");
    take(entry);
  });
  return [...found.values()].toSorted((a, b) => a.position - b.position);
}

/** Goes through them in order; how far the search file had come. Throws where `take` does. */
export async function eachEntry(
  log: Reads,
  tenant: TenantId,
  filter: EntryFilter,
  from: number,
  take: (entry: Entry) => void,
  betweenPages: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  let indexedTo = log.size(tenant);
  for (let after: number | undefined = from; after !== undefined;) {
    const page: EntryPage = await log.read(tenant, filter, after, PAGE_COUNT);
    page.entries.forEach(take);
    indexedTo = Math.min(indexedTo, page.indexedTo);
    after = page.next;
    if (after !== undefined) await betweenPages();
  }
  return indexedTo;
}
