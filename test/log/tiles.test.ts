/** Tiles, their paths and bundles, and roots and proofs made from them, as the plain tree has them. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { consistencyProof, inclusionProof, rootOfLeaves } from "../../src/log/proof.ts";
import {
  BadTile,
  hasTile,
  levelLength,
  levelsOf,
  packBundle,
  packHashes,
  parseTilePath,
  type Tile,
  tilePath,
  tilesOfLevel,
  tileWidth,
  unpackBundle,
  unpackHashes,
} from "../../src/log/tiles.ts";
import {
  consistencyFromTiles,
  inclusionFromTiles,
  joined,
  type ReadTile,
  rootFromTiles,
} from "../../src/log/tilesProof.ts";
import { type Hash, leafHash } from "../../src/log/tree.ts";

const LEAF_COUNT = 66_500;
const leaves: readonly Hash[] = Array.from({ length: LEAF_COUNT }, (_, index) =>
  leafHash(Uint8Array.of(index >> 16, (index >> 8) & 0xff, index & 0xff)),
);
const LEVEL_1 = Array.from({ length: Math.floor(LEAF_COUNT / 256) }, (_, index) =>
  joined(leaves.slice(index * 256, (index + 1) * 256)),
);
const LEVELS: readonly (readonly Hash[])[] = [leaves, LEVEL_1, [joined(LEVEL_1.slice(0, 256))]];
const asked: string[] = [];
const read: ReadTile = async (level, index, width) => {
  asked.push(tilePath({ level, index, width }));
  return (LEVELS[level] ?? []).slice(index * 256, index * 256 + width);
};
const parsed = (path: string) => {
  const [, level = "", ...rest] = path.split("/");
  return parseTilePath(level, rest.join("/"));
};

test.each([
  [{ level: 0, index: 0, width: 256 }, "tile/0/000"],
  [{ level: 4, index: 1_234_067, width: 256 }, "tile/4/x001/x234/067"],
  [{ level: 0, index: 273, width: 112 }, "tile/0/273.p/112"],
  [{ level: "entries", index: 1_000, width: 1 }, "tile/entries/x001/000.p/1"],
] as const)("a tile's path is the one the specification gives it: %j", (tile, path) => {
  expect(tilePath(tile)).toBe(path);
  expect(parsed(path)).toEqual(tile);
});

test("every tile has one path, and no other text is a tile's path", () => {
  const tiles = fc.record({
    level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant("entries" as const)),
    index: fc.integer({ min: 0, max: 999_999_999_999 }),
    width: fc.integer({ min: 1, max: 256 }),
  });
  fc.assert(
    fc.property(tiles, (tile) => {
      expect(parsed(tilePath(tile))).toEqual(tile);
    }),
  );
  for (const path of [
    "tile/00/000",
    "tile/64/000",
    "tile/-1/000",
    "tile/data/000",
    "tile/0/0",
    "tile/0/0000",
    "tile/0/x000/001",
    "tile/0/001/002",
    "tile/0/x001/x002",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/0/000.p/",
    "tile/0/x999/x999/x999/x999/x999/999",
    "tile/0/000/",
    "tile/0/",
  ]) {
    expect(parsed(path), path).toBeUndefined();
  }
});

test("a tree of 70,000 has the tiles the specification names, and one of 256 a full one and one of width 1", () => {
  const all = (size: number) =>
    levelsOf(size).map((level) => [...tilesOfLevel(size, level)].map(({ width }) => width));
  expect(all(256)).toEqual([[256], [1]]);
  const [low, middle, high, ...more] = all(70_000);
  expect(low).toEqual([...Array.from({ length: 273 }, () => 256), 112]);
  expect([middle, high, more]).toEqual([[256, 17], [1], []]);
  expect(all(0)).toEqual([]);
  expect(tileWidth(70_000, "entries", 273)).toBe(112);
  expect(hasTile(70_000, { level: 0, index: 273, width: 112 })).toBe(true);
  expect(hasTile(70_000, { level: 0, index: 273, width: 113 })).toBe(false);
  expect(levelLength(Number.MAX_SAFE_INTEGER, 7)).toBe(0);
});

test("what is packed comes back, byte for byte", () => {
  const bytes = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 20 });
  fc.assert(
    fc.property(bytes, (entries) => {
      expect(unpackBundle(packBundle(entries), entries.length)).toEqual(entries);
    }),
  );
  const largest = new Uint8Array(65_535).fill(7);
  const bundle = packBundle([Uint8Array.of(1), largest]);
  expect([...bundle.subarray(0, 5)]).toEqual([0, 1, 1, 0xff, 0xff]);
  expect(unpackBundle(bundle, 2)[1]).toEqual(largest);
  expect(unpackHashes(packHashes(leaves.slice(0, 3)), 3)).toEqual(leaves.slice(0, 3));
});

test("what was cut, lengthened or too large is refused", () => {
  const bundle = packBundle([Uint8Array.of(1, 2), Uint8Array.of(3)]);
  for (const [bytes, width] of [
    [bundle.slice(0, -1), 2],
    [bundle.slice(0, 5), 2],
    [bundle, 1],
    [bundle, 3],
  ] as const) {
    expect(() => unpackBundle(bytes, width)).toThrow(BadTile);
  }
  expect(() => packBundle([new Uint8Array(65_536)])).toThrow(BadTile);
  expect(() => unpackHashes(new Uint8Array(63), 2)).toThrow(BadTile);
  expect(() => unpackHashes(new Uint8Array(64), 3)).toThrow(BadTile);
});

/** Sizes round the places where levels and tiles end. */
const sizes = fc.oneof(
  fc.integer({ min: 1, max: 1_100 }),
  fc.constantFrom(255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_793, LEAF_COUNT),
);

test("roots from tiles are the tree's", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async (size) => {
      expect(await rootFromTiles(size, read)).toEqual(rootOfLeaves(leaves.slice(0, size)));
    }),
    { numRuns: 20 },
  );
  await expect(rootFromTiles(0, read)).rejects.toThrow(RangeError);
});

test("proofs from tiles are those made from all leaves", async () => {
  const pairs = fc.tuple(sizes, fc.nat()).map(([size, any]) => [size, any % size] as const);
  await fc.assert(
    fc.asyncProperty(pairs, async ([size, index]) => {
      const tree = leaves.slice(0, size);
      expect(await inclusionFromTiles(index, size, read)).toEqual(inclusionProof(tree, index));
      expect(await consistencyFromTiles(index + 1, size, read)).toEqual(
        consistencyProof(tree, index + 1),
      );
    }),
    { numRuns: 20 },
  );
  await expect(inclusionFromTiles(5, 5, read)).rejects.toThrow(RangeError);
  await expect(consistencyFromTiles(0, 5, read)).rejects.toThrow(RangeError);
  await expect(consistencyFromTiles(6, 5, read)).rejects.toThrow(RangeError);
});

test("a proof asks for a few tiles, each once, and only for such as a tree of that size has", async () => {
  asked.length = 0;
  await inclusionFromTiles(40_000, LEAF_COUNT, read);
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked.length).toBeLessThanOrEqual(5);
  const had: readonly Tile[] = asked.map((path) => parsed(path) as Tile);
  expect(had.every((tile) => tile.width === tileWidth(LEAF_COUNT, tile.level, tile.index))).toBe(
    true,
  );
});

test("a tile with fewer hashes than its tree makes no proof", async () => {
  const short: ReadTile = async (level, index, width) =>
    (await read(level, index, width)).slice(0, level === 0 ? 0 : undefined);
  await expect(inclusionFromTiles(3, 700, short)).rejects.toThrow(RangeError);
});
