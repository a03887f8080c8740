/**
 * Reads a WAV file as it comes, in pieces of any size, and hands on its sound. Never throws for
 * what a file holds: what cannot be heard is named.
 *
 * RIFF as Microsoft and IBM described it (1991), WAVE_FORMAT_EXTENSIBLE, and RF64 (EBU 3306).
 *
 * @module
 */
import { BYTES_PER_SAMPLE, type WavCodec, unpack } from "./codec.ts";

/** Why a file cannot be heard. */
export type Unheard =
  /** Neither a WAV nor an MP3 file, or one that is damaged where it says what it is. */
  | "not_sound"
  /** Sound in a coding that is not known here. */
  | "codec_unknown"
  /** Not 8 to 48 kHz, or neither mono nor stereo, or it changes on the way. */
  | "format_unknown"
  /** A file without a single sample. */
  | "no_sound"
  /** More than is heard at most. */
  | "too_long";

export interface Problem {
  readonly kind: "unheard";
  readonly problem: Unheard;
  /** For a person. Quotes nothing but numbers of the file's header. */
  readonly detail: string;
}

export interface SoundFormat<Name extends string = string> {
  readonly codec: Name;
  readonly sampleRateHz: number;
  readonly channelCount: number;
}

/** What becomes of the sound. The arrays are used again: whoever keeps samples copies them. */
export interface Listener {
  begin(format: SoundFormat<WavCodec>): void;
  samples(channels: readonly Float32Array[], count: number): void;
}

export interface WavReader {
  /** The first problem, for good; undefined while all is well. */
  push(bytes: Uint8Array): Problem | undefined;
  /** After the last piece. `truncated`: the file says it is longer than it is. */
  end(): Problem | { readonly kind: "read"; readonly truncated: boolean };
}

const RATE_HZ = { min: 8_000, max: 48_000 };
const FORMAT_BYTES_MAX = 64;
const BLOCK_FRAMES = 4_096;

/** Sizes that recorders write while they do not know better. */
const UNKNOWN_SIZES = new Set([0, 0xffff_ffff]);

export function wavReader(to: Listener): WavReader {
  let state: "riff" | "chunk" | "format" | "skip" | "data" | "rest" = "riff";
  /** What is needed whole: a header, a format, one sample of each channel. */
  const head = new Uint8Array(FORMAT_BYTES_MAX);
  let headBytes = 0;
  let needed = 12;
  let left = 0;
  let afterFormat = 0;
  let endless = false;
  let format: SoundFormat<WavCodec> | undefined;
  let frameBytes = 1;
  let block: readonly Float32Array[] = [];
  let heard = false;
  let failed: Problem | undefined;

  const fail = (problem: Unheard, detail: string): Problem => {
    failed = { kind: "unheard", problem, detail };
    return failed;
  };

  const next = (what: typeof state, bytes: number): void => {
    state = what;
    headBytes = 0;
    needed = bytes;
  };

  function headRead(): void {
    const view = new DataView(head.buffer);
    if (state === "riff") {
      const [id, kind] = [text(head, 0), text(head, 8)];
      if ((id === "RIFF" || id === "RF64") && kind === "WAVE") next("chunk", 8);
      else fail("not_sound", "the file does not begin as a WAV file does");
      return;
    }
    if (state === "format") {
      const found = readFormat(view, headBytes);
      if ("problem" in found) {
        failed = found;
        return;
      }
      if (format === undefined) {
        format = found;
        frameBytes = BYTES_PER_SAMPLE[format.codec] * format.channelCount;
        block = Array.from({ length: format.channelCount }, () => new Float32Array(BLOCK_FRAMES));
        to.begin(format);
      }
      left = afterFormat;
      next("skip", 0);
      return;
    }
    const [id, size] = [text(head, 0), view.getUint32(4, true)];
    // Chunks begin at even places; the byte that fills up is not counted in their size.
    const padded = size + (size % 2);
    if (id === "fmt ") {
      if (size < 16) fail("not_sound", `its format has ${size} bytes`);
      afterFormat = padded - Math.min(size, FORMAT_BYTES_MAX);
      next("format", Math.min(size, FORMAT_BYTES_MAX));
    } else if (id === "data") {
      if (format === undefined) {
        fail("not_sound", "its sound comes before its format");
        return;
      }
      endless = UNKNOWN_SIZES.has(size);
      left = endless ? Number.POSITIVE_INFINITY : size;
      next("data", frameBytes);
    } else {
      left = padded;
      next("skip", 0);
    }
  }

  function hear(bytes: Uint8Array, from: number, to_: number): number {
    if (format === undefined) return to_;
    let at = from;
    const limit = Math.min(to_, from + left);
    if (headBytes > 0 || limit - at < frameBytes) {
      const take = Math.min(frameBytes - headBytes, limit - at);
      head.set(bytes.subarray(at, at + take), headBytes);
      headBytes += take;
      at += take;
      if (headBytes === frameBytes) {
        hand(head, 0, 1);
        headBytes = 0;
      }
    } else {
      const frames = Math.min(BLOCK_FRAMES, Math.floor((limit - at) / frameBytes));
      hand(bytes, at, frames);
      at += frames * frameBytes;
    }
    left -= at - from;
    if (left === 0) next("rest", 0);
    return at;
  }

  function hand(bytes: Uint8Array, at: number, count: number): void {
    if (format === undefined) return;
    unpack(format.codec, bytes, at, count, block);
    heard = true;
    to.samples(block, count);
  }

  /** Takes what it can from `at` on, and tells where it stopped. */
  function take(bytes: Uint8Array, at: number): number {
    const here = bytes.length - at;
    switch (state) {
      case "data":
        return hear(bytes, at, bytes.length);
      case "rest":
        return bytes.length;
      case "skip": {
        const skipped = Math.min(left, here);
        left -= skipped;
        if (left === 0) next("chunk", 8);
        return at + skipped;
      }
      case "riff":
      case "chunk":
      case "format": {
        const taken = Math.min(needed - headBytes, here);
        head.set(bytes.subarray(at, at + taken), headBytes);
        headBytes += taken;
        if (headBytes === needed) headRead();
        return at + taken;
      }
    }
  }

  return {
    push(bytes) {
      for (let at = 0; at < bytes.length; at = take(bytes, at)) {
        if (failed !== undefined) return failed;
      }
      return failed;
    },
    end() {
      if (failed !== undefined) return failed;
      if (state === "riff") return fail("not_sound", "the file ends before it says what it is");
      if (!heard) return fail("no_sound", "the file holds no sound");
      return { kind: "read", truncated: state === "data" && !endless };
    },
  };
}

