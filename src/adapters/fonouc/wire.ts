/**
 * What is said to Fonouc's portal about finished calls, and how its replies are read. Pure. Each
 * fact's origin is in README.md beside this file.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import { z } from "zod";
import type { EpochMs } from "../../control/call.ts";
import { parsedJson } from "../foreign.ts";
import type { HttpReply, HttpRequest } from "../recorder.ts";
import { badReply, isSuccess, messageOf, refused, tell, unreadable } from "./reply.ts";
import type { Refusal, Scrub } from "./reply.ts";
import type { FonoucSettings } from "./settings.ts";

type Api = Pick<FonoucSettings, "baseUrl" | "accountId">;
export type Report = "cdrs" | "recordings";
export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Seconds from year 0 to 1970, by which Kazoo's calendar differs (its kz_types.hrl). */
const GREGORIAN_S = 62_167_219_200;
const CHECK = "check baseUrl, which ends in /api/v2";

/** Years 2000 to 2100: a number of another unit is no time. */
const gregorian = z
  .union([z.number(), z.string().regex(/^\d{11}$/)])
  .transform(Number)
  .pipe(z.int().min(63_113_904_000).max(66_301_200_000))
  .transform((seconds) => (seconds - GREGORIAN_S) * 1_000);
const count = z
  .union([z.number(), z.string().regex(/^\d{1,12}(\.\d+)?$/)])
  .transform(Number)
  .pipe(z.number().min(0).max(1e12));
/** Goes into paths and into entries: no link, no white space, and not digits like a card's alone. */
const recordingId = z.string().regex(/^(?!\d(?:[._:-]?\d){12,18}$)[A-Za-z0-9][\w.:@+=~-]{0,199}$/);
/** Whether this is what the vendor could call a recording. */
export const isRecordingId = (id: string): boolean => recordingId.safeParse(id).success;

/** What every record must have, whosever it is. */
const anyRecord = z
  .looseObject({ call_id: z.string().min(1), _id: z.string().optional() })
  .transform(({ _id: id, call_id: callId }) => ({ callId, ...(id === undefined ? {} : { id }) }));
const cdr = z.looseObject({
  call_id: z.string(),
  timestamp: gregorian,
  billing_seconds: count,
  media_recording_id: z
    .union([z.literal(""), recordingId])
    .nullish()
    .transform((id) => id || undefined),
});
const recording = z
  .looseObject({
    _id: recordingId,
    call_id: z.string(),
    start: gregorian,
    duration: count.optional(),
    duration_ms: count.optional(),
  })
  .transform((told, ctx) => {
    const { _id: id, duration, duration_ms, start } = told;
    const durationMs = duration_ms ?? (duration === undefined ? undefined : duration * 1_000);
    if (durationMs !== undefined) {
      return { recordingId: id, startAt: start, durationMs: Math.round(durationMs) };
    }
    ctx.addIssue({ code: "custom", message: "no duration" });
    return z.NEVER;
  });

const key = z.union([z.string().max(200), z.number()]).nullish();
/** The vendor's example prints it as the array's last element, as though it were a record. */
const paging = z.strictObject({ next_start_key: key, page_size: z.unknown().optional() });
const body = z.looseObject({
  data: z.array(z.unknown()).optional(),
  recordings: z.array(z.unknown()).optional(),
  next_start_key: key,
  status: z.unknown().optional(),
});
const grant = z.looseObject({ access_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/) });

/** A finished leg. */
export interface Cdr {
  /** When it was written: the leg's end. */
  readonly at: EpochMs;
  readonly talkedMs: number;
  readonly recordingId?: string;
}
export interface Metadata {
  readonly recordingId: string;
  readonly startAt: EpochMs;
  readonly durationMs: number;
}
/** A record not read yet, with whose it is. */
export interface OneOf {
  readonly callId: string;
  /** Of a recording. */
  readonly id?: string;
  readonly record: unknown;
}
/** One page of a report. */
export interface Page {
  readonly records: readonly OneOf[];
  readonly next?: string;
}

