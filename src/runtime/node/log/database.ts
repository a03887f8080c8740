/**
 * The log's SQLite file: entries and where calls are in them, and nothing else.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/**
 * `prev`: position of the same call's event before this one, 0 for its first. An entry that was pruned
 * has no bytes and no call. `pruned`: up to where, by which entry's word, and how far that is done;
 * `kept`: the entries before that place which stay with their bytes.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
  tenant TEXT NOT NULL, position INTEGER NOT NULL, bytes BLOB NOT NULL, leaf BLOB NOT NULL,
  call_id TEXT, prev INTEGER, PRIMARY KEY (tenant, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
  tenant TEXT NOT NULL, call_id TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER NOT NULL,
  unrested INTEGER NOT NULL, ended INTEGER NOT NULL, agent_id TEXT, PRIMARY KEY (tenant, call_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS calls_unrested ON calls (tenant, call_id) WHERE unrested = 1;
CREATE INDEX IF NOT EXISTS calls_live ON calls (tenant, position) WHERE ended = 0;
CREATE INDEX IF NOT EXISTS calls_of_agent ON calls (tenant, agent_id, position)
  WHERE ended = 0 AND agent_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS pruned (
  tenant TEXT PRIMARY KEY, upto INTEGER NOT NULL, entry INTEGER NOT NULL, erased INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (
  tenant TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (tenant, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heads (
  tenant TEXT PRIMARY KEY, size INTEGER NOT NULL, frontier BLOB NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** How long is waited for another connection. */
const BUSY_MS_MAX = 2_000;

export interface EntryRow {
  readonly position: number;
  readonly bytes: Uint8Array;
  readonly leaf: Uint8Array;
  readonly call_id: string | null;
  readonly prev: number | null;
}

export interface CallRow {
  readonly version: number;
  readonly position: number;
}

/** Opens for writing; creates what is missing. `pageCountMax` bounds the file, for small disks. */
export function openDatabase(path: string, pageCountMax?: number): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_MS_MAX });
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000;");
  // Pages are written back in larger lots: a WAL of at most some 32 MB, and fewer long waits.
  db.exec("PRAGMA wal_autocheckpoint = 8000;");
  // What is erased is overwritten, and not only left out.
  db.exec("PRAGMA secure_delete = ON;");
  addColumns(db);
  db.exec(SCHEMA);
  if (pageCountMax !== undefined) db.exec(`PRAGMA max_page_count = ${Math.trunc(pageCountMax)}`);
  return db;
}

/** A file of version 1 has no agents beside its calls; `upgrade` fills them in. */
function addColumns(db: DatabaseSync): void {
  const columns = db.prepare("SELECT name FROM pragma_table_info('calls')").all();
  const known = (columns as unknown as { name: string }[]).map(({ name }) => name);
  if (known.length > 0 && !known.includes("agent_id")) {
    db.exec("ALTER TABLE calls ADD COLUMN agent_id TEXT");
  }
}

/**
 * Writes back what the file of late changes holds, and empties it. False where somebody reads: that is
 * not waited for. Throws where the file cannot be written.
 */
export function emptyWal(db: DatabaseSync): boolean {
  db.exec("PRAGMA busy_timeout = 0");
  try {
    const row = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number };
    return row.busy === 0;
  } finally {
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS_MAX}`);
  }
}

/** Opens for reading beside a running writer. */
export function openForReading(path: string): DatabaseSync {
  if (!existsSync(path)) throw new Error(`There is no log at ${path}.`);
  try {
    return opened(new DatabaseSync(path, { readOnly: true, timeout: 2_000 }));
  } catch (error) {
    // A WAL database wants to write beside itself even to be read. On a read-only medium it cannot,
    // and needs not: nobody writes there.
    if (existsSync(`${path}-wal`)) throw error;
    const url = pathToFileURL(path);
    url.searchParams.set("immutable", "1");
    return opened(new DatabaseSync(url, { readOnly: true }));
  }
}

/** SQLite opens its file only when it first has to read it. */
function opened(db: DatabaseSync): DatabaseSync {
  try {
    db.exec("SELECT 1 FROM sqlite_schema");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Prepared once: preparing costs more than running. */
export interface Statements {
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly rollback: StatementSync;
  readonly insertEntry: StatementSync;
  readonly putCall: StatementSync;
  readonly putHead: StatementSync;
  readonly putMeta: StatementSync;
  readonly callRow: StatementSync;
  readonly entryAt: StatementSync;
  readonly entriesAfter: StatementSync;
  readonly lastEntry: StatementSync;
  readonly leavesAfter: StatementSync;
  readonly someLeaves: StatementSync;
  readonly someEntries: StatementSync;
  readonly tail: StatementSync;
}

export function prepare(db: DatabaseSync): Statements {
  return {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
    insertEntry: db.prepare("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)"),
    putCall: db.prepare("INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)"),
    putHead: db.prepare("INSERT OR REPLACE INTO heads VALUES (?, ?, ?)"),
    putMeta: db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)"),
    callRow: db.prepare("SELECT version, position FROM calls WHERE tenant = ? AND call_id = ?"),
    entryAt: db.prepare("SELECT bytes, prev FROM entries WHERE tenant = ? AND position = ?"),
    entriesAfter: db.prepare(
      "SELECT position, bytes FROM entries WHERE tenant = ? AND position > ? ORDER BY position LIMIT ?",
    ),
    lastEntry: db.prepare(
      "SELECT position, bytes FROM entries WHERE tenant = ? ORDER BY position DESC LIMIT 1",
    ),
    leavesAfter: db.prepare(
      "SELECT position, leaf FROM entries WHERE tenant = ? AND position > ? ORDER BY position",
    ),
    someLeaves: db.prepare(
      "SELECT position, leaf FROM entries WHERE tenant = ? AND position > ? AND position <= ? ORDER BY position",
    ),
    someEntries: db.prepare(
      "SELECT position, bytes FROM entries WHERE tenant = ? AND position > ? AND position <= ? ORDER BY position",
    ),
    tail: db.prepare(
      "SELECT position, bytes, leaf FROM entries WHERE tenant = ? AND position > ? ORDER BY position",
    ),
  };
}

export function tenantsOf(db: DatabaseSync): string[] {
  // One seek a tenant: the table may be long.
  const next = db.prepare("SELECT tenant FROM entries WHERE tenant > ? ORDER BY tenant LIMIT 1");
  const found: string[] = [];
  for (let at = ""; ; at = found.at(-1) as string) {
    const row = next.get(at) as { tenant: string } | undefined;
    if (row === undefined) return found;
    found.push(row.tenant);
  }
}

/** How far the log was pruned, and by which entry's word. */
export interface PrunedNote {
  readonly upto: number;
  readonly entry: number;
}

/** A file from before there was pruning has none. */
export function prunedNoteIn(db: DatabaseSync, tenant: string): PrunedNote | undefined {
  const known = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'pruned'").get();
  if (known === undefined) return undefined;
  const row = db.prepare("SELECT upto, entry FROM pruned WHERE tenant = ?").get(tenant);
  return row as PrunedNote | undefined;
}

/** Entries up to here may be gone, as an entry says. */
export const prunedToIn = (db: DatabaseSync, tenant: string): number =>
  prunedNoteIn(db, tenant)?.upto ?? 0;

export function metaOf(db: DatabaseSync, name: string): string | undefined {
  const row = db.prepare("SELECT value FROM meta WHERE name = ?").get(name);
  return (row as { value: string } | undefined)?.value;
}
