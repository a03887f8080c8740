/**
 * What is said to Noojee's CallManagementAPI and RecordingAPI, and how its envelope is read. Pure.
 * Each fact's origin is in README.md beside this file.
 *
 * @module
 */
import { z } from "zod";
import type { ControlOutcome, NotDone } from "../../control/ports.ts";
import { digestOf, parsedJson } from "../foreign.ts";
import type { HttpReply } from "../recorder.ts";
import type { NoojeeSettings, NoojeeTarget } from "./settings.ts";

/** Takes secrets out of the server's words. */
export type Scrub = (text: string) => string;

/** One request, not authenticated yet. */
export interface Wanted {
  readonly method: "POST" | "GET";
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

const control = (name: string): string => `/servicemanager/rest/CallManagementAPI/${name}`;
const recordings = (name: string): string => `/njadmin/rest/RecordingAPI/${name}`;
export const timeAsked: Wanted = { method: "POST", path: "/servicemanager/rest/Time", query: {} };

/** How long a tag may be is not documented: ours, and what is longer ends in its fingerprint. */
const TAG_LENGTH_MAX = 64;
const FINGERPRINT_LENGTH = 16;
/** The same tag for the same window, so that what was written can be asked for. */
export function tagOf(windowId: string): string {
  const line = windowId.replace(/[\p{Cc}\p{Cs}]/gu, "");
  if (line.length <= TAG_LENGTH_MAX) return line;
  const start = line.slice(0, TAG_LENGTH_MAX - FINGERPRINT_LENGTH - 1);
  return `${start}~${digestOf(line).slice(0, FINGERPRINT_LENGTH)}`;
}

type Orders = Pick<NoojeeSettings, "agentLoginName" | "commandMethod">;

function order(
  name: "start" | "stop",
  settings: Orders,
  target: NoojeeTarget,
  more: Readonly<Record<string, string>>,
): Wanted {
  const agentLoginName = target.agentLoginName ?? settings.agentLoginName;
  return {
    method: settings.commandMethod,
    path: control(name),
    query: {
      extenOrUniqueId: "uniqueId" in target ? target.uniqueId : target.extension,
      ...more,
      ...(agentLoginName === undefined ? {} : { agentLoginName }),
    },
  };
}

export const stopOf = (settings: Orders, target: NoojeeTarget): Wanted =>
  order("stop", settings, target, {});
export const startOf = (settings: Orders, target: NoojeeTarget, tag: string | undefined): Wanted =>
  order("start", settings, target, tag === undefined ? {} : { tag });

/** `lastSequenceNumber` 0 asks for the state of every extension, at once where `seconds` is 0. */
export const subscribeOf = (
  extensions: readonly string[],
  lastSequenceNumber: number,
  seconds: number,
): Wanted => ({
  method: "POST",
  path: control("subscribe"),
  query: {
    exten: extensions.join(","),
    lastSequenceNumber: String(lastSequenceNumber),
    timeOut: String(seconds),
  },
});

export const legsByTag = (tag: string): Wanted => ({
  method: "POST",
  path: recordings("retrieveMetaData"),
  query: { tag },
});
export const legsByUniqueId = (uniqueId: string): Wanted => ({
  method: "POST",
  path: recordings("retrieveMetaDataByUniqueId"),
  query: { uniqueId },
});
/** Legs that ended in that hour of the server's own day. `date` as `2021/09/14`. */
export const legsByHour = (date: string, hour: number): Wanted => ({
  method: "POST",
  path: recordings("retrieveMetaDataByHour"),
  query: { date, hour: String(hour) },
});

/** What came back, before anybody asks what it means. `expired`: turned away, nothing was done. */
export type Told =
  | { readonly kind: "told"; readonly body: unknown; readonly text: string }
  | { readonly kind: "expired"; readonly detail: string }
  | NotDone;

const envelope = z.looseObject({ Code: z.int(), Message: z.string().optional() });
const detailLengthMax = 200;
/** A number beyond it is no code, and may be anything. */
const CODE_MAX = 999_999;
const WAIT_MS = 60_000;
/** An answer of another server's making, which a cache could give again. */
const CACHED = "a cache answered, not the server";

/** `told` is a 2xx whose JSON, if it is an envelope, says Code 0; an empty body is told as undefined. */
export function readReply(reply: HttpReply, scrub: Scrub): Told {
  const { body, headers, status } = reply;
  if (status >= 300 && status < 400) return badReply(`HTTP ${status}: a redirect, not followed`);
  if (headers["age"] !== undefined) return badReply(CACHED);
  const parsed = parsedJson(body);
  const said = envelope.safeParse(parsed);
  if (said.success && said.data.Code !== 0) return refusedBy(said.data, status, headers, scrub);
  if (status < 200 || status > 299) return httpError(status, headers, said.data?.Message, scrub);
  if (body.trim() === "") return { kind: "told", body: undefined, text: body };
  if (parsed === undefined) return badReply("the reply is not the server's JSON");
  return { kind: "told", body: parsed, text: body };
}

/** Documented: negative is an error, positive a warning, which is no yes and no clear no. */
function refusedBy(
  { Code, Message = "" }: z.output<typeof envelope>,
  status: number,
  headers: HttpReply["headers"],
  scrub: Scrub,
): Told {
  const words = plain(Message, scrub);
  const code = Math.abs(Code) <= CODE_MAX ? String(Code) : "of no vendor's";
  const detail = `Code ${code}${words === "" ? "" : `: ${words}`}`;
  if (/expired\s*time\s*stamp/i.test(Message)) return { kind: "expired", detail };
  if (status === 429 || /rate.?limit|too (?:many|frequent|often)|per minute/i.test(Message)) {
    return { kind: "unreachable", detail, retryAfterMs: retryAfterMs(headers) };
  }
  if (status === 401) return { kind: "refused", reason: "not_authorized", detail };
  if (status === 403) return { kind: "refused", reason: "not_permitted", detail };
  return Code > 0
    ? { kind: "in_doubt", detail }
    : { kind: "refused", reason: "vendor_error", detail };
}

/** The vendor tells none of its statuses but 200: they are read as HTTP defines them. */
function httpError(
  status: number,
  headers: HttpReply["headers"],
  message: string | undefined,
  scrub: Scrub,
): NotDone {
  const words = message === undefined ? "" : `: ${plain(message, scrub)}`;
  const detail = `HTTP ${status}${words}`.slice(0, detailLengthMax);
  if (status === 401) return { kind: "refused", reason: "not_authorized", detail };
  if (status === 403) return { kind: "refused", reason: "not_permitted", detail };
  if (status === 404) return badReply(`${detail}: check baseUrl, which has no path of its own`);
  const isAway = status === 503 && headers["retry-after"] !== undefined;
  if (status === 429 || isAway) {
    return { kind: "unreachable", detail, retryAfterMs: retryAfterMs(headers) };
  }
  // A gateway gave up, or the server fell over its own answer: what was asked may be done.
  if (status >= 500) return { kind: "in_doubt", detail };
  return { kind: "refused", reason: "vendor_error", detail };
}

function retryAfterMs(headers: HttpReply["headers"]): number {
  const seconds = Number(headers["retry-after"] ?? "");
  return seconds > 0 && seconds <= 3_600 ? seconds * 1_000 : WAIT_MS;
}

/** A yes is Code 0, or nothing at all; the documentation knows both. */
export function readOrder(told: Exclude<Told, { kind: "expired" }>): ControlOutcome {
  if (told.kind !== "told") return told;
  if (told.body === undefined || envelope.safeParse(told.body).success) {
    return { kind: "acknowledged" };
  }
  return badReply("the answer has no Code");
}

export const badReply = (detail: string) =>
  ({ kind: "refused", reason: "bad_reply", detail }) as const;

/** Foreign words for an entry: bounded, on one line. */
const plain = (words: string, scrub: Scrub): string =>
  scrub(words)
    .replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, " ")
    .trim()
    .slice(0, detailLengthMax);
