/**
 * Which key had to sign a head: a log's key is handed on by an entry, `KeyRotated`, under a head
 * that both the old and the new one signed.
 *
 * @module
 */
import type { EntryDraft, Entry } from "./entry.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { BadNote, type Verifier, openNote, parseVerifier, verifierOf } from "./note.ts";
import { sameHash } from "./tree.ts";

/** A signed head, and which of the known keys signed it. Never none. */
export interface SignedHead {
  readonly checkpoint: Checkpoint;
  readonly signedBy: readonly Verifier[];
}

/**
 * Opens a checkpoint that any of these keys signed, each under the checkpoint's origin as its name
 * (`openCheckpoint` says why). Throws `BadNote` where none did.
 */
export async function openSigned(note: string, known: readonly Verifier[]): Promise<SignedHead> {
  const checkpoint = readCheckpoint(note);
  const { origin } = checkpoint;
  const fitting = known.filter(({ name }) => origin === name || origin.startsWith(`${name}/`));
  if (fitting.length === 0) throw new BadNote("the checkpoint is of another log than the key");
  const named = fitting.map(({ publicKey }) => verifierOf(origin, publicKey));
  const { signedBy } = await openNote(note, named);
  return { checkpoint, signedBy };
}

export interface Rotation {
  /** Of its entry. */
  readonly position: number;
  readonly from: Verifier;
  readonly to: Verifier;
}

export function rotationDetail(from: string, to: string): NonNullable<EntryDraft["detail"]> {
  return { from, to };
}

/** The hand-over an entry tells of; undefined for any other entry. */
export function rotationOf(entry: Entry): Rotation | undefined {
  if (entry.type !== "KeyRotated") return undefined;
  const { from, to } = entry.detail ?? {};
  if (typeof from !== "string" || typeof to !== "string") return undefined;
  try {
    return { position: entry.position, from: parseVerifier(from), to: parseVerifier(to) };
  } catch {
    return undefined;
  }
}

const sameKey = (a: Verifier, b: Verifier): boolean => sameHash(a.publicKey, b.publicKey);

/** `vouched`: keys that whoever believes the trusted ones may believe too. */
export type Judged =
  | { readonly ok: true; readonly vouched: readonly Verifier[] }
  | { readonly ok: false; readonly problem: string };

/**
 * Judges who signed the heads of a log whose entries are as signed. `trusted`: keys that came by
 * another way than the log; empty where none did, and then the log's own words are taken.
 */
export function judgeKeys(
  heads: readonly SignedHead[],
  rotations: readonly Rotation[],
  trusted: readonly Verifier[],
): Judged {
  const broken = rotations.find((one, index) => {
    const next = rotations[index + 1];
    return next !== undefined && !sameKey(one.to, next.from);
  });
  if (broken !== undefined)
    return bad(`entry ${broken.position} hands on to a key that is not the next`);
  const first = rotations[0]?.from ?? heads.at(-1)?.signedBy[0];
  if (first === undefined) return bad("nothing here is signed");
  const keys = [first, ...rotations.map(({ to }) => to)];
  for (const { checkpoint, signedBy } of heads) {
    const due = keys[rotations.filter(({ position }) => position <= checkpoint.size).length];
    if (due === undefined || !signedBy.some((key) => sameKey(key, due))) {
      return bad(
        `the head of ${checkpoint.size} entries is signed by a key that was not the log's then`,
      );
    }
  }
  if (trusted.length === 0) return { ok: true, vouched: keys };
  const from = keys.findLastIndex((key) => trusted.some((one) => sameKey(one, key)));
  if (from < 0) return bad("the key given is none of this log's");
  // Backwards the tree vouches: the trusted key's head covers every entry before it.
  const covered = heads.some(({ signedBy }) =>
    signedBy.some((key) => sameKey(key, keys[from] as Verifier)),
  );
  if (!covered) {
    return bad(
      "nothing here is signed by the key given: give a head of its time (--since), or the newer key",
    );
  }
  for (const { position, from: old } of rotations.slice(from)) {
    const both = heads.some(
      ({ checkpoint, signedBy }) =>
        checkpoint.size >= position && signedBy.some((key) => sameKey(key, old)),
    );
    if (!both) {
      return bad(
        `entry ${position} hands on to another key, and no head here that the old key signed has that entry: give one (--since), or the new key`,
      );
    }
  }
  return { ok: true, vouched: keys };
}

const bad = (problem: string): Judged => ({ ok: false, problem });
