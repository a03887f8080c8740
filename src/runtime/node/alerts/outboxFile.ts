/**
 * The outbox's own small SQLite file beside the control log: open alerts, waiting messages, and up
 * to where each tenant's log was looked at.
 *
 * @module
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Change, Delivery, Open, Saved } from "../../../alerts/outbox.ts";
import type { EpochMs, TenantId } from "../../../control/call.ts";
import { ensureOwnFile } from "../log/folder.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS open (
  number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS waiting (
  number INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL,
  UNIQUE (endpoint, id)
) STRICT;
CREATE TABLE IF NOT EXISTS marks (
  tenant TEXT PRIMARY KEY, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Positions up to which every entry's conditions are in the outbox. */
export type Marks = ReadonlyMap<TenantId, number>;

export interface OutboxFile {
  /** What an earlier process left. `marks` is undefined where the file is new. */
  readonly saved: Saved;
  readonly marks: Marks | undefined;
  /** All of it or nothing, durable once it is done. Throws or rejects where it cannot be written. */
  write(changes: readonly Change[], marks: Marks): void | Promise<void>;
  /** In place of all there is. Throws or rejects where it cannot be written. */
  rewrite(whole: Saved, marks: Marks): void | Promise<void>;
  close(): void | Promise<void>;
}

/** The same, in this very thread: it throws, and is done on return. */
export interface OwnOutboxFile extends OutboxFile {
  write(changes: readonly Change[], marks: Marks): void;
  rewrite(whole: Saved, marks: Marks): void;
  close(): void;
}

/** A file that cannot be read is put aside: conditions that still stand are raised anew. */
export function openOutboxFile(path: string): OwnOutboxFile {
  try {
    return opened(path);
  } catch (error) {
    if (!isDamage(error)) throw error;
    for (const end of ["-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
    renameSync(path, `${path}.damaged`);
    return opened(path);
  }
}

function opened(path: string): OwnOutboxFile {
  if (!existsSync(path)) ensureOwnFile(path);
  const db = new DatabaseSync(path, { timeout: 2_000 });
  try {
    // What was told is not kept: whom it was about is overwritten.
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
    db.exec(SCHEMA);
    return fileOf(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

function fileOf(db: DatabaseSync): OwnOutboxFile {
  const rows = (table: string, columns: string) =>
    db.prepare(`SELECT ${columns} FROM ${table}`).all() as unknown as readonly Row[];
  const marks = rows("marks", "tenant AS key, position AS value");
  const saved: Saved = {
    open: new Map(
      rows("open ORDER BY number", "key, value").map(
        ({ key, value }) => [key, JSON.parse(String(value)) as Open] as const,
      ),
    ),
    deliveries: rows("waiting ORDER BY number", "id AS key, value").map(
      ({ value }) => JSON.parse(String(value)) as Delivery,
    ),
  };
  const sql = {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
    open: db.prepare(
      "INSERT INTO open (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    ),
    close: db.prepare("DELETE FROM open WHERE key = ?"),
    put: db.prepare(
      "INSERT INTO waiting (endpoint, id, value) VALUES (?, ?, ?) ON CONFLICT (endpoint, id) DO UPDATE SET value = excluded.value",
    ),
    drop: db.prepare("DELETE FROM waiting WHERE endpoint = ? AND id = ?"),
    mark: db.prepare("INSERT OR REPLACE INTO marks VALUES (?, ?)"),
  };
  const apply = (change: Change): void => {
    switch (change.type) {
      case "open":
        return void sql.open.run(change.key, JSON.stringify(change.open));
      case "close":
        return void sql.close.run(change.key);
      case "put": {
        const { endpointId, id } = change.delivery;
        return void sql.put.run(endpointId, id, JSON.stringify(change.delivery));
      }
      case "drop":
        return void sql.drop.run(change.endpointId, change.id);
    }
  };
  const transact = (work: () => void, positions: Marks): void => {
    sql.begin.run();
    try {
      work();
      for (const [tenant, position] of positions) sql.mark.run(tenant, position);
      sql.commit.run();
    } catch (error) {
      if (db.isTransaction) sql.rollback.run();
      throw error;
    }
  };
  return {
    saved,
    marks:
      marks.length === 0
        ? undefined
        : new Map(marks.map(({ key, value }) => [key, Number(value)] as const)),
    write: (changes, positions) => transact(() => changes.forEach(apply), positions),
    rewrite: (whole, positions) =>
      transact(() => {
        db.exec("DELETE FROM open; DELETE FROM waiting; DELETE FROM marks;");
        for (const [key, open] of whole.open) apply({ type: "open", key, open });
        for (const delivery of whole.deliveries) apply({ type: "put", delivery });
      }, positions),
    close: () => db.close(),
  };
}

interface Row {
  readonly key: string;
  readonly value: string | number;
}

/** SQLite's codes for a damaged file (11) and for none of its own (26), or text that is no JSON. */
function isDamage(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  if (!(error instanceof Error) || !("errcode" in error)) return false;
  return [11, 26].includes(Number(error.errcode) & 0xff);
}

/**
 * Marks beyond the log are of the one before it, whose place it took: its positions say nothing of
 * this one's, and are forgotten.
 */
export function ofThisLog(
  file: OutboxFile,
  sizeOf: (tenant: TenantId) => number,
  failed: (error: unknown) => void,
): OutboxFile {
  const isBeyond = [...(file.marks ?? [])].some(([tenant, mark]) => mark > sizeOf(tenant));
  if (!isBeyond) return file;
  const forget = async () => file.rewrite(file.saved, new Map());
  forget().catch(failed);
  return { ...file, marks: undefined };
}

/** The clock may have been stepped since: nothing waits longer than a retry would. */
export function withinReach(
  { saved }: OutboxFile,
  now: EpochMs,
  retryMsMax: number,
): OutboxFile["saved"] {
  return {
    open: saved.open,
    deliveries: saved.deliveries.map((one) => ({
      ...one,
      createdAt: Math.min(one.createdAt, now),
      nextAt: Math.min(one.nextAt, now + retryMsMax),
    })),
  };
}
