/**
 * The hashes of a kit: the leaves as the log's file has them, tile by tile, and the tree above them,
 * which has to come to the signed root. Of a log of millions 32 bytes in 256 entries are kept.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { TILE_WIDTH, type Tile } from "../../../log/tiles.ts";
import { joined, rootFromTiles } from "../../../log/tilesProof.ts";
import { type Hash, sameHash } from "../../../log/tree.ts";
import { openForReading } from "../log/database.ts";
import { NoKit } from "./noKit.ts";
import type { KitSource } from "./source.ts";

export interface KitTree {
  /** The hashes of a tile; a full one of leaves is what the tree above says. Throws `NoKit`. */
  tile(tile: Tile): readonly Hash[];
}

type Source = Pick<KitSource, "db" | "head" | "search" | "tenant">;

/** Rejects with `NoKit` where the tree is not the signed one. `step` is called now and then. */
export async function kitTree(source: Source, step: () => void): Promise<KitTree> {
  const { root, size } = source.head.checkpoint;
  const leaves = leavesOf(source);
  const count = Math.floor(size / TILE_WIDTH);
  const tilesOf = (firstLevel: readonly Hash[]) => {
    const levels = levelsAbove(firstLevel);
    return ({ index, level, width }: Tile): readonly Hash[] => {
      if (level === 0) return leaves(index * TILE_WIDTH, width);
      const from = index * TILE_WIDTH;
      return (levels[Number(level) - 1] ?? []).slice(from, from + width);
    };
  };
  const isSigned = async (tile: KitTree["tile"]): Promise<boolean> => {
    const read = async (level: number, index: number, width: number) =>
      tile({ level, index, width });
    return size === 0 || sameHash(await rootFromTiles(size, read), root);
  };

  const ready = readyIn(source, count);
  let firstLevel = ready ?? [];
  if (ready === undefined || !(await isSigned(tilesOf(ready)).catch(() => false))) {
    firstLevel = [];
    for (let index = 0; index < count; index += 1) {
      firstLevel.push(joined(leaves(index * TILE_WIDTH, TILE_WIDTH)));
      step();
    }
    if (!(await isSigned(tilesOf(firstLevel)))) {
      throw new NoKit("This log is not what was signed: tacet verify says where.", "changed");
    }
  }
  const read = tilesOf(firstLevel);
  return {
    tile(tile) {
      const hashes = read(tile);
      const above = tile.level === 0 ? firstLevel[tile.index] : undefined;
      if (above !== undefined && tile.width === TILE_WIDTH && !sameHash(joined(hashes), above)) {
        throw new NoKit("This log is not what was signed: tacet verify says where.", "changed");
      }
      return hashes;
    },
  };
}

/** `count` leaves from index `from` on. */
function leavesOf({ db, tenant }: Source): (from: number, count: number) => readonly Hash[] {
  const some = db.prepare(
    "SELECT leaf FROM entries WHERE tenant = ? AND position > ? AND position <= ? ORDER BY position",
  );
  return (from, count) => {
    const rows = some.all(tenant, from, from + count) as unknown as { leaf: Uint8Array }[];
    if (rows.length < count) {
      throw new NoKit("Entries that were signed are missing: tacet verify.", "changed");
    }
    return rows.map(({ leaf }) => leaf);
  };
}

/** The level above the leaves, out of the file that is filled behind the log; where it is all there. */
function readyIn({ search, tenant }: Source, count: number): Hash[] | undefined {
  if (search === undefined || !existsSync(search)) return undefined;
  try {
    const db = openForReading(search);
    try {
      const nodes = db.prepare(
        "SELECT hash FROM nodes WHERE tenant = ? AND level = 1 AND number < ? ORDER BY number",
      );
      const rows = nodes.all(tenant, count) as unknown as { hash: Uint8Array }[];
      return rows.length === count ? rows.map(({ hash }) => hash) : undefined;
    } finally {
      db.close();
    }
  } catch {
    // It can be thrown away: all of it is in the log.
    return undefined;
  }
}

/** The given level, and each above it up to the last that has a full tile below. */
function levelsAbove(firstLevel: readonly Hash[]): (readonly Hash[])[] {
  const levels = [firstLevel];
  for (let row = firstLevel; row.length >= TILE_WIDTH;) {
    const below = row;
    row = Array.from({ length: Math.floor(below.length / TILE_WIDTH) }, (_, index) =>
      joined(below.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)),
    );
    levels.push(row);
  }
  return levels;
}
