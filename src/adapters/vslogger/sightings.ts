/**
 * Where a target was seen while its conversation lasted: on which channel, as which session, from
 * when to when. A port carries one conversation at a time, so what a port recorded then was that
 * conversation. Memory only: after a start, recordings are found by what they tell themselves.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import { boundedMap } from "./resolve.ts";

/** Targets that are remembered, and sightings of one; the oldest are forgotten. */
export const SIGHTED_COUNT_MAX = 10_000;
const SIGHTING_COUNT_MAX = 8;

export interface Sighting {
  readonly channel: number;
  /** Undefined on a line without session ids. */
  readonly sessionId: string | undefined;
  /** Unix ms, on tacet's clock: first and last seen. */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export interface Sightings {
  saw(key: string, channel: number, sessionId: string, at: EpochMs): void;
  /** Newest first. */
  of(key: string): readonly Sighting[];
}

export function sightings(): Sightings {
  const seen = boundedMap<readonly Sighting[]>(SIGHTED_COUNT_MAX);
  return {
    saw(key, channel, told, at) {
      const sessionId = told === "" ? undefined : told;
      const [last, ...older] = seen.get(key) ?? [];
      const same = last?.channel === channel && last.sessionId === sessionId;
      const now = { channel, sessionId, from: same ? last.from : at, to: at };
      const before = last === undefined || same ? older : [last, ...older];
      seen.set(key, [now, ...before].slice(0, SIGHTING_COUNT_MAX));
    },
    of: (key) => seen.get(key) ?? [],
  };
}
