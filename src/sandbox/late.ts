/**
 * Answers of simulators that come late.
 *
 * @module
 */
import type { Fault } from "./simulator.ts";

const answerMs = 60_000;

/** After the fault's `ms` (60,000), or at once where there is no such fault. */
export function late(slow: Fault | undefined, response: Response): Promise<Response> {
  if (slow === undefined) return Promise.resolve(response);
  return new Promise((resolve) => {
    background(() => resolve(response), slow.ms ?? answerMs);
  });
}

/** A timer that keeps no process alive, where the runtime knows such a thing. */
export function background(run: () => void, ms: number): void {
  const timer: unknown = setTimeout(run, ms);
  (timer as { unref?: () => void }).unref?.();
}
