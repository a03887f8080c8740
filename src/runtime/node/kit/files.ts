/**
 * The files of an auditor's kit, one after the other and each in parts: tiles, entries, heads, the key,
 * and the page that verifies them. No part is given that is not what was signed.
 *
 * @module
 */
import { formatVerifier, verifierOf } from "../../../log/note.ts";
import {
  TILE_WIDTH,
  type Tile,
  levelsOf,
  packBundle,
  packHashes,
  tilePath,
  tilesOfLevel,
} from "../../../log/tiles.ts";
import { leafHash, sameHash } from "../../../log/tree.ts";
import { prunedToIn } from "../log/database.ts";
import { KIT_BYTES_MAX, KIT_ENTRY_COUNT_MAX, NoKit, prunedMeanwhile } from "./noKit.ts";
import { kitPage } from "./page.ts";
import type { KitSource } from "./source.ts";
import { type KitTree, kitTree } from "./tree.ts";

export interface KitFile {
  /** Within the kit, such as `tile/0/001`. */
  readonly path: string;
  /** Read once. Throws `NoKit` at what is not what was signed. */
  readonly parts: Iterable<Uint8Array>;
}

export interface KitMade {
  readonly first: number;
  readonly last: number;
  readonly entryCount: number;
}

export interface KitFiles extends KitMade {
  files(): Iterable<KitFile>;
  /** Reads every entry once: a kit of these files will be whole. Throws `NoKit`. */
  hold(bytesMax?: number): void;
}

/** Rejects with `NoKit`. `step` is called after each piece of work, to rest if there was much. */
export async function kitFiles(
  source: KitSource,
  step: () => void = () => undefined,
): Promise<KitFiles> {
  const { size } = source.head.checkpoint;
  const span = bundlesOf(source.first, source.last, size);
  if (span.entryCount > KIT_ENTRY_COUNT_MAX) {
    throw new NoKit(
      `A browser verifies ${KIT_ENTRY_COUNT_MAX} entries and these are ${span.entryCount}: choose less with --from and --to, or make several kits.`,
      "too_many",
    );
  }
  const tree = await kitTree(source, step);
  const read = entriesOf(source, tree);
  const { entryCount, first, last } = span;
  return {
    entryCount,
    first,
    last,
    hold(bytesMax = KIT_BYTES_MAX) {
      let bytes = 0;
      for (const tile of bundles(size, span)) {
        for (const entry of read(tile)) bytes += entry.length;
        if (bytes > bytesMax) {
          throw new NoKit(`These are more than ${bytesMax} bytes: choose less.`, "too_large");
        }
        step();
      }
    },
    *files() {
      for (const [path, text] of Object.entries(textsOf(source, span))) {
        yield { path, parts: [Buffer.from(text)] };
      }
      for (const level of levelsOf(size)) {
        for (const tile of level === 0 ? leafTiles(size, span) : tilesOfLevel(size, level)) {
          yield { path: tilePath(tile), parts: [packHashes(tree.tile(tile))] };
          step();
        }
      }
      for (const tile of bundles(size, span)) {
        yield { path: tilePath(tile), parts: [packBundle(read(tile))] };
        step();
      }
      yield { path: "entries.ndjson", parts: lines(bundles(size, span), read, step) };
    },
  };
}

interface Span extends KitMade {
  readonly firstBundle: number;
  readonly lastBundle: number;
}

/** Whole bundles: those that hold the first and the last entry, and all between. */
function bundlesOf(first: number, last: number, size: number): Span {
  const firstBundle = Math.floor((first - 1) / TILE_WIDTH);
  const lastBundle = Math.floor((last - 1) / TILE_WIDTH);
  const to = Math.min(size, (lastBundle + 1) * TILE_WIDTH);
  const from = firstBundle * TILE_WIDTH + 1;
  const entryCount = last < first ? 0 : to - from + 1;
  return { firstBundle, lastBundle, first: from, last: to, entryCount };
}

function* bundles(size: number, { entryCount, firstBundle, lastBundle }: Span): Generator<Tile> {
  if (entryCount === 0) return;
  for (const tile of tilesOfLevel(size, "entries", firstBundle)) {
    if (tile.index > lastBundle) return;
    yield tile;
  }
}

/** Of the leaves' tiles those of the entries, and the last where it is partial: the root needs it. */
function* leafTiles(size: number, span: Span): Generator<Tile> {
  for (const { index, width } of bundles(size, span)) yield { level: 0, index, width };
  const last = Math.floor(size / TILE_WIDTH);
  const isThere = span.entryCount > 0 && span.lastBundle >= last;
  if (size % TILE_WIDTH > 0 && !isThere) yield { level: 0, index: last, width: size % TILE_WIDTH };
}

/** The entries of a bundle, each held against its leaf. */
function entriesOf({ db, tenant }: KitSource, tree: KitTree): (tile: Tile) => Uint8Array[] {
  const some = db.prepare(
    "SELECT bytes FROM entries WHERE tenant = ? AND position > ? AND position <= ? ORDER BY position",
  );
  return ({ index, width }) => {
    const from = index * TILE_WIDTH;
    const leaves = tree.tile({ level: 0, index, width });
    const rows = some.all(tenant, from, from + width) as unknown as { bytes: Uint8Array }[];
    const entries = rows.map(({ bytes }) => bytes);
    const wrong = leaves.findIndex(
      (leaf, at) => !sameHash(leafHash(entries[at] ?? new Uint8Array()), leaf),
    );
    if (wrong < 0) return entries;
    if (entries[wrong]?.length === 0 && from + wrong < prunedToIn(db, tenant)) {
      throw prunedMeanwhile();
    }
    const which = `Entry ${from + wrong + 1} is not the one that was signed`;
    throw new NoKit(`${which}: tacet verify.`, "changed");
  };
}

const NEWLINE = Buffer.from("\n");

function* lines(
  tiles: Iterable<Tile>,
  read: (tile: Tile) => Uint8Array[],
  step: () => void,
): Generator<Uint8Array> {
  for (const tile of tiles) {
    yield Buffer.concat(read(tile).flatMap((bytes) => [bytes, NEWLINE]));
    step();
  }
}

function textsOf({ head, keys, note, others }: KitSource, span: Span) {
  const { origin, size } = head.checkpoint;
  const key = head.signedBy.map(({ publicKey }) => formatVerifier(verifierOf(origin, publicKey)));
  return {
    "README.txt": readme(origin, size, span),
    "index.html": kitPage(),
    checkpoint: note,
    "checkpoints.txt": others.map((one) => `${one}\n`).join(""),
    "key.pub": `${key.at(-1) ?? ""}\n`,
    "keys.pub": keys.map((one) => `${one}\n`).join(""),
  };
}

const readme = (origin: string, size: number, { entryCount, first, last }: Span): string =>
  `Auditor's kit of the control log ${origin}
Entries ${first} to ${last} (${entryCount}) of the ${size} under its signed head.

Open index.html in a browser and choose this folder: the page checks every file here against the
signed head, without a connection, counts what is in it, and draws samples.

  checkpoint        the signed head: C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint)
  checkpoints.txt   other heads of the log, one after the other
  key.pub           the verifier key of the head; compare it with one you got another way
  keys.pub          every verifier key the log has had
  tile/             hashes and entries: C2SP tlog-tiles (https://c2sp.org/tlog-tiles)
  entries.ndjson    the same entries, one a line

The same with tacet: tacet verify FOLDER --key KEY. Other readers of these formats take the folder too.
`;
