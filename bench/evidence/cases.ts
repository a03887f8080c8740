/**
 * The corpus that judging by sound is measured on: recordings made from a seed, each with one
 * window, of which it is known what is in it.
 */
import type { Recording, WindowOnTap } from "../../src/evidence/evidence.ts";
import type { Codec, WavCodec } from "../../src/evidence/sound/codec.ts";
import { digitalDb } from "../../src/evidence/sound/silence.ts";
import {
  type Floor,
  type Random,
  between,
  cut,
  digits,
  mix,
  noise,
  pick,
  power,
  seeded,
  silence,
  speech,
  tone,
} from "./synth.ts";
import { wavFile } from "./wavFile.ts";

/** What is in the window beside a leak. */
export type Inside = "digital silence" | "the line's noise" | "comfort noise";
export type LeakKind = "speech" | "quiet speech" | "tone" | "digits";
export type LeakLength = "100 ms" | "200 ms" | "1 s" | "whole";

export interface Leak {
  readonly kind: LeakKind;
  readonly length: LeakLength;
}

export interface Case {
  readonly name: string;
  readonly codec: Codec;
  readonly rateHz: number;
  readonly channels: readonly Float32Array[];
  readonly file: () => Buffer;
  readonly recording: Recording;
  readonly window: WindowOnTap;
  readonly clockMs: number;
  readonly inside: Inside;
  readonly leak?: Leak;
  /** Digits keyed in the whole file. */
  readonly digitCount: number;
  /** So many digits outside the window that they alone make it suspect. */
  readonly isCardOutside: boolean;
}

const CODECS: readonly WavCodec[] = ["pcm8", "pcm16", "pcm24", "alaw", "mulaw"];
const RATES_HZ = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000] as const;
const LENGTHS_MS: Readonly<Record<LeakLength, number>> = {
  "100 ms": 100,
  "200 ms": 200,
  "1 s": 1_000,
  whole: Number.POSITIVE_INFINITY,
};
const LEAKS: readonly LeakKind[] = ["speech", "quiet speech", "tone", "digits"];
const AWAY_MS = 1_100;
const START_AT = 1_700_000_000_000;

export interface CaseOptions {
  readonly rates?: readonly number[];
  /** Another voice than the one made here. */
  readonly voice?: typeof speech;
  /** Makes MP3 files instead of WAV. */
  readonly mp3?: (channels: readonly Float32Array[], rateHz: number) => Buffer;
}

/** Every other case leaks. */
export function makeCase(seed: number, options: CaseOptions = {}): Case {
  const { mp3, voice: speak = speech } = options;
  const random = seeded(seed);
  const wavCodec = pick(random, CODECS);
  const codec = mp3 === undefined ? wavCodec : "mp3";
  const rateHz = pick(random, options.rates ?? RATES_HZ);
  const stereo = random() < 0.5;
  const floor = pick<Floor>(random, ["none", "white", "pink", "hum"]);
  const floorDb = pick(random, [-70, -60, -50]);
  const insides: Inside[] = ["digital silence", "comfort noise"];
  const inside = pick<Inside>(
    random,
    floor === "none" ? insides : [...insides, "the line's noise"],
  );
  const leak =
    seed % 2 === 0
      ? undefined
      : {
          kind: pick(random, LEAKS),
          length: pick(random, Object.keys(LENGTHS_MS) as LeakLength[]),
        };

  const withinMs = pick(random, [0, 500, 1_000]);
  const clockMs = pick(random, [200, 1_000]);
  const windowMs = between(random, Math.max(4_500, 2.2 * (withinMs + clockMs)), 14_000);
  const [beforeMs, afterMs] = [between(random, 4_000, 8_000), between(random, 4_000, 8_000)];
  const ms = beforeMs + windowMs + afterMs;
  // The pause works a little before it is confirmed, and until a little after it is let go.
  const silentMs = [
    beforeMs - between(random, 20, 300),
    beforeMs + windowMs + between(random, 20, 300),
  ] as const;

  const channels = Array.from({ length: stereo ? 2 : 1 }, () => {
    const line = noise(random, floor, ms, rateHz, floorDb);
    const voice = speak(random, ms, rateHz, between(random, -26, -16));
    const upstream = inside === "the line's noise";
    if (upstream) silence(voice, ...silentMs, rateHz);
    mix(voice, line, 0, rateHz);
    if (!upstream) silence(voice, ...silentMs, rateHz);
    if (inside === "comfort noise") {
      const comfort = noise(random, "white", silentMs[1] - silentMs[0], rateHz, -62);
      mix(voice, comfort, silentMs[0], rateHz);
    }
    return voice;
  });

  let digitCount = 0;
  if (leak !== undefined) {
    const insideDb = Math.max(
      digitalDb(codec),
      inside === "comfort noise" ? -62 : inside === "the line's noise" ? floorDb : -100,
    );
    digitCount += addLeak(random, channels, leak, { beforeMs, windowMs, rateHz, insideDb, speak });
  }
  const outside = random();
  const keyed = outside < 0.75 ? 0 : outside < 0.88 ? Math.ceil(4 * random()) : 16;
  if (keyed > 0) digitCount += addKeys(random, channels, keyed, beforeMs, rateHz);

  const offMs = between(random, -0.9, 0.9) * (withinMs + clockMs);
  const startAt = Math.round(START_AT + offMs);
  const silentFrom = START_AT + Math.round(beforeMs);
  return {
    name: `${codec} ${rateHz} Hz ${stereo ? "stereo" : "mono"}, ${floor} ${floorDb}, seed ${seed}`,
    codec,
    rateHz,
    channels,
    file: () => mp3?.(channels, rateHz) ?? wavFile(channels, { codec: wavCodec, rateHz }),
    recording: recordingOf(startAt, Math.round(ms), withinMs),
    window: windowOf(silentFrom - 150, silentFrom, Math.round(START_AT + beforeMs + windowMs)),
    clockMs,
    inside,
    ...(leak === undefined ? {} : { leak }),
    digitCount,
    isCardOutside: keyed >= 12,
  };
}

