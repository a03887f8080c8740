/**
 * What a browser needs to check a control log by itself, with WebCrypto alone: RFC 6962's tree and
 * C2SP's signed notes with Ed25519. It shares no code with the service that it checks.
 *
 * @module
 */

type Bytes = Uint8Array<ArrayBuffer>;
export interface Head {
  readonly origin: string;
  readonly size: number;
  /** In base64. */
  readonly root: string;
}

/** Hashes asked for at once. */
const BATCH = 512;

const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

function joined(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function inBatches<T>(
  count: number,
  make: (index: number) => Promise<T> | T,
): Promise<readonly T[]> {
  const made: T[] = [];
  for (let from = 0; from < count; from += BATCH) {
    const length = Math.min(BATCH, count - from);
    made.push(...(await Promise.all(Array.from({ length }, (_, index) => make(from + index)))));
  }
  return made;
}

export const leafHashes = (lines: readonly Uint8Array[]): Promise<readonly Bytes[]> =>
  inBatches(lines.length, (index) => sha256(joined(Uint8Array.of(0), lines[index] as Uint8Array)));

/** RFC 6962's root: neighbours are hashed level by level, and one that has none goes up as it is. */
export async function rootOf(leaves: readonly Bytes[]): Promise<string> {
  let level = leaves;
  if (level.length === 0) return toBase64(await sha256(new Uint8Array(0)));
  while (level.length > 1) {
    const below = level;
    level = await inBatches(Math.ceil(below.length / 2), (index) => {
      const [left, right] = [below[2 * index] as Bytes, below[2 * index + 1]];
      return right === undefined ? left : sha256(joined(Uint8Array.of(1), left, right));
    });
  }
  return toBase64(level[0] as Bytes);
}

/**
 * The head that a note tells, once this key's signature of it was found good. `key`:
 * `name+keyid+base64`; a service signs each log under the log's own name with it.
 */
export async function signedHead(
  note: string,
  key: string,
): Promise<Head | "unreadable" | "unsigned"> {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [origin = "", size = "", root = ""] = text.split("\n");
  if (end < 0 || !/^(0|[1-9]\d{0,15})$/.test(size) || fromBase64(root)?.length !== 32)
    return "unreadable";
  const [name = "", , ...rest] = key.trim().split("+");
  const known = fromBase64(rest.join("+"));
  if (known?.length !== 33 || known[0] !== 1) return "unsigned";
  if (origin !== name && !origin.startsWith(`${name}/`)) return "unsigned";
  const publicKey = known.slice(1);
  const id = (await sha256(joined(bytesOf(`${origin}\n`), Uint8Array.of(1), publicKey))).slice(
    0,
    4,
  );
  const imported = await crypto.subtle.importKey("raw", publicKey, "Ed25519", true, ["verify"]);
  for (const line of note.slice(end + 2).split("\n")) {
    const [dash, signer, base64 = ""] = line.split(" ");
    const blob = fromBase64(base64);
    if (dash !== "—" || signer !== origin || blob?.length !== 68) continue;
    if (!id.every((byte, index) => byte === blob[index])) continue;
    const isGood = await crypto.subtle.verify("Ed25519", imported, blob.slice(4), bytesOf(text));
    return isGood ? { origin, size: Number(size), root } : "unsigned";
  }
  return "unsigned";
}

/** The bytes between newlines; what follows the last one is no line. */
export function linesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return lines;
}

/** Hashes that stand one after the other, in base64. */
export function hashesOf(base64: string): readonly Bytes[] {
  const bytes = fromBase64(base64) ?? new Uint8Array(0);
  return Array.from({ length: Math.floor(bytes.length / 32) }, (_, index) =>
    bytes.slice(32 * index, 32 * (index + 1)),
  );
}

/** Whether these are the bytes of the entry that belongs there, as far as one entry tells. */
export function isEntry(line: Uint8Array, position: number): boolean {
  try {
    const entry = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line)) as unknown;
    if (typeof entry !== "object" || entry === null) return false;
    const { position: own, v } = entry as Readonly<Record<string, unknown>>;
    return v === 1 && own === position;
  } catch {
    return false;
  }
}

/** The hash that stands in the place of an entry that was pruned; undefined for any other line. */
export function prunedLeaf(line: Uint8Array): Bytes | undefined {
  const found = /^\{"leaf":"([A-Za-z0-9+/]{43}=)"\}$/.exec(new TextDecoder().decode(line));
  return found === null ? undefined : fromBase64(found[1] ?? "");
}

interface Pruning {
  /** Up to here entries may be gone. */
  readonly to: number;
  /** But for these. */
  readonly kept: readonly number[];
}

/** What this entry says that may be gone; undefined for any other entry. */
export function pruningOf(line: Uint8Array): Pruning | undefined {
  const text = new TextDecoder().decode(line);
  if (!text.includes('"type":"EntriesPruned"')) return undefined;
  const { detail, type } = JSON.parse(text) as {
    type?: unknown;
    detail?: { to?: unknown; kept?: unknown };
  };
  if (type !== "EntriesPruned" || typeof detail?.to !== "number") return undefined;
  const kept = Array.isArray(detail.kept) ? detail.kept : [];
  return { to: detail.to, kept: kept.filter((one) => typeof one === "number") };
}

const bytesOf = (text: string): Bytes => new Uint8Array(new TextEncoder().encode(text));

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
