/**
 * How long an answer of tacet's may be relied on: from the moment it was asked for, never from when
 * it came, and not at all where something happened since that an answer under way cannot know.
 *
 * @module
 */
import { elapsedMs, type Host, type Moment } from "./host.ts";

/** A question that left; its answer counts only against this. */
export interface Question {
  readonly asked: Moment;
  readonly turn: number;
}

export interface Lease {
  /** Computed when it is read: a timer that fires late makes nothing safe for longer. */
  isSafe(): boolean;
  /** How long it still is, in ms; 0 where it is not. */
  leftMs(): number;
  ask(): Question;
  /** The answer said safe, for so long. Taken only where nothing locked since it was asked for. */
  grant(question: Question, forMs: number): void;
  /** Nothing asked for before this moment makes it safe again. */
  lock(): void;
  /** What is relied on may be no older than this, however long was promised. */
  shorten(ageMsMax: number): void;
}

/** So long, at most, after a machine woke up it is seen that the promise ended in its sleep. */
const LOOK_MS = 250;

/** `changed` is called when what `isSafe` says may have changed. */
export function lease(host: Host, changed: () => void): Lease {
  let turn = 0;
  let granted: { readonly asked: Moment; readonly forMs: number } | undefined;
  let cancel = () => {};

  const leftMs = (): number =>
    granted === undefined
      ? 0
      : Math.max(0, granted.forMs - elapsedMs(granted.asked, host.moment()));

  function arm(): void {
    cancel();
    if (granted === undefined) return;
    // A timer may stand still with a machine that sleeps: looked at often, it is late by no more.
    cancel = host.after(Math.min(leftMs(), LOOK_MS), () => {
      if (leftMs() > 0) return arm();
      granted = undefined;
      changed();
    });
  }

  return {
    isSafe: () => leftMs() > 0,
    leftMs,
    ask: () => ({ asked: host.moment(), turn }),
    grant(question, forMs) {
      if (question.turn !== turn || !(forMs > 0)) return;
      // An answer that was overtaken by a younger one's tells nothing new.
      if (granted !== undefined && elapsedMs(granted.asked, question.asked) < 0) return;
      granted = { asked: question.asked, forMs };
      arm();
      changed();
    },
    lock() {
      turn += 1;
      cancel();
      granted = undefined;
      changed();
    },
    shorten(ageMsMax) {
      if (granted === undefined || granted.forMs <= ageMsMax) return;
      granted = { asked: granted.asked, forMs: ageMsMax };
      arm();
      changed();
    },
  };
}
