/**
 * What is said to VSLogger and how its envelope is read. Pure. Documented by the vendor unless a
 * comment says otherwise.
 *
 * @module
 */
import type { HttpRequest, HttpResult } from "../recorder.ts";
import type { NotDone } from "../../control/ports.ts";
import type { Signature } from "./hash.ts";
import type { SilenceBy } from "./state.ts";

export type Surface = "channel-cmd" | "channel-state" | "call-state";
export type Hardware = "siprec" | "voip";
/** How the recorder is told which conversation: a port, or a call that may be on any port. */
export type Locator =
  | { readonly by: "channel"; readonly channel: number }
  | { readonly by: "call"; readonly callId: string; readonly hw: Hardware };

/** One exchange, not signed yet. `form` makes it a POST. */
export interface Wanted {
  readonly res: string;
  readonly query: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  /** What is wanted back where that is not the envelope. */
  readonly accept?: string;
}

export const channelStatesRead: Wanted = { res: "channel-states", query: {} };

/** Reads the state of a channel, or of a call: by `res=call`, not by `call-state`. */
export function stateRead(at: Locator): Wanted {
  return at.by === "channel"
    ? { res: "channel-state", query: { channel: String(at.channel) } }
    : { res: "call", query: { call_id: at.callId, hw: at.hw } };
}

/** Sets the target silent, or not silent any more. Never toggles. */
export function commandOf(
  surface: Surface,
  at: Locator,
  order: "silence" | "restore",
  silenceBy: SilenceBy,
): Wanted {
  if (surface === "channel-cmd" && at.by === "channel") {
    const words =
      silenceBy === "mute"
        ? { silence: "mute", restore: "unmute" }
        : { silence: "recstop", restore: "recstart" };
    return { res: "channel-cmd", query: { channel: String(at.channel), cmd: words[order] } };
  }
  // mute and record say the opposite of one another.
  const value = (order === "silence") === (silenceBy === "mute");
  return { ...post(at), form: { ...named(at), [silenceBy]: String(value) } };
}

/** Writes fields of the running recording and nothing that changes what is recorded. */
export function fieldsWrite(
  surface: Surface,
  at: Locator,
  fields: Readonly<Record<string, string>>,
): Wanted {
  if (surface === "channel-cmd" && at.by === "channel") {
    const query = { channel: String(at.channel), cmd: "update", ...fields };
    return { res: "channel-cmd", query };
  }
  return { ...post(at), form: { ...named(at), ...fields } };
}

const post = (at: Locator): Wanted => ({
  res: at.by === "channel" ? "channel-state" : "call-state",
  query: {},
});

const named = (at: Locator): Readonly<Record<string, string>> =>
  at.by === "channel" ? { channel: String(at.channel) } : { call_id: at.callId, hw: at.hw };

/**
 * The request as it is sent. The signature goes into the query, for POST too. No cache may keep an
 * answer or give one: a stale `muted` would confirm what is not so, and a GET may be a command.
 */
export function requestOf(entryPoint: string, wanted: Wanted, signature: Signature): HttpRequest {
  const url = `${entryPoint}?${encode({ res: wanted.res, ...wanted.query, ...signature })}`;
  const headers = {
    accept: wanted.accept ?? "application/json",
    "cache-control": "no-cache, no-store",
    pragma: "no-cache",
  };
  if (wanted.form === undefined) return { method: "GET", url, headers };
  return {
    method: "POST",
    url,
    headers: {
      ...headers,
      "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
    },
    body: encode(wanted.form),
  };
}

/** Throws a URIError for text that is not well-formed Unicode. */
function encode(members: Readonly<Record<string, string>>): string {
  return Object.entries(members)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}

export type Told = { readonly kind: "told"; readonly data: unknown } | NotDone;

/**
 * Reads one reply. Success is 2xx and JSON and status 0; a caller's own deadline or a lost reply
 * leaves a command in doubt, and a read without an answer. `salt` is kept out of every word told.
 */
