/**
 * The log as static files: C2SP's tlog-tiles (https://c2sp.org/tlog-tiles). Their paths, how wide each
 * is in a tree of a size, and entry bundles, written and read back.
 *
 * @module
 */
import { ENTRY_BYTES_MAX } from "./entry.ts";
import type { Hash } from "./tree.ts";

/** Hashes, or entries, of a full tile. */
export const TILE_WIDTH = 256;
/** The specification's levels end at 63; positions end at 2^53, so that levels above 6 are empty. */
const LEVEL_MAX = 63;
const LEVEL_USED_MAX = 6;
/** Path elements of three digits; more than these would be beyond 2^53. */
const ELEMENT_COUNT_MAX = 5;
export const HASH_BYTES = 32;

/** `width` is below 256 for a partial tile. */
export interface Tile {
  readonly level: number | "entries";
  readonly index: number;
  readonly width: number;
}

/** A file is not the tile it stands for. Its message never holds what the file says. */
export class BadTile extends Error {
  override readonly name = "BadTile";
}

/** `tile/0/x001/x234/067`, with `.p/112` where it is partial. */
export function tilePath({ level, index, width }: Tile): string {
  const elements = [index % 1_000];
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    elements.unshift(rest % 1_000);
  }
  const digits = elements.map((element) => String(element).padStart(3, "0"));
  const last = digits.pop() ?? "000";
  const folders = digits.map((element) => `x${element}/`).join("");
  const partial = width === TILE_WIDTH ? "" : `.p/${width}`;
  return `tile/${level}/${folders}${last}${partial}`;
}

/** What stands behind `tile/`: the level's element, and the rest. Undefined where it is no tile's path. */
export function parseTilePath(level: string, rest: string): Tile | undefined {
  const named = level === "entries" ? level : wholeOf(level, LEVEL_MAX);
  const found = /^((?:x\d{3}\/)*)(\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(rest);
  if (named === undefined || found === null) return undefined;
  const [, folders = "", last = "", partial] = found;
  const elements = folders.split("/").filter((element) => element !== "");
  // A first element of zeros would be a second name for the same tile.
  if (elements.length >= ELEMENT_COUNT_MAX || elements[0] === "x000") return undefined;
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (partial !== undefined && width >= TILE_WIDTH) return undefined;
  const index = Number(elements.map((element) => element.slice(1)).join("") + last);
  return { level: named, index, width };
}

function wholeOf(text: string, max: number): number | undefined {
  const value = /^(?:0|[1-9]\d?)$/.test(text) ? Number(text) : Infinity;
  return value <= max ? value : undefined;
}

/** How many hashes a level has in a tree of `size` entries: one for each full 256^level of them. */
export function levelLength(size: number, level: number | "entries"): number {
  if (level === "entries") return size;
  return level > LEVEL_USED_MAX ? 0 : Math.floor(size / TILE_WIDTH ** level);
}

/** How wide the tile is in a tree of `size` entries; 0 where there is none. */
export function tileWidth(size: number, level: number | "entries", index: number): number {
  const rest = levelLength(size, level) - index * TILE_WIDTH;
  return Math.max(0, Math.min(TILE_WIDTH, rest));
}

/** Whether a tree of `size` entries has this tile, whole or as a beginning of what it has there. */
export const hasTile = (size: number, { level, index, width }: Tile): boolean =>
  tileWidth(size, level, index) >= width;

/** Every tile of one level in a tree of `size` entries, from the tile `first` on. */
export function* tilesOfLevel(size: number, level: number | "entries", first = 0): Generator<Tile> {
  for (let index = first; ; index += 1) {
    const width = tileWidth(size, level, index);
    if (width === 0) return;
    yield { level, index, width };
  }
}

/** The levels a tree of `size` entries has tiles in, the leaves' first. */
export function levelsOf(size: number): number[] {
  const levels = Array.from({ length: LEVEL_USED_MAX + 1 }, (_, level) => level);
  return levels.filter((level) => levelLength(size, level) > 0);
}

export function packHashes(hashes: readonly Hash[]): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES * hashes.length);
  hashes.forEach((hash, index) => bytes.set(hash, HASH_BYTES * index));
  return bytes;
}

/** A hash tile's hashes. Throws `BadTile` where it has not as many as its path says. */
export function unpackHashes(bytes: Uint8Array, width: number): Hash[] {
  if (bytes.length !== HASH_BYTES * width) throw new BadTile("a hash tile has another length");
  return Array.from({ length: width }, (_, index) =>
    bytes.slice(HASH_BYTES * index, HASH_BYTES * (index + 1)),
  );
}

/** Entries one after the other, each behind its length in two bytes, the higher first. */
export function packBundle(entries: readonly Uint8Array[]): Uint8Array {
  const length = entries.reduce((sum, entry) => sum + 2 + entry.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > ENTRY_BYTES_MAX) throw new BadTile("an entry is too large for a bundle");
    bytes.set([entry.length >> 8, entry.length & 0xff], at);
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/** A bundle's entries. Throws `BadTile` where it has not as many as its path says, or ends in one. */
export function unpackBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 2 + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (at + 2 > bytes.length || end > bytes.length) throw new BadTile("a bundle is cut short");
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  if (entries.length !== width) throw new BadTile("a bundle has another number of entries");
  return entries;
}
