/**
 * The log's one writer: everything asked for in one tick goes in one transaction, positions come
 * from it, and trees and calls move only after COMMIT.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { CallId, CallState, TenantId } from "../../../control/call.ts";
import type { CallEvent } from "../../../control/events.ts";
import type { LoadedCall } from "../../../control/ports.ts";
import { draftOfEvent } from "../../../log/callEntries.ts";
import type { Entry, EntryDraft } from "../../../log/entry.ts";
import { type LogEnd, type Sealed, sealAll } from "../../../log/seal.ts";
import { emptyTree } from "../../../log/tree.ts";
import { type CallCache, LogDamaged } from "./calls.ts";
import type { Statements } from "./database.ts";
import { readEnd } from "./end.ts";
import { detailOf, isDiskFull } from "./failure.ts";
import type { Request, Written } from "./request.ts";

export type { Request, Written } from "./request.ts";

/** For tests: a throw before COMMIT is a failure not applied, one after it a failure applied. */
export interface Faults {
  beforeCommit?(): void;
  afterCommit?(): void;
}

export interface WriterOptions {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly calls: CallCache;
  readonly evolve: (state: CallState, event: CallEvent) => CallState;
  readonly summarise: (state: CallState) => {
    readonly unrested: boolean;
    readonly ended: boolean;
    readonly agentId: string | undefined;
  };
  readonly clockState: () => Entry["clock"];
  readonly faults: Faults;
  /** Where each tenant's log ended when it was opened. */
  readonly ends: ReadonlyMap<TenantId, LogEnd>;
  /** Gives disk space up; false when there is none left to give. */
  readonly makeRoom: () => boolean;
  /** Neither throws. `uncertain`: entries may be there that `committed` was never told of. */
  readonly committed: (tenant: TenantId, sealed: readonly Sealed[]) => void;
  readonly uncertain: () => void;
  /** How long a batch took to be durable, in ms. */
  readonly measured: (ms: number, entries: number) => void;
}

export interface Writer {
  write(request: Request): Promise<Written>;
  /** Writes what is queued and these, in one transaction, now. */
  writeNow(requests: readonly Request[]): readonly Written[];
  endOf(tenant: TenantId): LogEnd;
  healthy(): boolean;
  /** After a failure: tries whether the file can be written again. Never throws. */
  probe(): void;
}

interface Queued {
  readonly request: Request;
  readonly answer: (written: Written) => void;
}

/** What a transaction has built so far, not yet committed. */
interface Draft {
  readonly ends: Map<TenantId, LogEnd>;
  readonly calls: Map<string, { tenant: TenantId; callId: CallId; loaded: LoadedCall }>;
  readonly sealed: Map<TenantId, Sealed[]>;
}

/** Requests in one transaction: a bound on how long the loop stands still. */
const BATCH_MAX = 500;
const TURNS_MAX = 8;

