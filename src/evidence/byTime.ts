/**
 * Judges each window against each recording by time alone: what the recorder says of a recording's
 * start, end and length either fits what the log says of its silences, or it does not. Never says
 * that a window is silent: that takes hearing it. Pure.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Cause, FileRange, Judgement, Recording } from "./evidence.ts";
import type { Stretch, TapInCall, Verdict, WindowOnTap } from "./evidence.ts";
import { lengthMs, union, within, without } from "./stretches.ts";

export interface TimeRules {
  /** How far a recorder's clock may be from tacet's, and its lengths from the truth, together. */
  readonly toleranceMs: number;
}

/** What a witness told of one tap. */
export interface Testimony {
  readonly tap: TapInCall;
  readonly windows: readonly WindowOnTap[];
  readonly recordings: readonly Recording[];
}

/** All of a tap's windows that are over. Recordings that are not the call's are left out. */
export function judgeByTime(testimony: Testimony, rules: TimeRules): readonly Judgement[] {
  const { tap } = testimony;
  const windows = testimony.windows.filter(({ until }) => until !== undefined);
  const files = testimony.recordings
    .filter((recording) => isOfTap(recording, tap, rules))
    .map((recording) => fileOf(recording, tap, windows, rules))
    .toSorted((a, b) => a.from - b.from);
  const judged = windows.flatMap((window) => {
    if (files.length > 0) return near(files, window).map((file) => judge(window, file));
    const verdict = tap.wasSeen || tap.control === "none" ? "missing" : "consistent";
    return [{ ...subject(window), verdict, ranges: [], toleranceMs: 0 } as const];
  });
  return oneEach(judged);
}

/** A recording with what the log says of its time. */
interface File {
  readonly recording: Recording;
  readonly from: EpochMs;
  /** It reached at least to here. */
  readonly to: EpochMs;
  /** Its end and its length were both told. */
  readonly isWhole: boolean;
  readonly silences: readonly (Stretch & { readonly beforeMs: number })[];
  readonly silentMs: number;
  /** Audio that may rightly be missing beside them: a pause works before it is confirmed. */
  readonly uncertainMs: number;
  /** How far a moment in it may be off. Something may be off the other way: twice this is unseen. */
  readonly edgeMs: number;
  /** The same of its length against its start and end: all three may be off. */
  readonly lengthWithinMs: number;
}

function fileOf(
  recording: Recording,
  { audio }: TapInCall,
  windows: readonly WindowOnTap[],
  { toleranceMs }: TimeRules,
): File {
  const { durationMs, endAt, startAt, withinMs } = recording;
  const to = Math.max(startAt, endAt ?? startAt + (durationMs ?? 0));
  const span = { from: startAt, to };
  const silences = union(windows.flatMap(silencesOf));
  const uncertain = without(windows.flatMap(uncertainOf), silences);
  return {
    recording,
    ...span,
    isWhole: endAt !== undefined && durationMs !== undefined,
    // Only a gap moves what follows it.
    ...summed(audio === "gap" ? within(silences, span) : []),
    uncertainMs: lengthMs(within(uncertain, span)),
    edgeMs: withinMs + toleranceMs,
    lengthWithinMs: 3 * withinMs + toleranceMs,
  };
}

/** Each with how much is silent before it. */
function summed(silences: readonly Stretch[]): Pick<File, "silences" | "silentMs"> {
  let silentMs = 0;
  const withSums = silences.map((silence) => {
    const beforeMs = silentMs;
    silentMs += silence.to - silence.from;
    return { ...silence, beforeMs };
  });
  return { silences: withSums, silentMs };
}

/** Where the log says that there is no sound. */
const silencesOf = ({ drift, silentFrom, until }: WindowOnTap): readonly Stretch[] =>
  silentFrom === undefined ? [] : without([{ from: silentFrom, to: until ?? Infinity }], drift);

