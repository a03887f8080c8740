/**
 * What the rest of the house asks of the core: all calls of all tenants, each behind its own
 * session. `keeper.ts` keeps these promises.
 *
 * @module
 */
import type { CallId, CallState, EpochMs, TenantId, WindowId } from "./call.ts";
import type { Command, Refusal } from "./commands.ts";
import type { CallEvent } from "./events.ts";

type WithoutAt<T> = T extends unknown ? Omit<T, "at"> : never;
/** Commands people and payment systems give; the core's own (reports, time) are not among them. */
export type CallCommand = WithoutAt<
  Extract<
    Command,
    { type: "RegisterCall" | "OpenWindow" | "RenewWindow" | "CloseWindow" | "EndCall" }
  >
>;

/** A call as of `at`: every deadline that had passed by then is in `state`. */
export interface CallView {
  readonly tenant: TenantId;
  readonly callId: CallId;
  readonly state: CallState;
  /** Of the call's newest durable entry. */
  readonly position: number;
  readonly at: EpochMs;
  /** False while facts in `state` wait for a log that cannot be written. */
  readonly durable: boolean;
}

/** `done`: durable before it is told. `refused` changed nothing. */
export type Executed =
  | { readonly kind: "done"; readonly view: CallView; readonly events: readonly CallEvent[] }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly view: CallView }
  /** The intent is not durable. A pause has gone out all the same; nothing else has. */
  | { readonly kind: "log_failed"; readonly view: CallView }
  | { readonly kind: "stopping" }
  /** More calls are kept than `callCountMax` allows; a pause is never answered so. */
  | { readonly kind: "overloaded" };

/** Why a wait ended. `gone`: the window closed, or the call ended. */
export type Waited = "secured" | "gone" | "time" | "log_failed" | "stopping" | "disconnected";

/**
 * What is known before a pause: the call without waiting for time or for the log to bring it up to
 * now, and the call that its window's id was used in. `log_unavailable`: the log could not say in
 * time. A pause that names its targets goes out all the same.
 */
export type Before =
  | { readonly kind: "known"; readonly view?: CallView; readonly holder?: CallId }
  | { readonly kind: "log_unavailable"; readonly holder?: CallId };

/** `isWhole`: the log said so in time; otherwise these are those in memory, and there may be others. */
export interface CallsOfAgent {
  readonly views: readonly CallView[];
  readonly isWhole: boolean;
}

export interface Calls {
  execute(tenant: TenantId, callId: CallId, command: CallCommand): Promise<Executed>;
  /** Waits for the first of: the window secured; gone; `waitMs`; log failure; stop; `signal`. */
  waitSecured(
    tenant: TenantId,
    callId: CallId,
    windowId: WindowId,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<Waited>;
  /** Waits until nothing is owed (`settled`), every baseline is in (`baselined`), or `waitMs`. */
  waitFor(
    tenant: TenantId,
    callId: CallId,
    what: "settled" | "baselined",
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Waits for the log no longer than a pause may. Never rejects. */
  beforePause(tenant: TenantId, callId: CallId, windowId: WindowId): Promise<Before>;
  /** Undefined for a call that was never known. Brings the call up to now first. */
  read(tenant: TenantId, callId: CallId): Promise<CallView | undefined>;
  /** Calls not ended, newest first, at most `limit`; with `agentId` only this agent's. */
  live(tenant: TenantId, limit: number, agentId?: string): Promise<readonly CallView[]>;
  /** This agent's calls not ended, for a pause: waits for the log no longer than one may. */
  callsOfAgent(tenant: TenantId, agentId: string): Promise<CallsOfAgent>;
  callOfWindow(tenant: TenantId, windowId: WindowId): Promise<CallId | undefined>;
  /** The call whose taps include this target of this recorder now, if any. */
  callOfTarget(tenant: TenantId, recorderId: string, targetKey: string): CallId | undefined;
}
