/**
 * The words of evidence: what finished recordings tell of the silences that the control log
 * claims. A witness is asked after the call; each window is judged against each recording.
 *
 * @module
 */
import type {
  AudioEffect,
  Control,
  EpochMs,
  RecorderId,
  TapId,
  Target,
  WindowId,
} from "../control/call.ts";

/**
 * `silent`: the file was heard, and nothing is in the window. `consistent`: nothing that is known
 * contradicts the log. `suspect`: something is where there should be nothing. `missing`: there
 * should be a recording, and the witness knows of none. `unreachable`: no answer yet.
 */
export type Verdict = "silent" | "consistent" | "suspect" | "missing" | "unreachable";

/** Unix ms; `to` is after the stretch. */
export interface Stretch {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Offsets from a file's first sample, in ms of its own time; `toMs` is after the range. */
export interface FileRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One window on one tap, as the control log tells it. */
export interface WindowOnTap {
  readonly windowId: WindowId;
  readonly tapId: TapId;
  readonly recorderId: RecorderId;
  readonly targetKey: string;
  readonly target: Target;
  readonly control: Control;
  readonly audio: AudioEffect;
  readonly openedAt: EpochMs;
  /** From here on the tap was confirmed silent. Absent: it never was in this window. */
  readonly silentFrom?: EpochMs;
  /** When nothing asked for silence any more: no resume left before. Absent: it still does. */
  readonly until?: EpochMs;
  /** Within the window, when the recorder was seen recording although it had been silenced. */
  readonly drift: readonly Stretch[];
  /** When collecting was allowed, and this tap (one that policy does not require) not silent. */
  readonly exposed?: readonly Stretch[];
  /** The log's first word after `until` that it records again. Absent: there is none. */
  readonly recordsBy?: EpochMs;
}

/** One tap of a call, from when to when it was the call's. */
export interface TapInCall {
  readonly tapId: TapId;
  readonly recorderId: RecorderId;
  readonly target: Target;
  readonly control: Control;
  readonly audio: AudioEffect;
  readonly from: EpochMs;
  /** Let go, or the call was over. Absent: it goes on. */
  readonly to?: EpochMs;
  /** The recorder itself told that it had this conversation, recorded or paused. */
  readonly wasSeen: boolean;
}

/** A recording that a witness told of, on one of the call's taps. Never a link that opens it. */
export interface Recording {
  readonly tapId: TapId;
  readonly recorderId: RecorderId;
  readonly recordingId: string;
  readonly startAt: EpochMs;
  /** Absent where the witness does not tell it: then nothing is judged by it. */
  readonly endAt?: EpochMs;
  readonly durationMs?: number;
  readonly withinMs: number;
  readonly closed: boolean;
  readonly modified?: boolean;
  readonly replyDigest: string;
}

/** Why a window is suspect, in one word of tacet's own. */
export type Cause =
  /** The log itself saw the recorder recording. */
  | "drift"
  /** The log itself never saw it confirmed silent. */
  | "not_secured"
  /** The file is not shorter by what should be missing. */
  | "not_shortened"
  /** The file is shorter where it should hold silence: audio is `missing` from it. */
  | "shortened"
  /** A recording lies where there should be none. */
  | "overlaps"
  /** Sound inside the window. */
  | "sound"
  /** Keyed digits. */
  | "tones";

/**
 * One window against one recording. Against none where there is none: `missing`, `unreachable`, or
 * `consistent` where the log too saw nothing recorded.
 */
export interface Judgement {
  readonly windowId: WindowId;
  readonly tapId: TapId;
  readonly recorderId: RecorderId;
  readonly recordingId?: string;
  readonly by: "time" | "sound";
  readonly verdict: Verdict;
  readonly cause?: Cause;
  /** Where in the file it is suspect. Empty where that cannot be told. */
  readonly ranges: readonly FileRange[];
  /** What passes unseen when judged in this way: a leak that is no longer, in ms. */
  readonly toleranceMs: number;
}

/** What hearing one recording's file told. Counts and places only: no sample, no digit. */
export interface SoundReport {
  readonly tapId: TapId;
  readonly recorderId: RecorderId;
  readonly recordingId: string;
  /** SHA-256 of the file, in hex. */
  readonly fileDigest: string;
  readonly codec: string;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly durationMs: number;
  /** Keyed digits anywhere in the file: how many, and where. Never which. */
  readonly tones: { readonly count: number; readonly ranges: readonly FileRange[] };
  readonly judgements: readonly Judgement[];
}

/** All that is known of a call's evidence: the API's answer, and what `tacet evidence` works from. */
export interface CallEvidence {
  readonly callId: string;
  /** `waiting`: not asked yet. `asking`: somebody did not answer, or a recording goes on. */
  readonly state: "waiting" | "asking" | "gathered" | "no_witness";
  readonly windows: readonly WindowOnTap[];
  readonly recordings: readonly Recording[];
  /** The newest of each window, recording and way of judging. */
  readonly judgements: readonly Judgement[];
  /** Recordings whose file is still to be heard; always empty while `evidence.sound` is off. */
  readonly unheard: readonly string[];
  readonly incidentIds: readonly string[];
}