/** Where the log cannot say: before the confirmation, after the last claim, and in drift. */
const uncertainOf = (window: WindowOnTap): readonly Stretch[] => {
  const { drift, openedAt, recordsBy = Infinity, silentFrom, until = Infinity } = window;
  return [{ from: openedAt, to: silentFrom ?? until }, { from: until, to: recordsBy }, ...drift];
};

/**
 * Shares time with the tap beyond what clocks may differ by, lies wholly in it, or spans all of it. A
 * recording whose end nobody told may have gone on until now.
 */
export function isOfTap(
  { durationMs, endAt, startAt, withinMs }: Recording,
  tap: TapInCall,
  rules: TimeRules,
) {
  const told = durationMs === undefined ? Infinity : startAt + durationMs;
  const end = endAt ?? told;
  const slackMs = withinMs + rules.toleranceMs;
  const { from, to = Infinity } = tap;
  const shared = Math.min(end, to) - Math.max(startAt, from);
  const isInside = startAt >= from - slackMs && end <= to + slackMs;
  return shared > slackMs || isInside || (startAt <= from && end >= to);
}

/** The recordings that reach into the window; where none does, its neighbours. */
function near(
  files: readonly File[],
  { openedAt, until = Infinity }: WindowOnTap,
): readonly File[] {
  const reaching = files.filter(
    ({ edgeMs, from, to }) => from - edgeMs < until && to + edgeMs > openedAt,
  );
  if (reaching.length > 0) return reaching;
  const before = files.findLast(({ to }) => to <= openedAt);
  const after = files.find(({ from }) => from >= until);
  return [before, after].filter((file) => file !== undefined);
}

type Found = Pick<Judgement, "verdict" | "ranges" | "toleranceMs"> & { readonly cause?: Cause };

function judge(window: WindowOnTap, file: File): Judgement {
  const { recordingId } = file.recording;
  return { ...subject(window), recordingId, ...(byLog(window, file) ?? byFile(window, file)) };
}

const subject = ({ recorderId, tapId, windowId }: WindowOnTap) =>
  ({ windowId, tapId, recorderId, by: "time" }) as const;

const suspect = (cause: Cause, ranges: readonly FileRange[], toleranceMs: number): Found => ({
  verdict: "suspect",
  cause,
  ranges,
  toleranceMs: Math.round(toleranceMs),
});

/** What the log itself says against the window. */
function byLog(window: WindowOnTap, file: File): Found | undefined {
  const { drift, exposed = [], openedAt, silentFrom, until = Infinity } = window;
  const { edgeMs } = file;
  const drifted = drift.filter((stretch) => maybeIn(file, stretch));
  if (drifted.length > 0) return suspect("drift", rangesOf(file, drifted), 2 * edgeMs);
  const open =
    silentFrom === undefined
      ? [{ from: openedAt, to: until }]
      : exposed.filter(({ from, to }) => to - from > edgeMs);
  const unsecured = open.filter((stretch) => surelyIn(file, stretch));
  if (unsecured.length === 0) return undefined;
  return suspect("not_secured", rangesOf(file, unsecured), 2 * edgeMs);
}

/** What the recording's own times say. */
function byFile(window: WindowOnTap, file: File): Found {
  const { openedAt, silentFrom, until = Infinity } = window;
  const { edgeMs, isWhole, lengthWithinMs, recording, uncertainMs } = file;
  const silences = silencesOf(window);
  const consistent = (toleranceMs: number): Found => ({
    verdict: "consistent",
    ranges: [],
    toleranceMs: Math.round(toleranceMs),
  });
  /** Time tells nothing of what is inside: all of it could be heard. */
  const untold = consistent(Math.max(2 * edgeMs, until - (silentFrom ?? openedAt)));
  switch (window.audio) {
    case "gap": {
      if (!isWhole) return untold;
      const reached = within(silences, file);
      const excessMs = lengthNow(recording) - (file.to - file.from - file.silentMs);
      const toleranceMs = 2 * lengthWithinMs + uncertainMs;
      // More is missing than should be: what that hides could be as long as the window.
      if (reached.length > 0 && excessMs < -lengthWithinMs - uncertainMs) return untold;
      if (reached.length === 0 || excessMs <= lengthWithinMs) return consistent(toleranceMs);
      return suspect("not_shortened", displaced(file, reached, excessMs), toleranceMs);
    }
    case "new_file": {
      const overlapped = silences.filter((silence) => surelyIn(file, silence));
      if (overlapped.length > 0) return suspect("overlaps", rangesOf(file, overlapped), 2 * edgeMs);
      return recording.endAt === undefined && file.from < until ? untold : consistent(2 * edgeMs);
    }
    case "silence": {
      const reached = within(silences, file).length > 0;
      const isShort = lengthNow(recording) < file.to - file.from - lengthWithinMs;
      if (!isWhole || !reached || !isShort) return untold;
      const missing: Verdict = "missing";
      return { ...consistent(2 * lengthWithinMs), verdict: missing, cause: "shortened" };
    }
    case "unknown":
      return untold;
  }
}

