/**
 * Turns for signing heads, of all tenants together: a few at once, and then one after the other in
 * the order in which they were asked for. Whoever holds one place at a time starves nobody.
 *
 * @module
 */

/** Heads are signed for receipts no more often than this, whichever tenants' they are. */
export const ALL_HEADS_MS_MIN = 100;
/** So many turns come at once, where there were none for a while. */
export const HEADS_AT_ONCE_MAX = 10;

export interface HeadTurns {
  /** How long a turn that is taken now is waited for. */
  aheadMs(): number;
  /** Takes the next turn; resolves when it has come. */
  take(): Promise<void>;
}

/** `now`: milliseconds from any beginning. */
export function headTurns(now: () => number): HeadTurns {
  const aheadOf = ALL_HEADS_MS_MIN * (HEADS_AT_ONCE_MAX - 1);
  /** When all turns that were taken are paid for. */
  let paidAt = -Infinity;
  const aheadMs = () => Math.max(0, paidAt - aheadOf - now());

  return {
    aheadMs,
    take() {
      const waitMs = aheadMs();
      paidAt = Math.max(paidAt, now()) + ALL_HEADS_MS_MIN;
      return waitMs === 0 ? Promise.resolve() : passed(waitMs);
    },
  };
}

export const passed = (ms: number): Promise<void> =>
  new Promise((done) => void setTimeout(done, ms));