export function startWriter(options: WriterOptions): Writer {
  const { sql, calls } = options;
  const ends = new Map(options.ends);
  /** Tenants whose newest entries must be read again: a failed write may have been applied. */
  const suspect = new Set<TenantId>();
  let queue: Queued[] = [];
  let scheduled = false;
  let lastBatch = 1;
  let healthy = true;

  function drain(): void {
    scheduled = false;
    const batch = queue.splice(0, BATCH_MAX);
    if (batch.length === 0) return;
    lastBatch = batch.length;
    if (queue.length > 0) schedule();
    const written = commit(batch.map(({ request }) => request));
    batch.forEach(({ answer }, index) => answer(written[index] as Written));
  }

  /**
   * Making a batch durable costs about as much as making one request durable, so while as many as
   * last time seem to be on their way, a few turns of the loop are waited for them. Who is alone
   * never waits.
   */
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    let turns = 0;
    setImmediate(function look() {
      if (queue.length >= lastBatch || turns === TURNS_MAX) return drain();
      turns += 1;
      setImmediate(look);
    });
  }

  function commit(requests: readonly Request[]): readonly Written[] {
    const startedAt = performance.now();
    for (;;) {
      try {
        const written = transact(requests);
        healthy = true;
        const entries = written.reduce(
          (sum, one) => sum + (one.kind === "written" ? one.positions.length : 0),
          0,
        );
        options.measured(performance.now() - startedAt, entries);
        return written;
      } catch (error) {
        undo(requests);
        if (isDiskFull(error) && options.makeRoom()) continue;
        healthy = false;
        const detail = detailOf(error);
        return requests.map(() => ({ kind: "failed", detail }));
      }
    }
  }

  function transact(requests: readonly Request[]): readonly Written[] {
    const draft: Draft = { ends: new Map(), calls: new Map(), sealed: new Map() };
    sql.begin.run();
    const written = requests.map((request) => prepareOne(request, draft));
    options.faults.beforeCommit?.();
    sql.commit.run();
    options.faults.afterCommit?.();
    for (const [tenant, end] of draft.ends) ends.set(tenant, end);
    for (const { tenant, callId, loaded } of draft.calls.values())
      calls.put(tenant, callId, loaded);
    for (const [tenant, sealed] of draft.sealed) options.committed(tenant, sealed);
    return written;
  }

  function prepareOne(request: Request, draft: Draft): Written {
    if (request.kind === "call") return prepareCall(request, draft);
    const before = [...draft.ends];
    const sealed = request.drafts.map((one) => trySeal(one.tenant, [one], draft));
    const bad = sealed.find((one) => typeof one === "string");
    if (typeof bad === "string") {
      draft.ends.clear();
      for (const [tenant, end] of before) draft.ends.set(tenant, end);
      return { kind: "failed", detail: bad };
    }
    const positions = (sealed as Plan[]).flatMap((plan) => insert(plan, draft, null, []));
    request.noted?.(positions);
    return { kind: "written", positions };
  }

  function prepareCall(request: Extract<Request, { kind: "call" }>, draft: Draft): Written {
    const { tenant, callId, expectedVersion, events, component } = request;
    const key = `${tenant}\n${callId}`;
    const known = draft.calls.get(key)?.loaded ?? tryLoad(tenant, callId);
    if (typeof known === "string") return { kind: "failed", detail: known };
    if (known.state.version !== expectedVersion) return { kind: "conflict" };
    const drafts = events.map((event) => draftOfEvent(tenant, callId, event, component));
    const plan = trySeal(tenant, drafts, draft);
    if (typeof plan === "string") return { kind: "failed", detail: plan };
    const first = plan.sealed[0]?.entry.position ?? 0;
    const prevs = events.map((_, index) => (index === 0 ? known.position : first + index - 1));
    const positions = insert(plan, draft, callId, prevs);
    const position = positions.at(-1) ?? known.position;
    const state = events.reduce(options.evolve, known.state);
    if (positions.length > 0) {
      const { unrested, ended, agentId = null } = options.summarise(state);
      const flags = [unrested ? 1 : 0, ended ? 1 : 0];
      sql.putCall.run(tenant, callId, state.version, position, ...flags, agentId);
    }
    draft.calls.set(key, { tenant, callId, loaded: { state, position } });
    return { kind: "written", positions };
  }

  /** A call whose entries are damaged fails by itself too. */
  function tryLoad(tenant: TenantId, callId: CallId): LoadedCall | string {
    try {
      return calls.get(tenant, callId);
    } catch (error) {
      if (error instanceof LogDamaged) return error.message;
      throw error;
    }
  }

  /** A draft that cannot be an entry fails by itself, before anything of it is inserted. */
  function trySeal(tenant: TenantId, drafts: readonly EntryDraft[], draft: Draft): Plan | string {
    try {
      const end = draft.ends.get(tenant) ?? endOf(tenant);
      const plan = { tenant, ...sealAll(drafts, end, options.clockState()) };
      draft.ends.set(tenant, plan.end);
      return plan;
    } catch (error) {
      if (isNoEntry(error)) return error.message;
      throw error;
    }
  }

  function insert(
    { tenant, sealed }: Plan,
    draft: Draft,
    callId: CallId | null,
    prevs: readonly number[],
  ): number[] {
    sealed.forEach(({ entry, bytes, leaf }, index) => {
      sql.insertEntry.run(tenant, entry.position, bytes, leaf, callId, prevs[index] ?? null);
    });
    draft.sealed.set(tenant, [...(draft.sealed.get(tenant) ?? []), ...sealed]);
    return sealed.map(({ entry }) => entry.position);
  }

  /** Nothing that a failed transaction built is believed; the file says what is there. */
  function undo(requests: readonly Request[]): void {
    try {
      if (options.db.isTransaction) sql.rollback.run();
    } catch {
      // A connection that cannot even roll back answers the next write with the same failure.
    }
    for (const tenant of ends.keys()) suspect.add(tenant);
    for (const request of requests) {
      if (request.kind === "call") calls.forget(request.tenant, request.callId);
    }
    options.uncertain();
  }

  function endOf(tenant: TenantId): LogEnd {
    const known = ends.get(tenant);
    if (known !== undefined && !suspect.has(tenant)) return known;
    const end = readEnd(sql, tenant, known?.tree ?? emptyTree);
    ends.set(tenant, end);
    suspect.delete(tenant);
    return end;
  }

  function probe(): void {
    if (healthy) return;
    try {
      sql.begin.run();
      sql.putMeta.run("probed", "1");
      options.faults.beforeCommit?.();
      sql.commit.run();
      healthy = true;
    } catch {
      undo([]);
    }
  }

  return {
    probe,
    write: (request) =>
      new Promise((answer) => {
        queue.push({ request, answer });
        schedule();
      }),
    writeNow(requests) {
      while (queue.length > 0) drain();
      return commit(requests);
    },
    endOf,
    healthy: () => healthy,
  };
}

/** It has no canonical form, or is larger than an entry may be. */
const isNoEntry = (error: unknown): error is Error =>
  error instanceof Error &&
  "code" in error &&
  (error.code === "not_canonicalizable" || error.code === "entry_too_large");

interface Plan {
  readonly tenant: TenantId;
  readonly sealed: readonly Sealed[];
  readonly end: LogEnd;
}
