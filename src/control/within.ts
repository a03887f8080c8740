/**
 * Waiting for the log, but not without end.
 *
 * @module
 */
import type { Clock } from "./ports.ts";

/** What came of it: its value, or that it failed or did not come in time. */
export type Within<T> =
  | { readonly kind: "in_time"; readonly value: T }
  | { readonly kind: "late" }
  | { readonly kind: "failed"; readonly error: unknown };

/** `promise`, or the first `ms` of it. Never rejects; what comes later is dropped. */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<Within<T>> {
  let cancel: (() => void) | undefined;
  const late = new Promise<Within<T>>((answer) => {
    cancel = clock.after(ms, () => answer({ kind: "late" }));
  });
  try {
    return await Promise.race([late, inTime(promise)]);
  } catch (error) {
    return { kind: "failed", error };
  } finally {
    cancel?.();
  }
}

const inTime = async <T>(promise: Promise<T>): Promise<Within<T>> => ({
  kind: "in_time",
  value: await promise,
});

/** Nobody waits longer than this for a log that hangs. */
export const LOG_ANSWER_MS_MAX = 5_000;

/** What was asked cannot be said now: the log did not answer, or cannot be read. */
export class LogUnavailable extends Error {
  readonly code = "log_unavailable";
}

/** What the log says, or `LogUnavailable`. */
export async function told<T>(clock: Clock, promise: Promise<T>): Promise<T> {
  const answer = await within(clock, LOG_ANSWER_MS_MAX, promise);
  if (answer.kind === "in_time") return answer.value;
  if (answer.kind === "late") throw new LogUnavailable("the log did not answer in its time");
  throw new LogUnavailable("the log cannot be read", { cause: answer.error });
}
