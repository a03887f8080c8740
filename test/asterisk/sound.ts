/**
 * A tone that climbs and begins again, and where it is missing in a WAV file: by silence, or by a
 * leap from one height to another.
 */

/** Each step is as long as the others and of another height: a height tells the moment. */
export const RAMP = {
  stepMs: 100,
  steps: Array.from({ length: 100 }, (_, index) => 320 + 30 * index),
} as const;
const PERIOD_MS = RAMP.steps.length * RAMP.stepMs;

const FRAME_MS = 50;
/** Asterisk's tones are some thousands high; its comfort noise, if any, is not. */
const LOUD_RMS = 300;

/** In milliseconds from the file's first sample. */
export interface Heard {
  readonly durationMs: number;
  /** For each 50 ms: the moment of the ramp that is heard. */
  readonly frames: readonly (number | "silent" | "mixed")[];
}

/** Linear 16 bit mono, as Asterisk's `wav` is. Throws for anything else. */
export function heardIn(file: Buffer): Heard {
  if (file.toString("latin1", 0, 4) !== "RIFF" || file.readUInt16LE(20) !== 1) {
    throw new Error("no PCM file");
  }
  const rate = file.readUInt32LE(24);
  let at = 12;
  while (file.toString("latin1", at, at + 4) !== "data") at += 8 + file.readUInt32LE(at + 4);
  const bytes = file.subarray(at + 8);
  const samples = Array.from({ length: Math.floor(bytes.length / 2) }, (_, index) =>
    bytes.readInt16LE(2 * index),
  );
  const size = (rate * FRAME_MS) / 1_000;
  const frames = Array.from({ length: Math.floor(samples.length / size) }, (_, index) =>
    momentOf(samples.slice(index * size, (index + 1) * size), rate),
  );
  return { durationMs: (samples.length / rate) * 1_000, frames };
}

/**
 * The moment within the ramp that a frame is of. `mixed` where its halves are of different heights:
 * on the edge of a cut, or beside the noise that a recording may begin with, the whole has a height
 * that was never played.
 */
function momentOf(frame: readonly number[], rate: number): number | "silent" | "mixed" {
  const rms = Math.sqrt(frame.reduce((sum, one) => sum + one * one, 0) / frame.length);
  if (rms < LOUD_RMS) return "silent";
  const middle = frame.length / 2;
  const [a, b] = [frame.slice(0, middle), frame.slice(middle)].map((half) => stepOf(half, rate));
  const step = stepOf(frame, rate);
  const isOne =
    a !== undefined && b !== undefined && Math.abs(wrapped((a - b) * RAMP.stepMs)) <= RAMP.stepMs;
  return isOne && step !== undefined ? step * RAMP.stepMs : "mixed";
}

/** The step of the ramp that is heard, by how often the sound crosses zero. */
function stepOf(samples: readonly number[], rate: number): number | undefined {
  const places: number[] = [];
  for (let index = 1; index < samples.length; index += 1) {
    const [a = 0, b = 0] = [samples[index - 1], samples[index]];
    if (a < 0 !== b < 0) places.push(index - 1 + a / (a - b));
  }
  const [first = 0, last = 0] = [places[0], places.at(-1)];
  const hz = ((places.length - 1) * rate) / (2 * (last - first));
  const step = Math.round((hz - 320) / 30);
  return step >= 0 && step < RAMP.steps.length ? step : undefined;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where nothing is heard for at least `msMin`: silence in a file that is as long as the call. */
export function silences({ frames }: Heard, msMin = 300): readonly Span[] {
  const spans: Span[] = [];
  let from: number | undefined;
  for (const [index, moment] of [...frames, 0].entries()) {
    if (moment === "silent") from ??= index * FRAME_MS;
    else if (from !== undefined) {
      if (index * FRAME_MS - from >= msMin) spans.push({ from, to: index * FRAME_MS });
      from = undefined;
    }
  }
  return spans;
}

/**
 * Where the ramp leaps ahead by at least `msMin`: what is gone from a file that is shorter than the
 * call. In milliseconds of the call, counted from the recording's beginning, when the ramp had been
 * climbing for `climbedMs`.
 */
export function gaps({ frames }: Heard, climbedMs: number, msMin = 300): readonly Span[] {
  const spans: Span[] = [];
  let start = climbedMs;
  let isAnchored = false;
  let gone = 0;
  let end = 0;
  for (const [index, moment] of frames.entries()) {
    if (typeof moment === "string") continue;
    const passed = index * FRAME_MS + gone;
    const leap = ahead(moment - start - passed);
    if (leap >= msMin) {
      const from = end + gone;
      spans.push({ from, to: from + leap + (passed - from) });
      gone += leap;
    } else if (!isAnchored) {
      // What was told of the beginning came over a network: the first sound says it better.
      start = moment - index * FRAME_MS;
    }
    isAnchored = true;
    end = (index + 1) * FRAME_MS;
  }
  return spans;
}

/** `ms` between `-back` and a period more, for the ramp begins again. */
const within = (ms: number, back: number): number =>
  ((((ms + back) % PERIOD_MS) + PERIOD_MS) % PERIOD_MS) - back;

const wrapped = (ms: number): number => within(ms, PERIOD_MS / 2);

/** Sound goes missing and never comes twice: a leap leads ahead, but for what a frame may be off. */
const BACK_MS_MAX = 500;
const ahead = (ms: number): number => within(ms, BACK_MS_MAX);
