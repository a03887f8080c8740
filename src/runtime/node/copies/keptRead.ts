/**
 * Reads the logs that a restore put aside: which there are, and their entries as far as each can be
 * read. Nothing is written, and whatever is damaged is gone round.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import { readCheckpoint } from "../../../log/checkpoint.ts";
import type { Entry } from "../../../log/entry.ts";
import { readEntry } from "../../../log/form.ts";
import { originOf } from "../../../log/origin.ts";
import { metaOf, openForReading, prunedToIn, tenantsOf } from "../log/database.ts";
import { folderAt, keptFolder, keptGenerations, tenantsWithHeads } from "../log/folder.ts";
import { notesFrom } from "../log/notesFile.ts";
import { keysIn } from "../log/sources.ts";

/** One tenant's log of one generation, as it was when another took its place. */
export interface KeptLog {
  readonly folder: string;
  readonly tenant: TenantId;
  readonly origin: string;
  /** Position of its last entry. */
  readonly size: number;
  readonly prunedTo: number;
  /** The newest signed head that covers nothing beyond it. */
  readonly head?: string;
  readonly verifierKey?: string;
}

export interface KeptAsk {
  readonly folder: string;
  readonly tenant: TenantId;
  readonly after: number;
  readonly count: number;
}

/** Entries from `after + 1` on without a gap. Where there is none, what is read next is behind `next`. */
export interface KeptPage {
  readonly entries: readonly Entry[];
  readonly next?: number;
}

/** Positions that are tried one by one where the file is damaged. */
const PROBE_COUNT = 1_000;

interface Row {
  readonly position: number;
  readonly bytes: Uint8Array;
}

export interface KeptFound {
  /** The oldest first. */
  readonly logs: readonly KeptLog[];
  /** Folders with a database that cannot be opened, or does not say whose it is. */
  readonly unread: readonly string[];
}

/** A folder without a database has nothing that could be read. */
export function keptLogsIn(logFolder: string): KeptFound {
  const folder = folderAt(logFolder);
  const generations = keptGenerations(folder).toSorted((a, b) => a - b);
  const paths = generations.map((generation) => keptFolder(folder, generation));
  const found = paths
    .filter((path) => existsSync(folderAt(path).database))
    .map((path) => ({ path, logs: logsOf(path) }));
  return {
    logs: found.flatMap(({ logs }) => logs ?? []),
    unread: found.flatMap(({ logs, path }) => (logs === undefined ? [basename(path)] : [])),
  };
}

function logsOf(path: string): KeptLog[] | undefined {
  const db = unlessDamaged(() => openForReading(folderAt(path).database));
  if (db === undefined) return undefined;
  try {
    const base = unlessDamaged(() => metaOf(db, "origin"));
    const generation = Number(unlessDamaged(() => metaOf(db, "generation")) ?? "1");
    if (base === undefined) return undefined;
    const listed = unlessDamaged(() => tenantsOf(db)) ?? [];
    const tenants = [...new Set([...listed, ...tenantsWithHeads(folderAt(path))])].toSorted();
    return tenants.map((tenant) => logOf(db, path, tenant, originOf(base, tenant, generation)));
  } finally {
    db.close();
  }
}

function logOf(db: DatabaseSync, path: string, tenant: TenantId, origin: string): KeptLog {
  const folder = folderAt(path);
  const query = "SELECT max(position) AS last FROM entries WHERE tenant = ?";
  const row = unlessDamaged(() => db.prepare(query).get(tenant)) as Last | undefined;
  const last = row === undefined ? undefined : (row.last ?? 0);
  const head = newestHead([folder.all(tenant), folder.latest(tenant)], origin, last ?? Infinity);
  const verifierKey = keysIn(folder.publicKeys, folder.publicKey).at(-1);
  return {
    folder: path,
    tenant,
    origin,
    // Where the end of the file cannot be read, there were as many as were signed.
    size: last ?? head?.size ?? 0,
    prunedTo: unlessDamaged(() => prunedToIn(db, tenant)) ?? 0,
    ...(head === undefined ? {} : { head: head.note }),
    ...(verifierKey === undefined ? {} : { verifierKey }),
  };
}

interface Last {
  readonly last: number | null;
}

/** The head of this log that covers most, and nothing beyond `sizeMax`. */
function newestHead(paths: readonly string[], origin: string, sizeMax: number) {
  let newest: { readonly size: number; readonly note: string } | undefined;
  for (const path of paths) {
    for (const note of notesFrom(path)) {
      const head = unlessDamaged(() => readCheckpoint(note));
      if (head?.origin !== origin || head.size > sizeMax) continue;
      if (head.size > (newest?.size ?? -1)) newest = { size: head.size, note };
    }
  }
  return newest;
}

export function readKept(db: DatabaseSync, { after, count, tenant }: KeptAsk): KeptPage {
  const rows = rowsBehind(db, tenant, after, count);
  const entries: Entry[] = [];
  for (const { bytes, position } of rows) {
    const formed = position === after + entries.length + 1 ? readEntry(bytes) : undefined;
    if (formed?.kind !== "entry") break;
    entries.push(formed.entry);
  }
  const first = rows[0]?.position ?? after + PROBE_COUNT + 1;
  return entries.length > 0 ? { entries } : { entries, next: Math.max(after + 1, first - 1) };
}

/** The next rows that can be read: fewer, or one found by its position, where the file is damaged. */
function rowsBehind(db: DatabaseSync, tenant: TenantId, after: number, count: number): Row[] {
  const query =
    "SELECT position, bytes FROM entries WHERE tenant = ? AND position > ? ORDER BY position LIMIT ?";
  for (let few = count; few >= 1; few = Math.floor(few / 2)) {
    const rows = unlessDamaged(() => db.prepare(query).all(tenant, after, few));
    if (rows !== undefined) return rows as unknown as Row[];
  }
  const one = "SELECT position, bytes FROM entries WHERE tenant = ? AND position = ?";
  for (let position = after + 1; position <= after + PROBE_COUNT; position += 1) {
    const row = unlessDamaged(() => db.prepare(one).get(tenant, position));
    if (row !== undefined) return [row as unknown as Row];
  }
  return [];
}

function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