interface Room {
  readonly beforeMs: number;
  readonly windowMs: number;
  readonly rateHz: number;
  /** What a leak has to stand out of. */
  readonly insideDb: number;
  readonly speak: typeof speech;
}

/** Into one channel or both, far enough from both ends that no shift can hide it. */
function addLeak(
  random: Random,
  channels: readonly Float32Array[],
  { kind, length }: Leak,
  { beforeMs, insideDb, rateHz, speak, windowMs }: Room,
): number {
  const whole = length === "whole";
  const leakMs = whole ? windowMs : LENGTHS_MS[length];
  const atMs = whole ? 0 : between(random, AWAY_MS, windowMs - AWAY_MS - leakMs);
  const into = random() < 0.5 ? channels : channels.slice(-1);
  const quietDb = Math.max(-42, insideDb + 14);
  let count = 0;
  const sound = (): Float32Array => {
    switch (kind) {
      case "speech":
      case "quiet speech":
        return spoken(speak, random, leakMs, rateHz, kind === "speech" ? -20 : quietDb);
      case "tone":
        return tone(
          between(random, 300, 3_000),
          leakMs,
          rateHz,
          pick(random, [-10, -20, -30, quietDb]),
        );
      case "digits": {
        const [toneMs, pauseMs] = [between(random, 45, 90), between(random, 45, 90)];
        count = Math.max(1, Math.floor((leakMs + pauseMs) / (toneMs + pauseMs)));
        const keys = Array.from({ length: count }, () => Math.floor(16 * random()));
        const db = pick(random, [-10, -15, -20, -25, -30]);
        return digits({ keys, toneMs, pauseMs, db, twistDb: between(random, -4, 4) }, rateHz);
      }
    }
  };
  const leak = sound();
  for (const channel of into) mix(channel, leak, beforeMs + atMs, rateHz);
  return count;
}

/** A piece of speech each 20 ms of which are speech: a leaked pause would be no leak. */
function spoken(
  speak: typeof speech,
  random: Random,
  ms: number,
  rateHz: number,
  db: number,
): Float32Array {
  if (ms > 2_000) return speak(random, ms, rateHz, db);
  const voice = speak(random, ms + 6_000, rateHz, db);
  const size = Math.round(rateHz / 50);
  for (let fromMs = 0; fromMs < 6_000; fromMs += 20) {
    const piece = cut(voice, fromMs, fromMs + ms, rateHz);
    const loud = Array.from({ length: Math.floor(piece.length / size) }, (_, index) =>
      power(piece, index * size, size),
    ).filter((one) => 10 * Math.log10(one) > db - 7);
    // Longer than a syllable there are pauses in it.
    if (loud.length >= Math.min(10, Math.floor(ms / 20))) return piece;
  }
  return tone(440, ms, rateHz, db);
}

/** Before the window, in one channel that is quiet meanwhile, beside speech in the other. */
function addKeys(
  random: Random,
  channels: readonly Float32Array[],
  count: number,
  beforeMs: number,
  rateHz: number,
): number {
  const channel = channels[0] as Float32Array;
  const [toneMs, pauseMs] = [70, 80];
  const keys = Array.from({ length: count }, () => Math.floor(16 * random()));
  const atMs = beforeMs - 700 - count * (toneMs + pauseMs);
  const keyed = digits(
    { keys, toneMs, pauseMs, db: pick(random, [-10, -15, -20, -25, -30]) },
    rateHz,
  );
  silence(channel, atMs - 50, atMs + count * (toneMs + pauseMs), rateHz);
  mix(channel, keyed, atMs, rateHz);
  return count;
}

export const recordingOf = (startAt: number, durationMs: number, withinMs: number): Recording => ({
  tapId: "t1",
  recorderId: "r1",
  recordingId: "rec-1",
  startAt,
  endAt: startAt + durationMs,
  durationMs,
  withinMs,
  closed: true,
  replyDigest: "0".repeat(64),
});

export const windowOf = (
  openedAt: number,
  silentFrom: number,
  until: number,
  audio: WindowOnTap["audio"] = "silence",
): WindowOnTap => ({
  windowId: "w1",
  tapId: "t1",
  recorderId: "r1",
  targetKey: "200",
  target: {},
  control: "mute",
  audio,
  openedAt,
  silentFrom,
  until,
  drift: [],
});
