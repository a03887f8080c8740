/**
 * The newest head that was ever signed for a tenant, as far as it is known: from the folder's own
 * two files, and from where heads were shipped to.
 *
 * @module
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import type { TenantId } from "../../../control/call.ts";
import { type Checkpoint, readCheckpoint, splitNotes } from "../../../log/checkpoint.ts";
import { openSigned } from "../../../log/keyChain.ts";
import type { Verifier } from "../../../log/note.ts";
import { generationOf } from "../../../log/origin.ts";
import { type Folder, readIfThere } from "./folder.ts";

export class LogRefused extends Error {
  readonly code = "log_refused";
}

export interface KnownHead {
  readonly checkpoint: Checkpoint;
  readonly note: string;
}

/** Whose heads are looked for: one tenant's, of one log in the line of successors. */
export interface Whose {
  readonly base: string;
  readonly tenant: TenantId;
  readonly generation: number;
}

/** A note found outside the folder, and where. */
export interface ShippedNote {
  readonly place: string;
  readonly note: string;
}

/**
 * The newest head of this log; undefined where none is known. Throws `LogRefused` where a head was
 * changed, or where a successor of this log has signed already.
 */
export async function newestHead(
  folder: Folder,
  whose: Whose,
  keys: readonly Verifier[],
  shipped: readonly ShippedNote[],
): Promise<KnownHead | undefined> {
  const { tenant } = whose;
  const notes = [
    { place: folder.path, note: readIfThere(folder.latest(tenant)) },
    { place: folder.path, note: lastNote(folder.all(tenant)) },
    ...shipped,
  ];
  const heads: KnownHead[] = [];
  for (const { note, place } of notes) {
    if (note === undefined || note.trim() === "") continue;
    const generation = generationOfNote(note, whose);
    if (generation === undefined && place !== folder.path) continue;
    if (generation !== undefined && generation < whose.generation) continue;
    if (generation !== undefined && generation > whose.generation) {
      throw new LogRefused(
        `The log of ${tenant} in ${folder.path} has a successor, whose head is in ${place}: ` +
          `a copy from before the restore was put back. Use the newest database.`,
      );
    }
    try {
      heads.push({ note, checkpoint: (await openSigned(note, keys)).checkpoint });
    } catch {
      throw new LogRefused(
        `A signed head of ${tenant} in ${place} does not fit the signing key or was changed.`,
      );
    }
  }
  return heads.toSorted((a, b) => a.checkpoint.size - b.checkpoint.size).at(-1);
}

function generationOfNote(note: string, { base, tenant }: Whose): number | undefined {
  try {
    return generationOf(readCheckpoint(note).origin, base, tenant);
  } catch {
    return undefined;
  }
}

/** No note is longer than this, and the file of all heads may be long. */
const TAIL_BYTES = 64 << 10;
const WHOLE_END = /\n— \S+ \S+\n(?:\n|$)/g;

/** The last note of a file of notes. One cut short by a power cut is taken off the file. */
function lastNote(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, "r+");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const text = bytes.toString("utf8");
    const end = [...text.matchAll(WHOLE_END)].at(-1);
    const whole = end === undefined ? "" : text.slice(0, end.index + end[0].length);
    if (whole.length < text.length) {
      ftruncateSync(file, size - bytes.length + Buffer.byteLength(whole));
    }
    return splitNotes(whole).at(-1);
  } finally {
    closeSync(file);
  }
}
