/**
 * One fact of the control log, as it stands in the log for good.
 *
 * @module
 */
import type { EpochMs, Json, PrincipalKind } from "../control/call.ts";

/**
 * How large an entry may be: tlog-tiles gives its length two bytes. What requests and recorders can
 * bring makes smaller ones; one that is larger is refused, and never cut.
 */
export const ENTRY_BYTES_MAX = 65_535;

/** Format version 1. Members that do not apply are absent, never null. */
export interface Entry {
  readonly v: 1;
  /** 1 for the first entry of a tenant's log, and one more for each after. */
  readonly position: number;
  readonly at: EpochMs;
  /** What is known of the clock: `synced`, `unsynced` or `unknown`. */
  readonly clock: "synced" | "unsynced" | "unknown";
  readonly tenant: string;
  readonly type: string;
  readonly callId?: string;
  readonly windowId?: string;
  readonly recorderId?: string;
  readonly actor: { readonly id: string; readonly kind: PrincipalKind; readonly client?: string };
  readonly origin: { readonly ip?: string; readonly component: string };
  readonly outcome: string;
  readonly reason?: string;
  readonly detail?: { readonly [name: string]: Json };
  /** 16 random bytes, base64url, so that an erased entry's hash tells nothing. */
  readonly salt: string;
}

/** An entry before the log gives it `v`, `position`, `clock` and `salt`. */
export type EntryDraft = Omit<Entry, "v" | "position" | "clock" | "salt">;
