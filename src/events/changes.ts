/**
 * The calls of one tenant in the order in which they changed, so that a reader who sleeps (its
 * transport is full, or its next burst is not due) costs a change nothing: it keeps a number, and
 * asks what came after it when it wakes.
 *
 * @module
 */
import type { CallId } from "../control/call.ts";

/** Whoever slept through more than this looks through every call instead. */
export const CHANGE_COUNT_MAX = 16_384;

export interface Changes {
  /** The newest change's number; they are counted one by one. */
  newest(): number;
  note(callId: CallId): void;
  /** What changed after that number, oldest first; undefined where so much is not kept. */
  after(number: number): readonly CallId[] | undefined;
}

export function createChanges(countMax: number = CHANGE_COUNT_MAX): Changes {
  const ring: CallId[] = [];
  let newest = 0;
  return {
    newest: () => newest,
    note(callId) {
      ring[newest % countMax] = callId;
      newest += 1;
    },
    after(number) {
      if (newest - number > countMax) return undefined;
      const found: CallId[] = [];
      for (let index = number; index < newest; index += 1) {
        const callId = ring[index % countMax];
        if (callId !== undefined) found.push(callId);
      }
      return found;
    },
  };
}
