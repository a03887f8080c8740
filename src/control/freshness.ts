/**
 * When each tap was last re-read and found as it was confirmed. Memory of one process, not facts:
 * nothing of it is entered, and nothing of it outlives a restart.
 *
 * @module
 */
import type { CallState, EpochMs, TapId } from "./call.ts";
import type { Command, Fresh } from "./commands.ts";

type Reread = Pick<
  Extract<Command, { type: "ReportRecorder" }>,
  "askedAt" | "status" | "tapId" | "turn"
>;

export class Freshness {
  #known: Readonly<Record<TapId, EpochMs>> = {};

  get known(): Fresh {
    return this.#known;
  }

  /** For looking ahead: what is remembered there is not yet so. */
  copy(): Freshness {
    const copy = new Freshness();
    copy.#known = this.#known;
    return copy;
  }

  remember({ askedAt, status, tapId, turn }: Reread, state: CallState): void {
    const tap = state.taps[tapId];
    if (tap?.turn !== turn || tap.status !== status) return;
    this.#known = { ...this.#known, [tapId]: Math.max(this.#known[tapId] ?? 0, askedAt) };
  }

  /** Taps that are gone are forgotten. */
  keepOnly({ taps }: CallState): void {
    const kept = Object.entries(this.#known).filter(([tapId]) => taps[tapId] !== undefined);
    this.#known = Object.fromEntries(kept);
  }
}
