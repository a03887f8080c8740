/**
 * Where a log to verify is: a service's folder, an exported folder or file, or a running service.
 *
 * @module
 */
import { createReadStream, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { isCallEntry } from "../../../log/callEntries.ts";
import { linesOf } from "../../../log/ndjson.ts";
import type { Erased, Kept, Stored, Verified } from "../../../log/verify.ts";
import { originOf } from "../../../log/origin.ts";
import { type EntryRow, metaOf, openForReading, prunedToIn, tenantsOf } from "./database.ts";
import type { FetchOptions } from "./fetchWhole.ts";
import { folderAt, readIfThere, tenantsWithHeads } from "./folder.ts";
import { NoSource } from "./noSource.ts";
import { notesIn } from "./notesFile.ts";
import { type CallMet, followsIn, metWith, noteFlaw, unnoted } from "./rowNotes.ts";
import { serviceSource } from "./serviceSource.ts";

/** One tenant's log, as far as it is from being verified. */
export interface Source {
  readonly name: string;
  /** Where the store itself says whose log this is. */
  readonly tenant?: string;
  readonly entries: Kept;
  /** Signed notes, not opened yet. */
  readonly heads: readonly string[];
  /** What the log is called, where the store itself says it. */
  readonly origin?: string;
  /** The verifier keys that came with the log, the newest last. */
  readonly keys: readonly string[];
  /** What is wrong beside entries that are all good. */
  readonly flaw?: () => Verified | undefined;
  /** Once it was read: entries were pruned by one that came after its newest head. */
  readonly prunedMeanwhile?: () => boolean;
  /** The folder it lies in: logs that were kept when this one took their place lie below it. */
  readonly folder?: string;
}

/** Rejects with `NoSource`, and with `NotFetched` where a service does not hand it over. */
export async function sourcesAt(
  place: string,
  options: FetchOptions,
): Promise<{ readonly sources: readonly Source[]; close(): void }> {
  if (/^https?:\/\//.test(place)) return keep(await serviceSource(place, options));
  if (!existsSync(place)) throw new NoSource(`There is nothing at ${place}.`);
  if (!statSync(place).isDirectory()) return keep(fileSource(place));
  if (existsSync(folderAt(place).database)) return folderSources(place);
  const exported = join(place, "entries.ndjson");
  if (existsSync(exported)) return keep(fileSource(exported));
  throw new NoSource(`${place} has neither control-log.sqlite nor entries.ndjson.`);
}

const keep = (source: Source) => ({ sources: [source], close: () => undefined });

/** The export's heads stand beside it in `checkpoints.txt`, its key in `key.pub`. */
function fileSource(path: string): Source {
  const folder = dirname(path);
  return {
    name: path,
    entries: linesOf(bytesOf(path)),
    heads: notesIn(join(folder, "checkpoints.txt")),
    keys: keysIn(join(folder, "keys.pub"), join(folder, "key.pub")),
  };
}

/** Opened when it is read, so that a log nobody asks for leaves no open file. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Uint8Array>;
}

/** The verifier keys of these files, the newest last. */
export function keysIn(...paths: readonly string[]): string[] {
  const lines = paths.flatMap((path) => (readIfThere(path) ?? "").split("\n"));
  const keys = lines.map((line) => line.trim()).filter((line) => line !== "");
  // The last file's is the newest, whatever the order of the others.
  return keys.filter((key, index) => keys.lastIndexOf(key) === index);
}

/** Every tenant of a service's folder, also one whose entries are all gone. A service may run on. */
function folderSources(path: string) {
  const folder = folderAt(path);
  // Heads first: what they sign is committed by the time the database is read.
  const heads = new Map(
    tenantsWithHeads(folder).map((tenant) => [
      tenant,
      [...notesIn(folder.all(tenant)), ...notesIn(folder.latest(tenant))],
    ]),
  );
  const keys = keysIn(folder.publicKeys, folder.publicKey);
  const db = openForReading(folder.database);
  try {
    db.exec("BEGIN");
    const base = metaOf(db, "origin");
    const generation = Number(metaOf(db, "generation") ?? "1");
    const tenants = new Set([...tenantsOf(db), ...heads.keys()]);
    const sources = [...tenants].toSorted().map((tenant): Source => {
      const own = heads.get(tenant) ?? [];
      const origin = base === undefined ? {} : { origin: originOf(base, tenant, generation) };
      const entries = rowsOf(db, tenant);
      const flaw = () => noteFlaw(db, tenant);
      return { name: tenant, tenant, ...origin, entries, flaw, heads: own, keys, folder: path };
    });
    return { sources, close: () => db.close() };
  } catch {
    db.close();
    throw new NoSource(`${folder.database} cannot be read.`);
  }
}

/** Rows with their own notes checked: which call they are of, and that call's entry before. */
function* rowsOf(db: DatabaseSync, tenant: string): Generator<Stored | Erased> {
  const newest = new Map<string, CallMet>();
  const prunedTo = prunedToIn(db, tenant);
  const query =
    "SELECT position, bytes, leaf, call_id, prev FROM entries WHERE tenant = ? ORDER BY position";
  for (const row of db.prepare(query).iterate(tenant)) {
    const { position, bytes, leaf, call_id, prev } = row as unknown as EntryRow;
    if (bytes.length === 0) {
      yield { position, erased: leaf };
      continue;
    }
    yield {
      position,
      bytes,
      leaf,
      misfit: (entry) => {
        const callId = isCallEntry(entry) ? (entry.callId as string) : null;
        if (callId !== call_id) return "is filed under another call";
        if (callId === null) return unnoted(entry, () => prunedTo);
        const before = newest.get(callId);
        newest.set(callId, metWith(before, position, prev ?? -1));
        return followsIn({ entry, prev: prev ?? -1, before, prunedTo })
          ? undefined
          : "names another entry before it in its call";
      },
    };
  }
}
