/**
 * Writes an auditor's kit from a log's folder: tiles, entries, heads, the key, and the page that
 * verifies them. Nothing is written that is not what was signed.
 *
 * @module
 */
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { SignedHead } from "../../../log/keyChain.ts";
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
import { joined, rootFromTiles } from "../../../log/tilesProof.ts";
import { type Hash, leafHash, sameHash } from "../../../log/tree.ts";
import { kitPage } from "./page.ts";

/** Entries of one kit: what a browser verifies in a minute or two, in some hundred megabytes. */
export const KIT_ENTRY_COUNT_MAX = 200_000;

/** Whose the log is may read it, until they hand it over. */
const OWN = 0o600;

/** Why there is no kit; told to whoever asked for one. */
export class NoKit extends Error {
  override readonly name = "NoKit";
}

export interface KitAsked {
  readonly db: DatabaseSync;
  readonly tenant: string;
  /** The newest: the kit is of the tree that it signed. */
  readonly head: SignedHead;
  /** Its note, and those of other heads to put beside it. */
  readonly note: string;
  readonly others: readonly string[];
  readonly keys: readonly string[];
  /** Positions, both within the kit. */
  readonly first: number;
  readonly last: number;
  /** A folder that is there and empty. */
  readonly out: string;
}

export interface KitMade {
  readonly first: number;
  readonly last: number;
  readonly entryCount: number;
}

/** Throws `NoKit`; what was written until then is left to the caller. */
export async function writeKit(asked: KitAsked): Promise<KitMade> {
  const { head, out, tenant } = asked;
  const { origin, root, size } = head.checkpoint;
  const span = bundlesOf(asked.first, asked.last, size);
  if (span.entryCount > KIT_ENTRY_COUNT_MAX) {
    throw new NoKit(
      `A browser verifies ${KIT_ENTRY_COUNT_MAX} entries and these are ${span.entryCount}: choose less with --from and --to, or make several kits.`,
    );
  }
  const levels = levelsFrom(asked.db, tenant, size);
  const read = (level: number, index: number, width: number) =>
    Promise.resolve(tileOf(levels, { level, index, width }));
  if (size > 0 && !sameHash(await rootFromTiles(size, read), root)) {
    throw new NoKit("This log is not what was signed: tacet verify says where.");
  }
  for (const level of levelsOf(size)) {
    for (const tile of tilesOfLevel(size, level)) {
      if (level > 0 || isNeeded(tile, span)) put(out, tile, packHashes(tileOf(levels, tile)));
    }
  }
  writeEntries(asked, span, levels[0] ?? []);
  const key = head.signedBy.map(({ publicKey }) => formatVerifier(verifierOf(origin, publicKey)));
  const texts: Readonly<Record<string, string>> = {
    checkpoint: asked.note,
    "checkpoints.txt": asked.others.map((note) => `${note}\n`).join(""),
    "key.pub": `${key.at(-1) ?? ""}\n`,
    "keys.pub": asked.keys.map((one) => `${one}\n`).join(""),
    "index.html": kitPage(),
    "README.txt": readme(origin, size, span),
  };
  for (const [name, text] of Object.entries(texts))
    writeFileSync(join(out, name), text, { mode: OWN });
  return span;
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

/** Of the leaves' tiles those of the entries, and the last, which the root needs. */
const isNeeded = ({ index, width }: Tile, span: Span): boolean =>
  width < TILE_WIDTH || (index >= span.firstBundle && index <= span.lastBundle);

/** All leaves as the file has them, and the levels above: 32 bytes an entry. */
function levelsFrom(db: DatabaseSync, tenant: string, size: number): Hash[][] {
  const query = "SELECT leaf FROM entries WHERE tenant = ? AND position <= ? ORDER BY position";
  const leaves: Hash[] = [];
  for (const row of db.prepare(query).iterate(tenant, size)) {
    leaves.push((row as unknown as { leaf: Uint8Array }).leaf);
  }
  if (leaves.length < size) throw new NoKit("Entries that were signed are missing: tacet verify.");
  const levels = [leaves];
  for (let row = leaves; row.length >= TILE_WIDTH;) {
    const below = row;
    row = Array.from({ length: Math.floor(below.length / TILE_WIDTH) }, (_, index) =>
      joined(below.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)),
    );
    levels.push(row);
  }
  return levels;
}

const tileOf = (levels: readonly Hash[][], { index, level, width }: Tile): readonly Hash[] =>
  (levels[Number(level)] ?? []).slice(index * TILE_WIDTH, index * TILE_WIDTH + width);

function writeEntries(
  { db, head, out, tenant }: KitAsked,
  span: Span,
  leaves: readonly Hash[],
): void {
  const some = db.prepare(
    "SELECT bytes FROM entries WHERE tenant = ? AND position > ? AND position <= ? ORDER BY position",
  );
  const lines = openSync(join(out, "entries.ndjson"), "wx", OWN);
  try {
    for (const tile of tilesOfLevel(head.checkpoint.size, "entries", span.firstBundle)) {
      if (span.entryCount === 0 || tile.index > span.lastBundle) break;
      const from = tile.index * TILE_WIDTH;
      const rows = some.all(tenant, from, from + tile.width) as unknown as { bytes: Uint8Array }[];
      const entries = rows.map(({ bytes }) => bytes);
      const wrong = entries.findIndex(
        (bytes, index) => !sameHash(leafHash(bytes), leaves[from + index] as Hash),
      );
      if (wrong >= 0) {
        throw new NoKit(`Entry ${from + wrong + 1} is not the one that was signed: tacet verify.`);
      }
      put(out, tile, packBundle(entries));
      writeFileSync(lines, Buffer.concat(entries.flatMap((bytes) => [bytes, NEWLINE])));
    }
  } finally {
    closeSync(lines);
  }
}

const NEWLINE = Buffer.from("\n");

function put(out: string, tile: Tile, bytes: Uint8Array): void {
  const path = join(out, tilePath(tile));
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, bytes, { mode: OWN });
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