export function readReply(result: HttpResult, asked: "command" | "read", salt: string): Told {
  const said = (words: string): string => plain(words, salt);
  switch (result.kind) {
    case "not_sent":
      return { kind: "unreachable", detail: said(result.detail) };
    case "lost":
      return {
        kind: asked === "command" ? "in_doubt" : "unreachable",
        detail: said(result.detail),
      };
    case "too_large":
      return asked === "command"
        ? { kind: "in_doubt", detail: said(result.detail) }
        : badReply(said(result.detail));
    case "reply":
      break;
    default:
      return result satisfies never;
  }
  const { status, headers, body } = result.reply;
  if (status >= 300 && status < 400) return badReply(`HTTP ${status}: a redirect, not followed`);
  // RFC 9111, 5.1: a reply with an age was not made by the recorder for this request.
  if (headers["age"] !== undefined) return badReply("a cache answered, not the recorder");
  const envelope = readEnvelope(body);
  if (envelope !== undefined && envelope.status !== 0) {
    return refusedBy(envelope.status, said(envelope.message));
  }
  if (status < 200 || status > 299) return readHttpError(status, headers, asked);
  return envelope === undefined
    ? badReply("the reply is not the recorder's JSON envelope")
    : { kind: "told", data: envelope.data };
}

/** A number beyond it is no code, and may be anything. */
const codeMax = 999_999;

/** The codes of the envelope. The vendor documents these five; others are its error all the same. */
function refusedBy(code: number, message: string): NotDone {
  const detail = (words: string): string => (message === "" ? words : `${words}: ${message}`);
  switch (code) {
    case -2:
      return { kind: "refused", reason: "session_lost", detail: detail("status -2, session") };
    case -3:
      return { kind: "refused", reason: "not_permitted", detail: detail("status -3, permission") };
    case -4:
      return { kind: "refused", reason: "hash_refused", detail: detail("status -4, hash") };
    default: {
      const told = Math.abs(code) <= codeMax ? String(code) : "of no vendor's";
      return { kind: "refused", reason: "vendor_error", detail: detail(`status ${told}`) };
    }
  }
}

/** The vendor does not say which HTTP statuses it uses: these are read as HTTP defines them. */
function readHttpError(
  status: number,
  headers: Readonly<Record<string, string>>,
  asked: "command" | "read",
): NotDone {
  const detail = `HTTP ${status}`;
  if (status === 401) return { kind: "refused", reason: "not_authorized", detail };
  if (status === 403) return { kind: "refused", reason: "not_permitted", detail };
  if (status === 429 || status === 503) {
    const seconds = Number(headers["retry-after"] ?? "");
    const told = seconds > 0 && seconds <= 3_600;
    return { kind: "unreachable", detail, ...(told ? { retryAfterMs: seconds * 1_000 } : {}) };
  }
  if (status >= 500) return { kind: asked === "command" ? "in_doubt" : "unreachable", detail };
  return { kind: "refused", reason: "vendor_error", detail };
}

interface Envelope {
  readonly status: number;
  readonly data: unknown;
  readonly message: string;
}

function readEnvelope(body: string): Envelope | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { status, data, errmessage } = parsed as Readonly<Record<string, unknown>>;
  if (!Number.isInteger(status)) return undefined;
  const message = typeof errmessage === "string" ? errmessage : "";
  return { status: status as number, data, message };
}

export const badReply = (detail: string): NotDone => ({
  kind: "refused",
  reason: "bad_reply",
  detail,
});

const detailLengthMax = 200;

/**
 * Foreign words for an entry: bounded, on one line, without the salt, without anything that could
 * be a hash (with its `ss` it could be used again), without links, and without runs of digits as
 * long as a card's.
 */
export function plain(words: string, salt: string): string {
  const unsalted = salt === "" ? words : words.replaceAll(salt, "[salt]");
  return unsalted
    .replaceAll(/\b\w+:\/\/\S+/g, "[link]")
    .replaceAll(/[0-9a-f]{32,}/gi, "[hash]")
    .replaceAll(/\d(?:[ -]?\d){12,}/g, "[digits]")
    .replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, " ")
    .slice(0, detailLengthMax);
}
