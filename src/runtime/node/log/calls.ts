/**
 * Where calls are in the log: their folded state, from memory where it was used lately and else
 * from the chain of their entries.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { CallId, CallState, TenantId } from "../../../control/call.ts";
import { newCall } from "../../../control/call.ts";
import type { CallEvent } from "../../../control/events.ts";
import type { LoadedCall } from "../../../control/ports.ts";
import { eventOfEntry } from "../../../log/callEntries.ts";
import { readEntry } from "../../../log/form.ts";
import type { CallRow, Statements } from "./database.ts";

export type Fold = (events: readonly CallEvent[]) => CallState;

/** The entries of a call cannot be read: the file is damaged. Names where. */
export class LogDamaged extends Error {
  readonly code = "log_damaged";
}

/** A call's events from its first, by walking back from its newest. */
export function eventsOfCall(
  sql: Pick<Statements, "callRow" | "entryAt">,
  tenant: TenantId,
  callId: CallId,
): { readonly events: readonly CallEvent[]; readonly position: number } {
  const row = sql.callRow.get(tenant, callId) as CallRow | undefined;
  if (row === undefined) return { events: [], position: 0 };
  const events: CallEvent[] = [];
  for (let at = row.position; at > 0;) {
    const entry = sql.entryAt.get(tenant, at) as { bytes: Uint8Array; prev: number } | undefined;
    const formed = entry === undefined ? undefined : readEntry(entry.bytes);
    if (entry === undefined || formed?.kind !== "entry" || entry.prev >= at) {
      throw new LogDamaged(`Entry ${at} of ${tenant} cannot be read. Run tacet verify.`);
    }
    events.push(eventOfEntry(formed.entry));
    at = entry.prev;
  }
  if (events.length !== row.version) {
    throw new LogDamaged(
      `Entries before ${row.position} of ${tenant} are missing. Run tacet verify.`,
    );
  }
  return { events: events.toReversed(), position: row.position };
}

const keyOf = (tenant: TenantId, callId: CallId) => `${tenant}\n${callId}`;

/** Calls used lately. Bounded; what falls out is folded from the log when it is next asked for. */
export interface CallCache {
  get(tenant: TenantId, callId: CallId): LoadedCall;
  put(tenant: TenantId, callId: CallId, loaded: LoadedCall): void;
  forget(tenant: TenantId, callId: CallId): void;
}

export function callCache(sql: Statements, fold: Fold, countMax: number): CallCache {
  const calls = new Map<string, LoadedCall>();
  return {
    get(tenant, callId) {
      const known = calls.get(keyOf(tenant, callId));
      if (known !== undefined) return known;
      const { events, position } = eventsOfCall(sql, tenant, callId);
      return { state: events.length === 0 ? newCall : fold(events), position };
    },
    put(tenant, callId, loaded) {
      const key = keyOf(tenant, callId);
      calls.delete(key);
      if (loaded.state.endedAt !== undefined) return;
      calls.set(key, loaded);
      if (calls.size <= countMax) return;
      const [oldest] = calls.keys();
      if (oldest !== undefined) calls.delete(oldest);
    },
    forget(tenant, callId) {
      calls.delete(keyOf(tenant, callId));
    },
  };
}

/** Undefined for a call whose entries are damaged. */
export function readableOf(
  calls: CallCache,
  tenant: TenantId,
  callId: CallId,
): CallState | undefined {
  try {
    return calls.get(tenant, callId).state;
  } catch (error) {
    if (error instanceof LogDamaged) return undefined;
    throw error;
  }
}

/** Calls not ended, by their newest entry; with `agentId` only this agent's. */
export function liveCalls(
  db: DatabaseSync,
  tenant: TenantId,
  limit: number,
  first: "newest" | "oldest",
  agentId?: string,
): CallId[] {
  const own = agentId === undefined ? "" : "AND agent_id = ?";
  const order = first === "newest" ? "DESC" : "ASC";
  const query = `SELECT call_id FROM calls WHERE tenant = ? ${own} AND ended = 0 ORDER BY position ${order} LIMIT ?`;
  const named = agentId === undefined ? [tenant, limit] : [tenant, agentId, limit];
  const rows = db.prepare(query).all(...named) as unknown as { call_id: string }[];
  return rows.map((row) => row.call_id);
}
