/**
 * What keyed digits tell: how many and about where, and when they make a recording suspect. Single
 * digits are not told of, since the time between two keys says something of both.
 *
 * @module
 */
import type { FileRange } from "../evidence.ts";
import { told } from "./place.ts";

/** Digits that are keyed one after another, with no longer pause between two. */
const PAUSE_MS_MAX = 10_000;
/**
 * The shortest card number there is. So many digits in a row are suspect wherever they are; a menu
 * choice, a date or a telephone number of most countries has fewer.
 */
const CARD_DIGITS_MIN = 12;

/** Digits keyed one after another. */
export interface Keyed extends FileRange {
  readonly count: number;
}

function keyedIn(tones: readonly FileRange[]): readonly Keyed[] {
  const runs: { fromMs: number; toMs: number; count: number }[] = [];
  for (const { fromMs, toMs } of tones) {
    const last = runs.at(-1);
    if (last !== undefined && fromMs - last.toMs <= PAUSE_MS_MAX) {
      last.toMs = Math.max(last.toMs, toMs);
      last.count += 1;
    } else runs.push({ fromMs, toMs, count: 1 });
  }
  return runs;
}

/** The report's words: one range for digits keyed one after another. */
export const tonesTold = (tones: readonly FileRange[]) => ({
  count: tones.length,
  ranges: told(keyedIn(tones)),
});

/** The runs of those digits that lie at least partly from `fromMs` to `toMs`. */
export const keyedWithin = (
  tones: readonly FileRange[],
  { fromMs, toMs }: FileRange,
): readonly Keyed[] => keyedIn(tones.filter((tone) => tone.toMs > fromMs && tone.fromMs < toMs));

/** Runs as long as a card number. */
export const cardLong = (tones: readonly FileRange[]): readonly Keyed[] =>
  keyedIn(tones).filter(({ count }) => count >= CARD_DIGITS_MIN);
