/**
 * Takes old entries out of the log's file: first an entry says which, then a head is signed over it,
 * and only then do their bytes go. Their hashes stay, so the tree is what it was.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { EpochMs, TenantId } from "../../../control/call.ts";
import { readCheckpoint } from "../../../log/checkpoint.ts";
import { readEntry } from "../../../log/form.ts";
import { type Pruning, isKept, pruningDraft } from "../../../log/retention.ts";
import { TILE_WIDTH } from "../../../log/tiles.ts";
import { leafHash, sameHash } from "../../../log/tree.ts";
import { type CallCache, LogDamaged } from "./calls.ts";
import { type Statements, prunedToIn, tenantsOf } from "./database.ts";
import { detailOf } from "./failure.ts";
import type { Heads } from "./heads.ts";
import { firstAt } from "./read.ts";
import type { Search } from "./search.ts";
import type { Writer } from "./writer.ts";

/** Entries that one entry prunes, at most: some hundredths of a second's work. */
const STEP_COUNT_MAX = 16 * TILE_WIDTH;

export interface PruneAsk {
  /** Entries from before this moment may go, and those of calls that were over by then. */
  readonly olderThan: EpochMs;
  readonly months: number;
  /** No entry behind this position goes, whatever its age. */
  readonly last: number;
}

/**
 * `pruned`: an entry says so; `erase` does it. `nothing`: no whole bundle is old
 * enough and within the asked bounds; the entries up to `old` are old enough. `call`: one
 * that has entries there is not over, or was in use again since.
 */
export type PruneStep =
  | { readonly kind: "pruned"; readonly to: number; readonly entry: number }
  | { readonly kind: "nothing"; readonly old: number }
  | { readonly kind: "call"; readonly callId: string }
  | { readonly kind: "failed"; readonly detail: string };

export interface Pruner {
  /** The next step; its entry is durable. Never throws. */
  step(tenant: TenantId, ask: PruneAsk): PruneStep;
  /**
   * Erases the next bundle that an entry says may go; false when none is left. Rejects with
   * `LogDamaged` at an entry that is not what was written: that one is evidence.
   */
  erase(tenant: TenantId): Promise<boolean>;
  /** Up to here nothing is read any more but what is kept for good. */
  prunedTo(tenant: TenantId): number;
  /** Positions of the entries that stay, of those behind `after`. */
  keptAfter(tenant: TenantId, after: number, limit: number): number[];
  isKept(tenant: TenantId, position: number): boolean;
}

export interface PrunerOptions {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly now: () => EpochMs;
  readonly calls: CallCache;
  readonly writer: () => Writer;
  readonly heads: () => Heads;
  readonly search: () => Pick<Search, "forget">;
}

interface Standing {
  readonly upto: number;
  readonly entry: number;
  readonly erased: number;
}

