/**
 * What a heard file tells of the stretches in which its recorder was silenced.
 *
 * @module
 */
import type { Heard } from "../../../evidence/sound/heard.ts";
import { FRAME_MS } from "../../../evidence/sound/levels.ts";
import { loudFrames, standsOutFrom } from "../../../evidence/sound/silence.ts";
import type { HeardFile, Stretch } from "./file.ts";

/** An MP3 has no rate or width of its own samples: its codec says it all. */
const NAMES: Readonly<Partial<Record<Heard["codec"], string>>> = { mp3: "MP3" };

export function soundIn(heard: Heard, bytes: number, stretches: readonly Stretch[]): HeardFile {
  const { channelCount, codec, durationMs, levels, sampleRateHz } = heard;
  const frames = stretches.map(({ fromMs, toMs }) => ({
    from: Math.max(0, Math.ceil(fromMs / FRAME_MS)),
    to: Math.floor(Math.min(toMs, durationMs) / FRAME_MS),
  }));
  const outside = levels.map((all) => elsewhere(all, frames));
  const sounds = frames.map(({ from, to }) => {
    const limits = levels.map((all, channel) =>
      standsOutFrom(codec, all.subarray(from, to), outside[channel] ?? new Uint8Array()),
    );
    return loudFrames(levels, limits, from, to).includes(1);
  });
  const quiet = levels.map(() => standsOutFrom(codec, new Uint8Array(), new Uint8Array()));
  const longest = Math.max(0, ...outside.map(({ length }) => length));
  const channels = channelCount === 1 ? "mono" : `${channelCount} channels`;
  const cut = heard.truncated ? ", cut short" : "";
  return {
    kind: "heard",
    bytes,
    format: `${NAMES[codec] ?? `WAV (${codec})`}, ${sampleRateHz} Hz, ${channels}${cut}`,
    durationMs,
    sounds,
    soundsElsewhere: loudFrames(outside, quiet, 0, longest).includes(1),
  };
}

function elsewhere(
  all: Uint8Array,
  inside: readonly { readonly from: number; readonly to: number }[],
): Uint8Array {
  return all.filter((_, index) => !inside.some(({ from, to }) => index >= from && index < to));
}
