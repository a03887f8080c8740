/**
 * A folder of C2SP tiles to verify: its entries from bundles, each held against the tiles, and every
 * tile against the one above it.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  BadTile,
  TILE_WIDTH,
  type Tile,
  levelsOf,
  tilePath,
  tilesOfLevel,
  unpackBundle,
  unpackHashes,
} from "../../../log/tiles.ts";
import { joined, rootFromTiles } from "../../../log/tilesProof.ts";
import { type Hash, leafHash, sameHash } from "../../../log/tree.ts";
import type { Checkpoint } from "../../../log/checkpoint.ts";
import type { Entry } from "../../../log/entry.ts";
import { readEntry } from "../../../log/form.ts";
import { type LinesBeside, linesBeside } from "./linesBeside.ts";

/** What a folder of tiles holds of a log, and which of its heads they were checked against. */
export interface TilesFound {
  /** The first and the last entry there are bundles of; undefined where there are none. */
  readonly from?: number;
  readonly to?: number;
  readonly entryCount: number;
}

/** `problem` names the tile, never what it holds. */
export type TilesVerified =
  | ({ readonly ok: true } & TilesFound)
  | { readonly ok: false; readonly problem: string };

export const isTileFolder = (folder: string): boolean =>
  existsSync(join(folder, "checkpoint")) && existsSync(join(folder, "tile", "0"));

/**
 * Holds the folder's tiles and bundles against a signed head. Leaves' tiles and bundles may be
 * missing before the first bundle and behind the last, as in a kit of some days or a log that was
 * pruned, and nowhere between. Lines of the same entries must be these, where there are lines.
 */
export async function verifyTiles(folder: string, head: Checkpoint): Promise<TilesVerified> {
  const lines = linesBeside(join(folder, "entries.ndjson"));
  try {
    const found = head.size === 0 ? { entryCount: 0 } : await verify(folder, head, lines);
    if (lines?.isOver() === false) throw new BadTile("entries.ndjson has more than was signed");
    return { ok: true, ...found };
  } catch (error) {
    if (error instanceof BadTile) return { ok: false, problem: error.message };
    throw error;
  } finally {
    lines?.close();
  }
}

async function verify(
  folder: string,
  { origin, root, size }: Checkpoint,
  lines: LinesBeside | undefined,
): Promise<TilesFound> {
  const read = (level: number, index: number, width: number) =>
    Promise.resolve(hashesAt(folder, { level, index, width }));
  if (!sameHash(await rootFromTiles(size, read), root)) {
    throw new BadTile("the tiles hash to another root than the one that was signed");
  }
  for (const level of levelsOf(size).toReversed()) {
    if (level > 0) await holdBelow(folder, size, level);
  }
  const tenant = origin.split("/").at(-1);
  let found: TilesFound = { entryCount: 0 };
  let at = 0;
  for (const tile of tilesOfLevel(size, "entries")) {
    const bytes = readTile(folder, tile);
    if (bytes === undefined) continue;
    if (found.to !== undefined && found.to < tile.index * TILE_WIDTH) {
      throw new BadTile(`entries ${found.to + 1} to ${tile.index * TILE_WIDTH} are missing`);
    }
    const leaves = hashesAt(folder, { ...tile, level: 0 });
    unpackBundle(bytes, tile.width).forEach((entry, index) => {
      const position = tile.index * TILE_WIDTH + index + 1;
      const formed = readEntry(entry);
      const wrong =
        formed.kind === "malformed"
          ? formed.problem
          : misplaced(formed.entry, position, tenant, at);
      if (!sameHash(leafHash(entry), leaves[index] as Hash)) {
        throw new BadTile(`entry ${position} is not the one that was signed`);
      }
      if (wrong !== undefined) throw new BadTile(`entry ${position} ${wrong}`);
      const { entry: one } = formed as Extract<typeof formed, { kind: "entry" }>;
      at = one.at;
      if (lines?.isNext(entry) === false) {
        throw new BadTile(`entries.ndjson is not what was signed, at entry ${position}`);
      }
      found = { from: found.from ?? position, to: position, entryCount: found.entryCount + 1 };
    });
  }
  return found;
}

function misplaced(entry: Entry, position: number, tenant: string | undefined, at: number) {
  if (entry.position !== position) return `says that it is entry ${entry.position}`;
  if (encodeURIComponent(entry.tenant) !== tenant) return "belongs to another log";
  return entry.at < at ? "is earlier than the entry before it" : undefined;
}

/** Each hash of this level's tiles is the root of a full tile below, where that is there. */
async function holdBelow(folder: string, size: number, level: number): Promise<void> {
  for (const tile of tilesOfLevel(size, level)) {
    hashesAt(folder, tile).forEach((hash, index) => {
      const below = { level: level - 1, index: tile.index * TILE_WIDTH + index, width: TILE_WIDTH };
      const bytes = readTile(folder, below);
      if (bytes === undefined && below.level === 0) return;
      if (!sameHash(joined(hashesAt(folder, below)), hash)) {
        throw new BadTile(`${tilePath(below)} is not what the tile above it says`);
      }
    });
  }
}

function hashesAt(folder: string, tile: Tile): readonly Hash[] {
  const bytes = readTile(folder, tile);
  if (bytes === undefined) throw new BadTile(`${tilePath(tile)} is missing`);
  try {
    return unpackHashes(bytes, tile.width);
  } catch (error) {
    if (error instanceof BadTile) throw new BadTile(`${tilePath(tile)}: ${error.message}`);
    throw error;
  }
}

function readTile(folder: string, tile: Tile): Uint8Array | undefined {
  const path = join(folder, tilePath(tile));
  return existsSync(path) ? readFileSync(path) : undefined;
}
