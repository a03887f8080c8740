/**
 * A call's evidence in words for a person.
 *
 * @module
 */
import type {
  CallEvidence,
  FileRange,
  Judgement,
  Recording,
  WindowOnTap,
} from "../../../evidence/evidence.ts";
import { visible } from "../output.ts";
import type { HeardRecording } from "./hearCall.ts";

/** `heard` in the order of the call's recordings; empty where nothing was to be heard. */
export function tellCall(evidence: CallEvidence, heard: readonly HeardRecording[]): string[] {
  const { callId, incidentIds, recordings, state, windows } = evidence;
  const lines = [
    `call ${callId}: ${state}, ${counted(windows.length, "window")}, ${counted(recordings.length, "recording")}`,
  ];
  for (const window of windows) lines.push(...tellWindow(window));
  for (const recording of recordings) {
    lines.push(...tellRecording(evidence, recording, of(heard, recording)));
  }
  const none = evidence.judgements.filter(({ recordingId }) => recordingId === undefined);
  for (const judgement of none) lines.push(`  no recording: ${tellJudgement(judgement)}`);
  if (incidentIds.length > 0) lines.push(`incidents: ${incidentIds.join(", ")}`);
  return lines.map((line) => visible(line));
}

/** Whether anything is suspect, or missing where it should be. */
export const isAlarming = (evidence: CallEvidence, heard: readonly HeardRecording[]): boolean =>
  [...evidence.judgements, ...heard.flatMap(soundOf)].some(
    ({ verdict }) => verdict === "suspect" || verdict === "missing",
  );

const soundOf = (one: HeardRecording): readonly Judgement[] =>
  one.kind === "heard" ? one.report.judgements : [];

const of = (heard: readonly HeardRecording[], { recorderId, recordingId, tapId }: Recording) =>
  heard.find(
    ({ recording }) =>
      recording.recordingId === recordingId &&
      recording.tapId === tapId &&
      recording.recorderId === recorderId,
  );

function tellWindow({ openedAt, recorderId, silentFrom, until, windowId }: WindowOnTap): string[] {
  const silent = silentFrom === undefined ? "never confirmed silent" : `silent ${at(silentFrom)}`;
  const end = until === undefined ? "still open" : `over ${at(until)}`;
  return [`  window ${windowId} on ${recorderId}: opened ${at(openedAt)}, ${silent}, ${end}`];
}

function tellRecording(
  { judgements }: CallEvidence,
  recording: Recording,
  heard: HeardRecording | undefined,
): string[] {
  const { closed, endAt, recorderId, recordingId, startAt } = recording;
  const span = `${at(startAt)} to ${endAt === undefined ? "an end it does not tell" : at(endAt)}`;
  const lines = [`recording ${recordingId} of ${recorderId}, ${span}`];
  if (heard?.kind === "heard") {
    const { channelCount, codec, durationMs, fileDigest, sampleRateHz, tones } = heard.report;
    const channels = channelCount === 1 ? "mono" : "stereo";
    lines.push(`  heard: ${seconds(durationMs)} of ${codec}, ${sampleRateHz} Hz, ${channels}`);
    lines.push(`  SHA-256 ${fileDigest}`);
    lines.push(`  keyed digits: ${tones.count}${places(tones.ranges)}`);
  } else if (heard !== undefined) lines.push(`  not heard: ${heard.why.detail}`);
  else if (!closed) lines.push("  not heard: it goes on");
  const own = judgements.filter(
    (one) =>
      one.recordingId === recordingId &&
      one.tapId === recording.tapId &&
      // What was heard now is told instead of what was heard before.
      (one.by === "time" || heard?.kind !== "heard"),
  );
  for (const judgement of [...own, ...(heard === undefined ? [] : soundOf(heard))]) {
    lines.push(`  ${tellJudgement(judgement)}`);
  }
  return lines;
}

function tellJudgement(judgement: Judgement): string {
  const { by, cause, ranges, toleranceMs, verdict, windowId } = judgement;
  const word = verdict === "suspect" || verdict === "missing" ? verdict.toUpperCase() : verdict;
  const why = cause === undefined ? "" : ` (${cause})`;
  const unseen = toleranceMs === 0 ? "" : `, within ${seconds(toleranceMs)}`;
  return `window ${windowId} by ${by}: ${word}${why}${places(ranges)}${unseen}`;
}

const places = (ranges: readonly FileRange[]): string =>
  ranges.length === 0
    ? ""
    : ` at ${ranges.map(({ fromMs, toMs }) => `${offset(fromMs)}-${offset(toMs)}`).join(", ")}`;

const offset = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000);
  return `${minutes}:${((ms - minutes * 60_000) / 1_000).toFixed(1).padStart(4, "0")}`;
};
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const at = (ms: number): string => new Date(ms).toISOString();
const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? "" : "s"}`;
