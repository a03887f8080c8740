/**
 * From a draft to the bytes that stand in the log: format version, position, clock and salt added,
 * members in their canonical order.
 *
 * @module
 */
import type { EpochMs, Json } from "../control/call.ts";
import { notBefore } from "./callEntries.ts";
import { canonicalBytes } from "./canonical.ts";
import { type Entry, type EntryDraft, ENTRY_BYTES_MAX } from "./entry.ts";
import { toBase64 } from "./note.ts";
import { type Frontier, type Hash, emptyTree, grow, leafHash } from "./tree.ts";

export interface Sealed {
  readonly entry: Entry;
  readonly bytes: Uint8Array;
  readonly leaf: Hash;
}

/** How far one tenant's log has come: enough to seal the next entry. */
export interface LogEnd {
  readonly tree: Frontier;
  /** The newest entry's. */
  readonly at: EpochMs;
}

export const emptyLog: LogEnd = { tree: emptyTree, at: 0 };

/** A draft is larger than an entry may be. */
class EntryTooLarge extends Error {
  readonly code = "entry_too_large";
}

/**
 * Seals drafts one after the other behind `end`. Throws for a draft that has no canonical form, and
 * `EntryTooLarge`.
 */
export function sealAll(
  drafts: readonly EntryDraft[],
  end: LogEnd,
  clock: Entry["clock"],
): { readonly sealed: readonly Sealed[]; readonly end: LogEnd } {
  let { tree, at } = end;
  const sealed = drafts.map((draft) => {
    const one = seal(notBefore(draft, at), tree.size + 1, clock);
    tree = grow(tree, one.leaf);
    at = one.entry.at;
    return one;
  });
  return { sealed, end: { tree, at } };
}

function seal(draft: EntryDraft, position: number, clock: Entry["clock"]): Sealed {
  const entry: Entry = { ...draft, v: 1, position, clock, salt: salt() };
  let one: Sealed;
  try {
    one = sealed(entry);
  } catch {
    // Seldom: what cannot be entered even so throws again.
    one = sealed(wellFormed(entry as unknown as Json) as unknown as Entry);
  }
  if (one.bytes.length <= ENTRY_BYTES_MAX) return one;
  throw new EntryTooLarge(`An entry of ${one.bytes.length} bytes is too large to be entered.`);
}

function sealed(entry: Entry): Sealed {
  const bytes = canonicalBytes(entry);
  return { entry, bytes, leaf: leafHash(bytes) };
}

/**
 * A recorder's words may hold a lone surrogate, which has no UTF-8. It is entered as U+FFFD rather
 * than keeping the fact out of the log.
 */
function wellFormed(value: Json): Json {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.map(([name, member]) => [name.toWellFormed(), wellFormed(member)]),
  );
}

const random = new Uint8Array(16 * 256);
let used = random.length;

/** 16 random bytes, base64url. Drawn in blocks: a draw costs more than a hash. */
function salt(): string {
  if (used === random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  used += 16;
  const text = toBase64(random.subarray(used - 16, used));
  return text.replaceAll("+", "-").replaceAll("/", "_").slice(0, 22);
}
