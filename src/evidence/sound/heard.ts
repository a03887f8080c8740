/**
 * Hears one file as it comes: how loud it is at each moment, and where digits were keyed. Nothing
 * of the sound itself is kept.
 *
 * @module
 */
import type { FileRange } from "../evidence.ts";
import type { Codec } from "./codec.ts";
import { FRAME_MS, levelMeter } from "./levels.ts";
import type { Mp3Decoding } from "./mp3.ts";
import { toneFinder } from "./tones.ts";
import { type Listener, type Problem, type SoundFormat, wavReader } from "./wav.ts";

export interface Heard {
  readonly kind: "heard";
  readonly codec: Codec;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  /** Of the samples themselves, whatever the header says. */
  readonly durationMs: number;
  /** The file says it is longer than what came. */
  readonly truncated: boolean;
  /** A level (`levelDb`) for each 20 ms, one array a channel. */
  readonly levels: readonly Uint8Array[];
  /** Each keyed digit once, in order, whichever channels it is in. For judging; not for telling. */
  readonly tones: readonly FileRange[];
}

export interface Ear {
  /** The first problem, for good: nothing more need be pushed. */
  push(bytes: Uint8Array): Problem | undefined;
  end(): Heard | Problem;
}

export interface EarOptions {
  /** Absent where there is no decoder: MP3 is then a named problem. */
  readonly mp3?: Mp3Decoding;
  readonly durationMsMax?: number;
  readonly toneCountMax?: number;
}

/** Longer than any call: what is kept of a file stays under 5 MB. */
const DURATION_MS_MAX = 24 * 3_600_000;
/** More digits are not counted: nobody keys so many in a day. */
const TONE_COUNT_MAX = 100_000;
/** Enough to tell what a file is. */
const SNIFF_BYTES = 4;

export function createEar(options: EarOptions = {}): Ear {
  const { durationMsMax = DURATION_MS_MAX, mp3, toneCountMax = TONE_COUNT_MAX } = options;
  const listening = listen(toneCountMax);
  const first = new Uint8Array(SNIFF_BYTES);
  let firstBytes = 0;
  let reader: ReturnType<Mp3Decoding> | undefined;
  let failed: Problem | undefined;

  const fail = (problem: Problem["problem"], detail: string): Problem => {
    failed = { kind: "unheard", problem, detail };
    return failed;
  };

  function pass(bytes: Uint8Array): Problem | undefined {
    failed ??= reader?.push(bytes);
    if (failed === undefined && listening.durationMs() > durationMsMax) {
      return fail("too_long", `more than ${durationMsMax / 3_600_000} hours are not heard`);
    }
    return failed;
  }

  return {
    push(bytes) {
      if (failed !== undefined) return failed;
      if (reader !== undefined) return pass(bytes);
      const take = Math.min(SNIFF_BYTES - firstBytes, bytes.length);
      first.set(bytes.subarray(0, take), firstBytes);
      firstBytes += take;
      if (firstBytes < SNIFF_BYTES) return undefined;
      if (!looksLikeMp3(first)) reader = wavReader(listening);
      else if (mp3 !== undefined) reader = mp3(listening);
      else return fail("codec_unknown", "there is no MP3 decoder here");
      return pass(first) ?? pass(bytes.subarray(take));
    },
    end() {
      if (failed !== undefined) return failed;
      if (reader === undefined) return fail("not_sound", "the file has less than 4 bytes");
      const ended = reader.end();
      if (ended.kind === "unheard") return ended;
      return listening.end(ended.truncated);
    },
  };
}

/** Hears a whole file. Throws what the source throws; what is in the file is never thrown. */
export async function hear(
  file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: EarOptions = {},
): Promise<Heard | Problem> {
  const ear = createEar(options);
  for await (const bytes of file) {
    const problem = ear.push(bytes);
    if (problem !== undefined) return problem;
  }
  return ear.end();
}

/** An ID3v2 tag, or a frame's eleven set bits and a layer. */
const looksLikeMp3 = ([a = 0, b = 0, c = 0]: Uint8Array): boolean =>
  (a === 0x49 && b === 0x44 && c === 0x33) ||
  (a === 0xff && (b & 0xe0) === 0xe0 && (b & 0x06) !== 0);

function listen(toneCountMax: number) {
  let format: SoundFormat<Codec> | undefined;
  let count = 0;
  let meters: readonly ReturnType<typeof levelMeter>[] = [];
  let finders: readonly ReturnType<typeof toneFinder>[] = [];
  const durationMs = (): number =>
    format === undefined ? 0 : (count / format.sampleRateHz) * 1_000;

  const begin = (told: SoundFormat<Codec>): void => {
    format = told;
    const channels = Array.from({ length: told.channelCount });
    meters = channels.map(() => levelMeter(told.sampleRateHz));
    finders = channels.map(() => toneFinder(told.sampleRateHz, toneCountMax));
  };
  const samples: Listener["samples"] = (channels, more) => {
    for (const [index, values] of channels.entries()) {
      meters[index]?.samples(values, more);
      finders[index]?.samples(values, more);
    }
    count += more;
  };
  const end = (truncated: boolean): Heard | Problem => {
    if (format === undefined || count === 0) {
      return { kind: "unheard", problem: "no_sound", detail: "the file holds no sound" };
    }
    return {
      kind: "heard",
      codec: format.codec,
      sampleRateHz: format.sampleRateHz,
      channelCount: format.channelCount,
      durationMs: Math.round(durationMs()),
      truncated,
      levels: meters.map((meter) => meter.end()),
      tones: onceEach(finders.flatMap((finder) => finder.end())).slice(0, toneCountMax),
    };
  };
  return { begin, samples, durationMs, end };
}

/** A digit that both channels hold was keyed once. */
function onceEach(tones: readonly FileRange[]): readonly FileRange[] {
  const once: { fromMs: number; toMs: number }[] = [];
  for (const tone of tones.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = once.at(-1);
    if (last === undefined || tone.fromMs >= last.toMs - FRAME_MS) once.push({ ...tone });
    else last.toMs = Math.max(last.toMs, tone.toMs);
  }
  return once;
}
