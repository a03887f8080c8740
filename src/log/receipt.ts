/**
 * What shows that one entry is in the log: a C2SP tlog-proof (https://c2sp.org/tlog-proof), which is
 * the entry's index, the hashes from its leaf up to the root, and a signed head.
 *
 * @module
 */
import { openSigned } from "./keyChain.ts";
import { type Verifier, fromBase64, toBase64 } from "./note.ts";
import { includes } from "./proof.ts";
import { type Hash, leafHash } from "./tree.ts";

export interface Receipt {
  /** Of the leaf, from 0: the entry's position less one. */
  readonly index: number;
  /** Whatever its maker put beside it; nothing vouches for it. tacet puts nothing. */
  readonly extra?: Uint8Array;
  /** The leaf's sibling first. */
  readonly hashes: readonly Hash[];
  /** The signed note, as it was given out. */
  readonly checkpoint: string;
}

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
/** A tree of 2^53 leaves has so many levels. */
const HASH_COUNT_MAX = 53;

/** The text is no receipt. Its message never holds what the text says. */
export class BadReceipt extends Error {
  override readonly name = "BadReceipt";
}

export function formatReceipt({ index, extra, hashes, checkpoint }: Receipt): string {
  const beside = extra === undefined ? [] : [`extra ${toBase64(extra)}`];
  const lines = [FIRST_LINE, ...beside, `index ${index}`, ...hashes.map(toBase64)];
  return `${lines.join("\n")}\n\n${checkpoint}`;
}

/** Reads a receipt without judging it. Throws `BadReceipt`. */
export function parseReceipt(text: string): Receipt {
  const end = text.indexOf("\n\n");
  if (end < 0) throw new BadReceipt("a receipt has an empty line before its signed head");
  const [first, ...lines] = text.slice(0, end).split("\n");
  if (first !== FIRST_LINE) throw new BadReceipt(`a receipt begins with ${FIRST_LINE}`);
  const besides = lines[0]?.startsWith("extra ") === true ? lines.shift() : undefined;
  const extra = besides === undefined ? undefined : fromBase64(besides.slice(6));
  if (besides !== undefined && extra === undefined) throw new BadReceipt("extra is not in base64");
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? "")?.[1];
  if (index === undefined || !Number.isSafeInteger(Number(index))) {
    throw new BadReceipt("a receipt names the index of its entry");
  }
  if (lines.length > HASH_COUNT_MAX) throw new BadReceipt("too many hashes");
  const hashes = lines.map(hashIn);
  const checkpoint = text.slice(end + 2);
  return { index: Number(index), hashes, checkpoint, ...(extra === undefined ? {} : { extra }) };
}

function hashIn(line: string): Hash {
  const hash = fromBase64(line);
  if (hash?.length !== 32) throw new BadReceipt("a hash has 32 bytes, in base64");
  return hash;
}

export type Shown =
  | {
      readonly kind: "included";
      readonly origin: string;
      readonly position: number;
      readonly size: number;
      readonly signedBy: readonly Verifier[];
    }
  | { readonly kind: "not_included"; readonly problem: string };

/**
 * Whether these very bytes are the entry that the receipt is of, in the log that one of the known
 * keys signed. Throws `BadReceipt` and `BadNote` where nothing can be judged.
 */
export async function verifyReceipt(
  receipt: Receipt,
  entry: Uint8Array,
  known: readonly Verifier[],
): Promise<Shown> {
  const { index, hashes, checkpoint } = receipt;
  const { checkpoint: head, signedBy } = await openSigned(checkpoint, known);
  const { origin, root, size } = head;
  if (!includes(leafHash(entry), index, size, hashes, root)) {
    return { kind: "not_included", problem: "the entry is not the one that was signed there" };
  }
  return { kind: "included", origin, position: index + 1, size, signedBy };
}
