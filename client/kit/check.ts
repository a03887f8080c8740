/**
 * Checks an auditor's kit: its head's signature, every tile, every entry, and its other heads. Needs
 * nothing but the kit's files.
 */
import { headIn, keyIn, notesIn, signedBy, textOf, type Head, type Signed } from "./head.ts";
import {
  type Bytes,
  Wrong,
  equal,
  hashesIn,
  joinedUp,
  leafOf,
  pathOf,
  rootOfTiles,
  tileCount,
  widthOf,
} from "./tree.ts";

/** The kit's files by their paths in it. */
export interface KitFiles {
  read(path: string): Promise<Bytes | undefined>;
}

export interface KitEntry {
  readonly position: number;
  readonly at: number;
  readonly type: string;
  readonly outcome: string;
  readonly callId?: string;
  readonly reason?: string;
  readonly actor?: { readonly id?: string };
  readonly [member: string]: unknown;
}

export interface Checked {
  readonly head: Head;
  readonly signature: Signed;
  readonly entryCount: number;
  readonly from: number;
  readonly to: number;
  /** Further heads whose trees this one begins with, and those that these tiles cannot tell. */
  readonly headCount: number;
  readonly unknownHeadCount: number;
  /** Of each entry in the kit, in order. */
  readonly types: readonly string[];
  readonly positions: readonly number[];
  readonly counts: ReadonlyMap<string, number>;
  readonly exceptionCount: number;
  /** The first of them. */
  readonly exceptions: readonly KitEntry[];
  /** An entry of the kit, read again. */
  entryAt(position: number): Promise<KitEntry>;
}

const EXCEPTIONS_SHOWN = 200;
/** What entries of these outcomes tell went as it should. */
const FINE = new Set(["success", "read"]);

/** Throws `Wrong` at the first thing that is not as it was signed. `key`: one that came by another way. */
export async function checkKit(
  files: KitFiles,
  key: string | undefined,
  progress: (done: number, of: number) => void,
): Promise<Checked> {
  const note = textOf(await needed(files, "checkpoint"));
  const head = headIn(note);
  const came = textOf(await needed(files, "key.pub"));
  const keys = await Promise.all(linesIn(key ?? came).map(keyIn));
  const signature = await signedBy(note, keys);
  if (signature === "by another key") {
    throw new Wrong(
      `The signed head is not signed by ${key === undefined ? "the kit's key" : "the key you gave"}.`,
    );
  }
  const tiles = await readTiles(files, head.size);
  const tileOf = (level: number, index: number) => tiles.get(`${level}/${index}`);
  const root = await rootOfTiles(head.size, tileOf);
  if (root === undefined) throw new Wrong("A tile that the tree's root needs is missing.");
  if (!equal(root, head.root)) {
    throw new Wrong("The tiles are not those that were signed: they come to another root.");
  }
  await holdTiles(head.size, tileOf);
  const read = await readEntries(files, head, tileOf, progress);
  const heads = await otherHeads(files, head, keys, tileOf);
  return { head, signature, ...read, ...heads };
}

const linesIn = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

async function needed(files: KitFiles, path: string): Promise<Bytes> {
  const bytes = await files.read(path);
  if (bytes === undefined) throw new Wrong(`The file ${path} is missing.`);
  return bytes;
}

async function readTiles(files: KitFiles, size: number): Promise<Map<string, Bytes[]>> {
  const tiles = new Map<string, Bytes[]>();
  for (let level = 0; tileCount(size, level) > 0; level += 1) {
    for (let index = 0; index < tileCount(size, level); index += 1) {
      const width = widthOf(size, level, index);
      const path = pathOf(level, index, width);
      const bytes = await files.read(path);
      // A kit of some days has the leaves of those days; of the levels above it has all.
      if (bytes === undefined && level === 0) continue;
      if (bytes?.length !== width * 32) throw new Wrong(`The tile ${path} is missing or cut.`);
      tiles.set(`${level}/${index}`, hashesIn(bytes));
    }
  }
  return tiles;
}

/** Every hash of an upper tile is the root of the tile below it. */
async function holdTiles(
  size: number,
  tileOf: (level: number, index: number) => readonly Bytes[] | undefined,
): Promise<void> {
  for (let level = 1; tileCount(size, level) > 0; level += 1) {
    for (let index = 0; index < tileCount(size, level); index += 1) {
      for (const [at, hash] of (tileOf(level, index) ?? []).entries()) {
        const below = tileOf(level - 1, index * 256 + at);
        if (below !== undefined && !equal(await joinedUp(below), hash)) {
          const path = pathOf(level - 1, index * 256 + at, 256);
          throw new Wrong(`The tile ${path} is not the one that was signed.`);
        }
      }
    }
  }
}

