/**
 * `tacet verify` of what is not a whole log: a receipt beside its entry, and a folder of tiles.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { splitNotes } from "../../log/checkpoint.ts";
import { type SignedHead, openSigned } from "../../log/keyChain.ts";
import { type Verifier, formatVerifier, parseVerifier, verifierOf } from "../../log/note.ts";
import { parseReceipt, verifyReceipt } from "../../log/receipt.ts";
import { BadTile, tilePath, tileWidth, unpackHashes } from "../../log/tiles.ts";
import { rootFromTiles } from "../../log/tilesProof.ts";
import { sameHash } from "../../log/tree.ts";
import { NoSource } from "./log/noSource.ts";
import { keysIn } from "./log/sources.ts";
import { verifyTiles } from "./log/tileSource.ts";
import type { Given } from "./verifyOne.ts";

/** Lines for a person, and whether all is as it was signed. */
export interface Checked {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

const RECEIPT = /\.tlog-proof$/;
export const isReceipt = (place: string): boolean => RECEIPT.test(place);

/** The entry is `entry`, or the file of the receipt's name that ends in `.json`. */
export async function verifyReceiptFile(
  place: string,
  entry: string | undefined,
  trusted: readonly Verifier[],
): Promise<Checked> {
  const beside = entry ?? place.replace(RECEIPT, ".json");
  if (!existsSync(beside)) {
    throw new NoSource(`There is no entry at ${beside}: give its file with --entry.`);
  }
  const known = keysFor(dirname(place), trusted, place);
  const receipt = parseReceipt(readFileSync(place, "utf8"));
  const shown = await verifyReceipt(receipt, withoutNewline(readFileSync(beside)), known);
  if (shown.kind === "not_included") {
    return { ok: false, lines: [`${place}: NOT SHOWN: ${shown.problem}`] };
  }
  const { origin, position, signedBy, size } = shown;
  const of = `entry ${position} of ${origin} is in the log of ${size} entries`;
  return { ok: true, lines: [`${beside}: SHOWN, ${of}`, ...signers(origin, signedBy)] };
}

/** An entry that was saved as a line ends in a newline, which is not its own. */
const withoutNewline = (bytes: Uint8Array): Uint8Array =>
  bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes;

/** The head in `checkpoint`, the tiles against it, and every other head against the tiles. */
export async function verifyTileFolder(folder: string, given: Given): Promise<Checked> {
  const known = keysFor(folder, given.trusted, folder);
  const head = await openedIn(readFileSync(join(folder, "checkpoint"), "utf8"), known);
  if (typeof head === "string") return bad(folder, `BAD SIGNED HEAD: ${head}`);
  const { origin, size } = head.checkpoint;
  const tiles = await verifyTiles(folder, head.checkpoint);
  if (!tiles.ok) return bad(origin, `WRONG: ${tiles.problem}`);
  const kept = join(folder, "checkpoints.txt");
  const notes = existsSync(kept) ? splitNotes(readFileSync(kept, "utf8")) : [];
  // Keys were handed on: the heads beside it are of the keys that came with it, and vouch for nothing.
  const handed = [...known, ...ownKeys(folder)];
  let met = 0;
  for (const note of notes) {
    const came = await compare(folder, note, head, handed);
    if (came.kind === "wrong") return bad(origin, came.problem);
    if (came.kind === "met") met += 1;
  }
  for (const note of given.notes) {
    const came = await compare(folder, note, head, handed);
    if (came.kind === "wrong") return bad(origin, came.problem);
    if (came.kind === "unknown") throw new NoSource(`${folder}: ${came.problem}`);
  }
  const { entryCount, from, to } = tiles;
  const held = entryCount === 0 ? "no entries" : `entries ${from} to ${to} (${entryCount})`;
  return {
    ok: true,
    lines: [
      `${origin}: INTACT, ${held} of ${size}, ${met + 1} signed heads`,
      ...signers(origin, head.signedBy),
    ],
  };
}

type Came =
  | { readonly kind: "met" }
  | { readonly kind: "wrong"; readonly problem: string }
  | { readonly kind: "unknown"; readonly problem: string };

/** Whether the tree in the folder began with what this head signed. */
async function compare(
  folder: string,
  note: string,
  newest: SignedHead,
  known: readonly Verifier[],
): Promise<Came> {
  const head = await openedIn(note, known);
  if (typeof head === "string") return { kind: "wrong", problem: `BAD SIGNED HEAD: ${head}` };
  const { origin, root, size } = head.checkpoint;
  const whole = newest.checkpoint.size;
  if (origin !== newest.checkpoint.origin) {
    return { kind: "unknown", problem: `the head of ${size} entries is of another log: ${origin}` };
  }
  if (size > whole) {
    return { kind: "wrong", problem: `ENTRIES ${whole + 1} TO ${size} ARE MISSING` };
  }
  if (size === 0) return { kind: "met" };
  try {
    const found = await rootFromTiles(size, async (level, index, width) => {
      const tile = { level, index, width: tileWidth(whole, level, index) };
      const path = join(folder, tilePath(tile));
      if (!existsSync(path)) throw new BadTile(`${tilePath(tile)} is missing`);
      return unpackHashes(readFileSync(path), tile.width).slice(0, width);
    });
    if (sameHash(found, root)) return { kind: "met" };
    return { kind: "wrong", problem: `TWO HISTORIES: the head of ${size} entries is of another` };
  } catch (error) {
    if (!(error instanceof BadTile)) throw error;
    const why = `the head of ${size} entries cannot be compared: ${error.message}`;
    return { kind: "unknown", problem: why };
  }
}

async function openedIn(note: string, known: readonly Verifier[]): Promise<SignedHead | string> {
  try {
    return await openSigned(note, known);
  } catch (error) {
    return error instanceof Error ? error.message : "unreadable";
  }
}

const ownKeys = (folder: string): Verifier[] =>
  keysIn(join(folder, "keys.pub"), join(folder, "key.pub")).map(parseVerifier);

/** Keys that came by another way, or else those that came with it. */
function keysFor(folder: string, trusted: readonly Verifier[], name: string): Verifier[] {
  const known = trusted.length > 0 ? [...trusted] : ownKeys(folder);
  if (known.length > 0) return known;
  throw new NoSource(`No verifier key came with ${name}: give it with --key.`);
}

const signers = (origin: string, keys: readonly Verifier[]): string[] =>
  keys.map((key) => `  key ${formatVerifier(verifierOf(origin, key.publicKey))}`);

const bad = (name: string, problem: string): Checked => ({
  ok: false,
  lines: [`${name}: ${problem}`],
});
