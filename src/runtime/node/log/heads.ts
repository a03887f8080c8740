/**
 * Signed heads kept outside the database: the latest in one file, all of them in another. A store
 * that does not have what a head says it had was put back from a copy, and is refused.
 *
 * @module
 */
import type { TenantId } from "../../../control/call.ts";
import { type Checkpoint, formatCheckpoint } from "../../../log/checkpoint.ts";
import { signNote } from "../../../log/note.ts";
import { originOf } from "../../../log/origin.ts";
import type { LogEnd } from "../../../log/seal.ts";
import {
  type Frontier,
  emptyTree,
  frontierLength,
  grow,
  rootOf,
  sameHash,
} from "../../../log/tree.ts";
import type { Statements } from "./database.ts";
import { readEnd } from "./end.ts";
import { type Folder, appendFile, replaceFile } from "./folder.ts";
import type { LogKey } from "./key.ts";
import { type KnownHead, LogRefused } from "./knownHeads.ts";

/**
 * The end of a tenant's log, read from the tree saved last. Throws `LogRefused` where the log is
 * shorter than its newest head, or its tree of that size is another.
 */
export function openEnd(
  sql: Statements,
  tenant: TenantId,
  saved: Frontier | undefined,
  head: Checkpoint | undefined,
  folder: Folder,
): LogEnd {
  // A saved tree beyond the head cannot be compared with it: then all is read from the start.
  const from = saved === undefined || (head?.size ?? 0) < saved.size ? emptyTree : saved;
  const end = readEnd(sql, tenant, from);
  if (head === undefined) return end;
  if (end.tree.size < head.size) {
    throw new LogRefused(
      `The log of ${tenant} in ${folder.path} ends at entry ${end.tree.size}, but a head of ` +
        `${head.size} entries was signed: a copy was put back, or entries were removed. ` +
        `Put the newest database back. If there is none: ${restoreLine(folder)}`,
    );
  }
  const asSigned = (start: Frontier) =>
    sameHash(rootOf(treeAt(sql, tenant, start, head.size)), head.root);
  if (asSigned(from)) return end;
  // Where only the saved tree is wrong, the entries still tell.
  if (from.size > 0 && asSigned(emptyTree)) return readEnd(sql, tenant, emptyTree);
  throw new LogRefused(
    `The first ${head.size} entries of ${tenant} in ${folder.path} are not those that were ` +
      `signed. Run tacet verify to find the first one. To go on in a new log that says so: ` +
      restoreLine(folder),
  );
}

/** What an operator types where this log cannot go on. */
export const restoreLine = (folder: Folder): string =>
  `tacet restore ${folder.path} --reason "what happened"`;

function treeAt(sql: Statements, tenant: TenantId, from: Frontier, size: number): Frontier {
  let tree = from;
  if (tree.size === size) return tree;
  for (const row of sql.leavesAfter.iterate(tenant, from.size)) {
    tree = grow(tree, (row as unknown as { leaf: Uint8Array }).leaf);
    if (tree.size === size) break;
  }
  return tree;
}

export function packFrontier(tree: Frontier): Uint8Array {
  const bytes = new Uint8Array(32 * tree.hashes.length);
  tree.hashes.forEach((hash, index) => bytes.set(hash, 32 * index));
  return bytes;
}

export function unpackFrontier(size: number, bytes: Uint8Array): Frontier | undefined {
  if (bytes.length !== 32 * frontierLength(size)) return undefined;
  const hashes = Array.from({ length: bytes.length / 32 }, (_, index) =>
    bytes.slice(32 * index, 32 * index + 32),
  );
  return { size, hashes };
}

export interface Heads {
  /** The signed head of all that is committed. Signs only where the log has grown. */
  sign(tenant: TenantId): Promise<string>;
  /** The newest there is. */
  newest(tenant: TenantId): string | undefined;
}

export interface HeadsOptions {
  readonly folder: Folder;
  readonly base: string;
  readonly generation: number;
  readonly key: LogKey;
  /** Signs beside it while a key is handed on. */
  readonly nextKey?: LogKey;
  readonly endOf: (tenant: TenantId) => LogEnd;
  readonly known: ReadonlyMap<TenantId, KnownHead>;
  /** Hears of every head that is kept. Never throws. */
  readonly signed: (tenant: TenantId, tree: Frontier) => void;
}

/** Signs one at a time, so that heads are kept in the order of their sizes. */
export function startHeads(options: HeadsOptions): Heads {
  const { folder, key, nextKey } = options;
  const newest = new Map(options.known);
  let last: Promise<unknown> = Promise.resolve();

  async function signNow(tenant: TenantId): Promise<string> {
    const { tree } = options.endOf(tenant);
    const head = newest.get(tenant);
    if (head?.checkpoint.size === tree.size) return head.note;
    const origin = originOf(options.base, tenant, options.generation);
    const root = rootOf(tree);
    const keys = nextKey === undefined ? [key] : [key, nextKey];
    const signers = await Promise.all(keys.map((one) => one.under(origin)));
    const note = await signNote(formatCheckpoint({ origin, size: tree.size, root }), signers);
    appendFile(folder.all(tenant), `${note}\n`);
    replaceFile(folder.latest(tenant), note);
    newest.set(tenant, { note, checkpoint: { origin, size: tree.size, root, extensions: [] } });
    options.signed(tenant, tree);
    return note;
  }

  return {
    newest: (tenant) => newest.get(tenant)?.note,
    sign(tenant) {
      const signed = last.then(() => signNow(tenant));
      last = signed.catch(() => undefined);
      return signed;
    },
  };
}
