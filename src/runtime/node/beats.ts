/**
 * What the service does on a timer: counted entries are entered, idle calls ended. A beat that is still running when the next is due is waited for.
 *
 * @module
 */
import type { Clock } from "../../control/ports.ts";

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

function every(clock: Clock, ms: number, run: () => Promise<void>): () => void {
  let cancel = clock.after(ms, function beat() {
    void run().finally(() => {
      cancel = clock.after(ms, beat);
    });
  });
  return () => cancel();
}
