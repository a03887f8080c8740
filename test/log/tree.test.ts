import * as fc from "fast-check";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/log/note.ts";
import {
  consistencyProof,
  extendsTree,
  includes,
  inclusionProof,
  rootOfLeaves,
} from "../../src/log/proof.ts";
import {
  type Hash,
  emptyTree,
  frontierLength,
  grow,
  leafHash,
  nodeHash,
  rootOf,
} from "../../src/log/tree.ts";

/** The vectors of the Certificate Transparency reference implementation. */
const INPUTS = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const N96 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const N5F = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const N6B = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const NBC = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const NCA = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const N0E = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const D37 = ROOTS[4] as string;
const INCLUSION: readonly (readonly [number, number, readonly string[]])[] = [
  [0, 1, []],
  [0, 8, [N96, N5F, N6B]],
  [5, 8, [NBC, NCA, D37]],
  [2, 3, [ROOTS[2] as string]],
  [1, 5, [ROOTS[1] as string, N5F, NBC]],
];
const CONSISTENCY: readonly (readonly [number, number, readonly string[]])[] = [
  [1, 1, []],
  [1, 8, [N96, N5F, N6B]],
  [6, 8, [N0E, NCA, D37]],
  [2, 5, [N5F, NBC]],
];
const LEAVES = INPUTS.map((hex) => leafHash(fromHex(hex)));
const rootAt = (size: number): Hash => fromHex(ROOTS[size] as string);

describe("the tree is RFC 6962's", () => {
  test.each(ROOTS.map((root, size) => [size, root] as const))("size %i", (size, root) => {
    expect(toHex(rootOf(LEAVES.slice(0, size).reduce(grow, emptyTree)))).toBe(root);
  });

  test.each(INCLUSION)("inclusion of leaf %i in %i", (index, size, proof) => {
    expect(inclusionProof(LEAVES.slice(0, size), index).map(toHex)).toEqual(proof);
    const hashes = proof.map(fromHex);
    expect(includes(LEAVES[index] as Hash, index, size, hashes, rootAt(size))).toBe(true);
  });

  test.each(CONSISTENCY)("consistency of %i with %i", (oldSize, size, proof) => {
    expect(consistencyProof(LEAVES.slice(0, size), oldSize).map(toHex)).toEqual(proof);
    const hashes = proof.map(fromHex);
    expect(extendsTree(oldSize, rootAt(oldSize), size, rootAt(size), hashes)).toBe(true);
  });
});

test("leaf and node hashes are SHA-256 with their prefix, by another implementation", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const leaf = createHash("sha256").update(Buffer.of(0)).update(bytes).digest("hex");
      expect(toHex(leafHash(bytes))).toBe(leaf);
      const node = createHash("sha256").update(Buffer.of(1)).update(bytes).update(bytes);
      expect(toHex(nodeHash(bytes, bytes))).toBe(node.digest("hex"));
    }),
  );
});

const leaves = (count: number) =>
  Array.from({ length: count }, (_, index) => leafHash(Uint8Array.of(index, index >> 8)));
/** RFC 6962 section 2.1 word for word. */
function mth(list: readonly Hash[]): Hash {
  if (list.length === 1) return list[0] as Hash;
  let at = 1;
  while (at * 2 < list.length) at *= 2;
  return nodeHash(mth(list.slice(0, at)), mth(list.slice(at)));
}

test("the frontier's root is the tree's, at every size to 300", () => {
  let tree = emptyTree;
  for (const [index, leaf] of leaves(300).entries()) {
    tree = grow(tree, leaf);
    expect(toHex(rootOf(tree))).toBe(toHex(mth(leaves(index + 1))));
    expect(tree.hashes).toHaveLength(frontierLength(index + 1));
  }
});

test("a proof of inclusion holds for its own leaf, place, size and root only", () => {
  const size = fc.integer({ min: 1, max: 70 });
  fc.assert(
    fc.property(size, fc.nat(), fc.nat(), fc.nat(), (count, at, other, flip) => {
      const all = leaves(count);
      const index = at % count;
      const leaf = all[index] as Hash;
      const proof = inclusionProof(all, index);
      const root = rootOfLeaves(all);
      expect(includes(leaf, index, count, proof, root)).toBe(true);
      const wrong = other % (count + 1);
      if (wrong !== index) expect(includes(leaf, wrong, count, proof, root)).toBe(false);
      expect(includes(leaf, index, count, [...proof, leaf], root)).toBe(false);
      if (proof.length === 0) return;
      expect(includes(leaf, index, count, proof.slice(1), root)).toBe(false);
      const bad = proof.map((hash) => hash.slice());
      const hit = bad[flip % bad.length] as Uint8Array;
      hit[flip % 32] = (hit[flip % 32] as number) ^ 1;
      expect(includes(leaf, index, count, bad, root)).toBe(false);
    }),
  );
});

test("a proof of consistency holds for its own two trees only", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (count, at, flip) => {
      const all = leaves(count);
      const old = 1 + (at % count);
      const [oldRoot, root] = [rootOfLeaves(all.slice(0, old)), rootOfLeaves(all)];
      const proof = consistencyProof(all, old);
      expect(extendsTree(old, oldRoot, count, root, proof)).toBe(true);
      const forged = rootOfLeaves([...all.slice(0, old - 1), leafHash(Uint8Array.of(1, 2, 3))]);
      expect(extendsTree(old, forged, count, root, proof)).toBe(false);
      expect(extendsTree(old, oldRoot, count, root, [...proof, root])).toBe(false);
      if (proof.length === 0) return;
      const bad = proof.map((hash) => hash.slice());
      const hit = bad[flip % bad.length] as Uint8Array;
      hit[flip % 32] = (hit[flip % 32] as number) ^ 1;
      expect(extendsTree(old, oldRoot, count, root, bad)).toBe(false);
    }),
  );
});
