/**
 * What people ask of retention: how far a log was pruned, what keeps it from being pruned further, and
 * legal holds placed and lifted.
 *
 * @module
 */
import type { Actor, EpochMs, TenantId } from "../control/call.ts";
import type { Readings } from "./readings.ts";
import type { LegalHold } from "./retention.ts";

/**
 * What keeps entries that are old enough: a legal hold; an incident that nobody closed; a copy off the
 * machine that does not have them yet; a call that is not over or was in use again; somebody who reads
 * them just now, for half an hour at most; the log itself, which could not be read or written.
 */
export type Stop =
  | { readonly kind: "legal_hold"; readonly holdId: string }
  | { readonly kind: "open_incident"; readonly incidentId: string }
  | { readonly kind: "copy"; readonly destination: string }
  | { readonly kind: "call"; readonly callId: string }
  | { readonly kind: "reading" }
  | { readonly kind: "log" };

export interface RetentionStanding {
  /** Absent: nothing is ever pruned. */
  readonly months?: number;
  /** Entries up to here were pruned; 0 where none were. */
  readonly prunedTo: number;
  /** The moment of the first entry behind them; absent in an empty log. */
  readonly keptFrom?: EpochMs;
  /** The oldest first. */
  readonly legalHolds: readonly LegalHold[];
  /** Why the last pruning ended before the entries that are too young. */
  readonly stoppedBy?: Stop;
}

/** What is to be kept: from a call's first entry on, from a moment on, or (neither) all there is. */
export interface HoldAsked {
  readonly by: Actor;
  readonly reason: string;
  readonly callId?: string;
  readonly since?: EpochMs;
}

/** `log_failed`: nothing is promised, so ask again. `full`: as many stand as may. */
export type Placed =
  | { readonly kind: "placed"; readonly hold: LegalHold }
  | { readonly kind: "call_unknown" | "full" | "log_failed" };

export type Lifted =
  | { readonly kind: "lifted"; readonly hold: LegalHold }
  | { readonly kind: "unknown" | "log_failed" };

/** Reading throws `LogUnavailable` where the log cannot say. */
export interface RetentionDesk extends Readings {
  standing(tenant: TenantId): Promise<RetentionStanding>;
  /** Once it is `placed`, nothing that it keeps is pruned any more. */
  place(tenant: TenantId, asked: HoldAsked): Promise<Placed>;
  lift(tenant: TenantId, holdId: string, order: Pick<HoldAsked, "by" | "reason">): Promise<Lifted>;
}
