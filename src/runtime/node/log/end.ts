/**
 * Where a tenant's log ends, as the file says it.
 *
 * @module
 */
import type { TenantId } from "../../../control/call.ts";
import { readEntry } from "../../../log/form.ts";
import { type LogEnd, emptyLog } from "../../../log/seal.ts";
import { type Frontier, emptyTree, grow } from "../../../log/tree.ts";
import { LogDamaged } from "./calls.ts";
import type { Statements } from "./database.ts";

/**
 * The end of a tenant's log in the file, from a tree that is a beginning of it. A tree of more
 * entries than there are says nothing of the file: then all of it is read.
 */
export function readEnd(sql: Statements, tenant: TenantId, from: Frontier): LogEnd {
  const last = sql.lastEntry.get(tenant) as { position: number; bytes: Uint8Array } | undefined;
  if (last === undefined) return emptyLog;
  let tree = last.position < from.size ? emptyTree : from;
  for (const row of sql.leavesAfter.iterate(tenant, tree.size)) {
    const { position, leaf } = row as unknown as { position: number; leaf: Uint8Array };
    if (position !== tree.size + 1) {
      throw new LogDamaged(`Entry ${tree.size + 1} of ${tenant} is missing. Run tacet verify.`);
    }
    tree = grow(tree, leaf);
  }
  const formed = readEntry(last.bytes);
  if (formed.kind !== "entry") {
    throw new LogDamaged(`The last entry of ${tenant} cannot be read. Run tacet verify.`);
  }
  return { tree, at: formed.entry.at };
}
