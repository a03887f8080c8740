/**
 * The search file itself: its tables, its statements, and whether it is sound and this log's.
 *
 * @module
 */
import { existsSync, rmSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { leafHash, sameHash } from "../../../log/tree.ts";
import type { Statements } from "./database.ts";
import { ensureOwnFile } from "./folder.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS words (
  tenant TEXT NOT NULL, word TEXT NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (tenant, word, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nodes (
  tenant TEXT NOT NULL, level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (tenant, level, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (
  tenant TEXT PRIMARY KEY, position INTEGER NOT NULL, leaf BLOB NOT NULL
) STRICT, WITHOUT ROWID;
`;
/** What is in the file. One of another version is made anew. */
const VERSION = 1;

/** On to later entries, or back to earlier ones. */
export type Way = "on" | "back";

export interface SearchSql {
  /** By the number of further words. */
  readonly selects: Readonly<Record<Way, StatementSync[]>>;
  readonly insert: StatementSync;
  readonly progress: StatementSync;
  readonly setProgress: StatementSync;
}

/** Opens the file, or a new one where it is damaged or does not belong to this log. */
export function openSound(path: string, log: Statements): DatabaseSync {
  try {
    const db = openFile(path);
    if (isCurrent(db) && belongs(db, log)) return db;
    closeQuietly(db);
  } catch {
    // Not a database any more: nothing in it is missed.
  }
  removeSearch(path);
  return openFile(path);
}

function openFile(path: string): DatabaseSync {
  if (!existsSync(path)) ensureOwnFile(path);
  const db = new DatabaseSync(path, { timeout: 2_000 });
  db.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000; PRAGMA secure_delete = ON;",
  );
  // A file without tables is new, whoever made it.
  const { count } = db.prepare("SELECT count(*) AS count FROM sqlite_schema").get() as {
    count: number;
  };
  if (count === 0) db.exec(`PRAGMA user_version = ${VERSION}`);
  db.exec(SCHEMA);
  return db;
}

function isCurrent(db: DatabaseSync): boolean {
  const row = db.prepare("PRAGMA user_version").get() as { user_version: number };
  return row.user_version === VERSION;
}

/** The newest entry it has indexed of each tenant is that entry of the log. */
function belongs(db: DatabaseSync, log: Statements): boolean {
  const rows = db.prepare("SELECT tenant, position, leaf FROM progress").all() as unknown as {
    tenant: string;
    position: number;
    leaf: Uint8Array;
  }[];
  return rows.every(({ tenant, position, leaf }) => {
    const row = log.entryAt.get(tenant, position) as { bytes: Uint8Array } | undefined;
    return row !== undefined && sameHash(leafHash(row.bytes), leaf);
  });
}

export function prepareSearch(db: DatabaseSync): SearchSql {
  return {
    selects: { on: [], back: [] },
    insert: db.prepare("INSERT OR IGNORE INTO words VALUES (?, ?, ?)"),
    progress: db.prepare("SELECT position FROM progress WHERE tenant = ?"),
    setProgress: db.prepare("INSERT OR REPLACE INTO progress VALUES (?, ?, ?)"),
  };
}

export function removeSearch(path: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
}

export function closeQuietly(db: DatabaseSync): void {
  try {
    db.close();
  } catch {
    // Closing twice is no loss.
  }
}

/** SQLite's codes for a damaged file (11), for none of its own (26), and for a missing table (1). */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error)) return false;
  return [1, 11, 26].includes(Number(error.errcode) & 0xff);
}

export function selectOf(furtherWords: number, way: Way): string {
  const joins = Array.from(
    { length: furtherWords },
    (_, index) =>
      `JOIN words w${index} ON w${index}.tenant = w.tenant AND w${index}.word = ? AND w${index}.position = w.position`,
  );
  const [beyond, order] = way === "on" ? [">", "ASC"] : ["<", "DESC"];
  return `SELECT w.position AS position FROM words w ${joins.join(" ")} WHERE w.tenant = ? AND w.word = ? AND w.position ${beyond} ? ORDER BY w.position ${order} LIMIT ?`;
}
