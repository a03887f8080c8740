/**
 * Finds keyed digits (DTMF, ITU-T Q.23 and Q.24) and tells when each began and ended. Which digit
 * it was is never worked out: the loudest of each four tones is looked at for how loud it is, and
 * which of them it was is not kept.
 *
 * @module
 */
import type { FileRange } from "../evidence.ts";

const LOW_HZ = [697, 770, 852, 941];
const HIGH_HZ = [1_209, 1_336, 1_477, 1_633];
const TONES_HZ = [...LOW_HZ, ...HIGH_HZ];

/** A block is looked at each 10 ms, and is as long as two of them. */
const HOP_MS = 10;
/** A digit lasts 40 ms at least (Q.24), and then three blocks lie in it, at most half a hop out. */
const BLOCKS_MIN = 3;
/** A block that was spoilt by a click does not make one digit two; the shortest pause is longer. */
const SPOILT_BLOCKS_MAX = 1;
/** Below this nobody keyed anything: 20 dB under the quietest digit that is looked for. */
const POWER_MIN = 10 ** (-55 / 10);
/** The two tones hold this part of all that sounds, at its ends too; speech seldom lends so much. */
const PART_MIN = 0.7;
/** And this part in so many blocks that lie in it whole: nothing else sounds then. */
const WHOLE_PART_MIN = 0.88;
const WHOLE_BLOCKS_MIN = 2;
/** Twist: how far one of the two may be above the other. Q.24 asks for 4 to 8 dB; lines do worse. */
const TWIST_MAX = 10 ** (10 / 10);
/** How far each is above the next of its four. */
const ABOVE_NEXT_MIN = 10 ** (6 / 10);
/** A voice's tones have overtones, a keypad's have none: at most this part, an octave above. */
const OVERTONE_MAX = 10 ** (-12 / 10);

export interface ToneFinder {
  samples(values: Float32Array, count: number): void;
  end(): readonly FileRange[];
}