export const bearer = (token: string): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${token}`,
});

/** `X-Account-ID` is documented for the reports; the login is given it too. */
const headers = ({ accountId }: Api, accept: string) => ({ accept, "x-account-id": accountId });

export function loginRequest(
  api: Api & Pick<FonoucSettings, "username" | "password" | "domain">,
): HttpRequest {
  const { baseUrl, domain, password, username } = api;
  return {
    method: "POST",
    url: `${baseUrl}/login`,
    headers: { ...headers(api, "application/json"), "content-type": "application/json" },
    body: JSON.stringify({ username, password, domain }),
  };
}

/** A token, or why there is none. The reply's own words are never told: they may quote what was sent. */
export function readLogin(reply: HttpReply): { readonly token: string } | NotDone {
  const { status } = reply;
  if (status === 400) {
    const detail = "HTTP 400, the information sent is invalid: check username, password and domain";
    return refused("not_authorized", detail);
  }
  if (status === 401 || status === 403) return refused("not_authorized", `HTTP ${status}`);
  const parsed = grant.safeParse(parsedJson(reply.body));
  if (isSuccess(reply) && parsed.success) return { token: parsed.data.access_token };
  return unreadable({ ...reply, body: "" }, (words) => words, CHECK);
}

/** `startDate` and `endDate` take in the whole span: rounded outward where they are seconds. */
export function reportRequest(
  api: Api & Pick<FonoucSettings, "dates" | "pageSize">,
  report: Report,
  span: Span,
  startKey?: string,
): HttpRequest {
  const unitMs = api.dates === "seconds" ? 1_000 : 1;
  const query = new URLSearchParams({
    startDate: String(Math.floor(span.from / unitMs)),
    endDate: String(Math.ceil(span.to / unitMs)),
    pageSize: String(api.pageSize),
    ...(startKey === undefined ? {} : { startKey }),
  });
  return {
    method: "GET",
    url: `${api.baseUrl}/reports/${report}?${query.toString()}`,
    headers: headers(api, "application/json"),
  };
}

/** CDRs are said to come as `data`, recordings as `recordings`; the key beside them or among them. */
export function readPage(reply: HttpReply, report: Report, scrub: Scrub): Page | NotDone {
  const parsed = body.safeParse(parsedJson(reply.body));
  const told = parsed.data;
  if (!isSuccess(reply)) return unreadable(reply, scrub, CHECK);
  const list = report === "recordings" ? (told?.recordings ?? told?.data) : told?.data;
  if (told?.status === "error" || told?.status === "fatal" || list === undefined) {
    return errorInside(reply, scrub);
  }
  const records: OneOf[] = [];
  let next = told?.next_start_key;
  for (const record of list) {
    const asPaging = paging.safeParse(record);
    const asRecord = anyRecord.safeParse(record);
    if (asRecord.success) records.push({ ...asRecord.data, record });
    else if (asPaging.success) next = asPaging.data.next_start_key ?? next;
    else return badReply(`one of the ${report} has no call_id, so nobody knows whose it is`);
  }
  return next === undefined || next === null || next === ""
    ? { records }
    : { records, next: String(next) };
}

export function readCdr(record: unknown): Cdr | Refusal {
  const parsed = cdr.safeParse(record);
  if (!parsed.success) return badReply(`a CDR whose ${pathOf(parsed.error)} cannot be read`);
  const { billing_seconds, media_recording_id, timestamp } = parsed.data;
  return {
    at: timestamp,
    talkedMs: billing_seconds * 1_000,
    ...(media_recording_id === undefined ? {} : { recordingId: media_recording_id }),
  };
}

export function readMetadata(record: unknown): Metadata | Refusal {
  const parsed = recording.safeParse(record);
  if (parsed.success) return parsed.data;
  return badReply(`a recording whose ${pathOf(parsed.error)} cannot be read`);
}

/** The same path gives its metadata or its file, and the document shows the first and names the second. */
export function recordingRequest(api: Api, id: string, wanted: "metadata" | "file"): HttpRequest {
  const accept = wanted === "file" ? "audio/mpeg, audio/*;q=0.9" : "application/json";
  const url = `${api.baseUrl}/reports/recording/${encodeURIComponent(id)}`;
  return { method: "GET", url, headers: headers(api, accept) };
}

/** `file`: there is one. `none`: it is not known. A `url` in the metadata is not looked at. */
export function readRecording(
  reply: HttpReply,
  id: string,
  scrub: Scrub,
):
  | { readonly kind: "metadata"; readonly record: Metadata }
  | { readonly kind: "file" }
  | { readonly kind: "none" }
  | NotDone {
  if (isSuccess(reply) && isAudio(reply)) return { kind: "file" };
  if (reply.status === 404 && parsedJson(reply.body) !== undefined) return { kind: "none" };
  const page = readPage(reply, "recordings", scrub);
  if ("kind" in page) return page;
  if (page.records.length === 0) return { kind: "none" };
  const all = page.records.map(({ record }) => readMetadata(record));
  const bad = all.find((one) => "kind" in one);
  if (bad !== undefined && "kind" in bad) return bad;
  const record = all.find((one) => "recordingId" in one && one.recordingId === id);
  if (record === undefined || "kind" in record)
    return badReply("the answer is about another recording");
  return { kind: "metadata", record };
}

const isAudio = ({ headers: told }: HttpReply): boolean =>
  /^(?:audio\/|application\/octet-stream)/i.test(told["content-type"] ?? "");

function errorInside(reply: HttpReply, scrub: Scrub): Refusal {
  const words = messageOf(reply);
  if (words !== undefined)
    return refused("vendor_error", tell(`HTTP ${reply.status}: ${words}`, scrub));
  return badReply(`HTTP ${reply.status} without the documented answer: ${CHECK}`);
}

const pathOf = (error: z.ZodError): string => error.issues[0]?.path.join(".") || "duration";
