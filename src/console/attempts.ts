/**
 * Sign-ins that were begun and not finished yet: kept for ten minutes, each good for one return.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Attempt } from "./signIn.ts";

interface Begun {
  readonly attempt: Attempt;
  /** Where they wanted to go. */
  readonly back: string;
}

export const LIFE_MS = 600_000;
/** Beyond it the oldest have to begin again. */
export const ATTEMPT_COUNT_MAX = 10_000;

export function attempts(clock: () => EpochMs, ids: () => string) {
  const kept = new Map<string, Begun & { readonly until: EpochMs }>();
  return {
    /** The id for a cookie of the browser that began it. */
    keep(begun: Begun): string {
      const id = ids();
      kept.set(id, { ...begun, until: clock() + LIFE_MS });
      for (const [oldest, { until }] of kept) {
        if (kept.size <= ATTEMPT_COUNT_MAX && until > clock()) break;
        kept.delete(oldest);
      }
      return id;
    },
    take(id: string): Begun | undefined {
      const found = kept.get(id);
      kept.delete(id);
      return found !== undefined && clock() < found.until ? found : undefined;
    },
  };
}
