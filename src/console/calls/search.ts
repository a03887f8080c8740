/**
 * Finding calls: what is asked for, read from an address and kept free of card numbers, and the
 * calls whose entries fit, each once, the newest first.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../control/call.ts";
import type { Entry } from "../../log/entry.ts";
import type { EntryFilter, LogStore } from "../../log/store.ts";
import { hasCardNumber } from "../../policy/cardholder.ts";
import type { IdKind, idForms } from "../../policy/idForm.ts";
import { type Behind, behindOf } from "./read.ts";

/** What can be asked for besides time; the names in an address are those of the filter. */
const TERMS = [
  "callId",
  "windowId",
  "agentId",
  "recorderId",
  "recordingId",
  "type",
  "outcome",
] as const;
export const FIELDS = ["from", "to", ...TERMS] as const;
export type Field = (typeof FIELDS)[number];

const VALUE_LENGTH_MAX = 512;
const CALL_COUNT_MAX = 20;
const PAGE_COUNT = 200;
/** Entries looked at for one page of calls. */
const LOOK_COUNT_MAX = 4_000;

export type Asked =
  | {
      readonly kind: "ok";
      readonly filter: EntryFilter;
      /** Entries from this position on were looked at for the pages before. */
      readonly before?: number;
    }
  /** Where; never what. */
  | { readonly kind: "card"; readonly path: string }
  | { readonly kind: "wrong"; readonly field: Field; readonly why: "time" | "length" };

const ID_KINDS: readonly IdKind[] = ["callId", "windowId", "agentId"];

/** Whether a value that names something has a form that names have, so it is no card number. */
function isName(idForm: ReturnType<typeof idForms>, tenant: TenantId, name: string, value: string) {
  const kind = ID_KINDS.find((one) => one === name);
  return kind !== undefined && idForm(tenant, kind, value).ok;
}

/** Where an address holds what could be a card number; undefined where it holds none. */
function cardIn(
  query: URLSearchParams,
  tenant: TenantId,
  idForm: ReturnType<typeof idForms>,
): string | undefined {
  for (const [name, value] of query) {
    if (hasCardNumber(name)) return "?";
    if (isName(idForm, tenant, name, value) || !hasCardNumber(value)) continue;
    return FIELDS.some((field) => field === name) ? `?${name}` : "?";
  }
  return undefined;
}

export function askedOf(
  query: URLSearchParams,
  tenant: TenantId,
  idForm: ReturnType<typeof idForms>,
): Asked {
  const path = cardIn(query, tenant, idForm);
  if (path !== undefined) return { kind: "card", path };
  let filter: EntryFilter = {};
  for (const field of FIELDS) {
    const value = query.get(field)?.trim() ?? "";
    if (value === "") continue;
    if (value.length > VALUE_LENGTH_MAX) return { kind: "wrong", field, why: "length" };
    if (field !== "from" && field !== "to") {
      filter = { ...filter, [field]: value };
      continue;
    }
    const at = timeOf(value);
    if (at === undefined) return { kind: "wrong", field, why: "time" };
    filter = { ...filter, [field]: at };
  }
  const before = Number(query.get("before") ?? NaN);
  const isPlace = Number.isSafeInteger(before) && before > 0;
  return { kind: "ok", filter, ...(isPlace ? { before } : {}) };
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?Z?$/;

/** A moment in UTC, as browsers and people write it, in ms. */
function timeOf(value: string): EpochMs | undefined {
  if (!TIME.test(value)) return undefined;
  const iso = value.replace(" ", "T").replace("Z", "");
  const at = Date.parse(iso.includes("T") ? `${iso}Z` : `${iso}T00:00Z`);
  return Number.isNaN(at) ? undefined : at;
}

export interface FoundCall {
  readonly callId: string;
  /** The newest entry that fits. */
  readonly entry: Entry;
}
export interface FoundCalls {
  readonly calls: readonly FoundCall[];
  /** The `before` of the next page. */
  readonly next?: number;
  /** So much was looked through that the page ends early. */
  readonly endsEarly: boolean;
  readonly behind?: Behind;
}

type Reads = Pick<LogStore, "readBack" | "size">;

/** Throws where the log cannot be read. */
export async function findCalls(
  log: Reads,
  tenant: TenantId,
  filter: EntryFilter,
  from?: number,
): Promise<FoundCalls> {
  const size = log.size(tenant);
  const end = Number.MAX_SAFE_INTEGER;
  const found = new Map<string, Entry>();
  const passed = new Set<string>();
  let indexed = Infinity;
  let looked = 0;
  for (let before: number | undefined = from ?? end; before !== undefined;) {
    const page: Awaited<ReturnType<Reads["readBack"]>> = await log.readBack(
      tenant,
      filter,
      before,
      PAGE_COUNT,
    );
    indexed = Math.min(indexed, page.indexedTo);
    for (const entry of page.entries) {
      const { callId } = entry;
      looked += 1;
      if (callId === undefined || found.has(callId) || passed.has(callId)) continue;
      if (found.size === CALL_COUNT_MAX) {
        const next = entry.position + 1;
        return { calls: listed(found), next, endsEarly: false, ...behindOf(indexed, size) };
      }
      // A call stands where its newest entry that fits is: on a page before this one, maybe.
      const [newest] =
        from === undefined
          ? [entry]
          : (await log.readBack(tenant, { ...filter, callId }, end, 1)).entries;
      if (newest !== undefined && newest.position > entry.position) passed.add(callId);
      else found.set(callId, entry);
    }
    before = page.next;
    if (before !== undefined && looked >= LOOK_COUNT_MAX) {
      return { calls: listed(found), next: before, endsEarly: true, ...behindOf(indexed, size) };
    }
  }
  return { calls: listed(found), endsEarly: false, ...behindOf(indexed, size) };
}

const listed = (found: ReadonlyMap<string, Entry>): readonly FoundCall[] =>
  [...found].map(([callId, entry]) => ({ callId, entry }));
