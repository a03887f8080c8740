/**
 * What a heard file tells of the stretches in which its recorder was silenced.
 *
 * @module
 */
import type { WindowOnTap } from "../../../evidence/evidence.ts";
import type { Heard } from "../../../evidence/sound/heard.ts";
import { FRAME_MS, levelOf } from "../../../evidence/sound/levels.ts";
import { type Place, fit } from "../../../evidence/sound/place.ts";
import { digitalDb, loudFrames } from "../../../evidence/sound/silence.ts";
import type { HeardFile, Stretch } from "./file.ts";

/** How far two clocks may be apart, beside the recorder's own rounding. */
const CLOCKS_MS_MAX = 2_000;
/** Left out at both ends of what should be heard. */
const EDGE_MS = 250;
const PIECE_MS_MIN = 200;

/** `withinMs`: how far the beginning of the file may be off. */
export function soundIn(
  heard: Heard,
  bytes: number,
  stretches: readonly Stretch[],
  withinMs: number,
): HeardFile {
  const { channelCount, codec, durationMs, sampleRateHz } = heard;
  const places = stretches.map(placeOf);
  const { shiftMs, sounds } = fit(heard, places, withinMs + CLOCKS_MS_MAX);
  const channels = channelCount === 1 ? "mono" : `${channelCount} channels`;
  const kind = codec === "mp3" ? "MP3" : `WAV (${codec})`;
  return {
    kind: "heard",
    bytes,
    format: `${kind}, ${sampleRateHz} Hz, ${channels}${heard.truncated ? ", cut short" : ""}`,
    durationMs,
    shiftMs,
    sounds: sounds.map((ranges) => ranges.length > 0),
    soundsBetween: soundsBetween(heard, places, shiftMs),
  };
}

/** The window that such a stretch would be. */
function placeOf({ askedMs, fromMs, toMs }: Stretch, index: number): Place {
  const window: WindowOnTap = {
    windowId: `stretch-${index + 1}`,
    tapId: "",
    recorderId: "",
    targetKey: "",
    target: {},
    control: "mute",
    audio: "silence",
    openedAt: askedMs,
    silentFrom: fromMs,
    until: toMs,
    drift: [],
  };
  return { window, fromMs, toMs };
}

/** Whether something is heard in most of what lies between: a silent call would fit anything. */
function soundsBetween(
  { codec, levels }: Heard,
  places: readonly Place[],
  shiftMs: number,
): boolean {
  const limits = levels.map(() => levelOf(digitalDb(codec)));
  const heard = places.flatMap(({ toMs }, index) => {
    const next = places[index + 1];
    const fromMs = toMs + shiftMs + EDGE_MS;
    const endMs = (next?.window.openedAt ?? toMs + 1_000 + EDGE_MS) + shiftMs - EDGE_MS;
    if (endMs - fromMs < PIECE_MS_MIN) return [];
    const from = Math.max(0, Math.ceil(fromMs / FRAME_MS));
    return [loudFrames(levels, limits, from, Math.floor(endMs / FRAME_MS)).includes(1)];
  });
  return heard.filter((sounds) => sounds).length * 2 > heard.length;
}
