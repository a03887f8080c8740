/**
 * The checks of the finished recording: whether its file can be fetched, and whether it holds a gap,
 * silence or a new file where the call was silenced.
 *
 * @module
 */
import type { RecordingEvidence } from "../../../adapters/recorder.ts";
import type { AudioEffect, EpochMs } from "../../../control/call.ts";
import type { Began } from "./ask.ts";
import { type Book, type Conclusion, notShown, notTried, shown } from "./checks.ts";
import type { Driver } from "./driver.ts";
import type { Over } from "./ending.ts";
import type { Silence, Silences } from "./silences.ts";

/** A silence in a file's own time, in ms, by the clocks. */
export interface Stretch {
  /** When the pause was asked for. */
  readonly askedMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What hearing a file told. */
export interface HeardFile {
  readonly kind: "heard";
  readonly bytes: number;
  /** Such as `WAV, pcm16, 8000 Hz, mono`. */
  readonly format: string;
  readonly durationMs: number;
  /** Where the stretches lie, later than the clocks say. */
  readonly shiftMs: number;
  /** Of each stretch that was asked for: whether anything is heard in it. */
  readonly sounds: readonly boolean[];
  /** Whether something is heard in most of what lies between. */
  readonly soundsBetween: boolean;
}

export type Told = { readonly kind: "failed"; readonly why: string };

export interface FileOptions {
  readonly driver: Pick<Driver, "pass">;
  readonly book: Book;
  readonly silences: Silences;
  readonly now: () => EpochMs;
  readonly audio: AudioEffect;
  readonly over: Over | undefined;
  /** How long the operator may take to hang up, where nobody can see it. */
  readonly byHandMsMax: number;
  readonly file: {
    /** Absent where the recorder does not tell what it recorded. */
    readonly evidence?: (
      from: EpochMs,
      to: EpochMs,
    ) => Promise<readonly RecordingEvidence[] | Told>;
    /** Absent where no file can be had. */
    readonly hear?: (
      recordingId: string,
      stretches: readonly Stretch[],
      withinMs: number,
      waitMs: number,
    ) => Promise<HeardFile | Told>;
    /** What the recording is called, where the recorder cannot be asked. */
    readonly recordingId: string;
    /** When it began, as the operator says. */
    readonly began?: Began;
  };
}

/** How long a recording is waited for to be closed. */
const CLOSED_MS_MAX = 30_000;
const AGAIN_MS = 1_000;
/** What an edge of a silence may be off by beside the vendor's own rounding. */
const EDGE_MS = 150;
/**
 * Left out at both ends of a silence in a file: a recorder that was short of time for a moment has a
 * file that is shorter by it, and its clocks agree only so far.
 */
const TRIM_MS = 250;
/** What is left must be as long to be judged. */
const STRETCH_MS_MIN = 300;

/** When a recording was running, and how far that may be off. */
interface Span {
  readonly startAt: EpochMs;
  readonly endAt?: EpochMs;
  readonly withinMs: number;
}

export async function tryFile(options: FileOptions): Promise<void> {
  const { book, file, over } = options;
  if (over === undefined) {
    const why = "the call was not seen to end";
    await book.attempt("file", async () => notTried(why));
    await book.attempt("file_as_told", async () => notTried(why));
    return;
  }
  const recordings = await closedRecordings(options, over);
  if ("kind" in recordings) {
    await book.attempt("file", async () => notTried(recordings.why));
    await book.attempt("file_as_told", async () => notTried(recordings.why));
    return;
  }
  const [first] = recordings;
  const span = first === undefined ? fromWords(options, over) : spanOf(first, over);
  const stretches = span === undefined ? [] : stretchesOf(options.silences.whole(), span);
  let heard: HeardFile | undefined;
  await book.attempt("file", async () => {
    if (file.hear === undefined) return notTried("no way to fetch it is known");
    const told = await file.hear(
      first?.recordingId ?? file.recordingId,
      stretches,
      span?.withinMs ?? 0,
      waitMsOf(options, over),
    );
    if (told.kind === "failed") return notShown(told.why);
    heard = told;
    const seconds = (told.durationMs / 1_000).toFixed(1);
    return shown(`${told.bytes} bytes, ${told.format}, ${seconds} s`);
  });
  await book.attempt("file_as_told", async () => {
    if (!options.silences.areWhole()) return notTried("not every silence was confirmed");
    return judged(options, recordings, span, heard, stretches);
  });
}

/** Those that were running while the call was silenced, once nothing is added to them. */
async function closedRecordings(
  options: FileOptions,
  over: Over,
): Promise<readonly RecordingEvidence[] | Told> {
  const { driver, file, now, silences } = options;
  if (file.evidence === undefined) return [];
  const all = silences.whole();
  const from = all[0]?.askedAt ?? over.after;
  const to = all.at(-1)?.overAt ?? over.at ?? over.after;
  for (const until = now() + waitMsOf(options, over); ;) {
    const told = await file.evidence(from, over.at ?? now());
    // It may not know of the call yet.
    const found = ("kind" in told ? [] : told).filter(
      ({ startAt, endAt, withinMs }) =>
        startAt - withinMs <= to && (endAt === undefined || endAt + withinMs >= from),
    );
    if (found.length > 0 && found.every(({ closed }) => closed)) return found;
    if (now() >= until) {
      if ("kind" in told) return told;
      const why = found.length === 0 ? "it knows of no recording of this call" : "it is not closed";
      return { kind: "failed", why: `${why}, ${waitMsOf(options, over) / 1_000} s after the end` };
    }
    await driver.pass(AGAIN_MS);
  }
}

/** Where nobody saw the end, somebody has yet to hang up. */
const waitMsOf = ({ byHandMsMax }: FileOptions, over: Over): number =>
  over.at === undefined ? byHandMsMax + CLOSED_MS_MAX : CLOSED_MS_MAX;

const spanOf = ({ endAt, startAt, withinMs }: RecordingEvidence, over: Over): Span => {
  if (endAt !== undefined) return { startAt, endAt, withinMs };
  if (over.at === undefined) return { startAt, withinMs };
  return { startAt, endAt: over.at, withinMs: Math.max(withinMs, over.at - over.after) };
};

/** Where nothing tells, the operator knows when it began, and its end was seen. */
const fromWords = ({ file }: FileOptions, over: Over): Span | undefined =>
  file.began === undefined
    ? undefined
    : {
        startAt: file.began.at,
        ...(over.at === undefined ? {} : { endAt: over.at }),
        withinMs: Math.max(file.began.withinMs, (over.at ?? over.after) - over.after),
      };

const stretchesOf = (silences: readonly Silence[], { startAt }: Span): Stretch[] =>
  silences
    .map(({ askedAt, from, to }) => ({
      askedMs: askedAt - startAt,
      fromMs: from - startAt + TRIM_MS,
      toMs: to - startAt - TRIM_MS,
    }))
    .filter(({ fromMs, toMs }) => toMs - fromMs >= STRETCH_MS_MIN);

function judged(
  { audio, silences }: FileOptions,
  recordings: readonly RecordingEvidence[],
  span: Span | undefined,
  heard: HeardFile | undefined,
  stretches: readonly Stretch[],
): Conclusion {
  const all = silences.whole();
  switch (audio) {
    case "gap":
      return byGap(all, span, heard?.durationMs ?? recordings[0]?.durationMs);
    case "silence":
      return bySilence(heard, stretches);
    case "new_file":
      return byNewFile(all, recordings);
    case "unknown":
      return notTried("the table promises nothing of its file");
    default:
      return audio satisfies never;
  }
}

function byGap(
  all: readonly Silence[],
  span: Span | undefined,
  durationMs: number | undefined,
): Conclusion {
  if (span === undefined) return notTried("when it began is not known: see --began");
  if (span.endAt === undefined) return notTried("when it ended is not known");
  if (durationMs === undefined) return notTried("how long it is was not told");
  const missingMs = Math.round(span.endAt - span.startAt - durationMs);
  const leastMs = all.reduce((sum, { from, to }) => sum + to - from, 0);
  const mostMs = all.reduce((sum, { askedAt, overAt }) => sum + overAt - askedAt, 0);
  const toleranceMs = 3 * span.withinMs + 2 * EDGE_MS;
  const words =
    `${missingMs} ms are missing; it was silent for ${leastMs} to ${mostMs} ms ` +
    `(allowed for: ${toleranceMs} ms)`;
  if (leastMs <= 2 * toleranceMs) return notTried(`${words}: too short a silence to tell`);
  const fits = missingMs >= leastMs - toleranceMs && missingMs <= mostMs + toleranceMs;
  return fits ? shown(`a gap: ${words}`) : notShown(words);
}

function bySilence(heard: HeardFile | undefined, stretches: readonly Stretch[]): Conclusion {
  if (heard === undefined) return notTried("the file was not heard");
  if (stretches.length === 0) return notTried("where the silences lie in it is not known");
  if (!heard.soundsBetween) return notTried("too little is heard of the call at all");
  const count = heard.sounds.filter((sounds) => sounds).length;
  const where = heard.shiftMs === 0 ? "" : `, ${heard.shiftMs} ms later than the clocks say`;
  return count === 0
    ? shown(`silence: nothing is heard in ${stretches.length} stretches${where}`)
    : notShown(`sound is heard in ${count} of ${stretches.length} silenced stretches`);
}

function byNewFile(all: readonly Silence[], recordings: readonly RecordingEvidence[]): Conclusion {
  if (recordings.length === 0) return notTried("it cannot be asked what it recorded");
  const over = recordings.filter(({ endAt = Infinity, startAt, withinMs }) =>
    all.some(
      ({ from, to }) =>
        startAt + withinMs + EDGE_MS < to && endAt - withinMs - EDGE_MS > from && to > from,
    ),
  );
  const words = `${recordings.length} recordings, ${over.length} of them over a silence`;
  return over.length === 0 ? shown(words) : notShown(words);
}
