/**
 * The search file: which entries have which words. Filled behind the log, one writer, and made anew
 * from the log whenever it is missing, damaged or another log's. It only finds; the log decides.
 *
 * @module
 */
import type { CallId, TenantId, WindowId } from "../../../control/call.ts";
import type { Sealed } from "../../../log/seal.ts";
import { leafHash } from "../../../log/tree.ts";
import type { Statements } from "./database.ts";
import { type Nodes, nodesIn } from "./nodes.ts";
import {
  closeQuietly,
  isDamage,
  openSound,
  prepareSearch,
  removeSearch,
  selectOf,
  type Way,
} from "./searchFile.ts";
import { opensWindow, parse, wordsOf } from "./searchWords.ts";

/** Entries indexed before the loop goes round once: a bound on how long it stands still. */
const SLICE_MAX = 50;
const TRANSACTION_MAX = 2_000;
/** Windows known before they are indexed; beyond it, while the file cannot be written, the oldest go. */
const FRESH_COUNT_MAX = 100_000;
/** How long the file stays behind, in ms; after a write that failed; and what a stop waits for. */
const BEHIND_MS = 200;
const RETRY_MS = 5_000;
const STOP_MS = 2_000;

export interface Search {
  /** Committed entries to index soon. Never throws. */
  note(tenant: TenantId, sealed: readonly Sealed[]): void;
  /** Entries may have been committed that were never noted. */
  distrust(): void;
  /** Positions after `after` whose entries have all words, in order. */
  find(tenant: TenantId, terms: readonly string[], after: number, limit: number): Promise<number[]>;
  /** Positions before `before`, the newest first. */
  findBack(
    tenant: TenantId,
    terms: readonly string[],
    before: number,
    limit: number,
  ): Promise<number[]>;
  callOfWindow(tenant: TenantId, windowId: WindowId): Promise<CallId | undefined>;
  indexedTo(tenant: TenantId): number;
  /** The tree above its leaves, as far as it is filled: see `Nodes`. */
  nodes: Nodes["read"];
  /** Fills it, before the words of entries. Never rejects. */
  growTree(tenant: TenantId): Promise<void>;
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

export function openSearch(
  path: string,
  log: Statements,
  tenants: () => readonly string[],
  freshCountMax: number = FRESH_COUNT_MAX,
): Search {
  let db = openSound(path, log);
  let sql = prepareSearch(db);
  let tree = nodesIn(db, log);
  /** Windows of entries not indexed yet. */
  const fresh = new Map<string, CallId>();
  const behind = new Set<TenantId>(tenants());
  /** Of the open transaction: the windows it holds, and how many entries it has taken. */
  let opened: string[] = [];
  let taken = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let whole = false;
  let stopBy = Infinity;

  function progressOf(tenant: TenantId): number {
    const row = sql.progress.get(tenant) as { position: number } | undefined;
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
    if (!db.isTransaction) db.exec("BEGIN");
    try {
      for (const { bytes, position } of rows) {
        const entry = parse(bytes);
        if (entry === undefined) continue;
        for (const word of wordsOf(entry)) sql.insert.run(tenant, word, position);
        if (opensWindow(entry)) opened.push(`${tenant}\n${entry.windowId}`);
      }
      sql.setProgress.run(tenant, last.position, leafHash(last.bytes));
      taken += rows.length;
      if (taken >= TRANSACTION_MAX) commit();
    } catch (error) {
      undo();
      throw error;
    }
    return rows.length === SLICE_MAX;
  }

  /** Makes the next node that is due; false when none is. */
  function grow(tenant: TenantId): boolean {
    if (!db.isTransaction) db.exec("BEGIN");
    try {
      if (!tree.grow(tenant)) return false;
      taken += 1;
      if (taken >= TRANSACTION_MAX) commit();
      return true;
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** Entries that come together share pages, and are written to the file together. */
  function commit(): void {
    if (db.isTransaction) db.exec("COMMIT");
    for (const key of opened) fresh.delete(key);
    opened = [];
    taken = 0;
  }

  function undo(): void {
    if (db.isTransaction) db.exec("ROLLBACK");
    opened = [];
    taken = 0;
  }

  async function catchUp(): Promise<void> {
    for (let [tenant] = behind; tenant !== undefined; [tenant] = behind) {
      behind.delete(tenant);
      for (let more = true; more && performance.now() < stopBy;) {
        const sliced = slice(tenant);
        more = grow(tenant) || sliced;
        await new Promise((resume) => setImmediate(resume));
      }
    }
    try {
      commit();
    } catch (error) {
      undo();
      throw error;
    }
    whole = true;
  }

  /** A damaged file is made anew; what was indexed is indexed again. */
  function restart(): void {
    closeQuietly(db);
    removeSearch(path);
    db = openSound(path, log);
    sql = prepareSearch(db);
    tree = nodesIn(db, log);
    opened = [];
    taken = 0;
    whole = false;
    for (const tenant of tenants()) behind.add(tenant);
  }

  async function attempt(): Promise<void> {
    try {
      await catchUp();
    } catch (error) {
      // A full disk is no reason to throw away what is there: it stays behind for a while.
      if (isDamage(error)) restart();
      else for (const tenant of tenants()) behind.add(tenant);
      soon(RETRY_MS);
    }
  }

  function run(): Promise<void> {
    running ??= attempt()
      .catch(() => undefined)
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  async function caughtUp(): Promise<void> {
    if (running !== undefined) await running;
    if (behind.size > 0) await run();
  }

  function soon(ms = BEHIND_MS): void {
    if (timer !== undefined || stopBy < Infinity) return;
    timer = setTimeout(() => {
      timer = undefined;
      void run();
    }, ms);
    timer.unref();
  }

  interface Wanted {
    readonly tenant: TenantId;
    readonly terms: readonly string[];
    readonly way: Way;
    /** Not itself. */
    readonly from: number;
    readonly limit: number;
  }
  function select({ from, limit, tenant, terms, way }: Wanted): number[] {
    const [first, ...others] = terms;
    const kept = sql.selects[way];
    const statement = kept[others.length] ?? db.prepare(selectOf(others.length, way));
    kept[others.length] = statement;
    const rows = statement.all(...others, tenant, first as string, from, limit);
    return (rows as { position: number }[]).map((row) => row.position);
  }

  async function found(wanted: Wanted): Promise<number[]> {
    try {
      return select(wanted);
    } catch (error) {
      if (!isDamage(error)) throw error;
      restart();
      await caughtUp();
      return select(wanted);
    }
  }
  const find: Search["find"] = (tenant, terms, from, limit) =>
    found({ tenant, terms, way: "on", from, limit });

  return {
    note(tenant, sealed) {
      behind.add(tenant);
      for (const { entry } of sealed) {
        if (!opensWindow(entry) || entry.callId === undefined) continue;
        const key = `${tenant}\n${entry.windowId}`;
        if (!fresh.has(key)) fresh.set(key, entry.callId);
        if (fresh.size > freshCountMax) fresh.delete(fresh.keys().next().value ?? key);
      }
      soon();
    },
    distrust() {
      whole = false;
      for (const tenant of tenants()) behind.add(tenant);
      soon();
    },
    find,
    findBack: (tenant, terms, from, limit) => found({ tenant, terms, way: "back", from, limit }),
    async callOfWindow(tenant, windowId) {
      const known = fresh.get(`${tenant}\n${windowId}`);
      if (known !== undefined) return known;
      if (!whole) await caughtUp();
      const [position] = await find(tenant, [`k:${windowId}`], 0, 1);
      if (position === undefined) return fresh.get(`${tenant}\n${windowId}`);
      const row = log.entryAt.get(tenant, position) as { bytes: Uint8Array } | undefined;
      return row === undefined ? undefined : parse(row.bytes)?.callId;
    },
    indexedTo: progressOf,
    nodes(...asked) {
      try {
        return tree.read(...asked);
      } catch (error) {
        if (!isDamage(error)) throw error;
        restart();
        return [];
      }
    },
    async growTree(tenant) {
      try {
        for (let more = true; more && performance.now() < stopBy;) {
          more = grow(tenant);
          await new Promise((resume) => setImmediate(resume));
        }
        commit();
      } catch (error) {
        undo();
        if (isDamage(error)) restart();
      }
    },
    caughtUp,
    async close() {
      stopBy = performance.now() + STOP_MS;
      clearTimeout(timer);
      await caughtUp();
      closeQuietly(db);
    },
  };
}
