/**
 * A VSLogger recording as its search tells it, under a name of its own, and as a testimony. Pure.
 *
 * @module
 */
import type { RecordingEvidence } from "../recorder.ts";
import type { EpochMs } from "../../control/call.ts";
import { integer, text } from "./state.ts";

/** The members tacet reads. */
export interface VsloggerRecording {
  readonly archiveId: string;
  readonly recordId: string;
  readonly recordType: string;
  readonly channel: number;
  readonly startAt: EpochMs;
  /** Absent while it goes on. */
  readonly endAt?: EpochMs;
  readonly durationMs?: number;
  readonly closed: boolean;
  readonly modified?: boolean;
  readonly sessionId: string;
  readonly extension: string;
  readonly agentId: string;
  /** Undefined where it was not told. */
  readonly note: string | undefined;
  readonly flag: number | undefined;
  /** What opens its file, from 4.9.6: a secret. */
  readonly access?: { readonly ss: string; readonly hh: string };
}

/** Its three documented parts. */
export type RecordingName = Pick<VsloggerRecording, "archiveId" | "recordId" | "recordType">;

/** Dots divide the parts in every address of the vendor's, so none may be in them. */
const namePart = /^[\w-]{1,64}$/;

export const recordingIdOf = ({ archiveId, recordId, recordType }: RecordingName): string =>
  `${archiveId}.${recordId}.${recordType}`;

export function readRecordingId(recordingId: string): RecordingName | undefined {
  const [archiveId = "", recordId = "", recordType = "", ...more] = recordingId.split(".");
  const parts = [archiveId, recordId, recordType];
  if (more.length > 0 || !parts.every((part) => namePart.test(part))) return undefined;
  return { archiveId, recordId, recordType };
}

/** Undefined where it lacks its name, its channel, its start, or whether it is closed. */
export function readRecording(raw: unknown): VsloggerRecording | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const told = raw as Readonly<Record<string, unknown>>;
  const archiveId = text(told["archive_id"]) ?? "";
  const recordId = text(told["record_id"]) ?? "";
  const recordType = text(told["record_type"]) ?? "";
  if (![archiveId, recordId, recordType].every((part) => namePart.test(part))) return undefined;
  const channel = integer(told["channel"]);
  const startAt = integer(told["start_tm"]);
  const closed = yesOrNo(told["closed"]);
  if (channel === undefined || startAt === undefined || startAt <= 0 || closed === undefined) {
    return undefined;
  }
  const endAt = integer(told["end_tm"]) ?? 0;
  if (closed && endAt !== 0 && endAt < startAt) return undefined;
  const durationMs = integer(told["duration"]);
  const modified = yesOrNo(told["modified"]);
  const access = accessOf(told["rec_ss"], told["rec_hh"]);
  return {
    archiveId,
    recordId,
    recordType,
    channel,
    startAt,
    ...(closed && endAt > 0 ? { endAt } : {}),
    ...(closed && durationMs !== undefined ? { durationMs } : {}),
    closed,
    ...(modified === undefined ? {} : { modified }),
    sessionId: text(told["session_id"]) ?? "",
    extension: text(told["extension"]) ?? "",
    agentId: text(told["agent_id"]) ?? "",
    note: "note" in told ? (text(told["note"]) ?? "") : undefined,
    flag: integer(told["flag"]),
    ...(access === undefined ? {} : { access }),
  };
}

/** Documented as an integer and a text. Dots would divide an address otherwise than it is meant. */
function accessOf(ss: unknown, hh: unknown): VsloggerRecording["access"] {
  const [first, second] = [text(ss) ?? "", text(hh) ?? ""];
  return /^\d{1,20}$/.test(first) && /^[\w+/=-]{1,512}$/.test(second)
    ? { ss: first, hh: second }
    : undefined;
}

function yesOrNo(value: unknown): boolean | undefined {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  const told = integer(value);
  return told === 0 ? false : told === 1 ? true : undefined;
}

/**
 * Times are told in milliseconds, and how they are rounded is unknown. Each recording shows it: one
 * time on a whole second, tenth or hundredth, and all of them are taken to be rounded so.
 */
const ROUNDED_TO_MS = [1_000, 100, 10];

function withinOf(timesMs: readonly (number | undefined)[]): number {
  return (
    ROUNDED_TO_MS.find((step) => timesMs.some((time) => time !== undefined && time % step === 0)) ??
    1
  );
}

/** `now`: when it was told, which is the end of what goes on. */
export function testimonyOf(
  recording: VsloggerRecording,
  now: EpochMs,
  replyDigest: string,
): RecordingEvidence {
  const { startAt, closed, durationMs, modified } = recording;
  const endAt = closed ? recording.endAt : Math.max(startAt, Math.floor(now));
  return {
    recordingId: recordingIdOf(recording),
    startAt,
    ...(endAt === undefined ? {} : { endAt }),
    ...(durationMs === undefined ? {} : { durationMs }),
    withinMs: withinOf([startAt, recording.endAt, durationMs]),
    closed,
    ...(modified === undefined ? {} : { modified }),
    replyDigest,
  };
}