async function readEntries(
  files: KitFiles,
  head: Head,
  tileOf: (level: number, index: number) => readonly Bytes[] | undefined,
  progress: (done: number, of: number) => void,
) {
  const types: string[] = [];
  const positions: number[] = [];
  const counts = new Map<string, number>();
  const exceptions: KitEntry[] = [];
  let exceptionCount = 0;
  let at = 0;
  const lines = await lineReader(files);
  for (let index = 0; index < tileCount(head.size, 0); index += 1) {
    const leaves = tileOf(0, index);
    const bundle = await files.read(pathOf("entries", index, widthOf(head.size, 0, index)));
    progress(index, tileCount(head.size, 0));
    if (bundle === undefined) continue;
    const behind = positions.at(-1) ?? index * 256;
    if (behind < index * 256) {
      throw new Wrong(`Entries ${behind + 1} to ${index * 256} are missing.`);
    }
    const entries = entriesIn(bundle);
    if (leaves === undefined || entries.length !== leaves.length) {
      throw new Wrong(`The entries from ${index * 256 + 1} on are not whole.`);
    }
    const hashes = await Promise.all(entries.map(leafOf));
    for (const [offset, bytes] of entries.entries()) {
      const position = index * 256 + offset + 1;
      if (!equal(hashes[offset] as Bytes, leaves[offset] as Bytes)) {
        throw new Wrong(`Entry ${position} is not the one that was signed.`);
      }
      const entry = parsed(bytes, position);
      if (entry.at < at) throw new Wrong(`Entry ${position} is earlier than the one before it.`);
      at = entry.at;
      if (!lines.next(bytes)) {
        throw new Wrong(`entries.ndjson is not what was signed, at entry ${position}.`);
      }
      types.push(entry.type);
      positions.push(position);
      counts.set(entry.type, (counts.get(entry.type) ?? 0) + 1);
      if (FINE.has(entry.outcome)) continue;
      exceptionCount += 1;
      if (exceptions.length < EXCEPTIONS_SHOWN) exceptions.push(entry);
    }
  }
  if (!lines.isOver()) throw new Wrong("entries.ndjson has more than what was signed.");
  return {
    types,
    positions,
    counts,
    exceptionCount,
    exceptions,
    entryCount: types.length,
    from: positions[0] ?? 0,
    to: positions.at(-1) ?? 0,
    async entryAt(position: number) {
      const index = Math.floor((position - 1) / 256);
      const path = pathOf("entries", index, widthOf(head.size, 0, index));
      const bytes = entriesIn(await needed(files, path))[(position - 1) % 256];
      return parsed(bytes ?? new Uint8Array(0), position);
    },
  };
}

/** The same entries as lines, for people and other programs: they must be the same bytes. */
async function lineReader(files: KitFiles) {
  const all = await files.read("entries.ndjson");
  let at = 0;
  return {
    next(entry: Bytes): boolean {
      if (all === undefined) return true;
      const end = at + entry.length;
      const same = all[end] === 10 && equal(all.subarray(at, end), entry);
      at = end + 1;
      return same;
    },
    isOver: () => all === undefined || at === all.length,
  };
}

function entriesIn(bundle: Bytes): Bytes[] {
  const entries: Bytes[] = [];
  for (let at = 0; at < bundle.length;) {
    const end = at + 2 + (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? 0);
    if (end > bundle.length) throw new Wrong("A bundle of entries is cut short.");
    entries.push(bundle.slice(at + 2, end));
    at = end;
  }
  return entries;
}

function parsed(bytes: Bytes, position: number): KitEntry {
  let entry: KitEntry;
  try {
    entry = JSON.parse(textOf(bytes)) as KitEntry;
  } catch {
    throw new Wrong(`Entry ${position} cannot be read.`);
  }
  if (entry.position === position) return entry;
  throw new Wrong(`Entry ${position} says that it is another.`);
}

/** Heads signed earlier, and one saved elsewhere that was put beside them. */
async function otherHeads(
  files: KitFiles,
  head: Head,
  newest: readonly Bytes[],
  tileOf: (level: number, index: number) => readonly Bytes[] | undefined,
): Promise<{ headCount: number; unknownHeadCount: number }> {
  const file = await files.read("checkpoints.txt");
  const older = await files.read("keys.pub");
  const known = older === undefined ? [] : await Promise.all(linesIn(textOf(older)).map(keyIn));
  let headCount = 0;
  let unknownHeadCount = 0;
  for (const note of file === undefined ? [] : notesIn(textOf(file))) {
    const { origin, root, size } = headIn(note);
    if ((await signedBy(note, [...newest, ...known])) === "by another key") {
      throw new Wrong(`The head of ${size} entries in checkpoints.txt is signed by no known key.`);
    }
    const found = size > head.size ? undefined : await rootOfTiles(size, tileOf);
    if (origin !== head.origin || size > head.size) {
      throw new Wrong(`The head of ${size} entries in checkpoints.txt is of another log or later.`);
    }
    if (found === undefined) unknownHeadCount += 1;
    else if (equal(found, root)) headCount += 1;
    else throw new Wrong(`Two histories: the head of ${size} entries is of another one.`);
  }
  return { headCount, unknownHeadCount };
}
