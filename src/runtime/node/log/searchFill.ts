/**
 * Fills the search file behind the log, and keeps it open: one writer. Whatever fails, what was not
 * written is behind again, and is tried again by itself.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import { leafHash } from "../../../log/tree.ts";
import { type Statements, emptyWal } from "./database.ts";
import { type Nodes, nodesIn } from "./nodes.ts";
import {
  closeQuietly,
  isDamage,
  openSound,
  prepareSearch,
  removeSearch,
  type SearchSql,
} from "./searchFile.ts";
import { type Forgotten, opensWindow, parse, removeWords, wordsOf } from "./searchWords.ts";
import { asRead, readingOf, Unread } from "./searchLog.ts";

/** Entries indexed before the loop goes round once: a bound on how long it stands still. */
const SLICE_MAX = 50;
const TRANSACTION_MAX = 2_000;
/** How long the file stays behind, in ms; after something that failed; and what a stop waits for. */
const BEHIND_MS = 200;
const RETRY_MS = 5_000;
const STOP_MS = 2_000;

export interface OpenFile {
  readonly db: DatabaseSync;
  readonly sql: SearchSql;
  readonly tree: Nodes;
}

export interface SearchFill {
  /** The file as it is open now. Throws where it cannot be opened. */
  file(): OpenFile;
  /** Everything that was there at the start, or was doubted, is in it. */
  isWhole(): boolean;
  progressOf(tenant: TenantId): number;
  /** Committed entries of this log are to be indexed soon. Never throws. */
  note(tenant: TenantId): void;
  /** Entries of any log may be. Never throws. */
  doubt(): void;
  /** The file is damaged: it is made anew, and filled again. Never throws. */
  restart(): void;
  /** These entries are found no more. Throws where the file cannot be written. */
  forgetWords(tenant: TenantId, entries: readonly Forgotten[]): void;
  /** Nothing of what was forgotten is left beside the file; false where that is not so yet. */
  settle(): boolean;
  /** Makes the nodes that are due. Never rejects. */
  growTree(tenant: TenantId): Promise<void>;
  /** Tries once to index all there is. Never rejects. */
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

export interface FillOptions {
  readonly path: string;
  readonly log: Statements;
  readonly tenants: () => readonly string[];
  /** These windows, each `tenant\nwindowId`, can be found in the file by now. */
  readonly indexed: (windows: readonly string[]) => void;
}

/** Throws where the file cannot be opened, and not made anew either. */
export function openFill({ indexed, log: whole, path, tenants }: FillOptions): SearchFill {
  const log = readingOf(whole);
  let open: OpenFile | undefined;
  const behind = new Set<TenantId>();
  /** Which logs there are was not asked since something was lost. */
  let isDoubted = true;
  let isWhole = false;
  /** Of the open transaction: the windows it holds, whose it is, and how much it has taken. */
  let windows: string[] = [];
  const touched = new Set<TenantId>();
  let taken = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopBy = Infinity;

  function file(): OpenFile {
    if (open !== undefined) return open;
    const db = openSound(path, whole);
    open = { db, sql: prepareSearch(db), tree: nodesIn(db, log) };
    return open;
  }

  function begin(tenant: TenantId): OpenFile {
    touched.add(tenant);
    const now = file();
    if (!now.db.isTransaction) now.db.exec("BEGIN");
    return now;
  }

  function progressOf(tenant: TenantId): number {
    const row = file().sql.progress.get(tenant) as { position: number } | undefined;
    return row?.position ?? 0;
  }

  /** Indexes the next entries of a tenant; false when there are none. */
  function slice(tenant: TenantId): boolean {
    const rows = log.entriesAfter.all(tenant, progressOf(tenant), SLICE_MAX) as unknown as {
      position: number;
      bytes: Uint8Array;
    }[];
    const last = rows.at(-1);
    if (last === undefined) return false;
    const { sql } = begin(tenant);
    for (const { bytes, position } of rows) {
      const entry = parse(bytes);
      if (entry === undefined) continue;
      for (const word of wordsOf(entry)) sql.insert.run(tenant, word, position);
      if (opensWindow(entry)) windows.push(`${tenant}\n${entry.windowId}`);
    }
    sql.setProgress.run(tenant, last.position, leafHash(last.bytes));
    took(rows.length);
    return rows.length === SLICE_MAX;
  }

  function forgetWords(tenant: TenantId, entries: readonly Forgotten[]): void {
    try {
      commit();
      // A power cut must not bring back what the log erases after this.
      file().db.exec("PRAGMA synchronous = FULL");
      const { db } = begin(tenant);
      removeWords(db, tenant, entries);
      commit();
      db.exec("PRAGMA synchronous = NORMAL");
    } catch (error) {
      failed(error);
      throw error;
    }
  }

  function settle(): boolean {
    try {
      commit();
      return emptyWal(file().db);
    } catch (error) {
      failed(error);
      return false;
    }
  }

  /** Makes the next node that is due; false when none is. */
  function grow(tenant: TenantId): boolean {
    if (!begin(tenant).tree.grow(tenant)) return false;
    took(1);
    return true;
  }

  function took(count: number): void {
    taken += count;
    if (taken >= TRANSACTION_MAX) commit();
  }

  /** Entries that come together share pages, and are written to the file together. */
  function commit(): void {
    if (open?.db.isTransaction === true) open.db.exec("COMMIT");
    indexed(windows);
    forget();
  }

  function forget(): void {
    windows = [];
    touched.clear();
    taken = 0;
  }

  /** Whoever is in the open transaction is behind again, and tried again a while later. */
  function failed(error: unknown): void {
    for (const tenant of touched) behind.add(tenant);
    forget();
    soon(RETRY_MS);
    if (isDamage(error)) restart();
    else {
      try {
        if (open?.db.isTransaction === true) open.db.exec("ROLLBACK");
      } catch {
        if (open !== undefined) closeQuietly(open.db);
        open = undefined;
      }
    }
  }

  async function catchUp(): Promise<void> {
    if (isDoubted) {
      for (const tenant of asRead(tenants)) behind.add(tenant);
      isDoubted = false;
    }
    const unread = new Set<TenantId>();
    try {
      for (let [tenant] = behind; tenant !== undefined; [tenant] = behind) {
        behind.delete(tenant);
        // One log that cannot be read keeps no other out.
        if (!(await fillOne(tenant))) unread.add(tenant);
      }
      commit();
    } finally {
      for (const tenant of unread) behind.add(tenant);
    }
    isWhole = unread.size === 0 && !isDoubted;
    if (unread.size > 0) soon(RETRY_MS);
  }

  /** False where its log cannot be read: nothing of what was not read was begun. */
  async function fillOne(tenant: TenantId): Promise<boolean> {
    touched.add(tenant);
    try {
      for (let more = true; more && performance.now() < stopBy;) {
        const sliced = slice(tenant);
        more = grow(tenant) || sliced;
        await new Promise((resume) => setImmediate(resume));
      }
      return true;
    } catch (error) {
      if (error instanceof Unread) return false;
      throw error;
    }
  }

  function run(): Promise<void> {
    running ??= catchUp()
      .catch(failed)
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function restart(): void {
    if (open !== undefined) closeQuietly(open.db);
    open = undefined;
    forget();
    isWhole = false;
    isDoubted = true;
    try {
      removeSearch(path);
    } catch {
      // What cannot be removed is opened again, and found to be damaged again.
    }
    soon();
  }

  function soon(ms = BEHIND_MS): void {
    if (timer !== undefined || stopBy < Infinity) return;
    timer = setTimeout(() => {
      timer = undefined;
      void run();
    }, ms);
    timer.unref();
  }

  async function caughtUp(): Promise<void> {
    if (running !== undefined) await running;
    if (behind.size > 0 || isDoubted) await run();
  }

  file();
  soon();
  return {
    file,
    isWhole: () => isWhole,
    progressOf,
    note(tenant) {
      behind.add(tenant);
      soon();
    },
    doubt() {
      isWhole = false;
      isDoubted = true;
      soon();
    },
    restart,
    forgetWords,
    settle,
    async growTree(tenant) {
      try {
        for (let more = true; more && performance.now() < stopBy;) {
          more = grow(tenant);
          await new Promise((resume) => setImmediate(resume));
        }
        commit();
      } catch (error) {
        if (!(error instanceof Unread)) failed(error);
      }
    },
    caughtUp,
    async close() {
      stopBy = performance.now() + STOP_MS;
      clearTimeout(timer);
      await caughtUp();
      if (open !== undefined) closeQuietly(open.db);
    },
  };
}
