/**
 * What the loops of the core need from outside, each written as promises. The core imports nothing
 * else of the world.
 *
 * @module
 */
import type {
  CallId,
  CallState,
  EpochMs,
  RecorderId,
  RecorderStatus,
  Target,
  TenantId,
  WindowId,
} from "./call.ts";
import type { CallEvent } from "./events.ts";

/**
 * The clock and its timers. `now()` is the wall clock at start plus monotonic elapsed time, so it
 * never steps back. `after` calls `run` once, not before `ms` have passed; the returned function
 * takes it back. `run` never throws.
 */
export interface Clock {
  now(): EpochMs;
  after(ms: number, run: () => void): () => void;
  /** 0 ≤ x < 1, for jitter. */
  random(): number;
}

/**
 * `appended`: durable, at these positions in the tenant's log. `conflict`: another writer was
 * first, nothing was written. `failed`: it may or may not be there; the next `load` says which.
 */
export type AppendResult =
  | { readonly kind: "appended"; readonly positions: readonly number[] }
  | { readonly kind: "conflict" }
  | { readonly kind: "failed"; readonly detail: string };

export interface LoadedCall {
  readonly state: CallState;
  /** Position of the call's newest entry; 0 where it has none. Positions start at 1. */
  readonly position: number;
}

export interface ControlLog {
  /** Appends all events or none, and returns once they are durable. Never throws. */
  append(
    tenant: TenantId,
    callId: CallId,
    expectedVersion: number,
    events: readonly CallEvent[],
  ): Promise<AppendResult>;
  /** The fold of the call's entries; `newCall` where there are none. Throws where it cannot be read. */
  load(tenant: TenantId, callId: CallId): Promise<LoadedCall>;
  /** Keeps facts the log could not take where a later start finds them. Best effort; never throws. */
  spool(
    tenant: TenantId,
    callId: CallId,
    expectedVersion: number,
    events: readonly CallEvent[],
  ): Promise<void>;
}

/** The calls and windows a start needs; read from the log. */
export interface CallDirectory {
  /** Calls that are not at rest: a window is open, or something is owed. */
  unrested(): Promise<readonly { readonly tenant: TenantId; readonly callId: CallId }[]>;
  /**
   * Calls not ended, at rest or not, by their newest entry; at most `limit`. With `agentId` only
   * this agent's, without looking at anybody else's.
   */
  live(
    tenant: TenantId,
    limit: number,
    first: "newest" | "oldest",
    agentId?: string,
  ): Promise<readonly CallId[]>;
  /** The call a window id was used in, if any. */
  callOfWindow(tenant: TenantId, windowId: WindowId): Promise<CallId | undefined>;
}

/** A durable change of one call, in the order of its log. */
export interface CallChange {
  readonly tenant: TenantId;
  readonly callId: CallId;
  readonly state: CallState;
  readonly events: readonly CallEvent[];
  readonly position: number;
}

/** Hears every durable change, synchronously, before any answer that rests on it. Never throws. */
export interface Publisher {
  publish(change: CallChange): void;
  /** Facts of this call could not be logged: what was published of it may no longer hold. */
  doubt?(tenant: TenantId, callId: CallId): void;
}

export interface RecorderCapabilities {
  readonly control: "pause" | "mute" | "stop" | "none";
  readonly audio: "gap" | "silence" | "new_file" | "unknown";
  /** `status()` asks the recorder for its state now. */
  readonly status: boolean;
  /** `survey()` asks for all targets in one request. */
  readonly survey: boolean;
  /** `watch()` delivers state changes as the recorder pushes them. */
  readonly watch: boolean;
  /** `watch()` tells of conversations that are over; where `watch` is false, of nothing else. */
  readonly ends?: boolean;
  /** `evidence()` returns what it recorded, after the call. */
  readonly evidence: boolean;
  /** Targets may be named in several ways: readings tell the `resource` they are of. */
  readonly aliases?: boolean;
  readonly runtimes: readonly ("node" | "workerd")[];
}

/** What came of one command. An adapter returns one of these and throws only for its own bugs. */
export type ControlOutcome =
  /** The recorder said yes. Whether the audio stopped is for `status` to say. */
  | { readonly kind: "acknowledged" }
  | { readonly kind: "refused"; readonly reason: RefusedReason; readonly detail: string }
  /** The request did not arrive. */
  | {
      readonly kind: "unreachable";
      readonly detail?: string;
      readonly retryAfterMs?: number;
      /** It is too early for this target alone: nothing was sent, and others may be asked about. */
      readonly isOfTargetAlone?: true;
    }
  /** It may or may not have taken effect, such as a reply lost to a timeout. */
  | { readonly kind: "in_doubt"; readonly detail?: string };

/** Why what was asked for is not done, or is not known to be. */
export type NotDone = Exclude<ControlOutcome, { kind: "acknowledged" }>;

/** Closed set of reasons; the vendor's own words go into `detail`. */
export type RefusedReason =
  | "not_authorized"
  | "not_permitted"
  | "hash_refused"
  | "session_lost"
  | "target_not_found"
  | "target_ambiguous"
  | "bad_reply"
  | "vendor_error";

/** What a recorder says of one target. */
export type Observation =
  | {
      readonly kind: "observed";
      readonly status: Exclude<RecorderStatus, "unknown">;
      /** Which conversation the target carries, as an opaque token, where the recorder tells. */
      readonly session?: string;
      /**
       * What a command to this target goes to, as an opaque token, where targets may be named in
       * several ways: two targets with one resource silence and resume the same audio.
       */
      readonly resource?: string;
      readonly detail?: string;
    }
  | NotDone;

export interface RecorderContext {
  /** The deadline: abort gives the exchange up and closes its connection. */
  readonly signal: AbortSignal;
  readonly now: () => EpochMs;
  /** tacet's own log says it silenced this target. */
  readonly silenced: boolean;
  /** The window that asks, for a note or tag in the recorder; absent for sweeps. */
  readonly windowId?: WindowId;
}

/** A pushed change. A pushed `paused` causes a read; `recording` counts at once. */
export interface PushedChange {
  readonly targetKey: string;
  readonly status: RecorderStatus;
  readonly detail?: string;
}

/** A conversation that its recorder says is over. */
export interface PushedEnd {
  readonly targetKey: string;
  /** False: something ended on this target, which may be an earlier conversation. */
  readonly isThisCall: boolean;
}

/** Who hears what a recorder pushes. */
export interface PushListener {
  change(change: PushedChange): void;
  /** The connection stands again: what happened meanwhile was not told. */
  reconnected(): void;
  ended?(end: PushedEnd): void;
}

/** One configured recorder, bound to its transport: what a desk drives. */
export interface RecorderPort {
  readonly id: RecorderId;
  readonly capabilities: RecorderCapabilities;
  /** Silences the target. Set-to-state; "already paused" is acknowledged. */
  pause?(target: Target, ctx: RecorderContext): Promise<ControlOutcome>;
  /** Ends the silence. Never retried by the adapter: a late resume could undo a newer pause. */
  resume?(target: Target, ctx: RecorderContext): Promise<ControlOutcome>;
  status?(target: Target, ctx: RecorderContext): Promise<Observation>;
  /** One request for many targets, answered by targetKey; a target not in the answer was not told of. */
  survey?(
    targets: ReadonlyMap<string, Target>,
    ctx: RecorderContext,
  ): Promise<ReadonlyMap<string, Observation> | Exclude<Observation, { kind: "observed" }>>;
  /** Delivers changes until stopped. `reconnected` asks for a re-read of every claimed target. */
  watch?(on: PushListener, ctx: Pick<Clock, "now" | "after">): () => void;
}
