/**
 * Where a window lies in a file: by the clocks, and then by what the file itself shows, since a
 * recorder's clock may be off and its times are rounded.
 *
 * @module
 */
import type { FileRange, Recording, WindowOnTap } from "../evidence.ts";
import type { Heard } from "./heard.ts";
import { FRAME_MS } from "./levels.ts";
import { acceptedDb, loudFrames, standsOutFrom } from "./silence.ts";

/** In ms from the file's first sample; `toMs` may be Infinity. Not cut to the file. */
export interface Place {
  readonly window: WindowOnTap;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where silence is due, by the clocks alone; from the opening on where it never was confirmed. */
export const placeOf = (window: WindowOnTap, { startAt }: Recording): Place => ({
  window,
  fromMs: (window.silentFrom ?? window.openedAt) - startAt,
  toMs: (window.until ?? Number.POSITIVE_INFINITY) - startAt,
});

export interface Fit {
  /** Later in the file than the clocks say, by so much: one clock, so one shift for all windows. */
  readonly shiftMs: number;
  /** What stands out of each window there, in the order of the places. All empty: it fits. */
  readonly sounds: readonly (readonly FileRange[])[];
  readonly fits: boolean;
}

const SHIFTS_MAX = 250;

/** Left out at both ends of a window: a frame that is cut, and what a recorder has in its hands. */
export const edgeMsOf = ({ codec, sampleRateHz }: Heard): number =>
  // An MP3 granule smears what begins in the next one over both.
  2 * FRAME_MS + (codec === "mp3" ? Math.ceil(1_152_000 / sampleRateHz) : 0);

/**
 * Looks for the shift, at most `withinMs` either way, at which all windows are silent; the smallest
 * one. Where there is none, the one at which the least stands out.
 */
export function fit(heard: Heard, places: readonly Place[], withinMs: number): Fit {
  const stepMs = Math.max(1, Math.ceil(withinMs / SHIFTS_MAX / FRAME_MS)) * FRAME_MS;
  // Once: it is the same at every shift.
  const accepted = outsideOf(heard, places, withinMs).map((one) => acceptedDb(heard.codec, one));
  const edgeMs = edgeMsOf(heard) + (stepMs - FRAME_MS) / 2;
  let best: { shiftMs: number; loud: readonly Loud[]; count: number } | undefined;
  for (let step = 0; step * stepMs <= withinMs; step += 1) {
    for (const shiftMs of step === 0 ? [0] : [step * stepMs, -step * stepMs]) {
      const loud: Loud[] = [];
      let count = 0;
      for (const place of places) {
        // It is no better than the best: the rest of it need not be looked at.
        if (best !== undefined && count >= best.count) break;
        const one = loudIn(heard, accepted, place, shiftMs, edgeMs);
        loud.push(one);
        count += one.count;
      }
      if (best === undefined || count < best.count) best = { shiftMs, loud, count };
    }
    if (best?.count === 0) break;
  }
  const { shiftMs = 0, loud = [], count = 0 } = best ?? {};
  return { shiftMs, sounds: loud.map(rangesOf), fits: count === 0 };
}

interface Loud {
  readonly from: number;
  readonly frames: Uint8Array;
  readonly count: number;
}

function loudIn(
  { codec, levels }: Heard,
  accepted: readonly number[],
  { fromMs, toMs }: Place,
  shiftMs: number,
  edgeMs: number,
): Loud {
  const length = levels[0]?.length ?? 0;
  const from = Math.max(0, Math.ceil((fromMs + shiftMs + edgeMs) / FRAME_MS));
  const to = Math.min(length, Math.floor((toMs + shiftMs - edgeMs) / FRAME_MS));
  const limits = levels.map((frames, channel) =>
    standsOutFrom(codec, frames.subarray(from, Math.max(from, to)), accepted[channel] ?? 0),
  );
  const frames = loudFrames(levels, limits, from, to);
  return { from, frames, count: frames.reduce((sum, one) => sum + one, 0) };
}

/** Of each channel, all that lies in no window, whatever the shift. */
function outsideOf(
  { levels }: Heard,
  places: readonly Place[],
  withinMs: number,
): readonly Uint8Array[] {
  const inAny = places.map(({ fromMs, toMs, window }) => ({
    // What was recorded before the confirmation may be silent already.
    from: (fromMs - (window.silentFrom ?? window.openedAt) + window.openedAt - withinMs) / FRAME_MS,
    to: (toMs + withinMs) / FRAME_MS,
  }));
  return levels.map((frames) => {
    const isIn = new Uint8Array(frames.length);
    for (const { from, to } of inAny)
      isIn.fill(1, Math.max(0, Math.ceil(from)), Math.max(0, Math.ceil(to)));
    return frames.filter((_, index) => isIn[index] === 0);
  });
}

/** Closer sounds are one: nothing is gained by telling the pauses between words, or between keys. */
const JOIN_MS = 400;
/** Ranges are told to a tenth of a second, outwards. */
const TOLD_MS = 100;
/** A place in a report for so many at most: what is closest is joined before any is left out. */
const RANGES_MAX = 50;

function rangesOf({ frames, from }: Loud): readonly FileRange[] {
  const ranges: FileRange[] = [];
  for (const [index, loud] of frames.entries()) {
    if (loud === 0) continue;
    const fromMs = (from + index) * FRAME_MS;
    ranges.push({ fromMs, toMs: fromMs + FRAME_MS });
  }
  return told(ranges);
}

/** In order, joined, rounded outwards, and not too many. */
export function told(ranges: readonly FileRange[]): readonly FileRange[] {
  const sorted = ranges.toSorted((a, b) => a.fromMs - b.fromMs);
  for (let joinMs = JOIN_MS; ; joinMs *= 2) {
    const joined: { fromMs: number; toMs: number }[] = [];
    for (const { fromMs, toMs } of sorted) {
      const last = joined.at(-1);
      if (last !== undefined && fromMs - last.toMs < joinMs) last.toMs = Math.max(last.toMs, toMs);
      else joined.push({ fromMs, toMs });
    }
    if (joined.length > RANGES_MAX) continue;
    return joined.map(({ fromMs, toMs }) => ({
      fromMs: Math.max(0, Math.floor(fromMs / TOLD_MS) * TOLD_MS),
      toMs: Math.ceil(toMs / TOLD_MS) * TOLD_MS,
    }));
  }
}
