/**
 * A call's evidence as it stands in the control log.
 *
 * @module
 */
import type { CallId, TenantId } from "../../../control/call.ts";
import { type Fact, type Known, knownOf } from "../../../evidence/known.ts";
import type { Entry } from "../../../log/entry.ts";
import type { EntryFilter, EntryPage, LogStore } from "../../../log/store.ts";
import { factOf } from "./entries.ts";

const PAGE_COUNT = 1_000;
/** Entries of one call that are looked at. A call that has more is not judged. */
const CALL_COUNT_MAX = 50_000;
/** Newest entries that the search file has not got yet. */
const TAIL_COUNT_MAX = 50_000;

export type Reads = Pick<LogStore, "read" | "size">;

/** Undefined for a call that the log does not know. Throws where the log cannot be read. */
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
  const found: Entry[] = [];
  const indexedTo = await pages(log, tenant, { callId }, 0, CALL_COUNT_MAX, found);
  await pages(
    log,
    tenant,
    {},
    indexedTo,
    TAIL_COUNT_MAX,
    found,
    (entry) => entry.callId === callId,
  );
  // What was indexed meanwhile is in both.
  const byPosition = new Map(found.map((entry) => [entry.position, entry]));
  return [...byPosition.values()].toSorted((a, b) => a.position - b.position);
}

/** Adds what it finds; how far the search file had come. Throws where there is more than `countMax`. */
export async function pages(
  log: Reads,
  tenant: TenantId,
  filter: EntryFilter,
  from: number,
  countMax: number,
  found: Entry[],
  fits: (entry: Entry) => boolean = () => true,
): Promise<number> {
  let indexedTo = log.size(tenant);
  let count = 0;
  for (let after: number | undefined = from; after !== undefined;) {
    const page: EntryPage = await log.read(tenant, filter, after, PAGE_COUNT);
    for (const entry of page.entries) if (fits(entry)) found.push(entry);
    indexedTo = Math.min(indexedTo, page.indexedTo);
    count += page.entries.length;
    if (count > countMax) throw new Error("more entries than are looked at");
    after = page.next;
  }
  return indexedTo;
}
