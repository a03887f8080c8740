/**
 * An incident: one recording that may hold what it must not, from the moment it is suspect to the
 * moment a person closes it. tacet deletes nothing.
 *
 * @module
 */
import type { CallId, EpochMs, RecorderId, TenantId, WindowId } from "../control/call.ts";
import type { Cause, FileRange } from "./evidence.ts";

/** What makes a recording suspect. One recording has at most one open incident. */
export interface Suspicion {
  readonly tenant: TenantId;
  readonly callId: CallId;
  readonly recorderId: RecorderId;
  readonly recordingId: string;
  readonly windowIds: readonly WindowId[];
  readonly by: "time" | "sound";
  readonly cause: Cause;
  readonly ranges: readonly FileRange[];
}

export interface Incident {
  readonly incidentId: string;
  readonly state: "open" | "closed";
  readonly openedAt: EpochMs;
  readonly callId: CallId;
  readonly recorderId: RecorderId;
  readonly recordingId: string;
  readonly windowIds: readonly WindowId[];
  readonly causes: readonly Cause[];
  readonly ranges: readonly FileRange[];
  /** Whether the recorder's own record was marked; absent where it cannot be, or is not asked to. */
  readonly flagged?: boolean;
  readonly notes: readonly { readonly at: EpochMs; readonly by: string; readonly text: string }[];
  readonly closedAt?: EpochMs;
}

/** Where suspicions are told. */
export interface Incidents {
  /**
   * Opens an incident, or adds to the open one of this recording; what is known already changes
   * nothing. Its id, once that is durable; undefined where the log took nothing, so tell it again.
   */
  suspect(suspicion: Suspicion): Promise<string | undefined>;
  /** Incidents of a call, open and closed. */
  of(tenant: TenantId, callId: CallId): readonly Incident[];
}
