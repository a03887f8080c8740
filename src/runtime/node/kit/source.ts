/**
 * What a kit is made of: a log's folder, the newest head that was signed, and the entries of a time.
 * Entries never change, and each is held against the head.
 *
 * @module
 */
import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { EpochMs } from "../../../control/call.ts";
import { firstAt } from "../../../log/firstAt.ts";
import { readEntry } from "../../../log/form.ts";
import { type SignedHead, openSigned } from "../../../log/keyChain.ts";
import { parseVerifier } from "../../../log/note.ts";
import { SYSTEM_TENANT } from "../../../log/store.ts";
import { leafHash, sameHash } from "../../../log/tree.ts";
import { openForReading, prunedToIn, tenantsOf } from "../log/database.ts";
import { folderAt } from "../log/folder.ts";
import { notesFrom } from "../log/notesFile.ts";
import { keysIn } from "../log/sources.ts";
import { NoKit, prunedMeanwhile } from "./noKit.ts";

/** Heads put beside the newest: spread over all there are. */
const HEAD_COUNT_MAX = 500;

export interface KitWish {
  /** A service's log folder; it may be running. */
  readonly folder: string;
  /** The only one there is, where it is not named. */
  readonly tenant?: string;
  /** From this moment, and up to that one, in Unix ms. */
  readonly from?: number;
  readonly to?: number;
  /** The log as it is now, whatever is pruned meanwhile: for whoever is done in a minute. */
  readonly isSnapshot?: boolean;
}

export interface KitSource {
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
  /** The log's search file, where the tree above the leaves may stand ready. */
  readonly search?: string;
}

/** Throws `NoKit`. The caller closes `db`. */
export async function openKit({
  folder: place,
  from,
  isSnapshot = false,
  tenant: named,
  to,
}: KitWish) {
  const folder = folderAt(place);
  if (!existsSync(folder.database)) throw new NoKit(`There is no log in ${place}.`);
  const db = openForReading(folder.database);
  try {
    const tenant = chosen(tenantsOf(db), named);
    const notes = headsIn([folder.all(tenant), folder.latest(tenant)]);
    const keys = keysIn(folder.publicKeys, folder.publicKey);
    const newest = await newestOf(notes.newest, keys, tenant);
    const { size } = newest.head.checkpoint;
    // Heads first: what they sign is in what is read from here on.
    if (isSnapshot) db.exec("BEGIN");
    // Of what was pruned there are hashes alone.
    const kept = { from: prunedToIn(db, tenant), to: size };
    const momentOf = momentsOf(db, tenant);
    const first = from === undefined ? kept.from + 1 : firstAt(kept, from, momentOf);
    const last = to === undefined ? size : firstAt(kept, to, momentOf) - 1;
    if (last < first) throw new NoKit("No signed entry lies in this time.", "nothing");
    const others = spread(notes.some.filter((note) => note !== newest.note));
    const { search } = folder;
    return { db, tenant, ...newest, others, keys, first, last, search } satisfies KitSource;
  } catch (error) {
    db.close();
    throw error;
  }
}

function chosen(tenants: readonly string[], named: string | undefined): string {
  const own = tenants.filter((tenant) => tenant !== SYSTEM_TENANT);
  const [only] = own;
  if (named === undefined && only !== undefined && own.length === 1) return only;
  if (named !== undefined && tenants.includes(named)) return named;
  throw new NoKit(`Choose one with --tenant: ${tenants.join(", ")}.`);
}

async function newestOf(
  notes: readonly string[],
  keys: readonly string[],
  tenant: string,
): Promise<{ head: SignedHead; note: string }> {
  const known = keys.map(parseVerifier);
  const heads = await Promise.all(
    notes.map(async (note) => ({ note, head: await openSigned(note, known) })),
  );
  const newest = heads.toSorted((a, b) => b.head.checkpoint.size - a.head.checkpoint.size)[0];
  if (newest !== undefined && newest.head.checkpoint.size > 0) return newest;
  throw new NoKit(`No head was signed of ${tenant} yet.`, "unsigned");
}

/** The two that were written last, and some of all there are: a log may have very many. */
function headsIn(paths: readonly string[]) {
  let newest: string[] = [];
  let some: string[] = [];
  let [count, stride] = [0, 1];
  for (const path of paths) {
    for (const note of notesFrom(path)) {
      newest = [...newest.slice(-1), note];
      // A copy: what is cut from a larger text keeps all of that.
      if (count % stride === 0) some.push(Buffer.from(note).toString());
      count += 1;
      if (some.length <= 2 * HEAD_COUNT_MAX) continue;
      some = some.filter((_, index) => index % 2 === 0);
      stride *= 2;
    }
  }
  return { newest, some };
}

/** The first and the last, and as many between as there is room for. */
function spread(notes: readonly string[]): string[] {
  const unique = [...new Set(notes)];
  const step = Math.max(1, unique.length / HEAD_COUNT_MAX);
  const count = Math.min(unique.length, HEAD_COUNT_MAX);
  return Array.from({ length: count }, (_, index) => unique[Math.floor(index * step)] as string);
}

/** When an entry was made; one that is not what was written leads to no kit, rather than to another. */
function momentsOf(db: DatabaseSync, tenant: string): (position: number) => EpochMs {
  const entryAt = db.prepare("SELECT bytes, leaf FROM entries WHERE tenant = ? AND position = ?");
  return (position) => {
    const row = entryAt.get(tenant, position) as
      | { readonly bytes: Uint8Array; readonly leaf: Uint8Array }
      | undefined;
    const formed = readEntry(row?.bytes ?? new Uint8Array(0));
    const isSame = row !== undefined && sameHash(leafHash(row.bytes), row.leaf);
    if (isSame && formed.kind === "entry") return formed.entry.at;
    if (row?.bytes.length === 0 && position <= prunedToIn(db, tenant)) throw prunedMeanwhile();
    throw new NoKit(`Entry ${position} is not what was written: tacet verify.`, "changed");
  };
}
