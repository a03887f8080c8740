/**
 * A call's id may be used anew once its call has ended: which entries are of which life.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import { eventOfEntry } from "../../log/callEntries.ts";
import type { Entry } from "../../log/entry.ts";
import { livesOf } from "./timeline.ts";

export interface Life {
  /** All events of the call up to this life's end, from the first of all. */
  readonly entries: readonly Entry[];
  readonly count: number;
  /** From 1. */
  readonly number: number;
  readonly isNewest: boolean;
  readonly beganAt?: EpochMs;
}

/** `entries`: the call's events in order. A life that there is none of is the newest. */
export function entriesOfLife(entries: readonly Entry[], asked: number): Life {
  const lives = livesOf(entries.map(eventOfEntry));
  const number = lives[asked - 1] === undefined ? lives.length : asked;
  const before = lives.slice(0, number - 1).flat().length;
  const end = before + (lives[number - 1]?.length ?? 0);
  const first = entries[before];
  return {
    entries: entries.slice(0, end),
    count: lives.length,
    number,
    isNewest: number === lives.length,
    ...(first === undefined ? {} : { beganAt: first.at }),
  };
}
