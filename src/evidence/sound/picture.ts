/**
 * A picture of recordings and their windows, as SVG. Coarse on purpose: a column is a tenth of a
 * second at least, and where digits were keyed there is a plain band, so that nobody can read them
 * from it.
 *
 * @module
 */
import type { FileRange, Recording } from "../evidence.ts";
import type { Heard } from "./heard.ts";
import type { Judged } from "./judge.ts";
import { tonesTold } from "./keyed.ts";
import { FRAME_MS, levelDb } from "./levels.ts";

export interface Pictured {
  readonly recording: Recording;
  readonly heard: Heard;
  readonly judged: Judged;
}

const WIDTH = 1_000;
const COLUMN_MS_MIN = 100;
/** Half of one waveform. */
const HALF = 48;
const ROW = 200;
const TOP = 48;
/** Quieter than this is drawn as nothing. */
const SHOWN_DB_MIN = -60;

const LEGEND = "green: window; red: suspect; plain band: keyed digits";
const STYLE = `
  .page { fill: #fff } .ink { fill: #1b1b1b; font: 13px system-ui, sans-serif }
  .soft { fill: #555; font: 12px system-ui, sans-serif } .wave { fill: #4a6fa5 }
  .line { stroke: #999 } .window { fill: #2e7d32; fill-opacity: .16; stroke: #2e7d32 }
  .suspect { fill: #b3261e; fill-opacity: .3; stroke: #b3261e }
  .keys { fill: #8a6d00; fill-opacity: .55 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #14161a } .ink { fill: #eee } .soft { fill: #aaa } .wave { fill: #8ab4f8 }
    .line { stroke: #666 } .window { fill: #81c784; stroke: #81c784 }
    .suspect { fill: #f28b82; stroke: #f28b82 } .keys { fill: #e0c060 }
  }`;

export function picture(callId: string, parts: readonly Pictured[]): string {
  const height = TOP + Math.max(1, parts.length) * ROW;
  const rows = parts.map((part, index) => row(part, TOP + index * ROW));
  const title = `Call ${callId}: what its recordings hold`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 40} ${height}" role="img" aria-labelledby="title desc">
<title id="title">${escape(title)}</title>
<desc id="desc">${escape(parts.length === 0 ? "No recording was heard." : parts.map(words).join(" "))}</desc>
<style>${STYLE}
</style>
<rect class="page" width="${WIDTH + 40}" height="${height}"/>
<text class="ink" x="20" y="26">${escape(title)}</text>
<text class="soft" x="${WIDTH + 20}" y="26" text-anchor="end">${LEGEND}</text>
${rows.join("\n")}
</svg>
`;
}

/** The picture's content for whoever does not see it. */
function words({ heard, judged, recording }: Pictured): string {
  const windows = judged.judgements.map(
    ({ cause, verdict, windowId }) =>
      `window ${windowId} is ${verdict}${cause === undefined ? "" : ` (${cause})`}`,
  );
  const { count } = tonesTold(heard.tones);
  const told = windows.length === 0 ? ["no window reaches it"] : windows;
  return `Recording ${recording.recordingId}, ${seconds(heard.durationMs)}: ${told.join(", ")}; ${count} keyed digits.`;
}

function row({ heard, judged, recording }: Pictured, top: number): string {
  const { durationMs } = heard;
  const xOf = (ms: number): number => 20 + Math.round((WIDTH * ms) / Math.max(1, durationMs));
  const middle = top + 24 + HALF;
  const box = (name: string, { fromMs, toMs }: FileRange, title: string, inset = 0): string => {
    const x = xOf(fromMs);
    const width = Math.max(2, xOf(toMs) - x);
    const size = `x="${x}" y="${middle - HALF + inset}" width="${width}" height="${2 * (HALF - inset)}"`;
    return `<rect class="${name}" ${size}><title>${escape(title)}</title></rect>`;
  };
  const keys = tonesTold(heard.tones).ranges;
  const windows = judged.laid.map((place) => {
    const judgement = judged.judgements.find(({ windowId }) => windowId === place.windowId);
    return box("window", place, `window ${place.windowId}: ${judgement?.verdict ?? "not judged"}`);
  });
  const suspects = judged.judgements.flatMap(({ cause, ranges, windowId }) =>
    ranges.map((range) =>
      box("suspect", range, `${cause ?? "suspect"}, window ${windowId}: ${span(range)}`, 4),
    ),
  );
  const about = `${recording.recordingId} (${recording.recorderId}), ${heard.codec} ${heard.sampleRateHz} Hz, ${seconds(durationMs)}`;
  return `<g>
