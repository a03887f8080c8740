/**
 * The signed head of a log: a C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint), which is a
 * signed note of the log's origin, its size and its root.
 *
 * @module
 */
import {
  BadNote,
  type Signer,
  type Verifier,
  fromBase64,
  openNote,
  parseNote,
  signNote,
  toBase64,
  verifierOf,
} from "./note.ts";
import type { Hash } from "./tree.ts";

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Lines after the third, opaque. tacet writes none. */
  readonly extensions: readonly string[];
}

export function formatCheckpoint(checkpoint: Omit<Checkpoint, "extensions">): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`;
}

export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...extensions] = text.slice(0, -1).split("\n");
  const bytes = fromBase64(root ?? "");
  const known = origin !== undefined && origin !== "" && size !== undefined;
  if (!text.endsWith("\n") || !known || !/^(0|[1-9]\d{0,15})$/.test(size)) {
    throw new BadNote("a checkpoint is origin, size and root, a line each");
  }
  if (bytes?.length !== 32) throw new BadNote("a checkpoint's root has 32 bytes, in base64");
  if (extensions.includes("")) throw new BadNote("an extension line is not empty");
  return { origin, size: Number(size), root: bytes, extensions };
}

/** Signs a head by the key of its origin: `signer` carries the origin as its name. */
export function signCheckpoint(
  head: { readonly size: number; readonly root: Hash },
  signer: Signer,
): Promise<string> {
  return signNote(formatCheckpoint({ origin: signer.name, ...head }), [signer]);
}

/** What a checkpoint says, without judging its signatures. */
export function readCheckpoint(note: string): Checkpoint {
  return parseCheckpoint(parseNote(note).text);
}

/**
 * Opens a checkpoint signed by `key`. A key named as the origin or as a beginning of it (`a.example`
 * for `a.example/acme`) fits: a service signs the logs of all its tenants with one key pair, under
 * each origin's own name.
 */
export async function openCheckpoint(note: string, key: Verifier): Promise<Checkpoint> {
  const checkpoint = readCheckpoint(note);
  const { origin } = checkpoint;
  if (origin !== key.name && !origin.startsWith(`${key.name}/`)) {
    throw new BadNote("the checkpoint is of another log than the key");
  }
  await openNote(note, [verifierOf(origin, key.publicKey)]);
  return checkpoint;
}

/** The notes of a file that holds one after the other; each ends with its signature lines. */
export function splitNotes(file: string): string[] {
  const notes: string[] = [];
  let note = "";
  let signed = false;
  for (const line of file.split(/(?<=\n)/)) {
    const signature = line.startsWith("— ");
    if (signed && !signature) {
      notes.push(note);
      [note, signed] = ["", false];
      if (line === "\n") continue;
    }
    note += line;
    signed = signature;
  }
  if (note.trim() !== "") notes.push(note);
  return notes;
}
