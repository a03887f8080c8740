/**
 * Verifies a log in one pass, without a server: its entries against their form, their order and the
 * signed heads. Pure: signatures are checked before (`openCheckpoint`).
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Entry } from "./entry.ts";
import { readEntry } from "./form.ts";
import { toBase64 } from "./note.ts";
import { keepingRules } from "./retention.ts";
import { type Frontier, type Hash, emptyTree, grow, leafHash, rootOf, sameHash } from "./tree.ts";

/** One entry as it was stored. What stands beside its bytes is checked where it is given. */
export interface Stored {
  readonly bytes: Uint8Array;
  readonly position?: number;
  readonly leaf?: Uint8Array;
  /** A store's own notes on the entry; a sentence where they do not fit it. */
  readonly misfit?: (entry: Entry) => string | undefined;
}

/** One that was pruned: all that is left of it is its leaf. */
export interface Erased {
  readonly erased: Hash;
  readonly position?: number;
}

export type Kept = AsyncIterable<Stored | Erased> | Iterable<Stored | Erased>;

export interface VerifyInput {
  readonly entries: Kept;
  /** Opened, of one origin, in any order; a saved older one too. */
  readonly checkpoints: readonly Checkpoint[];
  /** Hears each entry whose form and place are good; a head may still tell that it is not. */
  readonly heard?: (entry: Entry) => void;
}

/**
 * Positions count from 1. `bad_entry`: this is the first that is wrong. `bad_span`: an entry from
 * `from` to `to` is not what was signed, and nothing tells which. `cut`: entries from `from` on are
 * missing that a head had signed. `forked`: two different histories of one size were signed.
 * `unreadable`: the store itself failed after `position - 1` entries, by what `cause` says.
 */
export type Verified =
  | {
      readonly kind: "intact";
      readonly size: number;
      readonly root: string;
      /** Entries behind this one are under no signature yet. */
      readonly signedTo: number;
      readonly checkpoints: number;
      /** Up to here entries were pruned, as an entry says; absent where none are gone. */
      readonly prunedTo?: number;
    }
  | { readonly kind: "bad_entry"; readonly position: number; readonly problem: string }
  | {
      readonly kind: "bad_span";
      readonly from: number;
      readonly to: number;
      readonly problem: string;
    }
  | { readonly kind: "cut"; readonly from: number; readonly to: number }
  | { readonly kind: "forked"; readonly size: number }
  | { readonly kind: "unreadable"; readonly position: number; readonly cause?: unknown };

export async function verifyLog(input: VerifyInput): Promise<Verified> {
  const heads = input.checkpoints.toSorted((a, b) => a.size - b.size);
  const fork = heads.find((head, index) => differs(head, heads[index + 1]));
  if (fork !== undefined) return { kind: "forked", size: fork.size };
  const pass = startPass(input.heard);
  for (const head of heads) {
    const problem = pass.expect(head);
    if (problem !== undefined) return problem;
  }
  try {
    for await (const stored of input.entries) {
      const problem = pass.take(stored);
      if (problem !== undefined) return problem;
    }
  } catch (cause) {
    return { kind: "unreadable", position: pass.reached().tree.size + 1, cause };
  }
  return pass.end();
}

function differs(head: Checkpoint, next: Checkpoint | undefined): boolean {
  return next !== undefined && next.size === head.size && !sameHash(next.root, head.root);
}

/** How far a pass has come: enough for a later one to go on from there. */
export interface Reached {
  readonly tree: Frontier;
  /** The newest entry's. */
  readonly at: EpochMs;
  /** The largest head that was met. */
  readonly signedTo: number;
}

export interface Pass {
  /** Heads come in the order of their sizes, each before the entry after it is taken. */
  expect(head: Checkpoint): Verified | undefined;
  take(stored: Stored | Erased): Verified | undefined;
  reached(): Reached;
  end(): Verified;
}