<text class="soft" x="20" y="${top + 14}">${escape(about)}</text>
<line class="line" x1="20" x2="${WIDTH + 20}" y1="${middle}" y2="${middle}"/>
<path class="wave" d="${wave(heard, keys, middle)}"/>
${keys.map((range) => box("keys", range, `keyed digits: ${span(range)}`, HALF - 14)).join("\n")}
${windows.join("\n")}
${suspects.join("\n")}
${scale(durationMs, xOf, middle + HALF + 16)}
${verdicts(judged, middle + HALF + 34)}
</g>`;
}

/** Lines of words below one waveform: a printed picture has no titles to point at. */
const LINE_COUNT = 2;

/** What was judged, the suspect ones first; what finds no room is counted. */
function verdicts({ judgements }: Judged, y: number): string {
  const isSuspect = ({ verdict }: Judged["judgements"][number]): boolean => verdict === "suspect";
  const all = [
    ...judgements.filter((one) => isSuspect(one)),
    ...judgements.filter((one) => !isSuspect(one)),
  ].map(({ cause, ranges: [range, ...more], verdict, windowId }) => {
    const place = range === undefined ? "" : `, ${span(range)}`;
    const others = more.length === 0 ? "" : ` and ${more.length} more`;
    return `window ${windowId}: ${verdict}${cause === undefined ? "" : ` (${cause})`}${place}${others}`;
  });
  if (all.length === 0) all.push("no window reaches it");
  const lines =
    all.length <= LINE_COUNT
      ? all
      : [...all.slice(0, LINE_COUNT - 1), `and ${all.length - LINE_COUNT + 1} windows more`];
  return lines
    .map((line, index) => `<text class="soft" x="20" y="${y + 15 * index}">${escape(line)}</text>`)
    .join("\n");
}

/** The loudest moment of each column; in stereo the first channel above, the other below. */
function wave({ durationMs, levels }: Heard, keys: readonly FileRange[], middle: number): string {
  const columns = Math.max(1, Math.min(WIDTH, Math.floor(durationMs / COLUMN_MS_MIN)));
  const columnMs = durationMs / columns;
  const heights = (frames: Uint8Array | undefined, column: number): number => {
    let loudest = 0;
    const from = Math.floor((column * columnMs) / FRAME_MS);
    const to = Math.ceil(((column + 1) * columnMs) / FRAME_MS);
    for (let at = from; at < to; at += 1) loudest = Math.max(loudest, frames?.[at] ?? 0);
    const shown = 1 - levelDb(loudest) / SHOWN_DB_MIN;
    return Math.round(HALF * Math.max(0, Math.min(1, shown)));
  };
  const [upper, lower = upper] = levels;
  const parts: string[] = [];
  for (let column = 0; column < columns; column += 1) {
    const [fromMs, toMs] = [column * columnMs, (column + 1) * columnMs];
    if (keys.some((key) => key.toMs > fromMs && key.fromMs < toMs)) continue;
    const [up, down] = [heights(upper, column), heights(lower, column)];
    if (up + down === 0) continue;
    const x = (20 + (column * WIDTH) / columns).toFixed(1);
    parts.push(`M${x} ${middle - up}h${(WIDTH / columns).toFixed(2)}v${up + down}H${x}z`);
  }
  return parts.join("");
}

const STEPS_S = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200];

function scale(durationMs: number, xOf: (ms: number) => number, y: number): string {
  const step = STEPS_S.find((one) => durationMs / 1_000 / one <= 12) ?? 14_400;
  const marks: string[] = [];
  for (let at = 0; at * 1_000 <= durationMs; at += step) {
    const x = xOf(at * 1_000);
    // At the right edge it would be cut off.
    const anchor = x > WIDTH ? ' text-anchor="end"' : "";
    marks.push(`<text class="soft" x="${x}" y="${y}"${anchor}>${clock(at)}</text>`);
  }
  return marks.join("");
}

const clock = (allS: number): string =>
  `${Math.floor(allS / 60)}:${String(allS % 60).padStart(2, "0")}`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const span = ({ fromMs, toMs }: FileRange): string => `${seconds(fromMs)} to ${seconds(toMs)}`;

const escape = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    // What XML has no place for.
    // eslint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd");
