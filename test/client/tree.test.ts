/** The browser's own tree and signatures, held against those of the log that they check. */
import { array, assert, asyncProperty, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { isEntry, leafHashes, linesOf, rootOf, signedHead } from "../../client/pages/tree.ts";
import { signCheckpoint } from "../../src/log/checkpoint.ts";
import { formatVerifier, signerOf, toBase64 } from "../../src/log/note.ts";
import { emptyTree, grow, leafHash, rootOf as ownRootOf } from "../../src/log/tree.ts";

const seed = new Uint8Array(32).fill(3);

test("the root of any number of entries is the log's own", async () => {
  await assert(
    asyncProperty(array(uint8Array({ maxLength: 40 }), { maxLength: 40 }), async (lines) => {
      const own = lines.reduce((tree, line) => grow(tree, leafHash(line)), emptyTree);
      expect(await rootOf(await leafHashes(lines))).toBe(toBase64(ownRootOf(own)));
    }),
    { numRuns: 60 },
  );
});

test("more entries than are hashed at once have their root too", async () => {
  const lines = Array.from({ length: 1_300 }, (_, index) => new TextEncoder().encode(`${index}`));
  const own = lines.reduce((tree, line) => grow(tree, leafHash(line)), emptyTree);
  expect(await rootOf(await leafHashes(lines))).toBe(toBase64(ownRootOf(own)));
});

test("a head is believed by its signature under its own log's name, and by nothing else", async () => {
  const signer = await signerOf("log.example/acme", seed);
  const note = await signCheckpoint({ size: 7, root: new Uint8Array(32).fill(1) }, signer);
  const key = formatVerifier(await signerOf("log.example", seed));
  expect(await signedHead(note, key)).toMatchObject({ origin: "log.example/acme", size: 7 });
  expect(await signedHead(note.replace("\n7\n", "\n8\n"), key)).toBe("unsigned");
  const other = formatVerifier(await signerOf("log.example", new Uint8Array(32).fill(4)));
  expect(await signedHead(note, other)).toBe("unsigned");
  const elsewhere = formatVerifier(await signerOf("log.exam", seed));
  expect(await signedHead(note, elsewhere)).toBe("unsigned");
  const flipped = note.replace(/.(.{10})\n$/, (all, rest: string) =>
    all.startsWith("A") ? `B${rest}\n` : `A${rest}\n`,
  );
  expect(await signedHead(flipped, key)).toBe("unsigned");
  for (const text of ["", "log.example/acme\n7\n", note.replace("\n7\n", "\n07\n")])
    expect(await signedHead(text, key)).toBe("unreadable");
});

test("an entry is told from what only stands in its place", () => {
  const line = (text: string) => new TextEncoder().encode(text);
  expect(isEntry(line('{"position":4,"v":1}'), 4)).toBe(true);
  expect(isEntry(line('{"position":5,"v":1}'), 4)).toBe(false);
  for (const bad of ['{"position":4,"v":2}', '{"position":4', "null", ""])
    expect(isEntry(line(bad), 4)).toBe(false);
  expect(isEntry(Uint8Array.of(0x22, 0xff, 0x22), 4)).toBe(false);
  expect(linesOf(line("a\nb\ncut")).map((one) => new TextDecoder().decode(one))).toEqual([
    "a",
    "b",
  ]);
});
