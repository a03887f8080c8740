/**
 * Opens a successor where a log cannot go on: a database was put back from a copy, is damaged, or is
 * lost, or its key is. The old log is kept beside as it was found; what its calls owed goes on in
 * the new one, as copies of their entries behind a first one that says all this.
 *
 * @module
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { CallEvent } from "../../../control/events.ts";
import { fold } from "../../../control/evolve.ts";
import { type Verifier, parseVerifier } from "../../../log/note.ts";
import { SYSTEM_TENANT } from "../../../log/store.ts";
import { type Succession, successionDraft } from "../../../log/succession.ts";
import { eventsOfCall } from "./calls.ts";
import { standingHolds } from "./carriedHolds.ts";
import { openIncidents } from "./carriedIncidents.ts";
import { metaOf, openForReading, tenantsOf } from "./database.ts";
import {
  type Examined,
  type HeldHead,
  examine,
  headsHeld,
  isWhole,
  newestGeneration,
} from "./examine.ts";
import {
  type Folder,
  folderAt,
  keptFolder,
  keptGenerations,
  readIfThere,
  syncFolder,
  tenantsWithHeads,
} from "./folder.ts";
import { readLogKey } from "./key.ts";
import { LogRefused } from "./knownHeads.ts";
import { notesIn } from "./notesFile.ts";
import { lockFolder } from "./lock.ts";
import { openOwnLog } from "./openLog.ts";
import { keepOld, partial, putInPlace, ready } from "./successor.ts";
import type { Request } from "./writer.ts";

export interface RestoreOptions {
  readonly folder: string;
  readonly signingKeyPath?: string;
  /** Signed notes kept elsewhere. */
  readonly notes: readonly string[];
  /** Goes on though there is no database that can be opened. */
  readonly empty: boolean;
  readonly by: string;
  readonly reason: string;
  readonly now: () => EpochMs;
}

export interface Restored {
  readonly verifierKey: string;
  readonly keptIn: string;
  readonly successions: readonly (Succession & { readonly tenant: TenantId })[];
  /** An earlier run had done the work and was cut short before the last step. */
  readonly finished?: true;
}

const BATCH = 500;

/** Throws `LogRefused` where nothing is to be restored, or not without a word more. */
export async function restoreLog(options: RestoreOptions): Promise<Restored> {
  const folder = folderAt(options.folder);
  if (!existsSync(folder.path)) throw new LogRefused(`There is no folder ${folder.path}.`);
  const unlock = lockFolder(folder);
  try {
    if (existsSync(ready(folder))) {
      const generation = Math.max(...keptGenerations(folder));
      putInPlace(folder);
      const keptIn = basename(keptFolder(folder, generation));
      const verifierKey = (readIfThere(folder.publicKey) ?? "").trim();
      return { verifierKey, keptIn, successions: [], finished: true };
    }
    rmSync(partial(folder), { recursive: true, force: true });
    return await restore(options, folder);
  } finally {
    unlock();
  }
}

async function restore(options: RestoreOptions, folder: Folder): Promise<Restored> {
  const old = openOld(folder, options);
  try {
    const { base, db } = old;
    const keyPath = options.signingKeyPath ?? folder.signingKey;
    const key = await readLogKey(keyPath, base);
    const keys = keysOf(folder, key === undefined ? [] : [key.verifierKey]);
    const found = await examineAll(folder, options.notes, old, keys);
    const { generation, logs } = found;
    if (key !== undefined && db !== undefined && logs.every(({ was }) => isWhole(was))) {
      throw new LogRefused(
        `The log in ${folder.path} is whole as far as its heads tell: there is nothing to restore.`,
      );
    }
    const keptIn = basename(keptFolder(folder, generation));
    const successor = await openOwnLog({
      folder: partial(folder),
      originBase: base,
      signingKeyPath: keyPath,
      generation: generation + 1,
      now: options.now,
      ballastBytes: 0,
    });
    const lastKey = keys.at(-1);
    const successions: Restored["successions"][number][] = [];
    try {
      for (const { tenant, was } of logs) {
        const { requests, leftOutCount } = carried(db, tenant, options.now());
        const succession: Succession = {
          ...was,
          ...(key === undefined && lastKey !== undefined
            ? { predecessorKey: readKeyLine(folder) ?? "" }
            : {}),
          callCount: requests.length,
          leftOutCount,
          keptIn,
        };
        const order = { at: options.now(), by: options.by, reason: options.reason };
        const first = successionDraft(tenant, succession, order);
        written(successor.writeNow([{ kind: "facts", drafts: [first] }]));
        for (let at = 0; at < requests.length; at += BATCH) {
          written(successor.writeNow(requests.slice(at, at + BATCH)));
        }
        const drafts = [...openIncidents(db, tenant), ...standingHolds(db, tenant, was.agreesTo)];
        if (drafts.length > 0) written(successor.writeNow([{ kind: "facts", drafts }]));
        successions.push({ tenant, ...succession });
      }
    } finally {
      await successor.close();
    }
    markRestored(folderAt(partial(folder)), options.now());
    db?.close();
    keepOld(folder, generation);
    renameSync(partial(folder), ready(folder));
    syncFolder(folder.path);
    putInPlace(folder);
    return { verifierKey: successor.verifierKey, keptIn, successions };
  } finally {
    old.close();
  }
}

interface Old {
  readonly base: string;
  readonly db: DatabaseSync | undefined;
  /** Where the database says it. */
  readonly generation: number | undefined;
  close(): void;
}

