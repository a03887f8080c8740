/**
 * When the recorder was silenced in a run: what a finished file is held against.
 *
 * @module
 */
import type { EpochMs } from "../../../control/call.ts";
import type { Became, Given } from "./driver.ts";

/**
 * Silent for certain from `from` to `to`: confirmed, and no resume sent yet. Sound may be missing
 * from `askedAt` to `overAt`. Infinity where a moment never came.
 */
export interface Silence {
  readonly askedAt: EpochMs;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly overAt: EpochMs;
}

export interface Silences {
  began(given: Given, became: Became): void;
  ended(given: Given, became: Became): void;
  /** The call was over before a resume was sent: seen on one side of its end, and on the other. */
  cut(after: EpochMs, at: EpochMs): void;
  /** Those that were confirmed at both ends. */
  whole(): readonly Silence[];
  /** Whether each that began was confirmed at both ends. */
  areWhole(): boolean;
}

export function keepSilences(): Silences {
  const all: Silence[] = [];
  const isWhole = ({ from, overAt }: Silence): boolean => from < Infinity && overAt < Infinity;
  return {
    began(given, became) {
      const from = momentOf(became);
      all.push({ askedAt: given.sentAt, from, to: Infinity, overAt: Infinity });
    },
    ended(given, became) {
      const last = all.pop();
      if (last !== undefined) all.push({ ...last, to: given.sentAt, overAt: momentOf(became) });
    },
    cut(after, at) {
      const last = all.pop();
      if (last === undefined) return;
      all.push(last.to < Infinity ? last : { ...last, to: after, overAt: at });
    },
    whole: () => all.filter(isWhole),
    areWhole: () => all.every(isWhole),
  };
}

const momentOf = (became: Became): EpochMs => (became.kind === "confirmed" ? became.at : Infinity);
