/**
 * The tree above its leaves: the root of each full tile, kept in the search file and filled behind the
 * log with it, so that no tile and no proof is made from all entries.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import { TILE_WIDTH, packHashes } from "../../../log/tiles.ts";
import { joined } from "../../../log/tilesProof.ts";
import type { Hash } from "../../../log/tree.ts";
import type { Statements } from "./database.ts";

export interface Nodes {
  /** Makes the next one that is due, in the open transaction; false when none is. */
  grow(tenant: TenantId): boolean;
  /** What there is of a level from `from` on, at most `count`. */
  read(tenant: TenantId, level: number, from: number, count: number): readonly Hash[];
}

/** `level` and `number` count as in a tile's path: `level` 1 has the roots of the leaves' tiles. */
export function nodesIn(db: DatabaseSync, log: Statements): Nodes {
  const sql = {
    insert: db.prepare("INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?)"),
    next: db.prepare("SELECT max(number) + 1 AS next FROM nodes WHERE tenant = ? AND level = ?"),
    some: db.prepare(
      "SELECT hash FROM nodes WHERE tenant = ? AND level = ? AND number >= ? ORDER BY number LIMIT ?",
    ),
  };

  function read(tenant: TenantId, level: number, from: number, count: number): readonly Hash[] {
    const rows = sql.some.all(tenant, level, from, count) as unknown as { hash: Uint8Array }[];
    return rows.map(({ hash }) => hash);
  }

  /** The full tile that the node stands for; undefined where it is not full yet. */
  function below(tenant: TenantId, level: number, number: number): readonly Hash[] | undefined {
    const from = number * TILE_WIDTH;
    const hashes =
      level === 1
        ? leavesFrom(log, tenant, from, TILE_WIDTH)
        : read(tenant, level - 1, from, TILE_WIDTH);
    return hashes.length === TILE_WIDTH ? hashes : undefined;
  }

  function growLevel(tenant: TenantId, level: number): boolean {
    const row = sql.next.get(tenant, level) as { next: number | null };
    const number = row.next ?? 0;
    const hashes = below(tenant, level, number);
    if (hashes === undefined) return false;
    sql.insert.run(tenant, level, number, joined(hashes));
    // A tile of the level above is full once in so many.
    if (number % TILE_WIDTH === TILE_WIDTH - 1) growLevel(tenant, level + 1);
    return true;
  }

  return {
    read,
    grow: (tenant) => growLevel(tenant, 1),
  };
}

/** Leaf hashes from index `from` on. */
function leavesFrom(
  log: Statements,
  tenant: TenantId,
  from: number,
  count: number,
): readonly Hash[] {
  const rows = log.someLeaves.all(tenant, from, from + count) as unknown as {
    position: number;
    leaf: Uint8Array;
  }[];
  return withoutGap(rows, from).map(({ leaf }) => leaf);
}

/** Rows of the entries from index `from` on, up to the first that is not there. */
export function withoutGap<Row extends { readonly position: number }>(
  rows: readonly Row[],
  from: number,
): readonly Row[] {
  const gap = rows.findIndex(({ position }, index) => position !== from + index + 1);
  return gap < 0 ? rows : rows.slice(0, gap);
}

/** As many as were asked for, or what there is, one after the other. */
export async function hashesOf(
  log: Statements,
  search: { readonly nodes: Nodes["read"]; growTree(tenant: TenantId): Promise<void> },
  ask: { tenant: TenantId; level: number; from: number; count: number },
): Promise<Uint8Array> {
  const { tenant, level, from } = ask;
  const count = Math.max(0, Math.min(TILE_WIDTH, ask.count));
  if (level === 0) return packHashes(leavesFrom(log, tenant, from, count));
  const known = search.nodes(tenant, level, from, count);
  if (known.length === count) return packHashes(known);
  await search.growTree(tenant);
  return packHashes(search.nodes(tenant, level, from, count));
}