export function prunerOf(options: PrunerOptions): Pruner {
  const { calls, db, sql } = options;
  const own = statementsOf(db);
  const upto = new Map<TenantId, number>();
  for (const tenant of tenantsOf(db)) upto.set(tenant, prunedToIn(db, tenant));
  const prunedTo = (tenant: TenantId) => upto.get(tenant) ?? 0;
  const standing = (tenant: TenantId) => own.standing.get(tenant) as Standing | undefined;

  /** The end of the next step's bundles, and where the entries that are too young begin. */
  function reach(tenant: TenantId, { last, olderThan }: PruneAsk) {
    const writer = options.writer();
    const size = writer.endOf(tenant).tree.size;
    const from = prunedTo(tenant);
    // The newest entry stays: it says where the log ends.
    const young = firstAt(sql, tenant, { from, to: size }, olderThan);
    const end = Math.min(young - 1, last, size - 1, from + STEP_COUNT_MAX);
    return { from, to: wholeBundles(end), young };
  }

  function step(tenant: TenantId, ask: PruneAsk): PruneStep {
    const writer = options.writer();
    // What is queued is written first: nothing comes between the look at the calls and the entry.
    writer.writeNow([]);
    const { from, to, young } = reach(tenant, ask);
    if (to <= from) return { kind: "nothing", old: young - 1 };
    const inUse = own.inUse.get(tenant, from, to, young) as
      | { readonly position: number; readonly call_id: string }
      | undefined;
    const end = inUse === undefined ? to : wholeBundles(inUse.position - 1);
    if (inUse !== undefined && end <= from) return { kind: "call", callId: inUse.call_id };
    const { months, olderThan } = ask;
    const pruning: Pruning = { from: from + 1, to: end, months, olderThan };
    const [written] = writer.writeNow([
      {
        kind: "facts",
        drafts: [pruningDraft(tenant, options.now(), pruning)],
        noted([entry]) {
          own.forgetCalls.run(tenant, tenant, from, end);
          for (const position of staying(tenant, from, end)) own.keep.run(tenant, position);
          own.put.run(tenant, end, entry ?? 0, standing(tenant)?.erased ?? 0);
        },
      },
    ]);
    if (written?.kind !== "written") {
      return { kind: "failed", detail: written?.kind === "failed" ? written.detail : "conflict" };
    }
    for (const row of own.callsIn.all(tenant, from, end)) {
      calls.forget(tenant, (row as { call_id: string }).call_id);
    }
    upto.set(tenant, end);
    return { kind: "pruned", to: end, entry: written.positions[0] ?? 0 };
  }

  /** What is kept for good belongs to no call. */
  function staying(tenant: TenantId, after: number, to: number): number[] {
    const rows = own.ofNoCall.all(tenant, after, to) as unknown as Row[];
    return rows.filter(({ bytes }) => isStaying(bytes)).map(({ position }) => position);
  }

  async function erase(tenant: TenantId): Promise<boolean> {
    const at = standing(tenant);
    if (at === undefined || at.erased >= at.upto) return false;
    // Who reads later finds a signature over the entry that explains what is gone.
    const newest = options.heads().newest(tenant);
    if (newest === undefined || readCheckpoint(newest).size < at.entry) {
      await options.heads().sign(tenant);
    }
    const rows = own.bundle.all(tenant, at.erased, at.erased + TILE_WIDTH) as unknown as Row[];
    const changed = rows.find(({ bytes, leaf }) => !sameHash(leafHash(bytes), leaf));
    if (changed !== undefined) {
      throw new LogDamaged(
        `Entry ${changed.position} of ${tenant} is not what was written, so it is not erased. Run tacet verify.`,
      );
    }
    const going = rows.filter(({ bytes }) => !isStaying(bytes));
    options.search().forget(tenant, going);
    sql.begin.run();
    try {
      for (const { position } of going) own.erase.run(tenant, position);
      own.put.run(tenant, at.upto, at.entry, Math.min(at.upto, at.erased + TILE_WIDTH));
      sql.commit.run();
    } catch (error) {
      if (db.isTransaction) sql.rollback.run();
      throw new Error(`Entries could not be erased: ${detailOf(error)}`, { cause: error });
    }
    return at.erased + TILE_WIDTH < at.upto;
  }

  return {
    step,
    erase,
    prunedTo,
    keptAfter: (tenant, after, limit) =>
      (own.keptAfter.all(tenant, after, limit) as { position: number }[]).map(
        ({ position }) => position,
      ),
    isKept: (tenant, position) => own.isKept.get(tenant, position) !== undefined,
  };
}

const wholeBundles = (count: number): number => count - (count % TILE_WIDTH);

interface Row {
  readonly position: number;
  readonly bytes: Uint8Array;
  readonly leaf: Uint8Array;
}

function isStaying(bytes: Uint8Array): boolean {
  const formed = readEntry(bytes);
  return formed.kind === "entry" && isKept(formed.entry);
}

function statementsOf(db: DatabaseSync) {
  const inRange = "tenant = ? AND position > ? AND position <= ?";
  return {
    standing: db.prepare("SELECT upto, entry, erased FROM pruned WHERE tenant = ?"),
    put: db.prepare("INSERT OR REPLACE INTO pruned VALUES (?, ?, ?, ?)"),
    // Not over, still owing, or with an entry that is too young.
    inUse: db.prepare(
      `SELECT e.position AS position, e.call_id AS call_id FROM entries e
       JOIN calls c ON c.tenant = e.tenant AND c.call_id = e.call_id
       WHERE e.tenant = ? AND e.position > ? AND e.position <= ?
         AND (c.ended = 0 OR c.unrested = 1 OR c.position >= ?)
       ORDER BY e.position LIMIT 1`,
    ),
    bundle: db.prepare(
      `SELECT position, bytes, leaf FROM entries WHERE ${inRange} AND length(bytes) > 0 ORDER BY position`,
    ),
    ofNoCall: db.prepare(
      `SELECT position, bytes, leaf FROM entries WHERE ${inRange} AND call_id IS NULL ORDER BY position`,
    ),
    callsIn: db.prepare(
      `SELECT DISTINCT call_id FROM entries WHERE ${inRange} AND call_id IS NOT NULL`,
    ),
    forgetCalls: db.prepare(
      `DELETE FROM calls WHERE tenant = ? AND call_id IN
       (SELECT call_id FROM entries WHERE ${inRange} AND call_id IS NOT NULL)`,
    ),
    erase: db.prepare(
      "UPDATE entries SET bytes = zeroblob(0), call_id = NULL, prev = NULL WHERE tenant = ? AND position = ?",
    ),
    keep: db.prepare("INSERT OR IGNORE INTO kept VALUES (?, ?)"),
    keptAfter: db.prepare(
      "SELECT position FROM kept WHERE tenant = ? AND position > ? ORDER BY position LIMIT ?",
    ),
    isKept: db.prepare("SELECT 1 FROM kept WHERE tenant = ? AND position = ?"),
  };
}