/** One pass over one log, from its first entry or from where an earlier one had come. */
export function startPass(heard: (entry: Entry) => void = () => undefined, from?: Reached): Pass {
  // A log's origin ends in its tenant; without a head the first entry says it.
  let tenant: string | undefined;
  let tree: Frontier = from?.tree ?? emptyTree;
  let at = from?.at ?? 0;
  let signedTo = from?.signedTo ?? 0;
  let waiting: Checkpoint[] = [];
  let met = 0;
  let count = 0;
  const keeping = keepingRules();
  /** Runs of entries that are gone, in order. */
  const gone: { readonly from: number; to: number }[] = [];

  function expect(head: Checkpoint): Verified | undefined {
    tenant ??= head.origin.split("/").at(-1);
    count += 1;
    // One that lies behind where this pass began was met by the pass before.
    if (head.size < tree.size) return undefined;
    waiting.push(head);
    return meet();
  }

  /** Compares with every head of the size reached. */
  function meet(): Verified | undefined {
    for (let head = waiting[met]; head !== undefined; head = waiting[met]) {
      if (head.size !== tree.size) return undefined;
      if (!sameHash(head.root, rootOf(tree))) {
        const problem = "an entry is not the one that was signed";
        // Of two heads of one size, the first may have been met already.
        return {
          kind: "bad_span",
          from: Math.min(signedTo + 1, head.size),
          to: head.size,
          problem,
        };
      }
      signedTo = head.size;
      met += 1;
    }
    if (met > 0) [waiting, met] = [[], 0];
    return undefined;
  }

  function takeErased({ erased, position: row }: Erased): Verified | undefined {
    const position = tree.size + 1;
    const misplaced = misplacedAt(row, position);
    if (misplaced !== undefined) return { kind: "bad_entry", position, problem: misplaced };
    const last = gone.at(-1);
    if (last?.to === position - 1) last.to = position;
    else gone.push({ from: position, to: position });
    tree = grow(tree, erased);
    return meet();
  }

  function take(stored: Stored | Erased): Verified | undefined {
    if ("erased" in stored) return takeErased(stored);
    const position = tree.size + 1;
    const bad = (problem: string): Verified => ({ kind: "bad_entry", position, problem });
    const formed = readEntry(stored.bytes);
    if (formed.kind === "malformed") return bad(formed.problem);
    const { entry } = formed;
    const leaf = leafHash(stored.bytes);
    const aside = besides(stored, entry, position, leaf);
    if (aside !== undefined) return bad(aside);
    tenant ??= encodeURIComponent(entry.tenant);
    if (encodeURIComponent(entry.tenant) !== tenant) return bad("belongs to another log");
    if (entry.at < at) {
      // One before may have been set forward as well as this one back, unless it is signed.
      const problem = "is earlier than the entry before it";
      if (signedTo === tree.size) return bad(problem);
      return { kind: "bad_span", from: signedTo + 1, to: position, problem: "time goes back" };
    }
    at = entry.at;
    const unkept = keeping.take(entry);
    if (unkept !== undefined) return bad(unkept);
    tree = grow(tree, leaf);
    heard(entry);
    return meet();
  }

  function end(): Verified {
    const unmet = waiting.at(-1);
    if (unmet !== undefined && unmet.size > tree.size) {
      return { kind: "cut", from: tree.size + 1, to: unmet.size };
    }
    const prunedTo = keeping.prunedTo();
    const unsaid = gone.find(({ to }) => to > prunedTo);
    if (unsaid !== undefined) {
      const position = Math.max(unsaid.from, prunedTo + 1);
      return {
        kind: "bad_entry",
        position,
        problem: "was erased, and no entry says that it was to be",
      };
    }
    const missed = keeping.kept().filter((position) => isGone(gone, position));
    if (missed.length > 0) {
      const position = Math.min(...missed);
      return { kind: "bad_entry", position, problem: "was erased, and was to stay for good" };
    }
    const root = toBase64(rootOf(tree));
    const pruned = gone.length === 0 ? {} : { prunedTo };
    return { kind: "intact", size: tree.size, root, signedTo, checkpoints: count, ...pruned };
  }

  return { expect, take, end, reached: () => ({ tree, at, signedTo }) };
}

/** Whether it lies in one of these runs, which come in order. */
function isGone(
  runs: readonly { readonly from: number; readonly to: number }[],
  position: number,
): boolean {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((runs[middle]?.to ?? 0) < position) low = middle + 1;
    else high = middle;
  }
  const run = runs[low];
  return run !== undefined && run.from <= position;
}

function misplacedAt(row: number | undefined, position: number): string | undefined {
  if (row === undefined || row === position) return undefined;
  return row > position ? "is missing" : "is there twice or out of order";
}

function besides(stored: Stored, entry: Entry, position: number, leaf: Hash): string | undefined {
  const misplaced = misplacedAt(stored.position, position);
  if (misplaced !== undefined) return misplaced;
  if (stored.leaf !== undefined && !sameHash(stored.leaf, leaf)) {
    return "does not fit the hash stored beside it";
  }
  if (entry.position !== position) {
    return `says that it is entry ${entry.position}: one is missing, twice or out of order`;
  }
  return stored.misfit?.(entry);
}
