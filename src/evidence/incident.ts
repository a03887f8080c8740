/**
 * An incident: one recording that may hold what it must not, from the moment it is suspect to the
 * moment a person closes it. tacet deletes nothing.
 *
 * @module
 */
import type { Actor, CallId, EpochMs, RecorderId, TenantId, WindowId } from "../control/call.ts";
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

/** What a person wrote. `by` is who, as the control log names them. */
export interface IncidentNote {
  readonly at: EpochMs;
  readonly by: string;
  readonly text: string;
}

export interface Incident {
  readonly incidentId: string;
  readonly state: "open" | "closed";
  readonly openedAt: EpochMs;
  readonly callId: CallId;
  readonly recorderId: RecorderId;
  readonly recordingId: string;
  readonly windowIds: readonly WindowId[];
  /** Why it is suspect. */
  readonly causes: readonly Cause[];
  /** In order, and none touches another. */
  readonly ranges: readonly FileRange[];
  /** Whether the recorder's own record was marked; absent where it cannot be, or is not asked to. */
  readonly flagged?: boolean;
  /** The closing note is the last of a closed one. */
  readonly notes: readonly IncidentNote[];
  /** What a person found to be behind it, in their words. */
  readonly foundCause?: string;
  /** The closed incident of the same recording before this one. */
  readonly earlier?: string;
  readonly closedAt?: EpochMs;
}

/** Where suspicions are told. */
export interface Incidents {
  /**
   * Opens an incident, or adds to the open one of this recording; what is known already changes
   * nothing. Its id, once that is durable; undefined where the log took nothing, so tell it again.
   */
  suspect(suspicion: Suspicion): Promise<string | undefined>;
  /** Incidents of a call, open and closed, as far as they are in memory: every open one is. */
  of(tenant: TenantId, callId: CallId): readonly Incident[];
}

/** What came of working at one. `log_failed`: nothing is promised, so ask again. */
export type Worked =
  | { readonly kind: "done"; readonly incident: Incident }
  | { readonly kind: "unknown" | "full" | "log_failed" }
  | { readonly kind: "closed"; readonly incident: Incident };

/** What a person adds to an incident. */
export interface Said {
  readonly by: Actor;
  readonly text: string;
  /** What they found to be behind it. */
  readonly foundCause?: string;
}

/** Which incidents are asked for, in the order they were opened. */
export interface IncidentsAsked {
  readonly state?: Incident["state"];
  readonly recorderId?: RecorderId;
  readonly callId?: CallId;
  /** The `next` of the page before. */
  readonly after: number;
  readonly limit: number;
}

/** `next` is there as long as there may be more, also where this page has fewer than `limit`. */
export interface IncidentPage {
  readonly incidents: readonly Incident[];
  readonly next?: number;
}

/** How people work through them. Reading throws `LogUnavailable` where the log cannot say. */
export interface IncidentWork {
  list(tenant: TenantId, asked: IncidentsAsked): Promise<IncidentPage>;
  find(tenant: TenantId, incidentId: string): Promise<Incident | undefined>;
  note(tenant: TenantId, incidentId: string, said: Said): Promise<Worked>;
  /** For good: what is found later of this recording opens another. */
  close(tenant: TenantId, incidentId: string, said: Said): Promise<Worked>;
}
