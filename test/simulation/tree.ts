/**
 * The Merkle tree of RFC 6962, section 2.1, written once more and in another way than the log's own:
 * complete levels of nodes rather than a frontier. What it says of a log's bytes judges the log.
 */
import { createHash } from "node:crypto";

const hash = (first: number, ...parts: readonly Uint8Array[]): Buffer => {
  const sum = createHash("sha256").update(Uint8Array.of(first));
  for (const part of parts) sum.update(part);
  return sum.digest();
};

export class OwnTree {
  /** Level 0 holds the leaves; level k the roots of all complete trees of 2^k leaves. */
  readonly #levels: Buffer[][] = [[]];

  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  add(bytes: Uint8Array): void {
    let node = hash(0, bytes);
    for (let level = 0; ; level += 1) {
      const row = (this.#levels[level] ??= []);
      row.push(node);
      if (row.length % 2 === 1) return;
      node = hash(1, row[row.length - 2] as Buffer, node);
    }
  }

  /** Base64. The incomplete trees at the right edge are joined from the smallest up. */
  root(): string {
    let root: Buffer | undefined;
    for (let level = 0; level < this.#levels.length; level += 1) {
      const row = this.#levels[level] ?? [];
      if (row.length % 2 === 0) continue;
      const edge = row[row.length - 1] as Buffer;
      root = root === undefined ? edge : hash(1, edge, root);
    }
    return (root ?? createHash("sha256").digest()).toString("base64");
  }
}
