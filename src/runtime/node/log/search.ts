/**
 * The search file: which entries have which words. Filled behind the log, one writer, and made anew
 * from the log whenever it is missing, damaged or another log's. It only finds; the log decides.
 *
 * @module
 */
import type { CallId, TenantId, WindowId } from "../../../control/call.ts";
import type { Sealed } from "../../../log/seal.ts";
import type { Statements } from "./database.ts";
import type { Nodes } from "./nodes.ts";
import { isDamage, selectOf, type Way } from "./searchFile.ts";
import { type SearchFill, openFill } from "./searchFill.ts";
import { type Forgotten, opensWindow, parse } from "./searchWords.ts";

/** Windows known before they are indexed; beyond it, while the file cannot be written, the oldest go. */
const FRESH_COUNT_MAX = 100_000;

export interface Search {
  /** Committed entries to index soon. Never throws. */
  note(tenant: TenantId, sealed: readonly Sealed[]): void;
  /** Entries may have been committed that were never noted. */
  distrust(): void;
  /** These are about to be erased, and found no more. Throws where the file cannot be written. */
  forget(tenant: TenantId, entries: readonly Forgotten[]): void;
  settle: SearchFill["settle"];
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
  /** Windows of entries not indexed yet. */
  const fresh = new Map<string, CallId>();
  const fill = openFill({
    path,
    log,
    tenants,
    indexed(windows) {
      for (const window of windows) fresh.delete(window);
    },
  });

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
    const { db, sql } = fill.file();
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
      fill.restart();
      await fill.caughtUp();
      return select(wanted);
    }
  }
  const find: Search["find"] = (tenant, terms, from, limit) =>
    found({ tenant, terms, way: "on", from, limit });

  return {
    note(tenant, sealed) {
      for (const { entry } of sealed) {
        if (!opensWindow(entry) || entry.callId === undefined) continue;
        const key = `${tenant}\n${entry.windowId}`;
        if (!fresh.has(key)) fresh.set(key, entry.callId);
        if (fresh.size > freshCountMax) fresh.delete(fresh.keys().next().value ?? key);
      }
      fill.note(tenant);
    },
    distrust: fill.doubt,
    forget: fill.forgetWords,
    settle: fill.settle,
    find,
    findBack: (tenant, terms, from, limit) => found({ tenant, terms, way: "back", from, limit }),
    async callOfWindow(tenant, windowId) {
      const known = fresh.get(`${tenant}\n${windowId}`);
      if (known !== undefined) return known;
      if (!fill.isWhole()) await fill.caughtUp();
      const [position] = await find(tenant, [`k:${windowId}`], 0, 1);
      if (position === undefined) return fresh.get(`${tenant}\n${windowId}`);
      const row = log.entryAt.get(tenant, position) as { bytes: Uint8Array } | undefined;
      return row === undefined ? undefined : parse(row.bytes)?.callId;
    },
    indexedTo: fill.progressOf,
    nodes(...asked) {
      try {
        return fill.file().tree.read(...asked);
      } catch (error) {
        if (!isDamage(error)) throw error;
        fill.restart();
        return [];
      }
    },
    growTree: fill.growTree,
    caughtUp: fill.caughtUp,
    close: fill.close,
  };
}
