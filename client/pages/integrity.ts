/**
 * The script of the integrity page: reads the whole log, works its root out anew and holds that
 * against the signed head, and against one that was saved before.
 *
 * @module
 */
import {
  hashesOf,
  isEntry,
  leafHashes,
  linesOf,
  prunedLeaf,
  pruningOf,
  rootOf,
  signedHead,
  type Head,
} from "./tree.ts";

type Leaves = Awaited<ReturnType<typeof leafHashes>>;
interface Read {
  readonly leaves: Leaves;
  /** The last entry of which there is only the hash; 0 where all are whole. */
  readonly goneTo: number;
}
type Word =
  | "reading"
  | "good"
  | "goodPruned"
  | "badSignature"
  | "badEntry"
  | "badLeaves"
  | "badRoot"
  | "badRange"
  | "notRead"
  | "tooLong"
  | "noCrypto"
  | "savedUnreadable"
  | "savedUnsigned"
  | "savedOther"
  | "savedAhead"
  | "savedGood"
  | "savedBad";

/** What a browser reads and keeps; a longer log is for `tacet verify`. */
const ENTRY_COUNT_MAX = 300_000;
/** Entries that one remembered root stands for. */
const BLOCK = 500;
const BLOCK_COUNT_MAX = ENTRY_COUNT_MAX / BLOCK;
/** Entries asked for at once. */
const PAGE_COUNT = 1_000;
/** Wrong entries that are named. */
const NAMED_COUNT_MAX = 5;

const at = (id: string) => document.querySelector(`#${id}`) as HTMLElement;
const place = at("integrity");
const { key = "", note = "" } = place.dataset;
const words = JSON.parse(place.dataset["words"] ?? "{}") as Readonly<Record<Word, string>>;
const result = at("result");
const check = at("check") as HTMLButtonElement;
const compare = at("compare") as HTMLButtonElement;
const saved = at("saved") as HTMLTextAreaElement;

function say(word: Word, values: Readonly<Record<string, string | number>> = {}): void {
  result.textContent = words[word].replaceAll(/\{(\w+)\}/g, (hole, name: string) =>
    String(values[name] ?? hole),
  );
  const isGood = word === "good" || word === "goodPruned" || word === "savedGood";
  result.className = `word ${isGood ? "ok" : word === "reading" ? "securing" : "bad"}`;
}

/** The log's leaves as they are now, or undefined once it was said why not. */
async function leavesTo(size: number): Promise<Read | undefined> {
  if (size > ENTRY_COUNT_MAX) {
    say("tooLong", { size, max: ENTRY_COUNT_MAX });
    return undefined;
  }
  const leaves: Leaves[number][] = [];
  const gone = new Set<number>();
  const kept = new Set<number>();
  let prunedTo = 0;
  while (leaves.length < size) {
    say("reading", { position: leaves.length, size });
    const from = leaves.length;
    const count = Math.min(PAGE_COUNT, size - from);
    const lines = await linesAfter(from, count);
    if (lines === undefined) {
      say("notRead", { position: from + (await firstUnread(from, count)) });
      return undefined;
    }
    const pruned = lines.map((line) => prunedLeaf(line));
    const bad = lines.findIndex(
      (line, index) => pruned[index] === undefined && !isEntry(line, from + index + 1),
    );
    if (bad >= 0) {
      say("badEntry", { position: from + bad + 1 });
      return undefined;
    }
    for (const [index, line] of lines.entries()) {
      if (pruned[index] !== undefined) gone.add(from + index + 1);
      const pruning = pruningOf(line);
      prunedTo = Math.max(prunedTo, pruning?.to ?? 0);
      for (const position of pruning?.kept ?? []) kept.add(position);
    }
    const hashed = await leafHashes(lines);
    leaves.push(...hashed.map((leaf, index) => pruned[index] ?? leaf));
  }
  // An entry that is gone is missed, unless a later one says that it was to go.
  const missed = [...gone].find((position) => position > prunedTo || kept.has(position));
  if (missed !== undefined) {
    say("badEntry", { position: missed });
    return undefined;
  }
  return { leaves, goneTo: [...gone].at(-1) ?? 0 };
}

/** Exactly so many entries, or undefined. */
async function linesAfter(after: number, count: number) {
  const path = `/console/integrity/entries?after=${after}&count=${count}`;
  const answer = await fetch(path, { redirect: "error" }).catch(() => undefined);
  if (answer?.ok !== true) return undefined;
  const lines = linesOf(new Uint8Array(await answer.arrayBuffer()));
  return lines.length === count ? lines : undefined;
}

