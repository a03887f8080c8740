/**
 * What the service does on a timer: recorders are preflighted, counted entries entered, idle calls
 * ended. A beat that is still running when the next is due is waited for.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../control/ports.ts";
import type { Logger } from "../../http/deps.ts";
import type { Fleet } from "./recorders.ts";

export interface Beat {
  readonly everyMs: number;
  /** Never rejects. */
  run(): Promise<void>;
}

/** Runs each beat for the first time after its interval; the function returned ends them all. */
export function startBeats(clock: Clock, beats: readonly Beat[]): () => void {
  const ends = beats.map(({ everyMs, run }) => every(clock, everyMs, run));
  return () => {
    for (const end of ends) end();
  };
}

/** What a recorder would refuse is told before a payment finds out; each finding once. */
const told = new WeakMap<Fleet, Map<string, unknown>>();
export async function preflight(fleet: Fleet, logger: Logger): Promise<void> {
  const before = told.get(fleet) ?? new Map<string, unknown>();
  told.set(fleet, before);
  for (const { recorderId, preflight: found } of await fleet.preflight()) {
    const failed = found?.findings.filter(({ ok }) => !ok) ?? [];
    if (isDeepStrictEqual(before.get(recorderId), failed)) continue;
    before.set(recorderId, failed);
    for (const { detail, name } of failed)
      logger.warn({ recorderId, name, detail }, "a recorder's preflight failed");
  }
}

function every(clock: Clock, ms: number, run: () => Promise<void>): () => void {
  let cancel = clock.after(ms, function beat() {
    void run().finally(() => {
      cancel = clock.after(ms, beat);
    });
  });
  return () => cancel();
}
