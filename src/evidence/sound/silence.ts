/**
 * What counts as silence in a file, and what stands out of it.
 *
 * @module
 */
import type { Codec } from "./codec.ts";
import { LEVEL_DB_MIN, levelDb, levelOf } from "./levels.ts";

/**
 * Whatever is below this is digital silence. A-law has no zero, and toggles at -72 dBFS; an MP3
 * decoder rounds. In 8 bits one step is all that can be told from none: -48 dBFS.
 */
const DIGITAL_DB: Readonly<Record<Codec, number>> = {
  pcm8: -46,
  pcm16: -68,
  pcm24: -68,
  pcm32: -68,
  float32: -68,
  alaw: -66,
  mulaw: -68,
  mp3: -66,
};
export const digitalDb = (codec: Codec): number => DIGITAL_DB[codec];

/** A steady noise is taken for a line's own up to here, where the same line has it outside too. */
const LINE_FLOOR_DB_MAX = -48;
/** Comfort noise that a recorder or an exchange puts where it took sound out is no louder. */
const COMFORT_DB_MAX = -56;
/** Noise that is steady stays this close above its own floor; speech and tones do not. */
const ABOVE_FLOOR_DB = 6;
/** A floor is the level that this part of the frames stays below: speech has pauses. */
const FLOOR_PART = { inside: 0.15, outside: 0.05 };
/** A line that is digital silence for this part of the time has no noise of its own. */
const NOISELESS_PART = 0.15;

/**
 * The loudest floor that is taken for silence in a window of this channel: comfort noise, or the
 * line's own. `outside` are its frames out of all windows.
 */
export function acceptedDb(codec: Codec, outside: Uint8Array): number {
  const digital = digitalDb(codec);
  const isNoiseless = (floorOf(outside, LEVEL_DB_MIN, NOISELESS_PART) ?? digital) < digital;
  const own = isNoiseless ? undefined : floorOf(outside, digital, FLOOR_PART.outside);
  const line = own === undefined ? COMFORT_DB_MAX : Math.min(own + 3, LINE_FLOOR_DB_MAX);
  return Math.max(line, COMFORT_DB_MAX);
}

/**
 * The level from which on something stands out of the silence in a window: digital silence, or a
 * floor that is steady and no louder than `accepted`. A floor that is louder is none: then all of it
 * stands out. `inside` are frames of one channel, in the window.
 */
export function standsOutFrom(codec: Codec, inside: Uint8Array, accepted: number): number {
  const digital = digitalDb(codec);
  // Where even a part of the window is digital silence, nothing else is its floor.
  const floor = floorOf(inside, LEVEL_DB_MIN, FLOOR_PART.inside) ?? digital;
  return levelOf(Math.max(digital, floor > accepted ? accepted : floor + ABOVE_FLOOR_DB));
}

/** The floor's level among the frames that are not below `fromDb`; undefined where all are. */
function floorOf(frames: Uint8Array, fromDb: number, part: number): number | undefined {
  const counts = new Uint32Array(256);
  let heard = 0;
  const from = levelOf(fromDb);
  for (const level of frames) {
    if (level < from) continue;
    counts[level] = (counts[level] ?? 0) + 1;
    heard += 1;
  }
  if (heard === 0) return undefined;
  let below = 0;
  for (let level = 0; level < 256; level += 1) {
    below += counts[level] ?? 0;
    if (below >= heard * part) return levelDb(level);
  }
  return undefined;
}

/** Sound is heard where so many of so many frames in a row stand out: a click alone is none. */
const LOUD_FRAMES_MIN = 3;
const LOUD_WITHIN_FRAMES = 5;

/** The frames from `from` on, before `to`, that stand out as sound in any channel. */
export function loudFrames(
  levels: readonly Uint8Array[],
  standsOut: readonly number[],
  from: number,
  to: number,
): Uint8Array {
  const loud = new Uint8Array(Math.max(0, to - from));
  for (const [channel, frames] of levels.entries()) {
    const limit = standsOut[channel] ?? 0;
    for (let index = 0; index < loud.length; index += 1) {
      if ((frames[from + index] ?? 0) < limit) continue;
      let near = 0;
      const first = Math.max(from, from + index - LOUD_WITHIN_FRAMES + 1);
      const last = Math.min(to, from + index + LOUD_WITHIN_FRAMES);
      let within = 0;
      for (let at = first; at < last; at += 1) {
        if ((frames[at] ?? 0) >= limit) within += 1;
        if (at - LOUD_WITHIN_FRAMES >= first && (frames[at - LOUD_WITHIN_FRAMES] ?? 0) >= limit) {
          within -= 1;
        }
        near = Math.max(near, within);
      }
      if (near >= LOUD_FRAMES_MIN) loud[index] = 1;
    }
  }
  return loud;
}
