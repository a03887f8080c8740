/**
 * Sound made from a seed: speech-like syllables, noise floors, tones and keyed digits. Samples from
 * -1 to 1.
 */

export type Random = () => number;

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const between = (random: Random, from: number, to: number): number =>
  from + (to - from) * random();
export const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;

const fromDb = (db: number): number => 10 ** (db / 20);
const samplesIn = (ms: number, rateHz: number): number => Math.round((ms * rateHz) / 1_000);

/** Vowels by their first three formants, in Hz. */
const VOWELS = [
  [730, 1_090, 2_440],
  [270, 2_290, 3_010],
  [300, 870, 2_240],
  [530, 1_840, 2_480],
  [570, 840, 2_410],
  [660, 1_720, 2_410],
] as const;
const BANDWIDTHS_HZ = [80, 100, 140] as const;

/**
 * Syllables of a voice: a pulse train of wandering pitch through three formants, with noise before
 * some, short pauses between and longer ones between phrases. Its loud parts have `db` dBFS.
 */
export function speech(random: Random, ms: number, rateHz: number, db = -20): Float32Array {
  const out = new Float32Array(samplesIn(ms, rateHz));
  const basePitchHz = between(random, 90, 230);
  let at = 0;
  let left = Math.floor(between(random, 3, 9));
  while (at < out.length) {
    if (random() < 0.3) at = hiss(random, out, at, rateHz);
    at = syllable(random, out, at, rateHz, basePitchHz);
    left -= 1;
    const pauseMs = left > 0 ? between(random, 10, 60) : between(random, 150, 450);
    if (left <= 0) left = Math.floor(between(random, 3, 9));
    at += samplesIn(pauseMs, rateHz);
  }
  return levelled(out, rateHz, db);
}

function hiss(random: Random, out: Float32Array, from: number, rateHz: number): number {
  const to = Math.min(out.length, from + samplesIn(between(random, 40, 90), rateHz));
  let before = 0;
  for (let at = from; at < to; at += 1) {
    const white = 2 * random() - 1;
    out[at] = 0.08 * (white - before);
    before = white;
  }
  return to;
}

function syllable(
  random: Random,
  out: Float32Array,
  from: number,
  rateHz: number,
  basePitchHz: number,
): number {
  const count = samplesIn(between(random, 110, 260), rateHz);
  const vowel = pick(random, VOWELS);
  const pitchHz = basePitchHz * between(random, 0.85, 1.2);
  const formants = vowel.map((hz, index) => resonator(hz, BANDWIDTHS_HZ[index] ?? 100, rateHz));
  let phase = 0;
  for (let index = 0; index < count && from + index < out.length; index += 1) {
    phase += (pitchHz * (1 - (0.15 * index) / count)) / rateHz;
    const pulse = phase >= 1 ? 1 : 0;
    if (phase >= 1) phase -= 1;
    const envelope = Math.min(1, index / (0.1 * count), (count - index) / (0.2 * count));
    let value = pulse + 0.01 * (2 * random() - 1);
    for (const formant of formants) value = formant(value);
    out[from + index] = value * envelope;
  }
  return from + count;
}

function resonator(hz: number, bandwidthHz: number, rateHz: number): (value: number) => number {
  const radius = Math.exp((-Math.PI * bandwidthHz) / rateHz);
  const b = 2 * radius * Math.cos((2 * Math.PI * hz) / rateHz);
  const c = -radius * radius;
  const gain = 1 - b - c;
  let [one, two] = [0, 0];
  return (value) => {
    const out = gain * value + b * one + c * two;
    two = one;
    one = out;
    return out;
  };
}

/** So that the loudest tenth of its 20 ms frames have `db` dBFS. */
export function levelled(samples: Float32Array, rateHz: number, db: number): Float32Array {
  const size = samplesIn(20, rateHz);
  const powers: number[] = [];
  for (let at = 0; at + size <= samples.length; at += size) powers.push(power(samples, at, size));
  const loud = powers.toSorted((a, b) => b - a)[Math.floor(powers.length / 10)] ?? 1;
  const gain = fromDb(db) / Math.sqrt(loud);
  return samples.map((value) => Math.max(-0.99, Math.min(0.99, value * gain)));
}

