/**
 * RFC 6962 proofs: that an entry is in a tree, and that a tree is the beginning of a later one.
 * Made from the list of leaf hashes; checked from the proof alone (RFC 9162 section 2.1.3 and
 * 2.1.4 describe the checks).
 *
 * @module
 */
import { type Hash, emptyTree, grow, nodeHash, rootOf, sameHash } from "./tree.ts";

/** The root of these leaves. */
export function rootOfLeaves(leaves: readonly Hash[]): Hash {
  return rootOf(leaves.reduce(grow, emptyTree));
}

/** The largest power of two below `size`; `size` is at least 2. */
function split(size: number): number {
  let at = 1;
  while (at * 2 < size) at *= 2;
  return at;
}

/** The audit path of leaf `index` (from 0), nearest sibling first. */
export function inclusionProof(leaves: readonly Hash[], index: number): Hash[] {
  if (index < 0 || index >= leaves.length) throw new RangeError("no such leaf");
  if (leaves.length === 1) return [];
  const at = split(leaves.length);
  const left = leaves.slice(0, at);
  const right = leaves.slice(at);
  return index < at
    ? [...inclusionProof(left, index), rootOfLeaves(right)]
    : [...inclusionProof(right, index - at), rootOfLeaves(left)];
}

/** What shows that the first `size` leaves are the tree that had that size. */
export function consistencyProof(leaves: readonly Hash[], size: number): Hash[] {
  if (size < 1 || size > leaves.length) throw new RangeError("no such tree");
  return subproof(leaves, size, true);
}

function subproof(leaves: readonly Hash[], size: number, whole: boolean): Hash[] {
  if (size === leaves.length) return whole ? [] : [rootOfLeaves(leaves)];
  const at = split(leaves.length);
  const left = leaves.slice(0, at);
  const right = leaves.slice(at);
  return size <= at
    ? [...subproof(left, size, whole), rootOfLeaves(right)]
    : [...subproof(right, size - at, false), rootOfLeaves(left)];
}

/** Whether the leaf is at `index` (from 0) of the tree with this size and root. */
export function includes(
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [halve(node), halve(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [halve(node), halve(last)];
  }
  return last === 0 && sameHash(hash, root);
}

/** Whether the tree (`size`, `root`) begins with the tree (`oldSize`, `oldRoot`). */
export function extendsTree(
  oldSize: number,
  oldRoot: Hash,
  size: number,
  root: Hash,
  proof: readonly Hash[],
): boolean {
  if (oldSize < 1 || oldSize > size) return false;
  if (oldSize === size) return proof.length === 0 && sameHash(oldRoot, root);
  let node = oldSize - 1;
  let last = size - 1;
  while (node % 2 === 1) [node, last] = [halve(node), halve(last)];
  // An old tree that is one perfect subtree is its own first hash.
  const [first, ...rest] = node === 0 ? [oldRoot, ...proof] : proof;
  if (first === undefined) return false;
  let [oldHash, hash] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(sibling, oldHash);
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [halve(node), halve(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [halve(node), halve(last)];
  }
  return last === 0 && sameHash(oldHash, oldRoot) && sameHash(hash, root);
}

const halve = (value: number): number => Math.floor(value / 2);
