/**
 * Reads a WAV file as it comes, in pieces of any size, and hands on its sound: all of it, also what
 * stands in further `data` chunks, or none. Never throws for what a file holds: what cannot be heard,
 * or not all of it, is named.
 *
 * RIFF as Microsoft and IBM described it (1991), WAVE_FORMAT_EXTENSIBLE, and RF64 (EBU 3306).
 *
 * @module
 */
import { BYTES_PER_SAMPLE, type WavCodec, unpack } from "./codec.ts";
import { isSame, readFormat } from "./wavFormat.ts";

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

const FORMAT_BYTES_MAX = 64;
const BLOCK_FRAMES = 4_096;

/** Sizes that recorders write while they do not know better. */
const UNKNOWN_SIZES = new Set([0, 0xffff_ffff]);

export function wavReader(to: Listener): WavReader {
  let state: "riff" | "chunk" | "format" | "list" | "skip" | "data" | "pad" | "zeros" = "riff";
  /** What is needed whole: a header, a format, one sample of each channel. */
  const head = new Uint8Array(FORMAT_BYTES_MAX);
  let headBytes = 0;
  let needed = 12;
  let left = 0;
  /** Whether one byte that fills up is in what is left. */
  let isPadded = false;
  let hasData = false;
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
      if (format !== undefined && !isSame(format, found)) {
        fail("format_unknown", "its format changes on the way");
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
    if (state === "list") {
      if (text(head, 0) === "wavl") fail("codec_unknown", "its sound is a list of pieces (wavl)");
      next("skip", 0);
      return;
    }
    const [id, size] = [text(head, 0), view.getUint32(4, true)];
    if (hasData && head.subarray(0, headBytes).every((byte) => byte === 0)) {
      next("zeros", 0);
      return;
    }
    const more = hasData ? beyond(id) : undefined;
    if (more !== undefined) {
      fail("not_sound", more);
      return;
    }
    // Chunks begin at even places; the byte that fills up is not counted in their size.
    const padded = size + (size % 2);
    isPadded = size % 2 === 1;
    if (id === "fmt ") {
      if (size < 16) fail("not_sound", `its format has ${size} bytes`);
      afterFormat = padded - Math.min(size, FORMAT_BYTES_MAX);
      next("format", Math.min(size, FORMAT_BYTES_MAX));
    } else if (id === "data") {
      if (format === undefined) {
        fail("not_sound", "its sound comes before its format");
        return;
      }
      hasData = true;
      endless = UNKNOWN_SIZES.has(size);
      left = endless ? Number.POSITIVE_INFINITY : size;
      next("data", frameBytes);
    } else if (id === "LIST" && size >= 4) {
      left = padded - 4;
      next("list", 4);
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
    if (left === 0) next(isPadded ? "pad" : "chunk", 8);
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
      case "pad":
        // Of what should be there and is not, the next chunk's first letter stands in its place.
        next("chunk", 8);
        return bytes[at] === 0 ? at + 1 : at;
      case "zeros":
        if (bytes.subarray(at).some((byte) => byte !== 0)) {
          fail("not_sound", "something follows its sound that is not part of a WAV file");
        }
        return bytes.length;
      case "skip": {
        const skipped = Math.min(left, here);
        left -= skipped;
        if (left === 0) next("chunk", 8);
        return at + skipped;
      }
      case "riff":
      case "chunk":
      case "list":
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
      const isCut = state === "list" || state === "format" || state === "skip";
      if (isCut && (state !== "skip" || left > (isPadded ? 1 : 0))) {
        return fail("not_sound", "what follows its sound is cut short: there may be more of it");
      }
      return { kind: "read", truncated: state === "data" && !endless };
    },
  };
}

const text = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + 4));

/** What is wrong with a chunk of this name behind the sound: there may be sound that is not heard. */
function beyond(id: string): string | undefined {
  if (/^(?:RIFF|RIFX|RF64)$/.test(id)) return "another file follows it in the same file";
  if (/^[\x20-\x7e]{4}$/.test(id)) return undefined;
  return "something follows its sound that is not part of a WAV file";
}
