/**
 * MP3 read as it comes: its frames are found here, and decoded by libmpg123 as WebAssembly, which
 * sees nothing but its own memory.
 *
 * @module
 */
import type { MPEGDecoder } from "mpg123-decoder";
import { skipTag } from "../../../evidence/sound/id3.ts";
import type { Mp3Decoding, Mp3Listener, Mp3Reader } from "../../../evidence/sound/mp3.ts";
import {
  FRAME_BYTES_MAX,
  isInfo,
  type Mp3Header,
  mp3Frames,
  sameFormat,
} from "../../../evidence/sound/mp3Frames.ts";
import { wholeFrames } from "../../../evidence/sound/mp3Side.ts";
import type { Problem } from "../../../evidence/sound/wav.ts";

/** Frames that are decoded at once, wherever the pieces end: some 2 seconds. */
const FRAMES_AT_ONCE = 32;

/** Runs something with a decoder of its own for one file, and frees it after. */
export async function withMp3<Result>(
  run: (decoding: Mp3Decoding) => Promise<Result>,
): Promise<Result> {
  // Loaded once it is needed: most of what tacet does hears nothing.
  const { MPEGDecoder: Decoder } = await import("mpg123-decoder");
  // Nothing is trimmed: what a file says of its own ends must not keep sound from being heard.
  const decoder = new Decoder({ enableGapless: false });
  await decoder.ready;
  try {
    return await run((to) => mp3Reader(decoder, to));
  } finally {
    decoder.free();
  }
}

function mp3Reader(decoder: MPEGDecoder, to: Mp3Listener): Mp3Reader {
  const frames = mp3Frames(take);
  const tag = skipTag((bytes) => frames.push(bytes));
  const isWhole = wholeFrames();
  const waiting = new Uint8Array(FRAMES_AT_ONCE * FRAME_BYTES_MAX);
  let waitingBytes = 0;
  let waitingFrames = 0;
  let format: Mp3Header | undefined;
  /** Samples of frames that were handed to the decoder and have not come out of it. */
  let owed = 0;
  let damaged = false;
  let failed: Problem | undefined;

  function take(header: Mp3Header, bytes: Uint8Array): void {
    if (failed !== undefined) return;
    if (format === undefined) {
      format = header;
      const { channelCount, sampleRateHz } = header;
      to.begin({ codec: "mp3", sampleRateHz, channelCount });
      if (isInfo(header, bytes)) return;
    } else if (!sameFormat(format, header)) {
      failed = problem("format_unknown", "its rate or its channels change on the way");
      return;
    }
    damaged ||= !isWhole(header, bytes);
    waiting.set(bytes, waitingBytes);
    waitingBytes += bytes.length;
    waitingFrames += 1;
    if (waitingFrames === FRAMES_AT_ONCE) decode(header);
  }

  function decode({ channelCount, samples }: Mp3Header): void {
    owed += waitingFrames * samples;
    let decoded: ReturnType<MPEGDecoder["decode"]>;
    try {
      decoded = decoder.decode(waiting.subarray(0, waitingBytes));
    } catch {
      failed = problem("codec_unknown", "the MP3 decoder gave up");
      return;
    }
    waitingBytes = 0;
    waitingFrames = 0;
    owed -= decoded.samplesDecoded;
    damaged ||= decoded.errors.length > 0;
    // It makes two channels of one.
    const channels = decoded.channelData.slice(0, channelCount);
    for (const values of channels) limit(values);
    if (decoded.samplesDecoded > 0) to.samples(channels, decoded.samplesDecoded);
  }

  return {
    push(bytes) {
      if (failed === undefined) tag.push(bytes);
      return failed;
    },
    end() {
      if (failed === undefined) tag.end();
      if (failed === undefined) frames.end();
      if (failed === undefined && format !== undefined && waitingFrames > 0) decode(format);
      if (failed !== undefined) return failed;
      if (format === undefined) return problem("not_sound", "no MP3 frame is in the file");
      return { kind: "read", truncated: damaged || owed > 0 || frames.lostBytes() > 0 };
    },
  };
}

const problem = (name: Problem["problem"], detail: string): Problem => ({
  kind: "unheard",
  problem: name,
  detail,
});

/** No louder than there is, and what is no number is the loudest: it must not pass for silence. */
function limit(values: Float32Array): void {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    if (value > 1) values[index] = 1;
    else if (!(value >= -1)) values[index] = -1;
  }
}
