/** Heads, tiles and proofs as golang.org/x/mod/sumdb makes them: `vectors/make` says how they came about. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../../src/log/checkpoint.ts";
import { parseVerifier, toBase64 } from "../../src/log/note.ts";
import { formatReceipt, parseReceipt, verifyReceipt } from "../../src/log/receipt.ts";
import { levelsOf, packHashes, tilePath, tilesOfLevel } from "../../src/log/tiles.ts";
import {
  consistencyFromTiles,
  inclusionFromTiles,
  joined,
  type ReadTile,
  rootFromTiles,
} from "../../src/log/tilesProof.ts";
import { type Hash, leafHash } from "../../src/log/tree.ts";

interface Vectors {
  readonly verifierKey: string;
  readonly trees: readonly {
    readonly size: number;
    readonly root: string;
    readonly checkpoint: string;
    /** SHA-256 of each tile, in hexadecimal. */
    readonly tiles: Readonly<Record<string, string>>;
    readonly record: readonly { readonly of: number; readonly hashes: readonly string[] }[];
    readonly tree: readonly { readonly of: number; readonly hashes: readonly string[] }[];
  }[];
}
const vectors = JSON.parse(
  readFileSync(new URL("vectors/tlog.json", import.meta.url), "utf8"),
) as Vectors;
const known = [parseVerifier(vectors.verifierKey)];

const entryOf = (index: number) => new TextEncoder().encode(`entry ${index}`);
const leaves: readonly Hash[] = Array.from({ length: 70_000 }, (_, index) =>
  leafHash(entryOf(index)),
);
const above = (row: readonly Hash[]): readonly Hash[] =>
  Array.from({ length: Math.floor(row.length / 256) }, (_, index) =>
    joined(row.slice(index * 256, (index + 1) * 256)),
  );
const LEVELS = [leaves, above(leaves), above(above(leaves))];
const read: ReadTile = async (level, index, width) =>
  (LEVELS[level] ?? []).slice(index * 256, index * 256 + width);

test("there are vectors of trees below, at and above a tile's width, and of three levels", () => {
  expect(vectors.trees.map(({ size }) => size)).toEqual([
    1, 2, 3, 255, 256, 257, 600, 65_536, 70_000,
  ]);
});

describe.each(vectors.trees)(
  "of a tree of $size",
  ({ checkpoint, record, root, size, tiles, tree }) => {
    test("the head is taken, and its root is the tiles'", async () => {
      const [key] = known;
      if (key === undefined) throw new Error("no key");
      const head = await openCheckpoint(checkpoint, key);
      expect([head.origin, head.size, toBase64(head.root)]).toEqual([key.name, size, root]);
      expect(await rootFromTiles(size, read)).toEqual(head.root);
    });

    test("the tiles are the same, byte for byte, under the same paths", async () => {
      const ours = new Map<string, string>();
      for (const level of levelsOf(size)) {
        for (const tile of tilesOfLevel(size, level)) {
          const bytes = packHashes(await read(level, tile.index, tile.width));
          ours.set(tilePath(tile), createHash("sha256").update(bytes).digest("hex"));
        }
      }
      expect(Object.keys(tiles).length).toBeGreaterThan(0);
      for (const [path, digest] of Object.entries(tiles))
        expect([path, ours.get(path)]).toEqual([path, digest]);
    });

    test("its proofs are ours", async () => {
      for (const { hashes, of } of record) {
        const proof = await inclusionFromTiles(of, size, read);
        expect(proof.map(toBase64)).toEqual(hashes);
        const receipt = parseReceipt(formatReceipt({ index: of, hashes: proof, checkpoint }));
        expect((await verifyReceipt(receipt, entryOf(of), known)).kind).toBe("included");
      }
      for (const { hashes, of } of tree) {
        expect((await consistencyFromTiles(of, size, read)).map(toBase64)).toEqual(hashes);
      }
    });
  },
);
