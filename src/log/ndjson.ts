/**
 * Entries as lines: the form a log is exported in. A line is an entry's bytes and a newline, which
 * canonical JSON never holds. Of an entry that was pruned it is `{"leaf":"…"}`: its hash, in base64.
 *
 * @module
 */
import { fromBase64, toBase64 } from "./note.ts";
import type { Hash } from "./tree.ts";
import type { Erased, Stored } from "./verify.ts";

/** An entry is a few hundred bytes; a line beyond this is not one. */
const LINE_BYTES_MAX = 1_048_576;

/** The lines of a byte stream. What follows the last newline comes as a line of its own, cut short. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Stored | Erased> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      yield lineOf(join(rest, chunk.subarray(from, at)));
      rest = new Uint8Array(0);
      from = at + 1;
    }
    rest = join(rest, chunk.subarray(from));
    if (rest.length > LINE_BYTES_MAX) break;
  }
  // Without its newline a last line was cut, however whole it looks.
  if (rest.length > 0) yield { bytes: join(rest, Uint8Array.of(0)) };
}

const NEWLINE = 10;

/** No entry begins so: its first member is `actor`. */
const LEAF = '{"leaf":"';
const LEAF_LENGTH = LEAF.length + 44 + 2;

export const leafLine = (leaf: Hash): string => `${LEAF}${toBase64(leaf)}"}`;

function lineOf(bytes: Uint8Array): Stored | Erased {
  if (bytes.length !== LEAF_LENGTH) return { bytes };
  const text = new TextDecoder().decode(bytes);
  const leaf = text.startsWith(LEAF) ? fromBase64(text.slice(LEAF.length, -2)) : undefined;
  return leaf?.length === 32 && text === leafLine(leaf) ? { erased: leaf } : { bytes };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
