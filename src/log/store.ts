/**
 * What a log store offers beyond the core's own need: facts that belong to no call, reading,
 * searching and the signed head. A store is durable, has one writer, and only grows.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../control/call.ts";
import type { CallDirectory, ControlLog } from "../control/ports.ts";
import type { Entry, EntryDraft } from "./entry.ts";

/** The log of what has no tenant: start, stop, configuration, keys. */
export const SYSTEM_TENANT = "system";

/** Members are joined by AND. `from` inclusive, `to` exclusive, Unix ms. */
export interface EntryFilter {
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly callId?: string;
  readonly windowId?: string;
  readonly recorderId?: string;
  readonly recordingId?: string;
  readonly incidentId?: string;
  readonly actor?: string;
  /** Whose call it was, or who acted as this agent. */
  readonly agentId?: string;
  readonly type?: string;
  readonly outcome?: string;
}

export interface EntryPage {
  readonly entries: readonly Entry[];
  /** Give this back as `after` for the next page; absent at the end of what is durable now. */
  readonly next?: number;
  /** How far the search index has come; entries after it are not in a filtered answer yet. */
  readonly indexedTo: number;
}

export interface LogStore extends ControlLog, CallDirectory {
  /** Enters facts that belong to no call. Durable on return. */
  enter(
    drafts: readonly EntryDraft[],
  ): Promise<{ kind: "entered"; positions: number[] } | { kind: "failed"; detail: string }>;
  /** Entries with position > `after`, in order, at most `limit` (≤ 1,000). */
  read(tenant: TenantId, filter: EntryFilter, after: number, limit: number): Promise<EntryPage>;
  /** The same from the end: entries with position < `before`, the newest first; `next` is the next `before`. */
  readBack(
    tenant: TenantId,
    filter: EntryFilter,
    before: number,
    limit: number,
  ): Promise<EntryPage>;
  /** The signed head over all committed entries of the tenant's log (a C2SP tlog-checkpoint). */
  checkpoint(tenant: TenantId): Promise<string>;
  /** The newest head that was signed; signs none. Undefined where none was. */
  signedHead(tenant: TenantId): Promise<string | undefined>;
  /**
   * Hashes of one level of the tree, 32 bytes each, one after the other: of level 0 the entries'
   * leaves, of level k the roots of each full 256^k of them. From index `from` (0 is the first) on,
   * at most `count` (≤ 256); fewer where there are no more.
   */
  hashes(tenant: TenantId, level: number, from: number, count: number): Promise<Uint8Array>;
  /** Entries' own bytes as an entry bundle (`packBundle`), with the same `from` and `count`. */
  bundle(tenant: TenantId, from: number, count: number): Promise<Uint8Array>;
  /** The log's origin id, such as `tacet.example/acme`; the events' epoch. */
  origin(tenant: TenantId): string;
  /** For whoever verifies: `name+keyid+base64`. Absent where the log is nobody's evidence. */
  readonly verifierKey?: string;
  /** Committed entries of the tenant's log. */
  size(tenant: TenantId): number;
  /** Entries up to here were pruned: of most of them only the hash is left. 0 where none were. */
  prunedTo(tenant: TenantId): number;
  tenants(): readonly TenantId[];
  /** Whether the last write worked, for /readyz. */
  healthy(): boolean;
  /** Signs a last checkpoint, settles the search file, lets the lock go. */
  close(): Promise<void>;
}
