/**
 * Signed heads kept outside the database: the latest in one file, all of them in another. A store
 * that does not have what a head says it had was put back from a copy, and is refused.
 *
 * @module
 */
import type { TenantId } from "../../../control/call.ts";
import {
  type Checkpoint,
  openCheckpoint,
  signCheckpoint,
  splitNotes,
} from "../../../log/checkpoint.ts";
import { parseVerifier } from "../../../log/note.ts";
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
import { type Folder, appendFile, readIfThere, replaceFile } from "./folder.ts";
import type { LogKey } from "./key.ts";
import { readEnd } from "./end.ts";

export class LogRefused extends Error {
  readonly code = "log_refused";
}

interface KnownHead {
  readonly checkpoint: Checkpoint;
  readonly note: string;
}

/** The newest head signed for this tenant, by either file; undefined where there is none. */
export async function newestHead(
  folder: Folder,
  tenant: TenantId,
  key: LogKey,
): Promise<KnownHead | undefined> {
  const notes = [readIfThere(folder.latest(tenant)), repaired(folder, tenant).at(-1)];
  const heads: KnownHead[] = [];
  for (const note of notes) {
    if (note === undefined || note.trim() === "") continue;
    heads.push({ note, checkpoint: await open(note, tenant, key, folder) });
  }
  return heads.toSorted((a, b) => a.checkpoint.size - b.checkpoint.size).at(-1);
}

/** All heads of a tenant. A last one cut short by a power cut is taken off the file. */
function repaired(folder: Folder, tenant: TenantId): string[] {
  const text = readIfThere(folder.all(tenant)) ?? "";
  const notes = splitNotes(text);
  if (text === "" || /— \S+ \S+\n\n?$/.test(text)) return notes;
  const whole = notes.slice(0, -1);
  replaceFile(folder.all(tenant), whole.map((note) => `${note}\n`).join(""));
  return whole;
}

async function open(note: string, tenant: TenantId, key: LogKey, folder: Folder) {
  try {
    return await openCheckpoint(note, parseVerifier(key.verifierKey));
  } catch {
    throw new LogRefused(
      `A signed head of ${tenant} in ${folder.path} does not fit the signing key or was changed.`,
    );
  }
}

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
        `Restore the newest database, or set this folder aside and start a log with a new origin.`,
    );
  }
  const asSigned = (start: Frontier) =>
    sameHash(rootOf(treeAt(sql, tenant, start, head.size)), head.root);
  if (asSigned(from)) return end;
  // Where only the saved tree is wrong, the entries still tell.
  if (from.size > 0 && asSigned(emptyTree)) return readEnd(sql, tenant, emptyTree);
  throw new LogRefused(
    `The first ${head.size} entries of ${tenant} in ${folder.path} are not those that were ` +
      `signed. Run tacet verify to find the first one.`,
  );
}

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
}

/** `signed` hears of every head that is kept. Signs one at a time, so that heads are kept in the order of their sizes. */
export function startHeads(
  folder: Folder,
  key: LogKey,
  endOf: (tenant: TenantId) => LogEnd,
  known: ReadonlyMap<TenantId, KnownHead>,
  signed: (tenant: TenantId, tree: Frontier) => void,
): Heads {
  const newest = new Map(known);
  let last: Promise<unknown> = Promise.resolve();

  async function signNow(tenant: TenantId): Promise<string> {
    const { tree } = endOf(tenant);
    const head = newest.get(tenant);
    if (head?.checkpoint.size === tree.size) return head.note;
    const root = rootOf(tree);
    const signer = await key.under(`${key.name}/${encodeURIComponent(tenant)}`);
    const note = await signCheckpoint({ size: tree.size, root }, signer);
    appendFile(folder.all(tenant), `${note}\n`);
    replaceFile(folder.latest(tenant), note);
    const checkpoint = { origin: signer.name, size: tree.size, root, extensions: [] };
    newest.set(tenant, { note, checkpoint });
    signed(tenant, tree);
    return note;
  }

  return {
    sign(tenant) {
      const signed = last.then(() => signNow(tenant));
      last = signed.catch(() => undefined);
      return signed;
    },
  };
}
