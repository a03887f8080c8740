/**
 * What a reconciliation of payments with the control log came to: counts and what was compared,
 * never a payment.
 *
 * @module
 */
import type { EpochMs, Json } from "../control/call.ts";

/** `docs/reconcile.md` says when each is said. */
export type Outcome = "secured" | "late" | "unsecured" | "no_window";
export const OUTCOMES = ["secured", "late", "unsecured", "no_window"] as const;

export interface Reconciled {
  readonly counts: Readonly<Record<Outcome, number>>;
  /** SHA-256 of the list of payments as it was read, in hex. */
  readonly digest: string;
  /** The first and the last payment's moment. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly toleranceMs: number;
  readonly against: {
    /** The log's, where it says it. */
    readonly origin?: string;
    /** Entries that were read, and the root (base64) of the tree over them. */
    readonly size: number;
    readonly root: string;
    /** Against a key that did not come with the log. */
    readonly verified: boolean;
  };
}

export const isAllSecured = ({ counts }: Reconciled): boolean =>
  OUTCOMES.every((outcome) => outcome === "secured" || counts[outcome] === 0);

/** What its entry says. */
export function reconciledDetail(reconciled: Reconciled): { readonly [name: string]: Json } {
  const { against, counts, digest, from, to, toleranceMs } = reconciled;
  return { counts: { ...counts }, digest, from, to, toleranceMs, against: { ...against } };
}
