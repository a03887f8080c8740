/**
 * The referee's own reading of the control log, from docs/control-log.md alone: canonical JSON
 * (RFC 8785), the tree (RFC 6962) and signed heads, by `node:crypto`. It keeps what it once read, so
 * that a log that is told differently later is found out.
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Finding } from "../story.ts";

export interface Entry {
  readonly position: number;
  readonly at: number;
  readonly type: string;
  readonly callId?: string;
  readonly windowId?: string;
  readonly recorderId?: string;
  readonly reason?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafOf(line: string): Buffer {
  return sha256(LEAF, Buffer.from(line));
}

/** A value in the one form that is hashed: members by UTF-16 code units, ECMAScript's numbers. */
export function canonicalForm(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalForm).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonicalForm(one)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Full subtrees of a growing tree, the largest first; `size` leaves in all. */
class Subtrees {
  size = 0;
  readonly #hashes: Buffer[] = [];
  add(leaf: Buffer): void {
    let hash = leaf;
    for (let left = this.size; left % 2 === 1; left = (left - 1) / 2) {
      hash = sha256(NODE, this.#hashes.pop() ?? hash, hash);
    }
    this.#hashes.push(hash);
    this.size += 1;
  }
  root(): Buffer {
    if (this.#hashes.length === 0) return sha256();
    return this.#hashes.reduceRight((right, left) => sha256(NODE, left, right));
  }
}

interface SignedHead {
  readonly size: number;
  readonly root: string;
}

export class Ledger {
  readonly entries: Entry[] = [];
  readonly findings: Finding[] = [];
  readonly #origin: string;
  readonly #key: KeyObject;
  readonly #keyId: string;
  readonly #leaves: Buffer[] = [];
  /** The root at every size, so that a head may come at any time. */
  readonly #roots: string[] = [];
  readonly #tree = new Subtrees();
  #waiting: SignedHead[] = [];
  #headCount = 0;

  /** `verifierKey` is the line of `key.pub`. */
  constructor(origin: string, verifierKey: string) {
    const bytes = Buffer.from(verifierKey.trim().split("+").slice(2).join("+"), "base64");
    const x = bytes.subarray(1).toString("base64url");
    this.#origin = origin;
    this.#key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    const name = Buffer.from(`${origin}\n`);
    this.#keyId = sha256(name, bytes).subarray(0, 4).toString("hex");
    this.#roots.push(this.#tree.root().toString("base64"));
  }

  get size(): number {
    return this.entries.length;
  }

  get headCount(): number {
    return this.#headCount;
  }

  /** The next line of the log. */
  add(line: string): void {
    const entry = this.#parsed(line);
    const last = this.entries.at(-1);
    if (entry.position !== this.size + 1) {
      this.#malformed(`after entry ${this.size} stands position ${entry.position}`);
    }
    if (last !== undefined && entry.at < last.at) {
      this.#malformed(`entry ${entry.position} is dated before the one before it`);
    }
    this.entries.push(entry);
    const leaf = leafOf(line);
    this.#leaves.push(leaf);
    this.#tree.add(leaf);
    this.#roots.push(this.#tree.root().toString("base64"));
    this.#settle();
  }

  /** The log read again from its start must be what was read before. */
  again(lines: readonly string[]): void {
    lines.forEach((line, index) => {
      const known = this.#leaves[index];
      if (known !== undefined && !known.equals(leafOf(line))) {
        this.#rewritten(`entry ${index + 1} is not what was read before`);
      }
    });
    if (lines.length < this.size) {
      this.#rewritten(`the log had ${this.size} entries and has ${lines.length}`);
    }
  }

  /** A head that somebody was given, at any time. */
  head(note: string): void {
    this.#headCount += 1;
    const end = note.indexOf("\n\n") + 1;
    const text = note.slice(0, end);
    const [origin, size = "", root = ""] = text.split("\n");
    const words = note.slice(end + 1).split(" ");
    const signature = Buffer.from((words[2] ?? "").trim(), "base64");
    const isOurs =
      origin === this.#origin &&
      words[1] === this.#origin &&
      signature.subarray(0, 4).toString("hex") === this.#keyId &&
      verify(null, Buffer.from(text), this.#key, signature.subarray(4));
    if (!isOurs) return this.#malformed(`a head of ${size} entries is not signed by the log's key`);
    this.#waiting.push({ size: Number(size), root });
    this.#settle();
  }

  /** Heads of more entries than there are, once all was read. */
  short(): void {
    for (const { size } of this.#waiting) {
      this.#rewritten(`a head of ${size} entries was given out, and the log has ${this.size}`);
    }
    this.#waiting = [];
  }

  #settle(): void {
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter(({ root, size }) => {
      if (size > this.size) return true;
      if (this.#roots[size] !== root) {
        this.#rewritten(`the first ${size} entries are not those of the head given out for them`);
      }
      return false;
    });
  }

  #parsed(line: string): Entry {
    try {
      const entry = JSON.parse(line) as Entry;
      if (canonicalForm(entry) !== line)
        this.#malformed(`entry ${entry.position} is not canonical`);
      return entry;
    } catch {
      this.#malformed(`what stands after entry ${this.size} is not JSON`);
      return { position: this.size + 1, at: 0, type: "" };
    }
  }

  #malformed(detail: string): void {
    this.findings.push({ breach: "log_malformed", detail });
  }

  #rewritten(detail: string): void {
    this.findings.push({ breach: "log_rewritten", detail });
  }
}
