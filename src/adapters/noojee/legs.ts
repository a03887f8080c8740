/**
 * The legs of a recorded call as Noojee tells them, and what they are as recordings. Pure. Each
 * fact's origin is in README.md beside this file.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import { z } from "zod";
import type { EpochMs } from "../../control/call.ts";
import type { RecordingEvidence } from "../recorder.ts";
import { momentsOf } from "./dates.ts";
import { UNIQUE_ID } from "./settings.ts";
import { badReply } from "./wire.ts";

/** One stretch of a call between two transitions: a recording of its own. */
export interface Leg {
  readonly recordingId: string;
  readonly uniqueId: string;
  readonly number: number;
  readonly startAt: EpochMs;
  /** Told of legs that ended, by the hour only. */
  readonly endAt?: EpochMs;
  /** Absent where nothing was told. */
  readonly durationMs?: number;
  /** How much later it may have been: a clock that was set back shows an hour twice. */
  readonly doubtMs?: number;
  readonly source: string;
  readonly destination: string;
  readonly direction: "inbound" | "outbound" | "internal" | "unknown";
}

/** Shown as strings, all of them; a number says the same. */
const text = z.union([z.string(), z.number()]).transform(String);
const row = z.looseObject({
  CallRecordId: text.pipe(z.string().regex(/^\d{1,12}$/)),
  UniqueId: text.pipe(z.string().regex(UNIQUE_ID)),
  Leg: text.pipe(z.string().regex(/^\d{1,4}$/)),
  Start: z.string(),
  Duration: text.pipe(z.string().regex(/^\d{0,6}$/)),
  Source: text.default(""),
  Destination: text.default(""),
  Direction: text.default(""),
  callend: z.string().exactOptional(),
});

/** A call's id begins with the second it began in: nothing of it was recorded before. */
const CALL_BEGAN = /(?:^|-)(1\d{9})\.\d+$/;
const CLOCK_MS = 60_000;
/** More than a clock is off by: then it is the zone. */
const ZONE_MS = 15 * 60_000;

/** All legs of a reply, or why it cannot be used: one that cannot be read could be the one that matters. */
export function readLegs(body: unknown, timeZone: string, now: EpochMs): readonly Leg[] | NotDone {
  const rows = z.array(row).safeParse(body);
  if (!rows.success) {
    const [issue] = rows.error.issues;
    const where = issue?.path.map(String).join(" ") ?? "";
    return badReply(`not a list of legs${where === "" ? "" : `: see ${where}`}`.slice(0, 200));
  }
  const legs: Leg[] = [];
  for (const told of rows.data) {
    const leg = legOf(told, timeZone, now);
    if (typeof leg === "string") return badReply(leg);
    legs.push(leg);
  }
  return legs;
}

function legOf(told: z.output<typeof row>, timeZone: string, now: EpochMs): Leg | string {
  const began = Number(CALL_BEGAN.exec(told.UniqueId)?.[1] ?? 0) * 1_000;
  const [startAt, ...starts] = momentsAfter(told.Start, timeZone, began, now);
  if (startAt === undefined) return "a Start is no date and time of this timeZone";
  if (startAt < began - ZONE_MS || startAt > now + ZONE_MS) {
    return "a leg starts before its call did, or has yet to start: is timeZone the server's?";
  }
  const [endAt, ...ends] =
    told.callend === undefined ? [] : momentsAfter(told.callend, timeZone, startAt, now);
  if (told.callend !== undefined && (endAt === undefined || endAt < startAt)) {
    return "a callend is no date and time after its Start";
  }
  const doubtMs = Math.max(
    (starts.at(-1) ?? startAt) - startAt,
    endAt === undefined ? 0 : (ends.at(-1) ?? endAt) - endAt,
  );
  return {
    recordingId: told.CallRecordId,
    uniqueId: told.UniqueId,
    number: Number(told.Leg),
    startAt,
    ...(endAt === undefined ? {} : { endAt }),
    ...(told.Duration === "" ? {} : { durationMs: Number(told.Duration) * 1_000 }),
    ...(doubtMs === 0 ? {} : { doubtMs }),
    source: told.Source,
    destination: told.Destination,
    direction: directionOf(told.Direction),
  };
}

/**
 * Of two moments that a clock shows alike, those that are not before what came before it and have
 * not yet to come; where none is left, the last one.
 */
function momentsAfter(
  written: string,
  timeZone: string,
  after: EpochMs,
  now: EpochMs,
): readonly EpochMs[] {
  const moments = momentsOf(written, timeZone);
  const fitting = moments.filter((at) => at >= after - CLOCK_MS && at <= now + CLOCK_MS);
  return fitting.length > 0 ? fitting : moments.slice(-1);
}

/** Documented as a number; shown by the hour as a word. */
function directionOf(told: string): Leg["direction"] {
  switch (told.toLowerCase()) {
    case "0":
    case "inbound":
      return "inbound";
    case "1":
    case "outbound":
      return "outbound";
    case "2":
    case "internal":
      return "internal";
    default:
      return "unknown";
  }
}

/** Whether the extension had this leg. A caller's or a dialled number may look like an extension. */
export function isOfExtension(leg: Leg, extension: string): boolean {
  const { destination, direction, source } = leg;
  if (direction === "inbound") return destination === extension;
  if (direction === "outbound") return source === extension;
  return source === extension || destination === extension;
}

/** Times are whole seconds: a start and a length may each be one off, and so both together two. */
const ROUNDED_MS = 2_000;
/** Ours: the first leg's start is documented to be approximate, and by how much is not. */
const FIRST_LEG_MS = 5_000;
/** A length that was told is not added to once it ended so long ago. */
const SETTLE_MS = 60_000;
/** No conversation lasts longer: what still has no length then never gets one. */
const LEG_MS_MAX = 12 * 3_600_000;

/** What legs are as recordings, judged beside the others of their calls. `ended`: all of them did. */
export function recordingsOf(
  legs: readonly Leg[],
  replyDigest: string,
  now: EpochMs,
  ended = false,
): readonly RecordingEvidence[] {
  return legs.map((leg) => {
    const closed = ended || isOver(leg, legs, now);
    return {
      recordingId: leg.recordingId,
      startAt: leg.startAt,
      ...lengthOf(leg, closed, now),
      withinMs: (leg.number <= 1 ? FIRST_LEG_MS : ROUNDED_MS) + (leg.doubtMs ?? 0),
      closed,
      replyDigest,
    };
  });
}

function isOver(leg: Leg, legs: readonly Leg[], now: EpochMs): boolean {
  const { durationMs = 0, endAt, number, startAt, uniqueId } = leg;
  if (endAt !== undefined) return true;
  if (durationMs > 0) return startAt + durationMs + SETTLE_MS <= now;
  // Nothing yet, or a leg of less than a second: a call's next leg begins where this one ended.
  return (
    legs.some((other) => other.uniqueId === uniqueId && other.number > number) ||
    startAt + LEG_MS_MAX <= now
  );
}

function lengthOf(
  { durationMs, endAt, startAt }: Leg,
  closed: boolean,
  now: EpochMs,
): { readonly endAt?: EpochMs; readonly durationMs?: number } {
  if (!closed && (durationMs ?? 0) === 0) {
    const until = Math.max(startAt, now);
    return { endAt: until, durationMs: until - startAt };
  }
  const end = endAt ?? (durationMs === undefined ? undefined : startAt + durationMs);
  return {
    ...(end === undefined ? {} : { endAt: end }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}