export function power(samples: Float32Array, at: number, count: number): number {
  let sum = 0;
  for (let index = at; index < at + count; index += 1) sum += (samples[index] ?? 0) ** 2;
  return sum / count;
}

export type Floor = "none" | "white" | "pink" | "hum";

export function noise(
  random: Random,
  kind: Floor,
  ms: number,
  rateHz: number,
  db: number,
): Float32Array {
  const out = new Float32Array(samplesIn(ms, rateHz));
  if (kind === "none") return out;
  const rows = new Float64Array(12);
  for (let at = 0; at < out.length; at += 1) {
    if (kind === "white") out[at] = 2 * random() - 1;
    else if (kind === "hum") {
      const turn = (2 * Math.PI * 50 * at) / rateHz;
      out[at] = Math.sin(turn) + 0.4 * Math.sin(3 * turn) + 0.2 * Math.sin(5 * turn);
    } else {
      // Voss and McCartney: row n changes each 2^n samples.
      const row = Math.min(rows.length - 1, 31 - Math.clz32(((at + 1) & -(at + 1)) >>> 0));
      rows[row] = 2 * random() - 1;
      out[at] = rows.reduce((sum, one) => sum + one, 0) + 2 * random() - 1;
    }
  }
  const gain = fromDb(db) / Math.sqrt(power(out, 0, out.length));
  return out.map((value) => value * gain);
}

export function tone(hz: number, ms: number, rateHz: number, db: number): Float32Array {
  const gain = fromDb(db) * Math.SQRT2;
  return Float32Array.from(
    { length: samplesIn(ms, rateHz) },
    (_, at) => gain * Math.sin((2 * Math.PI * hz * at) / rateHz),
  );
}

const LOW_HZ = [697, 770, 852, 941] as const;
const HIGH_HZ = [1_209, 1_336, 1_477, 1_633] as const;

export interface Keying {
  /** From 0 to 15. */
  readonly keys: readonly number[];
  readonly toneMs: number;
  readonly pauseMs: number;
  /** Both tones together. */
  readonly db: number;
  /** How far the higher tone is above the lower. */
  readonly twistDb?: number;
}

export function digits(
  { db, keys, pauseMs, toneMs, twistDb = 0 }: Keying,
  rateHz: number,
): Float32Array {
  const step = samplesIn(toneMs + pauseMs, rateHz);
  const count = samplesIn(toneMs, rateHz);
  const out = new Float32Array(step * keys.length);
  const high = Math.sqrt(2 / (1 + 10 ** (-twistDb / 10)));
  const low = Math.sqrt(Math.max(0, 2 - high * high));
  for (const [index, key] of keys.entries()) {
    const [lowHz, highHz] = [LOW_HZ[key >> 2] ?? 697, HIGH_HZ[key & 3] ?? 1_209];
    for (let at = 0; at < count; at += 1) {
      const turn = (2 * Math.PI * at) / rateHz;
      out[index * step + at] =
        fromDb(db) * (low * Math.sin(turn * lowHz) + high * Math.sin(turn * highHz));
    }
  }
  return out;
}

/** Adds `what` from `atMs` on. */
export function mix(into: Float32Array, what: Float32Array, atMs: number, rateHz: number): void {
  const from = samplesIn(atMs, rateHz);
  for (let index = 0; index < what.length && from + index < into.length; index += 1) {
    if (from + index >= 0) into[from + index] = (into[from + index] ?? 0) + (what[index] ?? 0);
  }
}

/** Nothing is left of it from `fromMs` to `toMs`. */
export function silence(into: Float32Array, fromMs: number, toMs: number, rateHz: number): void {
  into.fill(0, Math.max(0, samplesIn(fromMs, rateHz)), Math.max(0, samplesIn(toMs, rateHz)));
}

export const cut = (from: Float32Array, fromMs: number, toMs: number, rateHz: number) =>
  from.slice(Math.max(0, samplesIn(fromMs, rateHz)), Math.max(0, samplesIn(toMs, rateHz)));
