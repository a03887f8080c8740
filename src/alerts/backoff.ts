/**
 * When a message that could not be delivered is tried again, and when it is given up. Pure.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";

export interface RetryRules {
  /** The first wait; each later one is `GROWTH` times as long. */
  readonly retryMsMin: number;
  readonly retryMsMax: number;
  /** From when it was written down to the last try. */
  readonly giveUpMs: number;
}

const GROWTH = 3;
/** A wait is drawn from this much of it up to all of it, so that many do not come back at once. */
const JITTER_FROM = 0.5;

/**
 * The moment of the next try after `attempts` failed ones, or undefined where it is given up.
 * `random`: 0 ≤ x < 1. What the receiver asked for counts, up to `retryMsMax`.
 */
export function nextTryAt(
  { attempts, createdAt }: { readonly attempts: number; readonly createdAt: EpochMs },
  now: EpochMs,
  random: number,
  rules: RetryRules,
  retryAfterMs = 0,
): EpochMs | undefined {
  const { giveUpMs, retryMsMax, retryMsMin } = rules;
  const lastAt = createdAt + giveUpMs;
  if (now >= lastAt) return undefined;
  const fullMs = Math.min(retryMsMax, retryMsMin * GROWTH ** Math.min(attempts - 1, 30));
  const waitMs = fullMs * (JITTER_FROM + random * (1 - JITTER_FROM));
  const asked = Math.min(retryMsMax, retryAfterMs);
  // The last try is made at the very end, not somewhere before it.
  return Math.min(lastAt, now + Math.max(waitMs, asked));
}
