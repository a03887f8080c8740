/**
 * MP3 read as it comes: minimp3 as WebAssembly, which sees nothing but its own memory.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Mp3Decoding, Mp3Listener, Mp3Reader } from "../../../evidence/sound/mp3.ts";
import { type Problem, RATE_HZ } from "../../../evidence/sound/wav.ts";

interface Minimp3 {
  readonly memory: WebAssembly.Memory;
  input(): number;
  inputBytes(): number;
  output(): number;
  reset(): void;
  decode(bytes: number): number;
  frameBytes(): number;
  channels(): number;
  hz(): number;
}

/** The decoder looks so far ahead before it believes that a frame is one. */
const AHEAD_BYTES = 16_384;
const ID3_HEADER_BYTES = 10;
/** A frame of no sound that says how long the file is, with one of these words near its start. */
const INFO_WITHIN_BYTES = 64;

let compiled: WebAssembly.Module | undefined;

/** Makes a reader with a decoder of its own; compiles the decoder the first time. */
export const mp3Decoding: Mp3Decoding = (to) => {
  compiled ??= new WebAssembly.Module(
    readFileSync(new URL("minimp3/decoder.wasm", import.meta.url)),
  );
  const { exports } = new WebAssembly.Instance(compiled);
  const decoder = exports as unknown as Minimp3;
  decoder.reset();
  return mp3Reader(decoder, to);
};

function mp3Reader(decoder: Minimp3, to: Mp3Listener): Mp3Reader {
  const input = new Uint8Array(decoder.memory.buffer, decoder.input(), decoder.inputBytes());
  let kept = 0;
  /** Of a tag before the sound; unknown until its header was read. */
  let tagLeft: number | undefined;
  let format: { readonly hz: number; readonly channels: number } | undefined;
  let channels: readonly Float32Array[] = [];
  /** Bytes between frames that are no frame: sound is missing there. */
  let lost = 0;
  let lostBefore = 0;
  let failed: Problem | undefined;

  function skipTag(): boolean {
    if (tagLeft === undefined) {
      if (kept < ID3_HEADER_BYTES) return false;
      tagLeft = tagBytes(input.subarray(0, ID3_HEADER_BYTES));
    }
    const skipped = Math.min(tagLeft, kept);
    drop(skipped);
    tagLeft -= skipped;
    return tagLeft === 0;
  }

  function drop(bytes: number): void {
    input.copyWithin(0, bytes, kept);
    kept -= bytes;
  }

  function decode(bytesMin: number): void {
    while (failed === undefined && kept >= bytesMin && kept > 0) {
      const count = decoder.decode(kept);
      const bytes = decoder.frameBytes();
      if (bytes <= 0) {
        // No frame in all of it: what cannot be one any more makes room.
        const useless = Math.max(0, kept - AHEAD_BYTES / 2);
        if (useless === 0) return;
        lostBefore += useless;
        drop(useless);
        continue;
      }
      if (count > 0) hand(count, bytes);
      else if (format !== undefined) lostBefore += bytes;
      drop(Math.min(bytes, kept));
    }
  }

  function hand(count: number, bytes: number): void {
    const [hz, channelCount] = [decoder.hz(), decoder.channels()];
    if (format === undefined) {
      if (hz < RATE_HZ.min || hz > RATE_HZ.max) {
        failed = problem("format_unknown", `${hz} samples a second are not heard`);
        return;
      }
      format = { hz, channels: channelCount };
      channels = Array.from({ length: channelCount }, () => new Float32Array(1_152));
      to.begin({ codec: "mp3", sampleRateHz: hz, channelCount });
      if (isInfo(input.subarray(0, Math.min(bytes, INFO_WITHIN_BYTES)))) return;
    } else if (format.hz !== hz || format.channels !== channelCount) {
      failed = problem("format_unknown", "its rate or its channels change on the way");
      return;
    }
    lost += lostBefore;
    lostBefore = 0;
    const samples = new Int16Array(decoder.memory.buffer, decoder.output(), count * channelCount);
    for (const [channel, values] of channels.entries()) {
      for (let index = 0; index < count; index += 1) {
        values[index] = (samples[index * channelCount + channel] ?? 0) / 32_768;
      }
    }
    to.samples(channels, count);
  }

  function take(bytes: Uint8Array, at: number): number {
    const taken = Math.min(input.length - kept, bytes.length - at);
    input.set(bytes.subarray(at, at + taken), kept);
    kept += taken;
    if (skipTag()) decode(AHEAD_BYTES);
    return at + taken;
  }

  return {
    push(bytes) {
      for (let at = 0; at < bytes.length; at = take(bytes, at)) {
        if (failed !== undefined) return failed;
      }
      return failed;
    },
    end() {
      if (skipTag()) decode(1);
      if (failed !== undefined) return failed;
      if (format === undefined) return problem("not_sound", "no MP3 frame is in the file");
      // What follows the last frame is a tag, or half a frame.
      return { kind: "read", truncated: lost > 0 };
    },
  };
}

const problem = (name: Problem["problem"], detail: string): Problem => ({
  kind: "unheard",
  problem: name,
  detail,
});

/** ID3v2: ten bytes, a size of four times seven bits, and ten more where a flag says so. */
function tagBytes([a, b, c, , , flags = 0, ...size]: Uint8Array): number {
  if (a !== 0x49 || b !== 0x44 || c !== 0x33) return 0;
  const bytes = size.slice(0, 4).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
  return ID3_HEADER_BYTES + bytes + ((flags & 0x10) === 0 ? 0 : ID3_HEADER_BYTES);
}

const isInfo = (bytes: Uint8Array): boolean => /Xing|Info/.test(String.fromCharCode(...bytes));
