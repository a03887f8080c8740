/**
 * Waiting for the log, but not without end.
 *
 * @module
 */
import type { Clock } from "./ports.ts";

/** What came of it: its value, or that it failed or did not come in time. */
export type Within<T> =
  | { readonly kind: "in_time"; readonly value: T }
  | { readonly kind: "late" | "failed" };

/** `promise`, or the first `ms` of it. Never rejects; what comes later is dropped. */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<Within<T>> {
  let cancel: (() => void) | undefined;
  const late = new Promise<Within<T>>((answer) => {
    cancel = clock.after(ms, () => answer({ kind: "late" }));
  });
  try {
    return await Promise.race([late, inTime(promise)]);
  } catch {
    return { kind: "failed" };
  } finally {
    cancel?.();
  }
}

const inTime = async <T>(promise: Promise<T>): Promise<Within<T>> => ({
  kind: "in_time",
  value: await promise,
});
