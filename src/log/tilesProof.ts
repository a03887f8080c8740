/**
 * RFC 6962 roots and proofs out of tiles: each needs a few tiles, however many entries there are.
 *
 * @module
 */
import { type Hash, nodeHash } from "./tree.ts";
import { TILE_WIDTH, tileWidth } from "./tiles.ts";

/** The first `width` hashes of a tile. Rejects where they cannot be had. */
export type ReadTile = (level: number, index: number, width: number) => Promise<readonly Hash[]>;

/** Leaves from `from`, up to and without `to`. */
type Range = readonly [from: number, to: number];

/** Levels of the tree that one tile spans: 2^8 = 256. */
const TILE_HEIGHT = 8;

/** The root of a tree of `size` leaves; `size` is at least 1. */
export async function rootFromTiles(size: number, read: ReadTile): Promise<Hash> {
  if (size < 1) throw new RangeError("no such tree");
  return await hashOf([0, size], size, remembering(read));
}

/** The audit path of leaf `index` (from 0) in the tree of `size` leaves, nearest sibling first. */
export async function inclusionFromTiles(
  index: number,
  size: number,
  read: ReadTile,
): Promise<Hash[]> {
  if (index < 0 || index >= size) throw new RangeError("no such leaf");
  return await hashesOf(siblings(index, [0, size]), size, read);
}

/** What shows that the tree of `size` leaves begins with the tree of `oldSize`. */
export async function consistencyFromTiles(
  oldSize: number,
  size: number,
  read: ReadTile,
): Promise<Hash[]> {
  if (oldSize < 1 || oldSize > size) throw new RangeError("no such tree");
  return await hashesOf(subproof(oldSize, [0, size], true), size, read);
}

async function hashesOf(ranges: readonly Range[], size: number, read: ReadTile): Promise<Hash[]> {
  const once = remembering(read);
  const hashes: Hash[] = [];
  for (const range of ranges) hashes.push(await hashOf(range, size, once));
  return hashes;
}

/** Where RFC 6962 cuts a range: behind the largest power of two that is smaller than it. */
function cut([from, to]: Range): number {
  let length = 1;
  while (length * 2 < to - from) length *= 2;
  return from + length;
}

function siblings(index: number, range: Range): Range[] {
  const [from, to] = range;
  if (to - from === 1) return [];
  const at = cut(range);
  return index < at
    ? [...siblings(index, [from, at]), [at, to]]
    : [...siblings(index, [at, to]), [from, at]];
}

function subproof(oldSize: number, range: Range, whole: boolean): Range[] {
  const [from, to] = range;
  if (oldSize === to) return whole ? [] : [range];
  const at = cut(range);
  return oldSize <= at
    ? [...subproof(oldSize, [from, at], whole), [at, to]]
    : [...subproof(oldSize, [at, to], false), [from, at]];
}

/** The hash of a range that a cut made: its perfect subtrees, the largest first, joined. */
async function hashOf([from, to]: Range, size: number, read: ReadTile): Promise<Hash> {
  const parts: Hash[] = [];
  for (let at = from; at < to;) {
    let height = 0;
    while (2 ** (height + 1) <= to - at) height += 1;
    parts.push(await perfect(at, height, size, read));
    at += 2 ** height;
  }
  return parts.reduceRight((right, left) => nodeHash(left, right));
}

/** The root of the 2^height leaves from `from` on. */
async function perfect(from: number, height: number, size: number, read: ReadTile): Promise<Hash> {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  const first = from / TILE_WIDTH ** level;
  const tile = Math.floor(first / TILE_WIDTH);
  const offset = first % TILE_WIDTH;
  const hashes = await read(level, tile, tileWidth(size, level, tile));
  return joined(hashes.slice(offset, offset + count));
}

/** The root over as many hashes as a power of two. */
export function joined(hashes: readonly Hash[]): Hash {
  let row = hashes;
  while (row.length > 1) {
    row = Array.from({ length: Math.floor(row.length / 2) }, (_, index) =>
      nodeHash(row[2 * index] as Hash, row[2 * index + 1] as Hash),
    );
  }
  const [root] = row;
  if (root === undefined) throw new RangeError("a tile has fewer hashes than the tree");
  return root;
}

/** Each tile is read once for one proof. */
function remembering(read: ReadTile): ReadTile {
  const known = new Map<string, Promise<readonly Hash[]>>();
  return (level, index, width) => {
    const key = `${level}/${index}`;
    const found = known.get(key) ?? read(level, index, width);
    known.set(key, found);
    return found;
  };
}
