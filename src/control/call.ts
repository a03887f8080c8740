/**
 * What one call's recording control is: the windows that ask for silence, and what each recorder
 * last confirmed. Plain data, safe to store, replay and compare. Facts only; conclusions are
 * functions (`conclude.ts`).
 *
 * @module
 */

/** Milliseconds since the Unix epoch. Time is passed in; nothing in this folder reads a clock. */
export type EpochMs = number;
export type TenantId = string;
export type CallId = string;
export type WindowId = string;
export type RecorderId = string;
/** `recorderId` and `targetKey` joined: one target of one recorder in one call. */
export type TapId = string;

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/** How a recorder finds a conversation, in that vendor's members, as its schema parsed them. */
export type Target = Readonly<Record<string, Json>>;

/** How a recorder is silenced. `none` marks one that only testifies. */
export type Control = "pause" | "mute" | "stop" | "none";
/** What the finished file holds where the recorder was silenced. */
export type AudioEffect = "gap" | "silence" | "new_file" | "unknown";
/** What a tap last confirmed. `absent`: nothing is recorded for this target. */
export const RECORDER_STATUSES = ["recording", "paused", "absent", "unknown"] as const;
export type RecorderStatus = (typeof RECORDER_STATUSES)[number];
/** `read_back`: asked afterwards, it said so; `pushed`: its own event; `acknowledged`: said yes, cannot be asked. */
export type ConfirmedBy = "read_back" | "pushed" | "acknowledged";
export const PROTECTIONS = [
  "recording",
  "securing",
  "secured",
  "unsecured",
  "resuming",
  "stalled",
  "ended",
] as const;
export type Protection = (typeof PROTECTIONS)[number];
/** What every tap should be: paused while any window asks for it, recording otherwise. */
export type Goal = "paused" | "recording";

export type PrincipalKind =
  | "payment"
  | "agent"
  | "supervisor"
  | "cti"
  | "auditor"
  | "operator"
  | "system";

/** Who gave a command, as far as the log tells it. Never holds a credential. */
export interface Actor {
  readonly id: string;
  readonly kind: PrincipalKind;
  /** Whose windows these are: the credential's issuer, so a reload's new ticket still owns them. */
  readonly owner: string;
  /** The agent this principal is, where it is one. */
  readonly agentId?: string;
  /** The client software's name for itself, where it gave one. */
  readonly client?: string;
  readonly ip?: string;
}

/** tacet itself: alarms, desks, start and stop. */
export const SYSTEM: Actor = { id: "tacet", kind: "system", owner: "tacet" };

export interface Window {
  readonly owner: string;
  readonly agentId?: string;
  readonly reason?: string;
  readonly openedAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** No renewal reaches past this moment. */
  readonly expiresAtMax: EpochMs;
  /** `expired`: its lease ended, the silence is kept until `releaseAt` (for good where absent). */
  readonly state: "open" | "expired" | "closed";
  readonly releaseAt?: EpochMs;
}

/** One target of one recorder, with what policy settled for it. Complete, so replay needs no rules. */
export interface TapSpec {
  readonly tapId: TapId;
  readonly recorderId: RecorderId;
  readonly targetKey: string;
  readonly target: Target;
  readonly control: Control;
  readonly audio: AudioEffect;
  readonly required: boolean;
  readonly absentIs: "unprotected" | "protected";
  /** Whether a yes that cannot be read back counts as a confirmation. */
  readonly acceptAcknowledged: boolean;
}

export interface Tap extends TapSpec {
  /** `leaving`: the call moved away, and it has not been released yet. */
  readonly role: "active" | "leaving";
  /** Left, and let go although a window may be open: every tap that counts was confirmed. */
  readonly freed?: true;
  /** What the target was before tacet's first command; undefined until read or given up. */
  readonly before?: RecorderStatus;
  /** When `before` was last known to hold. */
  readonly beforeAt?: EpochMs;
  /** The baseline is given up and taken as unknown at this moment. */
  readonly baselineBy?: EpochMs;
  /** tacet silenced this target, or may have, and owes it a resume. */
  readonly touched: boolean;
  readonly status: RecorderStatus;
  readonly confirmedBy?: ConfirmedBy;
  /** The turn in which `status` was asked. */
  readonly turn: number;
  /** What the desk was working towards when it asked. */
  readonly goal?: Goal;
  /** When the request that told `status` left. */
  readonly askedAt: EpochMs;
  /** Which conversation the target carried, in the recorder's own token (a session id). */
  readonly session?: string;
  /** The target carried another conversation than this when last read. */
  readonly elsewhere?: true;
  /** Milliseconds from the turn's start to this confirmation. */
  readonly confirmedAfterMs?: number;
  /** Commands that were sent for what `status` told. */
  readonly attempts?: number;
  /** The last command's trouble since the last confirmation. */
  readonly failure?: TapFailure;
}

export interface TapFailure {
  readonly outcome: "refused" | "unreachable" | "in_doubt";
  readonly reason: string;
  readonly detail?: string;
  readonly attempts: number;
}

/**
 * Why a call has nothing of a tap to undo any more: another call's claim keeps it silent, or no
 * command of tacet's ever silenced it.
 */
export type LetGoReason = "claimed_by_another_call" | "never_silenced";

/** Whether every tap that counts has shown the state it should be in. */
export type Settlement =
  | { readonly kind: "settled" }
  | { readonly kind: "due"; readonly by: EpochMs }
  | { readonly kind: "overdue"; readonly since: EpochMs };

export interface CallState {
  /** How many events made this state. */
  readonly version: number;
  /** Goal flips so far. */
  readonly turn: number;
  readonly turnAt: EpochMs;
  readonly registeredAt?: EpochMs;
  readonly agentId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Open windows, and the ids of ended ones for the call's life. */
  readonly windows: Readonly<Record<WindowId, Window>>;
  readonly taps: Readonly<Record<TapId, Tap>>;
  readonly settlement: Settlement;
  readonly endingAt?: EpochMs;
  readonly endBy?: EpochMs;
  readonly endedAt?: EpochMs;
  /** It ended because nothing had happened to it since. */
  readonly idleSince?: EpochMs;
  /** When the newest event happened: idleness and durations count from here. */
  readonly at: EpochMs;
  /** Open window and not secured, summed to `at`. */
  readonly unsecuredMs: number;
  /** Paused and no window open, summed to `at`. */
  readonly unrecordedMs: number;
}

export const newCall: CallState = {
  version: 0,
  turn: 0,
  turnAt: 0,
  attributes: {},
  windows: {},
  taps: {},
  settlement: { kind: "settled" },
  at: 0,
  unsecuredMs: 0,
  unrecordedMs: 0,
};

export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });
