/**
 * The log's Merkle tree, RFC 6962 section 2.1 over SHA-256: leaves, nodes, and a frontier that grows
 * by one entry in O(log n).
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";

export type Hash = Uint8Array;

/** The hash of one entry's bytes: SHA-256(0x00 || bytes). */
export function leafHash(bytes: Uint8Array): Hash {
  return sha256.create().update(LEAF).update(bytes).digest();
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256.create().update(NODE).update(left).update(right).digest();
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/**
 * What is needed of a tree of `size` leaves to make it grow: the roots of its perfect subtrees, the
 * largest first, one for each bit set in `size`. Never changed in place, so a writer moves to the
 * next one only after its transaction has been committed.
 */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Hash[];
}

export const emptyTree: Frontier = { size: 0, hashes: [] };

export function grow(tree: Frontier, leaf: Hash): Frontier {
  const hashes = [...tree.hashes];
  let right = leaf;
  // Each trailing one bit of the size is a perfect subtree that the new leaf completes.
  for (let rest = tree.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    right = nodeHash(hashes.pop() as Hash, right);
  }
  hashes.push(right);
  return { size: tree.size + 1, hashes };
}

/** The tree's root; of no leaves, the hash of nothing. */
export function rootOf(tree: Frontier): Hash {
  const last = tree.hashes.at(-1);
  if (last === undefined) return sha256(new Uint8Array(0));
  let root = last;
  for (let index = tree.hashes.length - 2; index >= 0; index -= 1) {
    root = nodeHash(tree.hashes[index] as Hash, root);
  }
  return root;
}

export function sameHash(a: Hash, b: Hash): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** How many subtree roots the frontier of a tree of this size has. */
export function frontierLength(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
