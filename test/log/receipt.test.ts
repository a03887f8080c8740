/** Receipts: written and read back, and what they show of an entry. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { signCheckpoint } from "../../src/log/checkpoint.ts";
import { signerOf, verifierOf } from "../../src/log/note.ts";
import { inclusionProof, rootOfLeaves } from "../../src/log/proof.ts";
import {
  BadReceipt,
  formatReceipt,
  parseReceipt,
  type Receipt,
  verifyReceipt,
} from "../../src/log/receipt.ts";
import { leafHash } from "../../src/log/tree.ts";

const ORIGIN = "tacet.example/acme";
const signer = await signerOf(ORIGIN, new Uint8Array(32).fill(9));
const known = [verifierOf(ORIGIN, signer.publicKey)];
const entries = Array.from({ length: 300 }, (_, index) => new TextEncoder().encode(`e${index}`));
const leaves = entries.map(leafHash);

async function receiptOf(index: number, size: number): Promise<Receipt> {
  const tree = leaves.slice(0, size);
  const checkpoint = await signCheckpoint({ size, root: rootOfLeaves(tree) }, signer);
  return { index, hashes: inclusionProof(tree, index), checkpoint };
}
const places = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.nat())
  .map(([size, any]) => [any % size, size] as const);

test("a receipt shows its entry, and no other, at its place", async () => {
  await fc.assert(
    fc.asyncProperty(places, async ([index, size]) => {
      const receipt = parseReceipt(formatReceipt(await receiptOf(index, size)));
      const entry = entries[index] as Uint8Array;
      expect(await verifyReceipt(receipt, entry, known)).toMatchObject({
        kind: "included",
        origin: ORIGIN,
        position: index + 1,
        size,
      });
      const other = { ...receipt, index: (index + 1) % size };
      const moved = await verifyReceipt(other, entry, known);
      expect(moved.kind).toBe(size === 1 ? "included" : "not_included");
      const changed = Uint8Array.from([...entry, 1]);
      expect((await verifyReceipt(receipt, changed, known)).kind).toBe("not_included");
    }),
    { numRuns: 40 },
  );
});

test("it is written as the specification asks: index from 0, a hash a line, the head verbatim", async () => {
  const receipt = await receiptOf(4, 7);
  const text = formatReceipt(receipt);
  const lines = text.split("\n");
  expect(lines.slice(0, 2)).toEqual(["c2sp.org/tlog-proof@v1", "index 4"]);
  expect(lines.indexOf("")).toBe(2 + receipt.hashes.length);
  expect(text.endsWith(`\n\n${receipt.checkpoint}`)).toBe(true);
  expect(parseReceipt(text)).toEqual(receipt);
  const beside = { ...receipt, extra: Uint8Array.of(0, 255) };
  expect(formatReceipt(beside).split("\n")[1]).toBe("extra AP8=");
  expect(parseReceipt(formatReceipt(beside))).toEqual(beside);
});

test("one hash left out, added or changed shows nothing", async () => {
  const receipt = await receiptOf(100, 300);
  const entry = entries[100] as Uint8Array;
  const verdict = async (hashes: Receipt["hashes"]) =>
    (await verifyReceipt({ ...receipt, hashes }, entry, known)).kind;
  expect(await verdict(receipt.hashes)).toBe("included");
  expect(await verdict(receipt.hashes.slice(1))).toBe("not_included");
  expect(await verdict([...receipt.hashes, leaves[0] as Uint8Array])).toBe("not_included");
  expect(await verdict(receipt.hashes.map((hash, at) => (at === 2 ? leafHash(hash) : hash)))).toBe(
    "not_included",
  );
});

test("a head that another key signed, or that was changed, is not believed", async () => {
  const receipt = await receiptOf(2, 5);
  const stranger = await signerOf(ORIGIN, new Uint8Array(32).fill(8));
  const others = [verifierOf(ORIGIN, stranger.publicKey)];
  const entry = entries[2] as Uint8Array;
  await expect(verifyReceipt(receipt, entry, others)).rejects.toThrow("no known key");
  const checkpoint = receipt.checkpoint.replace("\n5\n", "\n6\n");
  await expect(verifyReceipt({ ...receipt, checkpoint }, entry, known)).rejects.toThrow(
    "does not fit",
  );
});

test.each([
  ["", "an empty line"],
  ["c2sp.org/tlog-proof@v2\nindex 1\n\nx\n", "begins with"],
  ["c2sp.org/tlog-proof@v1\n\nx\n", "index"],
  ["c2sp.org/tlog-proof@v1\nindex 01\n\nx\n", "index"],
  ["c2sp.org/tlog-proof@v1\nindex -1\n\nx\n", "index"],
  ["c2sp.org/tlog-proof@v1\nindex 9999999999999999\n\nx\n", "index"],
  ["c2sp.org/tlog-proof@v1\nextra ?\nindex 1\n\nx\n", "extra"],
  ["c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx\n", "32 bytes"],
  [`c2sp.org/tlog-proof@v1\nindex 1\n${`${"A".repeat(43)}=\n`.repeat(54)}\nx\n`, "too many"],
])("what is no receipt is refused with its reason: %#", (text, reason) => {
  expect(() => parseReceipt(text)).toThrow(BadReceipt);
  expect(() => parseReceipt(text)).toThrow(reason);
});