const text = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + 4));

const EXTENSIBLE = 0xfffe;
/** The last fourteen bytes of every KSDATAFORMAT_SUBTYPE that stands for a format tag. */
const SUBTYPE = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

function readFormat(view: DataView, bytes: number): SoundFormat<WavCodec> | Problem {
  const problem = (name: Unheard, detail: string): Problem => ({
    kind: "unheard",
    problem: name,
    detail,
  });
  const given = view.getUint16(0, true);
  const channelCount = view.getUint16(2, true);
  const sampleRateHz = view.getUint32(4, true);
  const bits = view.getUint16(14, true);
  const extended = given === EXTENSIBLE && bytes >= 40;
  const known = SUBTYPE.every((byte, index) => view.getUint8(26 + index) === byte);
  const tag = extended && known ? view.getUint16(24, true) : given;
  const codec = codecOf(tag, bits);
  if (codec === undefined) {
    return problem("codec_unknown", `format 0x${tag.toString(16)} with ${bits} bits is not known`);
  }
  if (sampleRateHz < RATE_HZ.min || sampleRateHz > RATE_HZ.max) {
    return problem("format_unknown", `${sampleRateHz} samples a second are not heard`);
  }
  if (channelCount !== 1 && channelCount !== 2) {
    return problem("format_unknown", `${channelCount} channels are not heard`);
  }
  const frame = view.getUint16(12, true);
  if (frame !== BYTES_PER_SAMPLE[codec] * channelCount) {
    return problem("not_sound", `its format says that one sample takes ${frame} bytes`);
  }
  return { codec, sampleRateHz, channelCount };
}

function codecOf(tag: number, bits: number): WavCodec | undefined {
  if (tag === 3) return bits === 32 ? "float32" : undefined;
  if (tag === 6) return bits === 8 ? "alaw" : undefined;
  if (tag === 7) return bits === 8 ? "mulaw" : undefined;
  if (tag !== 1) return undefined;
  switch (bits) {
    case 8:
      return "pcm8";
    case 16:
      return "pcm16";
    case 24:
      return "pcm24";
    case 32:
      return "pcm32";
    default:
      return undefined;
  }
}
