/**
 * Where a log to verify is: a service's folder, an exported folder or file, or a running service.
 *
 * @module
 */
import { createReadStream, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { isCallEntry } from "../../../log/callEntries.ts";
import { readEntry } from "../../../log/form.ts";
import { linesOf } from "../../../log/ndjson.ts";
import { prunedToOf } from "../../../log/retention.ts";
import { HASH_BYTES, TILE_WIDTH, tilePath, unpackHashes } from "../../../log/tiles.ts";
import type { Hash } from "../../../log/tree.ts";
import type { Erased, Kept, Stored, Verified } from "../../../log/verify.ts";
import { originOf } from "../../../log/origin.ts";
import { type EntryRow, metaOf, openForReading, prunedToIn, tenantsOf } from "./database.ts";
import { folderAt, readIfThere, tenantsWithHeads } from "./folder.ts";
import { notesIn } from "./notesFile.ts";
import { type CallMet, followsIn, metWith, noteFlaw, unnoted } from "./rowNotes.ts";

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

/** It cannot be read at all: a wrong path, a refused request. */
export class NoSource extends Error {
  readonly code = "no_source";
}

export interface SourceOptions {
  readonly token?: string;
  readonly fetch?: typeof fetch;
}

export async function sourcesAt(
  place: string,
  options: SourceOptions,
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

/** Pages behind the head, to find the entry by whose word entries went since. */
const LATER_COUNT_MAX = 1_000;

async function serviceSource(base: string, options: SourceOptions): Promise<Source> {
  const ask = options.fetch ?? fetch;
  const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
  const root = base.replace(/\/+$/, "");
  async function get(path: string): Promise<Response> {
    const signal = AbortSignal.timeout(60_000);
    const reply = await ask(`${root}${path}`, {
      headers: { ...headers, accept: accepts(path) },
      signal,
      redirect: "error",
    }).catch(() => undefined);
    if (reply === undefined) throw new NoSource(`${root} does not answer.`);
    if (!reply.ok) throw new NoSource(`${root}${path} answered ${reply.status}.`);
    return reply;
  }
  const reply = await get("/v1/log/checkpoint");
  const key = reply.headers.get("tacet-key") ?? undefined;
  const head = await reply.text();
  // Entries written after the head was signed are under no signature: they are left for next time.
  const size = Number(head.split("\n")[1]);
  let isPrunedMeanwhile = false;
  async function* pages(): AsyncGenerator<Stored | Erased> {
    let after: string | null = "0";
    let taken = 0;
    let goneTo = 0;
    // What entries under the head say was pruned, and what later ones do.
    let [saidTo, saidLater, laterCount] = [0, 0, 0];
    const isUnsaid = () => goneTo > saidTo && goneTo > saidLater && laterCount < LATER_COUNT_MAX;
    while (after !== null && (taken < size || isUnsaid())) {
      if (taken >= size) laterCount += 1;
      const page: Response = await get(
        `/v1/log/entries?after=${encodeURIComponent(after)}&limit=1000`,
      );
      const prunedTo = Math.min(size, Number(page.headers.get("tacet-pruned-to") ?? "0"));
      for await (const line of linesOf(page.body ?? [])) {
        // Of those that were pruned the service has the hashes, and keeps a few whole between them.
        const position = taken < prunedTo && "bytes" in line ? positionIn(line) : taken + 1;
        for (; taken < prunedTo && taken + 1 < position; taken += 1) {
          yield { erased: await leafAt(taken) };
          goneTo = taken + 1;
        }
        if (taken >= size) saidLater = Math.max(saidLater, saidIn(line));
        else {
          saidTo = Math.max(saidTo, saidIn(line));
          taken += 1;
          yield line;
        }
      }
      const next: string | null = page.headers.get("tacet-next");
      // A service that repeats itself is not followed for ever.
      after = next !== null && Number(next) > Number(after) ? next : null;
    }
    isPrunedMeanwhile = goneTo > saidTo && goneTo <= saidLater;
  }
  /** By its index, from 0. A tile is fetched once. */
  let tile: { readonly index: number; readonly hashes: readonly Hash[] } | undefined;
  async function leafAt(at: number): Promise<Hash> {
    const index = Math.floor(at / TILE_WIDTH);
    if (tile?.index !== index) {
      const reply = await get(`/v1/log/${tilePath({ level: 0, index, width: TILE_WIDTH })}`);
      const bytes = new Uint8Array(await reply.arrayBuffer());
      if (bytes.length !== HASH_BYTES * TILE_WIDTH) throw new NoSource(`${root} has no such tile.`);
      tile = { index, hashes: unpackHashes(bytes, TILE_WIDTH) };
    }
    return tile.hashes[at % TILE_WIDTH] as Hash;
  }
  return {
    name: root,
    entries: pages(),
    prunedMeanwhile: () => isPrunedMeanwhile,
    heads: [head],
    keys: key === undefined ? [] : [key],
  };
}

function accepts(path: string): string {
  if (path.startsWith("/v1/log/tile/")) return "application/octet-stream";
  return path.startsWith("/v1/log/entries") ? "application/x-ndjson" : "text/plain";
}

/** Up to where this line says that entries were pruned. */
function saidIn(line: Stored | Erased): number {
  if ("erased" in line || !Buffer.from(line.bytes).includes("EntriesPruned")) return 0;
  const formed = readEntry(line.bytes);
  return formed.kind === "entry" ? (prunedToOf(formed.entry) ?? 0) : 0;
}

/** Where an entry says that it stands; whether it does, its hash tells. */
function positionIn({ bytes }: Stored): number {
  const formed = readEntry(bytes);
  return formed.kind === "entry" ? formed.entry.position : 0;
}
