/**
 * The log's tree in a browser, by WebCrypto alone: written anew, so that a kit is not checked by the
 * code that made it. RFC 6962 hashes over C2SP tiles.
 */

export type Bytes = Uint8Array<ArrayBuffer>;

/** Something in the kit is not as it was signed. Its message is for whoever reads the page. */
export class Wrong extends Error {}

const WIDTH = 256;
const HASH = 32;
const LEVELS = 6;

export async function sha256(...parts: readonly Bytes[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joinBytes(parts)));
}

export function joinBytes(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const leafOf = (entry: Bytes): Promise<Bytes> => sha256(Uint8Array.of(0), entry);
const nodeOf = (left: Bytes, right: Bytes): Promise<Bytes> => sha256(Uint8Array.of(1), left, right);

export const equal = (a: Bytes, b: Bytes): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** How many hashes a tile has in a tree of `size` entries. */
export const widthOf = (size: number, level: number, index: number): number =>
  Math.max(0, Math.min(WIDTH, Math.floor(size / WIDTH ** level) - index * WIDTH));

export const tileCount = (size: number, level: number): number =>
  level > LEVELS ? 0 : Math.ceil(Math.floor(size / WIDTH ** level) / WIDTH);

export function pathOf(level: number | "entries", index: number, width: number): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const elements = digits.match(/\d{3}/g) ?? [];
  const named = elements.map((one, at) => (at < elements.length - 1 ? `x${one}` : one));
  return `tile/${level}/${named.join("/")}${width === WIDTH ? "" : `.p/${width}`}`;
}

/** A tile's hashes. */
export function hashesIn(bytes: Bytes): Bytes[] {
  return Array.from({ length: bytes.length / HASH }, (_, index) =>
    bytes.slice(index * HASH, (index + 1) * HASH),
  );
}

/** The root of a full tile, or of any part of one that is a power of two. */
export async function joinedUp(hashes: readonly Bytes[]): Promise<Bytes> {
  let row = hashes;
  while (row.length > 1) {
    const pairs = Array.from({ length: row.length / 2 }, (_, index) => index * 2);
    const above = row;
    row = await Promise.all(
      pairs.map((index) => nodeOf(above[index] as Bytes, above[index + 1] as Bytes)),
    );
  }
  return row[0] as Bytes;
}

/** A tile's hashes by level and index, as wide as it is in the whole tree; undefined: not in the kit. */
export type TileOf = (level: number, index: number) => readonly Bytes[] | undefined;

/** The root of the first `size` entries; undefined where a tile that it needs is not in the kit. */
export async function rootOfTiles(size: number, tileOf: TileOf): Promise<Bytes | undefined> {
  if (size === 0) return await sha256();
  const parts: Bytes[] = [];
  for (let at = 0; at < size;) {
    let height = 0;
    while (2 ** (height + 1) <= size - at) height += 1;
    const level = Math.floor(height / 8);
    const first = at / WIDTH ** level;
    const tile = tileOf(level, Math.floor(first / WIDTH));
    const count = 2 ** (height % 8);
    const hashes = tile?.slice(first % WIDTH, (first % WIDTH) + count) ?? [];
    if (hashes.length < count) return undefined;
    parts.push(await joinedUp(hashes));
    at += 2 ** height;
  }
  let root = parts.pop() as Bytes;
  for (let left = parts.pop(); left !== undefined; left = parts.pop()) {
    root = await nodeOf(left, root);
  }
  return root;
}
