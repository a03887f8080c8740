/**
 * Whether a recorder is healthy, judged look by look and damped: one bad look is no failure, and
 * one good one no recovery. Pure.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";

export interface HealthRules {
  /** Looks in a row that make a failure, or a recovery. */
  readonly failureCountMin: number;
  readonly successCountMin: number;
}

/** What one look found: a preflight, or a command that was really given. */
export type Look =
  | { readonly ok: true; readonly at: EpochMs }
  /** `cause`: one word of tacet's own. */
  | { readonly ok: false; readonly at: EpochMs; readonly cause: string };

export type Health =
  | { readonly healthy: true }
  | { readonly healthy: false; readonly since: EpochMs; readonly cause: string };

export interface Judged {
  readonly health: Health;
  /** Looks in a row that say otherwise than `health`, and the first of them. */
  readonly against: number;
  readonly first?: Look;
}

export const presumed = (health: Health): Judged => ({ health, against: 0 });

/** A failure began with the first bad look of its row, a recovery with the first good one. */
export type Turn =
  | { readonly type: "down"; readonly since: EpochMs; readonly cause: string }
  | {
      readonly type: "recovered";
      readonly since: EpochMs;
      readonly until: EpochMs;
      readonly cause: string;
    };

export function judge(
  { against, first, health }: Judged,
  look: Look,
  rules: HealthRules,
): { readonly judged: Judged; readonly turn?: Turn } {
  if (look.ok === health.healthy) return { judged: presumed(health) };
  const began = first ?? look;
  const count = against + 1;
  if (count < (look.ok ? rules.successCountMin : rules.failureCountMin)) {
    return { judged: { health, against: count, first: began } };
  }
  if (health.healthy) {
    const cause = look.ok ? "unknown" : look.cause;
    const down = { since: began.at, cause };
    return { judged: presumed({ healthy: false, ...down }), turn: { type: "down", ...down } };
  }
  const { cause, since } = health;
  const turn: Turn = { type: "recovered", since, until: began.at, cause };
  return { judged: presumed({ healthy: true }), turn };
}

/** Something was found lately that `health` does not say yet, or it is down: look again soon. */
export const isInDoubt = ({ against, health }: Judged): boolean => against > 0 || !health.healthy;