/** Of so many entries that could not be read together, which is the first that cannot be read. */
async function firstUnread(after: number, count: number): Promise<number> {
  let [read, unread] = [0, count];
  while (unread - read > 1) {
    const middle = Math.floor((read + unread) / 2);
    if ((await linesAfter(after, middle)) === undefined) unread = middle;
    else read = middle;
  }
  return unread;
}

async function headOf(text: string): Promise<Head | undefined> {
  const head = await signedHead(text, key);
  if (typeof head !== "string") return head;
  say("badSignature");
  return undefined;
}

async function checkAll(): Promise<void> {
  const head = await headOf(note);
  const read = head === undefined ? undefined : await leavesTo(head.size);
  if (head === undefined || read === undefined) return;
  const { goneTo, leaves } = read;
  const blocks = await blocksOf(leaves);
  if ((await rootOf(leaves)) === head.root) {
    remember(head.origin, blocks);
    const values = { size: head.size, position: goneTo };
    return say(goneTo === 0 ? "good" : "goodPruned", values);
  }
  const wrong = await wrongLeaves(leaves, head);
  if (wrong.length > 0) return say("badLeaves", { positions: told(wrong) });
  const before = remembered(head.origin);
  const changed = before.findIndex((one, index) => blocks[index] !== one);
  if (changed < 0) return say("badRoot", { size: head.size });
  say("badRange", { from: changed * BLOCK + 1, to: (changed + 1) * BLOCK });
}

/**
 * The hashes that stand beside the entries, where they are what was signed, tell which entries are
 * not. None where the hashes were changed too.
 */
async function wrongLeaves(leaves: Leaves, head: Head): Promise<readonly number[]> {
  const stored: Leaves[number][] = [];
  while (stored.length < leaves.length) {
    const path = `/console/integrity/hashes?from=${stored.length}`;
    const answer = await fetch(path, { redirect: "error" }).catch(() => undefined);
    if (answer?.ok !== true) return [];
    const { hashes } = (await answer.json()) as { readonly hashes: string };
    const some = hashesOf(hashes);
    if (some.length === 0) return [];
    stored.push(...some.slice(0, leaves.length - stored.length));
  }
  if ((await rootOf(stored)) !== head.root) return [];
  return leaves.flatMap((leaf, index) =>
    leaf.every((byte, at) => byte === stored[index]?.[at]) ? [] : [index + 1],
  );
}

const told = (positions: readonly number[]): string =>
  positions.slice(0, NAMED_COUNT_MAX).join(", ") +
  (positions.length > NAMED_COUNT_MAX ? ` (+${positions.length - NAMED_COUNT_MAX})` : "");

async function compareSaved(): Promise<void> {
  // A pasted note may have lost its last newline, or have gained those of another system.
  const text = `${saved.value.replaceAll("\r", "").trim()}\n`;
  const old = await signedHead(text, key);
  if (old === "unreadable") return say("savedUnreadable");
  if (old === "unsigned") return say("savedUnsigned");
  const head = await headOf(note);
  if (head === undefined) return;
  if (old.origin !== head.origin) return say("savedOther", { origin: old.origin });
  if (old.size > head.size) return say("savedAhead", { saved: old.size, size: head.size });
  const read = await leavesTo(head.size);
  if (read === undefined) return;
  const root = await rootOf(read.leaves.slice(0, old.size));
  say(root === old.root ? "savedGood" : "savedBad", { saved: old.size });
}

/** Roots of whole blocks: what this browser found good once tells where a change is. */
async function blocksOf(leaves: Leaves): Promise<readonly string[]> {
  const blocks: string[] = [];
  for (
    let from = 0;
    from + BLOCK <= leaves.length && blocks.length < BLOCK_COUNT_MAX;
    from += BLOCK
  )
    blocks.push(await rootOf(leaves.slice(from, from + BLOCK)));
  return blocks;
}

const nameOf = (origin: string): string => `tacet blocks ${origin}`;

function remember(origin: string, blocks: readonly string[]): void {
  try {
    localStorage.setItem(nameOf(origin), JSON.stringify(blocks));
  } catch {
    // A browser that keeps nothing checks all the same, and tells less of where.
  }
}

function remembered(origin: string): readonly string[] {
  try {
    const kept = JSON.parse(localStorage.getItem(nameOf(origin)) ?? "[]") as unknown;
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function run(work: () => Promise<void>): void {
  if (globalThis.crypto?.subtle === undefined) return say("noCrypto");
  check.disabled = compare.disabled = true;
  void work()
    .catch(() => say("notRead", { position: "?" }))
    .finally(() => {
      check.disabled = compare.disabled = false;
    });
}
check.addEventListener("click", () => run(checkAll));
compare.addEventListener("click", () => run(compareSaved));
