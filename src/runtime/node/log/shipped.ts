/**
 * Heads as they lie where they were shipped to: read at a start, so that a database put back
 * together with its own heads is still found to be an old one.
 *
 * @module
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { TenantId } from "../../../control/call.ts";
import { readCheckpoint } from "../../../log/checkpoint.ts";
import type { ShippedNote } from "./knownHeads.ts";

/** A folder on a medium that hangs does not hold a start up for longer. */
const READ_MS_MAX = 5_000;
const NAME = /^checkpoint-[^/]+\.txt$/;
/** One file a log; a folder with more of them is somebody else's. */
const FILES_MAX = 10_000;

/** The file of a log's newest head in a folder that several services may share. */
export const shippedName = (origin: string): string =>
  `checkpoint-${encodeURIComponent(origin)}.txt`;

export interface Shipped {
  readonly shipped: ReadonlyMap<TenantId, readonly ShippedNote[]>;
  readonly notCompared: readonly string[];
}

/** The newest heads of all logs of this service, by tenant. Never throws. */
export async function shippedNotes(folders: readonly string[], base: string): Promise<Shipped> {
  const shipped = new Map<TenantId, ShippedNote[]>();
  const notCompared: string[] = [];
  await Promise.all(
    folders.map(async (folder) => {
      const notes = await within(READ_MS_MAX, notesIn(folder));
      if (notes === undefined) notCompared.push(folder);
      for (const one of notes ?? []) {
        const tenant = tenantOf(one.note, base);
        if (tenant === undefined) continue;
        shipped.set(tenant, [...(shipped.get(tenant) ?? []), one]);
      }
    }),
  );
  return { shipped, notCompared };
}

async function notesIn(folder: string): Promise<ShippedNote[]> {
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).slice(0, FILES_MAX);
  const notes: ShippedNote[] = [];
  for (const name of names) {
    const place = join(folder, name);
    notes.push({ place, note: await readFile(place, "utf8") });
  }
  return notes;
}

/** The tenant of a log of this service, whichever in the line of successors. */
function tenantOf(note: string, base: string): TenantId | undefined {
  try {
    const { origin } = readCheckpoint(note);
    const last = origin.split("/").at(-1);
    return last !== undefined && origin.startsWith(`${base}/`)
      ? decodeURIComponent(last)
      : undefined;
  } catch {
    return undefined;
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
