/**
 * Answers of simulators that come late or never.
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

/** An answer that never comes; what was asked for happens after `ms`, or not at all. */
export function never(fault: Fault, act: () => void): Promise<Response> {
  if (fault.ms !== undefined) background(act, fault.ms);
  return new Promise(() => {});
}

/** A timer that keeps no process alive, where the runtime knows such a thing. */
export function background(run: () => void, ms: number): void {
  const timer: unknown = setTimeout(run, ms);
  (timer as { unref?: () => void }).unref?.();
}
