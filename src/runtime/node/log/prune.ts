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
import { type Pruning, isKept, prunedToOf, pruningDraft } from "../../../log/retention.ts";
import { TILE_WIDTH } from "../../../log/tiles.ts";
import { leafHash, sameHash } from "../../../log/tree.ts";
import { type CallCache, LogDamaged } from "./calls.ts";
import { type Statements, emptyWal, prunedToIn, tenantsOf } from "./database.ts";
import { detailOf } from "./failure.ts";
import type { Heads } from "./heads.ts";
import { firstEntryAt } from "./read.ts";
import type { Search } from "./search.ts";
import type { Writer } from "./writer.ts";

/** Entries that one entry prunes, at most: some hundredths of a second's work. */
const STEP_COUNT_MAX = 16 * TILE_WIDTH;
/** Entries erased at once: whoever pauses meanwhile waits for no more than some milliseconds. */
const ERASE_COUNT = 64;

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
   * Erases the next entries that an entry says may go; false when none are left. Where there were none,
   * what was erased before is taken out of the files of late changes too. Rejects with `LogDamaged` at
   * an entry that is not what was written: that one is evidence.
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
  readonly search: () => Pick<Search, "forget" | "settle">;
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
  /** An earlier process may have been killed before it came to this. */
  let isSettled = false;
  for (const tenant of tenantsOf(db)) upto.set(tenant, prunedToIn(db, tenant));
  const prunedTo = (tenant: TenantId) => upto.get(tenant) ?? 0;
  const standing = (tenant: TenantId) => own.standing.get(tenant) as Standing | undefined;

  /** The end of the next step's bundles, and where the entries that are too young begin. */
  function reach(tenant: TenantId, { last, olderThan }: PruneAsk) {
    const writer = options.writer();
    const size = writer.endOf(tenant).tree.size;
    const from = prunedTo(tenant);
    // The newest entry stays: it says where the log ends.
    const young = firstEntryAt(sql, tenant, { from, to: size }, olderThan);
    const end = Math.min(young - 1, last, size - 1, from + STEP_COUNT_MAX);
    return { from, to: wholeBundles(end), young };
  }

  /** What the file has more than is known here: a write that failed may have been applied. */
  function applied(tenant: TenantId): PruneStep | undefined {
    const there = standing(tenant);
    return there === undefined || there.upto <= prunedTo(tenant)
      ? undefined
      : pruned(tenant, there.upto, there.entry);
  }

  function pruned(tenant: TenantId, to: number, entry: number): PruneStep {
    const from = prunedTo(tenant);
    upto.set(tenant, to);
    for (const row of own.callsIn.all(tenant, from, to)) {
      calls.forget(tenant, (row as { call_id: string }).call_id);
    }
    return { kind: "pruned", to, entry };
  }

  function step(tenant: TenantId, ask: PruneAsk): PruneStep {
    const writer = options.writer();
    // What is queued is written first: nothing comes between the look at the calls and the entry.
    writer.writeNow([]);
    const earlier = applied(tenant);
    if (earlier !== undefined) return earlier;
    const { from, to, young } = reach(tenant, ask);
    if (to <= from) return { kind: "nothing", old: young - 1 };
    const inUse = own.inUse.get(tenant, from, to, young) as
      | { readonly position: number; readonly call_id: string }
      | undefined;
    const end = inUse === undefined ? to : wholeBundles(inUse.position - 1);
    if (inUse !== undefined && end <= from) return { kind: "call", callId: inUse.call_id };
    const { months, olderThan } = ask;
    const kept = staying(tenant, from, end);
    const pruning: Pruning = {
      from: from + 1,
      to: end,
      months,
      olderThan,
      ...(kept.length === 0 ? {} : { kept }),
    };
    const [written] = writer.writeNow([
      {
        kind: "facts",
        drafts: [pruningDraft(tenant, options.now(), pruning)],
        noted([entry]) {
          own.forgetCalls.run(tenant, tenant, from, end);
          for (const position of kept) own.keep.run(tenant, position);
          own.put.run(tenant, end, entry ?? 0, standing(tenant)?.erased ?? 0);
        },
      },
    ]);
    if (written?.kind === "written") return pruned(tenant, end, written.positions[0] ?? 0);
    const detail = written?.kind === "failed" ? written.detail : "conflict";
    return applied(tenant) ?? { kind: "failed", detail };
  }

  /** What is kept for good belongs to no call. */
  function staying(tenant: TenantId, after: number, to: number): number[] {
    const rows = own.ofNoCall.all(tenant, after, to) as unknown as Row[];
    return rows.filter(({ bytes }) => isStaying(bytes)).map(({ position }) => position);
  }

  async function erase(tenant: TenantId): Promise<boolean> {
    const at = standing(tenant);
    const to = Math.min(at?.upto ?? 0, prunedTo(tenant));
    if (at === undefined || at.erased >= to) {
      settle();
      return false;
    }
    refuseUnsaid(tenant, at);
    // Who reads later finds a signature over the entry that explains what is gone.
    const newest = options.heads().newest(tenant);
    if (newest === undefined || readCheckpoint(newest).size < at.entry) {
      await options.heads().sign(tenant);
    }
    const end = Math.min(to, at.erased + ERASE_COUNT);
    const rows = own.bundle.all(tenant, at.erased, end) as unknown as Row[];
    const changed = rows.find(({ bytes, leaf }) => !sameHash(leafHash(bytes), leaf));
    if (changed !== undefined) {
      throw new LogDamaged(
        `Entry ${changed.position} of ${tenant} is not what was written, so it is not erased. Run tacet verify.`,
      );
    }
    const going = rows.filter(({ bytes }) => !isStaying(bytes));
    options.search().forget(tenant, going);
    isSettled = false;
    sql.begin.run();
    try {
      for (const { position } of going) own.erase.run(tenant, position);
      own.put.run(tenant, at.upto, at.entry, end);
      sql.commit.run();
    } catch (error) {
      if (db.isTransaction) sql.rollback.run();
      throw new Error(`Entries could not be erased: ${detailOf(error)}`, { cause: error });
    }
    return end < to;
  }

  /** The file's own note is no word of the log's: anybody who can write to the file can write it. */
  function refuseUnsaid(tenant: TenantId, { entry, upto: to }: Standing): void {
    const row = sql.entryAt.get(tenant, entry) as { bytes: Uint8Array } | undefined;
    const formed = readEntry(row?.bytes ?? new Uint8Array(0));
    if (formed.kind === "entry" && prunedToOf(formed.entry) === to) return;
    throw new LogDamaged(
      `The file says that entries up to ${to} of ${tenant} may go, and entry ${entry} does not. Run tacet verify.`,
    );
  }

  /** What was erased is still in the files of what was written lately: these are emptied. */
  function settle(): void {
    if (isSettled) return;
    isSettled = [emptyWal(db), options.search().settle()].every(Boolean);
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
