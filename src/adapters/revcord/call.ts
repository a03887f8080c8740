/**
 * One call as Revcord tells of it, in an answer and in a broadcast alike. Pure. The vendor's
 * document is a scan: members are read in any letters' case and without stray spaces, and dates in
 * every form in which it prints them.
 *
 * @module
 */
import { z } from "zod";
import type { EpochMs } from "../../control/call.ts";
import { parsedJson } from "../foreign.ts";
import { instantsOf } from "../zone.ts";

/** The vendor tells whole seconds. */
const SECOND_MS = 1_000;

export interface RevcordCall {
  readonly callId: string;
  readonly channelName: string;
  readonly startAt: EpochMs;
  readonly withinMs: number;
  /** Opens the recording: never told. Absent while there is no file. */
  readonly playbackUrl?: string;
}

const members = z.object({
  callid: z.string().min(1).max(200),
  channelname: z.string().max(200).nullish(),
  starttime: z.string().nullish(),
  starttimestring: z.string().nullish(),
  playbackurl: z.string().nullish(),
});

/** A call, or what of it cannot be read: words without the vendor's own. */
export function readCall(
  raw: unknown,
  timeZone: string,
): RevcordCall | { readonly problem: string } {
  const parsed = members.safeParse(named(raw));
  if (!parsed.success) return { problem: "a call without the documented members" };
  const { callid, channelname, playbackurl, starttime, starttimestring } = parsed.data;
  const start = readStart(starttime ?? "", starttimestring ?? "", timeZone);
  if ("problem" in start) return start;
  const url = playbackurl?.trim() ?? "";
  return {
    callId: callid.trim(),
    channelName: channelname?.trim() ?? "",
    ...start,
    ...(url === "" ? {} : { playbackUrl: url }),
  };
}

type Start = Pick<RevcordCall, "startAt" | "withinMs">;

/**
 * `StartTime` is a moment, `StartTimeString` the logger's own clock. Where both are told they have
 * to agree: where they do not, `timeZone` is wrong, and so would be every question by time.
 */
function readStart(
  time: string,
  text: string,
  timeZone: string,
): Start | { readonly problem: string } {
  const told = readDate(time);
  const [first, ...later] = readLocal(text, timeZone);
  if (told === undefined) {
    if (first === undefined) return { problem: "a call without a start that can be read" };
    // An hour that is set back happens twice, and nothing else says which one it was.
    return { startAt: first, withinMs: SECOND_MS + ((later.at(-1) ?? first) - first) };
  }
  if (text.trim() === "") return { startAt: told, withinMs: SECOND_MS };
  if (first === undefined) return { problem: "a StartTimeString that is no time in `timeZone`" };
  const apart = Math.min(...[first, ...later].map((at) => Math.abs(at - told)));
  if (apart <= SECOND_MS) return { startAt: told, withinMs: SECOND_MS };
  const minutes = Math.round(apart / 60_000);
  return { problem: `StartTime and StartTimeString are ${minutes} min apart: check timeZone` };
}

/** ASP.NET's `/Date(ms)/`, its slashes escaped or scanned as backslashes, a space before the bracket. */
const DATE = /^[\\/]*Date\s*\(\s*(-?\d{1,15})(?:[+-]\d{4})?\s*\)[\\/]*$/i;

/** Unix ms; an offset in it says where it was written and changes nothing. */
export function readDate(text: string): EpochMs | undefined {
  const [, ms] = DATE.exec(text.trim()) ?? [];
  return ms === undefined ? undefined : Number(ms);
}

const LOCAL = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/;

/** `yyyyMMddHHmmss` on the logger's clock: every moment that it names. */
export function readLocal(text: string, timeZone: string): readonly EpochMs[] {
  const [, ...parts] = LOCAL.exec(text.trim()) ?? [];
  if (parts.length === 0) return [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return instantsOf({ year, month, day, hour, minute, second }, timeZone);
}

/**
 * JSON, also where it is a text inside JSON, and also where dates are escaped as the document
 * prints them (`"\Date (…)\"`), which is no JSON. Undefined for what is none.
 */
export function readJson(text: string): unknown {
  const value = parsedJson(text) ?? parsedJson(mended(text));
  return typeof value === "string" ? (parsedJson(value) ?? parsedJson(mended(value))) : value;
}

const PRINTED_DATE = /"[\\/]{0,4}Date\s{0,4}\((-?\d{1,15}(?:[+-]\d{4})?)\)[\\/]{0,4}"/g;
const mended = (text: string): string => text.replace(PRINTED_DATE, '"/Date($1)/"');

/** An object's members by their names in lower case, without the spaces around them. */
export function named(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return undefined;
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [name.trim().toLowerCase(), value]),
  );
}
