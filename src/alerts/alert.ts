/**
 * What an alert is: a condition that a person has to know of, from the moment it began to the
 * moment it was over. One alert a condition and occurrence, and a closing one when it ends.
 *
 * @module
 */
import type { EpochMs, Protection, RecorderId, TenantId } from "../control/call.ts";

export const ALERT_KINDS = [
  "unsecured",
  "stalled",
  "paused_by_other",
  "drift",
  "recorder_down",
  "log_failing",
  "verification_failing",
  "incident_open",
  "copy_behind",
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** When a condition began. It is told apart from an earlier one of its kind by this. */
interface Began {
  readonly since: EpochMs;
}

/** Never more of a call than this: no attribute, no reason, no target. */
export interface CallAlert extends Began {
  readonly kind: "unsecured" | "stalled" | "paused_by_other" | "drift";
  readonly tenant: TenantId;
  readonly callId: string;
  /** Open then. */
  readonly windowIds: readonly string[];
  /** The recorders it is about: not confirmed, paused by others, or recording again. */
  readonly recorderIds: readonly RecorderId[];
  readonly agentId?: string;
  readonly protection: Protection;
  /** Of the entry in the tenant's log with which it began. */
  readonly position: number;
}

export interface RecorderDown extends Began {
  readonly kind: "recorder_down";
  readonly recorderId: RecorderId;
  /** The tenants whose routes name it. */
  readonly tenants: readonly TenantId[];
  /** One word of tacet's own, such as the name of what its preflight found wrong. */
  readonly cause: string;
}

export interface LogFailing extends Began {
  readonly kind: "log_failing";
  readonly cause: string;
}

/** A log does not verify, or could not be looked at. Of one tenant's log, `system` included. */
export interface VerificationFailing extends Began {
  readonly kind: "verification_failing";
  readonly tenant: TenantId;
  /** One word of tacet's own for what does not fit. */
  readonly cause: string;
  /** The first entry that does not, where it is known. */
  readonly position?: number;
}

/** A recording may hold what it must not, and nobody has closed its incident yet. */
export interface IncidentOpen extends Began {
  readonly kind: "incident_open";
  readonly tenant: TenantId;
  readonly incidentId: string;
  readonly recorderId: RecorderId;
}

/** A destination lacks entries that should have left the machine long ago. */
export interface CopyBehind extends Began {
  readonly kind: "copy_behind";
  readonly destination: string;
  /** Why its last try failed, in one word; `slow` where none did. */
  readonly cause: string;
}

export type Alert =
  | CallAlert
  | RecorderDown
  | LogFailing
  | VerificationFailing
  | IncidentOpen
  | CopyBehind;

/** What a condition is about, whenever it began: there is at most one open alert of each. */
export type Condition =
  | Pick<CallAlert, "kind" | "tenant" | "callId">
  | Pick<RecorderDown, "kind" | "recorderId">
  | Pick<LogFailing, "kind">
  | Pick<VerificationFailing, "kind" | "tenant">
  | Pick<IncidentOpen, "kind" | "tenant" | "incidentId">
  | Pick<CopyBehind, "kind" | "destination">;

/** Where conditions are told. Synchronous; neither function waits for anything, or throws. */
export interface AlertSink {
  /** Opens the alert, where none of its condition is open. Asking again changes nothing. */
  raise(alert: Alert): void;
  /** The condition is over since `at`. Where no alert of it is open, nothing happens. */
  resolve(condition: Condition, at: EpochMs): void;
}

/** Names a condition: equal for equal conditions, and only for those. */
export function keyOf(condition: Condition): string {
  switch (condition.kind) {
    case "unsecured":
    case "stalled":
    case "paused_by_other":
    case "drift":
      return JSON.stringify([condition.kind, condition.tenant, condition.callId]);
    case "recorder_down":
      return JSON.stringify([condition.kind, condition.recorderId]);
    case "log_failing":
      return JSON.stringify([condition.kind]);
    case "verification_failing":
      return JSON.stringify([condition.kind, condition.tenant]);
    case "incident_open":
      return JSON.stringify([condition.kind, condition.tenant, condition.incidentId]);
    case "copy_behind":
      return JSON.stringify([condition.kind, condition.destination]);
  }
}
