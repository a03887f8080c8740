/**
 * Samples that nobody chose: drawn by the root that was signed before anybody knew how many would be
 * asked for. Whoever has the root draws the same ones.
 */
import { type Bytes, joinBytes, sha256 } from "./tree.ts";

const DRAW = 2 ** 48;

/**
 * `count` different numbers below `of`, in the order they are drawn. Draw i is the first six bytes of
 * SHA-256(root, label, 0, i as four bytes), the higher first; one that would favour the first numbers
 * is dropped, and one that was drawn already too.
 */
export async function drawn(
  root: Bytes,
  label: string,
  count: number,
  of: number,
): Promise<number[]> {
  const named = joinBytes([root, new TextEncoder().encode(label), Uint8Array.of(0)]);
  const fair = DRAW - (DRAW % Math.max(1, of));
  const found = new Set<number>();
  for (let index = 0; found.size < Math.min(count, of); index += 1) {
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, index);
    const digest = await sha256(named, counter);
    const value = digest.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0);
    if (value < fair) found.add(value % of);
  }
  return [...found];
}
