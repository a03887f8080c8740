/**
 * One log judged: its heads, who signed them, its entries, and what took its place or whose place it
 * took, as lines for a person.
 *
 * @module
 */
import type { Checkpoint } from "../../log/checkpoint.ts";
import {
  type Rotation,
  type SignedHead,
  judgeKeys,
  openSigned,
  rotationOf,
} from "../../log/keyChain.ts";
import { type Verifier, formatVerifier, parseVerifier, verifierOf } from "../../log/note.ts";
import { type Succession, successionOf } from "../../log/succession.ts";
import { type Verified, verifyLog } from "../../log/verify.ts";
import { NoSource } from "./log/noSource.ts";
import type { Source } from "./log/sources.ts";

/** What came by another way than the log itself. */
export interface Given {
  /** Signed notes, not opened yet. */
  readonly notes: readonly string[];
  readonly trusted: readonly Verifier[];
}

export interface Told {
  readonly ok: boolean;
  readonly lines: readonly string[];
  /** Keys that the log hands on to, where it is intact. */
  readonly vouched: readonly Verifier[];
  /** Whose place this log took. */
  readonly succession?: Succession;
}

/** Throws `NoSource` where it cannot be checked at all. */
export async function verifyOne(source: Source, given: Given): Promise<Told> {
  const known = [...given.trusted, ...source.keys.map(parseVerifier)];
  if (known.length === 0) {
    throw new NoSource(`No verifier key came with ${source.name}: give it with --key.`);
  }
  const own = await openAll(source.heads, known);
  const others = await openAll(given.notes, known);
  const failed = [own, others].find((heads) => typeof heads === "string");
  if (typeof failed === "string") return bad(`${source.name}: BAD SIGNED HEAD: ${failed}`);
  const heads = [...(own as SignedHead[]), ...(others as SignedHead[])];
  const origin = source.origin ?? heads[0]?.checkpoint.origin ?? source.name;
  const strange = (own as SignedHead[]).find(({ checkpoint }) => checkpoint.origin !== origin);
  if (strange !== undefined) {
    const of = strange.checkpoint.origin;
    return bad(`${source.name}: BAD SIGNED HEAD: it is of ${of}, not of ${origin}`);
  }
  // A head given on the command line may be of another tenant of the same folder.
  const signed = heads
    .filter(({ checkpoint }) => checkpoint.origin === origin)
    .toSorted((a, b) => a.checkpoint.size - b.checkpoint.size);
  const newest = signed.at(-1);
  if (newest === undefined) {
    return bad(`${origin}: NO SIGNED HEAD: nothing shows that these entries are those written`);
  }
  const rotations: Rotation[] = [];
  let succession: Succession | undefined;
  const checkpoints: Checkpoint[] = signed.map(({ checkpoint }) => checkpoint);
  const read = await verifyLog({
    entries: source.entries,
    checkpoints,
    heard(entry) {
      const rotation = rotationOf(entry);
      if (rotation !== undefined) rotations.push(rotation);
      if (entry.position === 1) succession = successionOf(entry);
    },
  });
  // What does not come is no damage.
  if (read.kind === "unreadable" && read.cause instanceof NoSource) throw read.cause;
  const verified = read.kind === "intact" ? (source.flaw?.() ?? read) : read;
  const of = succession === undefined ? {} : { succession };
  if (verified.kind === "bad_entry" && source.prunedMeanwhile?.() === true) {
    throw new NoSource(`${source.name} was pruned while it was read: run this again.`);
  }
  if (verified.kind !== "intact") return { ...bad(`${origin}: ${sentence(verified)}`), ...of };
  const judged = judgeKeys(signed, rotations, given.trusted);
  if (!judged.ok) return { ...bad(`${origin}: BAD SIGNED HEAD: ${judged.problem}`), ...of };
  const key = judged.vouched.at(-1) ?? newest.signedBy[0];
  const keyLine = key === undefined ? "" : formatVerifier(verifierOf(origin, key.publicKey));
  const handed = rotations.map(
    ({ position, to }) => `  from entry ${position} on signed by ${keyOf(origin, to)}`,
  );
  return {
    ok: true,
    lines: [
      `${origin}: ${sentence(verified)}`,
      `  root ${verified.root}, key ${keyLine}`,
      ...(handed.length === 0 ? [] : [`  first signed by ${keyOf(origin, judged.vouched[0])}`]),
      ...handed,
    ],
    vouched: judged.vouched,
    ...of,
  };
}

const keyOf = (origin: string, key: Verifier | undefined): string =>
  key === undefined ? "no key" : formatVerifier(verifierOf(origin, key.publicKey));

const bad = (line: string): Told => ({ ok: false, lines: [line], vouched: [] });

/** The heads, or what is wrong with the first bad one. */
async function openAll(
  notes: readonly string[],
  known: readonly Verifier[],
): Promise<SignedHead[] | string> {
  const heads: SignedHead[] = [];
  for (const [index, note] of notes.entries()) {
    try {
      heads.push(await openSigned(note, known));
    } catch (error) {
      return `head ${index + 1}: ${error instanceof Error ? error.message : "unreadable"}`;
    }
  }
  return heads;
}

export function sentence(verified: Verified): string {
  switch (verified.kind) {
    case "intact":
      return intact(verified);
    case "bad_entry":
      return `ENTRY ${verified.position} IS WRONG: it ${verified.problem}`;
    case "bad_span":
      return `AN ENTRY FROM ${verified.from} TO ${verified.to} IS WRONG: ${verified.problem}`;
    case "cut":
      return `ENTRIES ${verified.from} TO ${verified.to} ARE MISSING: a head had signed them`;
    case "forked":
      return `TWO HISTORIES of ${verified.size} entries were signed`;
    case "unreadable":
      return `ENTRY ${verified.position} CANNOT BE READ: the file is damaged`;
    default:
      return verified satisfies never;
  }
}

function intact({
  checkpoints,
  prunedTo,
  signedTo,
  size,
}: Extract<Verified, { kind: "intact" }>): string {
  const rest = size - signedTo;
  const open = rest === 0 ? "" : `; the last ${rest} are under no signature yet`;
  const gone =
    prunedTo === undefined ? "" : `; up to ${prunedTo} only hashes, as entries were pruned`;
  return `INTACT, ${size} entries, ${checkpoints} signed heads${gone}${open}`;
}