/** Finds `countMax` at most, the first ones. */
export function toneFinder(sampleRateHz: number, countMax: number): ToneFinder {
  // Nothing above 4 kHz matters, so that many samples are taken together as one.
  const together = Math.max(1, Math.floor(sampleRateHz / 8_000));
  const rateHz = sampleRateHz / together;
  const hop = Math.round((rateHz * HOP_MS) / 1_000);
  const hopMs = (hop / rateHz) * 1_000;
  const waves = TONES_HZ.map((hz) => waveOf(hz, rateHz, hop));
  const overtones = TONES_HZ.map((hz) => waveOf(2 * hz, rateHz, 2 * hop));
  const found: FileRange[] = [];
  const powers = new Float64Array(TONES_HZ.length);

  /** The block's two halves; the newer one is being filled. */
  let older = new Float32Array(hop);
  let newer = new Float32Array(hop);
  let filled = 0;
  let gathered = 0;
  let gatheredCount = 0;
  let hops = 0;
  let olderSums = new Float64Array(2 * TONES_HZ.length);
  let newerSums = new Float64Array(2 * TONES_HZ.length);
  let olderLoud = false;

  let firstHop = 0;
  let lastHop = 0;
  let blocks = 0;
  let wholeBlocks = 0;

  function hopDone(): void {
    let squares = 0;
    for (let index = 0; index < hop; index += 1) {
      const value = newer[index] as number;
      squares += value * value;
    }
    const loud = squares > (POWER_MIN * hop) / 2;
    if (loud) correlate(newer, waves, newerSums);
    else newerSums.fill(0);
    const part = (loud || olderLoud) && hops > 0 ? tonePart() : 0;
    if (part > PART_MIN) {
      if (blocks === 0) firstHop = hops - 1;
      lastHop = hops;
      blocks += 1;
      if (part > WHOLE_PART_MIN) wholeBlocks += 1;
    } else if (blocks > 0 && hops - lastHop > SPOILT_BLOCKS_MAX) toneDone();
    [older, newer] = [newer, older];
    [olderSums, newerSums] = [newerSums, olderSums];
    olderLoud = loud;
    hops += 1;
  }

  function toneDone(): void {
    const isDigit = blocks >= BLOCKS_MIN && wholeBlocks >= WHOLE_BLOCKS_MIN;
    if (isDigit && found.length < countMax) {
      found.push({ fromMs: firstHop * hopMs, toMs: (lastHop + 1) * hopMs });
    }
    blocks = 0;
    wholeBlocks = 0;
  }

  /** Of the block's energy; 0 where it is no digit's. */
  function tonePart(): number {
    let sum = 0;
    let squares = 0;
    for (const half of [older, newer]) {
      for (let index = 0; index < hop; index += 1) {
        const value = half[index] as number;
        sum += value;
        squares += value * value;
      }
    }
    const energy = squares - (sum * sum) / (2 * hop);
    if (energy < POWER_MIN * 2 * hop) return 0;
    for (const [index, { turnCos, turnSin }] of waves.entries()) {
      const [re, im] = [newerSums[2 * index] as number, newerSums[2 * index + 1] as number];
      // The newer half began half a block later: its phase is turned by that much.
      const real = (olderSums[2 * index] as number) + re * turnCos + im * turnSin;
      const imaginary = (olderSums[2 * index + 1] as number) + im * turnCos - re * turnSin;
      powers[index] = (real * real + imaginary * imaginary) / hop;
    }
    const low = loudestOf(powers.subarray(0, 4));
    const high = loudestOf(powers.subarray(4));
    const both = low.power + high.power;
    const isDigit =
      both > PART_MIN * energy &&
      low.power < TWIST_MAX * high.power &&
      high.power < TWIST_MAX * low.power &&
      low.aboveNext > ABOVE_NEXT_MIN &&
      high.aboveNext > ABOVE_NEXT_MIN &&
      loudestOvertone() < OVERTONE_MAX * both;
    return isDigit ? both / energy : 0;
  }

  /** Of all eight: a digit's own tones are an octave above none of them. */
  function loudestOvertone(): number {
    const whole = new Float32Array(2 * hop);
    whole.set(older);
    whole.set(newer, hop);
    const sums = new Float64Array(2 * TONES_HZ.length);
    correlate(whole, overtones, sums);
    let loudest = 0;
    for (let index = 0; index < TONES_HZ.length; index += 1) {
      const [re, im] = [sums[2 * index] as number, sums[2 * index + 1] as number];
      loudest = Math.max(loudest, (re * re + im * im) / hop);
    }
    return loudest;
  }

  return {
    samples(values, count) {
      for (let index = 0; index < count; index += 1) {
        gathered += values[index] as number;
        gatheredCount += 1;
        if (gatheredCount < together) continue;
        newer[filled] = gathered / together;
        gathered = 0;
        gatheredCount = 0;
        filled += 1;
        if (filled < hop) continue;
        filled = 0;
        hopDone();
      }
    },
    end() {
      toneDone();
      return found;
    },
  };
}

interface Wave {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  readonly turnCos: number;
  readonly turnSin: number;
}

function waveOf(hz: number, rateHz: number, count: number): Wave {
  const step = (2 * Math.PI * hz) / rateHz;
  return {
    cos: Float32Array.from({ length: count }, (_, index) => Math.cos(step * index)),
    sin: Float32Array.from({ length: count }, (_, index) => Math.sin(step * index)),
    turnCos: Math.cos(step * count),
    turnSin: Math.sin(step * count),
  };
}

/** Into pairs: how much of each wave is in it, in phase and a quarter off. */
function correlate(values: Float32Array, waves: readonly Wave[], into: Float64Array): void {
  for (const [at, { cos, sin }] of waves.entries()) {
    let re = 0;
    let im = 0;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] as number;
      re += value * (cos[index] as number);
      im -= value * (sin[index] as number);
    }
    into[2 * at] = re;
    into[2 * at + 1] = im;
  }
}

function loudestOf(four: Float64Array): { readonly power: number; readonly aboveNext: number } {
  let [power, next] = [0, 0];
  for (const one of four) {
    if (one > power) [power, next] = [one, power];
    else if (one > next) next = one;
  }
  return { power, aboveNext: next === 0 ? Number.POSITIVE_INFINITY : power / next };
}
