/**
 * What is there of a log that cannot go on, against what is known to have been signed.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import { readEntry } from "../../../log/form.ts";
import { type SignedHead, openSigned } from "../../../log/keyChain.ts";
import { type Verifier, toBase64 } from "../../../log/note.ts";
import { generationOf, originOf } from "../../../log/origin.ts";
import type { Succession } from "../../../log/succession.ts";
import { type Frontier, emptyTree, grow, leafHash, rootOf, sameHash } from "../../../log/tree.ts";
import type { EntryRow } from "./database.ts";

export type Examined = Omit<Succession, "callCount" | "leftOutCount" | "keptIn">;

export interface HeldHead extends SignedHead {
  readonly note: string;
  readonly generation: number;
}

/** The heads of one tenant that a known key signed; others show nothing. */
export async function headsHeld(
  notes: readonly string[],
  base: string,
  tenant: TenantId,
  keys: readonly Verifier[],
): Promise<HeldHead[]> {
  const heads: HeldHead[] = [];
  for (const note of notes) {
    const head = await openSigned(note, keys).catch(() => undefined);
    const generation = head && generationOf(head.checkpoint.origin, base, tenant);
    if (head !== undefined && generation !== undefined) heads.push({ ...head, note, generation });
  }
  return heads.toSorted((a, b) => a.checkpoint.size - b.checkpoint.size);
}

/** Heads may be more than a call has arguments. */
export const newestGeneration = (heads: readonly Pick<HeldHead, "generation">[]): number =>
  heads.reduce((newest, { generation }) => Math.max(newest, generation), 1);

/** Reads one tenant's log from its first entry to the first that is wrong. */
export function examine(
  db: DatabaseSync | undefined,
  whose: { readonly base: string; readonly tenant: TenantId; readonly generation: number },
  heads: readonly HeldHead[],
): Examined {
  const { base, generation, tenant } = whose;
  const own = heads.filter((head) => head.generation === generation);
  let tree: Frontier = emptyTree;
  let agreesTo = 0;
  let differs = false;
  let next = 0;
  const compare = () => {
    for (let head = own[next]; head?.checkpoint.size === tree.size; head = own[next]) {
      if (!sameHash(head.checkpoint.root, rootOf(tree))) differs = true;
      else if (!differs) agreesTo = tree.size;
      next += 1;
    }
  };
  const problem = read((leaf) => {
    tree = grow(tree, leaf);
    compare();
  });
  const signed = own.at(-1);
  const size = signed?.checkpoint.size ?? 0;
  return {
    predecessor: originOf(base, tenant, generation),
    ...(signed === undefined
      ? {}
      : { signed: { size, root: toBase64(signed.checkpoint.root), note: signed.note } }),
    found: { size: tree.size, root: toBase64(rootOf(tree)) },
    ...(problem === undefined ? {} : { problem }),
    agreesTo,
    ...(size > tree.size ? { missing: { from: tree.size + 1, to: size } } : {}),
    ...(differs ? { differs } : {}),
  };

  /** Returns what is wrong with the entry after the last one it read, where something is. */
  function read(take: (leaf: Uint8Array) => void): string | undefined {
    if (db === undefined) return "is gone with its database";
    const query = "SELECT position, bytes, leaf FROM entries WHERE tenant = ? ORDER BY position";
    try {
      let position = 0;
      for (const one of db.prepare(query).iterate(tenant)) {
        const row = one as unknown as EntryRow;
        position += 1;
        if (row.position !== position) return "is not there";
        // Pruned: its hash is all that is kept of it.
        const leaf = row.bytes.length === 0 ? row.leaf : leafHash(row.bytes);
        if (row.bytes.length === 0) {
          take(leaf);
          continue;
        }
        if (readEntry(row.bytes).kind !== "entry") return "is no entry";
        if (!sameHash(leaf, row.leaf)) return "does not fit the hash stored beside it";
        take(leaf);
      }
      return undefined;
    } catch {
      return "cannot be read: the file is damaged";
    }
  }
}

/** Nothing is wrong with it as far as its heads tell. */
export const isWhole = (one: Examined): boolean =>
  one.problem === undefined && one.missing === undefined && one.differs === undefined;