/** The old database, opened to be read. Without one, `--empty` is asked for and the keys say whose it was. */
function openOld(folder: Folder, options: RestoreOptions): Old {
  let db: DatabaseSync | undefined;
  try {
    db = openForReading(folder.database);
    const base = metaOf(db, "origin");
    if (base === undefined) throw new LogRefused("The database is empty.");
    const generation = Number(metaOf(db, "generation") ?? "1");
    return { base, db, generation, close: () => db?.isOpen === true && db.close() };
  } catch {
    if (db?.isOpen === true) db.close();
  }
  if (!options.empty) {
    throw new LogRefused(
      `There is no database in ${folder.path} that can be opened. Put a copy there, whatever its ` +
        `age, and its calls go on; or say --empty to begin with none.`,
    );
  }
  const line = readKeyLine(folder);
  if (line === undefined) {
    throw new LogRefused(`${folder.path} has no key.pub: nothing tells whose log this was.`);
  }
  return { base: parseVerifier(line).name, db: undefined, generation: undefined, close: () => {} };
}

const readKeyLine = (folder: Folder): string | undefined => readIfThere(folder.publicKey)?.trim();

function keysOf(folder: Folder, more: readonly string[]): Verifier[] {
  const text = [readIfThere(folder.publicKeys) ?? "", readIfThere(folder.publicKey) ?? "", ...more];
  const lines = text.flatMap((one) => one.split("\n")).filter((line) => line.trim() !== "");
  return [...new Set(lines.map((line) => line.trim()))].map(parseVerifier);
}

interface Found {
  readonly generation: number;
  readonly logs: readonly { readonly tenant: TenantId; readonly was: Examined }[];
}

async function examineAll(
  folder: Folder,
  given: readonly string[],
  { base, db, generation: said }: Old,
  keys: readonly Verifier[],
): Promise<Found> {
  const listed = [...tenantsWithHeads(folder), ...tenantsThere(db)];
  const tenants = [...new Set([SYSTEM_TENANT, ...listed, ...tenantsIn(given, base)])].toSorted();
  const heads = new Map<TenantId, HeldHead[]>();
  for (const tenant of tenants) {
    const files = [folder.all(tenant), folder.latest(tenant)];
    const notes = files.flatMap((path) => notesIn(path));
    heads.set(tenant, await headsHeld([...notes, ...given], base, tenant, keys));
  }
  const newest = newestGeneration([...heads.values()].flat());
  if (said !== undefined && newest > said) {
    throw new LogRefused(
      `The database is from before a restore, and its successor has signed. Put the newest there.`,
    );
  }
  const generation = said ?? Math.max(newest, 1, ...keptGenerations(folder).map((n) => n + 1));
  const logs = tenants.map((tenant) => {
    const whose = { base, tenant, generation };
    return { tenant, was: examine(db, whose, heads.get(tenant) ?? []) };
  });
  return { generation, logs };
}

/** A file damaged at its root still has tenants that heads were signed for. */
function tenantsThere(db: DatabaseSync | undefined): TenantId[] {
  try {
    return db === undefined ? [] : tenantsOf(db);
  } catch {
    return [];
  }
}

function tenantsIn(notes: readonly string[], base: string): TenantId[] {
  return notes.flatMap((note) => {
    const origin = note.split("\n")[0] ?? "";
    const last = origin.split("/").at(-1);
    return origin.startsWith(`${base}/`) && last !== undefined ? [decodeURIComponent(last)] : [];
  });
}

/** What recorders said before the missing entries says nothing of what they are now. */
function lapsed(known: readonly CallEvent[], at: EpochMs): CallEvent[] {
  const taps = Object.values(fold(known).taps);
  const tapIds = taps.filter((tap) => tap.confirmedBy !== undefined).map(({ tapId }) => tapId);
  if (tapIds.length === 0) return [];
  const least = known.at(-1)?.at ?? at;
  return [{ type: "ConfirmationLapsed", tapIds, reason: "started", at: Math.max(least, at) }];
}

/** Calls that were not ended, with all that is known of them: their targets, windows and debts. */
function carried(db: DatabaseSync | undefined, tenant: TenantId, at: EpochMs) {
  const requests: Request[] = [];
  let leftOutCount = 0;
  if (db === undefined) return { requests, leftOutCount };
  const live = "SELECT call_id FROM calls WHERE tenant = ? AND ended = 0 ORDER BY position";
  try {
    const sql = {
      callRow: db.prepare("SELECT version, position FROM calls WHERE tenant = ? AND call_id = ?"),
      entryAt: db.prepare("SELECT bytes, prev FROM entries WHERE tenant = ? AND position = ?"),
    };
    for (const row of db.prepare(live).all(tenant) as unknown as { call_id: string }[]) {
      const callId = row.call_id;
      try {
        const known = eventsOfCall(sql, tenant, callId).events;
        const events = [...known, ...lapsed(known, at)];
        const component = "restore";
        requests.push({ kind: "call", tenant, callId, expectedVersion: 0, events, component });
      } catch {
        leftOutCount += 1;
      }
    }
  } catch {
    // The list of calls itself cannot be read: how many there were is not known.
    leftOutCount += 1;
  }
  return { requests, leftOutCount };
}

function written(results: readonly { readonly kind: string }[]): void {
  const failed = results.find(({ kind }) => kind !== "written");
  if (failed !== undefined) throw new LogRefused("The successor could not be written.");
}

function markRestored(successor: Folder, at: EpochMs): void {
  const db = new DatabaseSync(successor.database);
  try {
    db.prepare("INSERT INTO meta VALUES ('restored_at', ?)").run(String(at));
  } finally {
    db.close();
  }
}
