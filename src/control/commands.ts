/**
 * What can be asked of a call, and the names of its refusals.
 *
 * @module
 */
import type {
  Actor,
  ConfirmedBy,
  EpochMs,
  Goal,
  LetGoReason,
  RecorderStatus,
  TapFailure,
  TapId,
  TapSpec,
  WindowId,
} from "./call.ts";

export type Command = { readonly at: EpochMs } & (
  | {
      readonly type: "RegisterCall";
      readonly by: Actor;
      /** Absent: what is known stays. */
      readonly agentId?: string;
      readonly attributes?: Readonly<Record<string, string>>;
      /** Absent: the taps stay. `only`: taps not named are let go (a move). `add`: they stay. */
      readonly taps?: { readonly mode: "only" | "add"; readonly specs: readonly TapSpec[] };
    }
  | {
      readonly type: "OpenWindow";
      readonly by: Actor;
      readonly windowId: WindowId;
      readonly leaseMs: number;
      readonly reason?: string;
      /** Taps this pause adds; a pause never lets one go. Registers the call where it is new. */
      readonly taps: readonly TapSpec[];
      /** For a call that this pause makes known. */
      readonly agentId?: string;
      readonly attributes?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: "RenewWindow";
      readonly by: Actor;
      readonly windowId: WindowId;
      readonly leaseMs: number;
    }
  | { readonly type: "CloseWindow"; readonly by: Actor; readonly windowId: WindowId }
  | { readonly type: "EndCall"; readonly by: Actor }
  /** `fresh`: per tap, when the newest read that agreed with its status left; memory, not facts. */
  | { readonly type: "PassTime"; readonly fresh: Fresh }
  /** The process started or woke: nothing it remembers is fresh. */
  | { readonly type: "Wake" }
  | ({ readonly type: "ReportBaseline"; readonly tapId: TapId } & Sighting)
  | ({
      readonly type: "ReportRecorder";
      readonly tapId: TapId;
      readonly turn: number;
      /** What the desk was working towards when it asked. */
      readonly goal: Goal;
      readonly confirmedBy: ConfirmedBy;
      readonly attempts: number;
      readonly reason?: string;
    } & Sighting)
  | ({ readonly type: "ReportFailure"; readonly tapId: TapId; readonly turn: number } & TapFailure)
  /** Another call claims this target: its silence is that call's to undo now. */
  | { readonly type: "LetGoTap"; readonly tapId: TapId; readonly reason: LetGoReason }
);

/** Per tap, when the newest read that agreed with its status left. */
export type Fresh = Readonly<Record<TapId, EpochMs>>;

/** What a recorder said of a target, and when the question left. */
interface Sighting {
  readonly status: RecorderStatus;
  readonly askedAt: EpochMs;
  readonly session?: string;
}

/** Why a command was turned down. The names are the API's error codes. */
export type Refusal =
  | "call_unknown"
  | "call_ended"
  | "window_unknown"
  | "window_closed"
  | "window_owned_by_another"
  | "window_limit_reached"
  | "target_limit_reached";

/** The numbers a tenant's policy settles for a call. Data, never a lookup. Durations in ms. */
export interface Rules {
  readonly leaseMsMax: number;
  /** No window lives longer than this, renewals included. */
  readonly windowMsMax: number;
  /** Windows open at once on one call. */
  readonly windowCountMax: number;
  /** Window ids remembered on one call, ended ones included. */
  readonly windowIdCountMax: number;
  readonly tapCountMax: number;
  /** From a goal's flip to the moment it is overdue. */
  readonly confirmMsMax: number;
  /** A confirmation older than this secures nothing. At least twice the desk's `guardMs`. */
  readonly confirmAgeMsMax: number;
  readonly graceMs: number;
  readonly atLeaseEnd: "resume" | "keep_paused_and_alert";
  /** How long a pause waits to learn what the target was before. */
  readonly baselineMs: number;
  /** A baseline older than this is read again before the first command. */
  readonly baselineAgeMsMax: number;
  readonly callIdleMsMax: number;
  readonly endMsMax: number;
  /** An ended call's id may start anew after this. */
  readonly callIdReuseMs: number;
}

export const DEFAULT_RULES: Rules = {
  leaseMsMax: 300_000,
  windowMsMax: 900_000,
  windowCountMax: 16,
  windowIdCountMax: 1_000,
  tapCountMax: 32,
  confirmMsMax: 3_000,
  confirmAgeMsMax: 5_000,
  graceMs: 2_000,
  atLeaseEnd: "resume",
  baselineMs: 250,
  baselineAgeMsMax: 60_000,
  callIdleMsMax: 4 * 3_600_000,
  endMsMax: 30_000,
  callIdReuseMs: 24 * 3_600_000,
};

/** The numbers of one recorder's desk. Durations in ms. */
export interface DeskRules {
  /** While claimed, a target is re-read this often. */
  readonly guardMs: number;
  /** A pause waits this long for a resume in flight, then abandons it and goes. */
  readonly resumeMsMax: number;
  /** After an abandoned resume the target is re-read and not confirmed for this long. */
  readonly settleMs: number;
  readonly commandMsMax: number;
  readonly statusMsMax: number;
  readonly retryMsMin: number;
  readonly retryMsMax: number;
}

export const DEFAULT_DESK_RULES: DeskRules = {
  guardMs: 1_000,
  resumeMsMax: 250,
  settleMs: 2_000,
  commandMsMax: 2_000,
  statusMsMax: 1_000,
  retryMsMin: 200,
  retryMsMax: 30_000,
};