const lengthNow = ({ durationMs = 0 }: Recording): number => durationMs;

/** Whatever the clocks: some of the stretch lies in the recording. */
const surelyIn = ({ edgeMs, from, to }: File, stretch: Stretch): boolean =>
  stretch.to > stretch.from && stretch.to - from > edgeMs && to - stretch.from > edgeMs;

/** It was seen recording: where clocks leave open in which recording that is, in each. */
const maybeIn = ({ edgeMs, from, to }: File, stretch: Stretch): boolean =>
  stretch.to > from - edgeMs && stretch.from < to + edgeMs;

/** Where in the file, with what its times may be off by on either side. */
const rangesOf = (file: File, stretches: readonly Stretch[]): readonly FileRange[] =>
  stretches.flatMap(({ from, to }) =>
    range(file, placeOf(file, from) - file.edgeMs, placeOf(file, to) + file.edgeMs),
  );

/**
 * Which of the silences was recorded is not known: what was, lies where its window does, or later by
 * as much as an earlier one may have left in. Nor is it known how long each truly was.
 */
const displaced = (
  file: File,
  silences: readonly Stretch[],
  excessMs: number,
): readonly FileRange[] =>
  silences.flatMap(({ from }) => {
    const at = placeOf(file, from);
    const aroundMs = file.uncertainMs + file.edgeMs;
    return range(file, at - aroundMs, at + excessMs + aroundMs + file.lengthWithinMs);
  });

/** A moment's place in the file: what is silent before it is not there. */
function placeOf({ from, silences, to }: File, moment: EpochMs): number {
  const at = Math.min(to, Math.max(from, moment));
  let [low, high] = [0, silences.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((silences[middle]?.from ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  const last = silences[low - 1];
  const silentMs = last === undefined ? 0 : last.beforeMs + Math.min(last.to, at) - last.from;
  return at - from - silentMs;
}

function range({ recording: { durationMs = Infinity } }: File, fromMs: number, toMs: number) {
  const from = Math.max(0, Math.floor(fromMs));
  const to = Math.min(durationMs, Math.ceil(toMs));
  return to > from ? [{ fromMs: from, toMs: to }] : [];
}

const WORST: readonly Verdict[] = ["suspect", "missing", "unreachable", "consistent", "silent"];

/** A tap that was left and came back has two stretches of one window: the worst is told of both. */
function oneEach(judgements: readonly Judgement[]): readonly Judgement[] {
  const found = new Map<string, Judgement>();
  for (const one of judgements) {
    const key = JSON.stringify([one.windowId, one.tapId, one.recordingId]);
    const other = found.get(key);
    const isWorse =
      other === undefined || WORST.indexOf(one.verdict) < WORST.indexOf(other.verdict);
    const ranges = union(
      [...one.ranges, ...(other?.ranges ?? [])].map(({ fromMs, toMs }) => ({
        from: fromMs,
        to: toMs,
      })),
    ).map(({ from, to }) => ({ fromMs: from, toMs: to }));
    found.set(key, { ...(isWorse ? one : other), ranges });
  }
  return [...found.values()];
}
