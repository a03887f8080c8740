/**
 * What is said to Revcord's Logger Integration API, and how its replies are read. Pure. Each fact's
 * origin is in README.md beside this file.
 *
 * @module
 */
import { z } from "zod";
import type { EpochMs } from "../../control/call.ts";
import { parsedJson } from "../foreign.ts";
import type { HttpReply, HttpRequest, NoAnswer, RecordingPage } from "../recorder.ts";
import type { Granted } from "../tokens.ts";
import { localTimeOf } from "../zone.ts";
import { readCall, readJson } from "./call.ts";
import type { RevcordCall } from "./call.ts";
import { badReply, isSuccess, noAnswer, reasonOf } from "./reply.ts";
import type { Refusal, Scrub } from "./reply.ts";
import type { RevcordSettings } from "./settings.ts";

type Account = Pick<RevcordSettings, "auth" | "baseUrl" | "email">;
type Api = Pick<RevcordSettings, "baseUrl" | "email" | "timeZone">;

/** A token, and what the next one is asked for with. */
export interface Grant extends Granted {
  readonly refreshToken?: string;
  readonly by: "password" | "refresh";
}

const json = { accept: "application/json" } as const;
/** Calls in one answer: one, as documented. A logger that told its whole archive would be wrong. */
const CALL_COUNT_MAX = 1_000;
/** Where the reply does not say how long its token lives. */
const livesSMin = 60;

/** Documented for both levels: by the tenant's id, or by a user's email with the id as scope. */
export function passwordRequest({ auth, baseUrl, email }: Account): HttpRequest {
  const { level, serviceKey, tenantId } = auth;
  return tokenRequest(baseUrl, {
    grant_type: "password",
    username: level === "user" ? email : tenantId,
    password: serviceKey,
    ...(level === "user" && { scope: tenantId }),
  });
}

/** Documented with the tenant's id as its user name, for a token that a user was given. */
export function refreshRequest({ auth, baseUrl }: Account, refreshToken: string): HttpRequest {
  return tokenRequest(baseUrl, {
    grant_type: "refresh_token",
    username: auth.tenantId,
    refresh_token: refreshToken,
  });
}

function tokenRequest(baseUrl: string, form: Readonly<Record<string, string>>): HttpRequest {
  return {
    method: "POST",
    url: `${baseUrl}/token`,
    headers: { ...json, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  };
}

const grant = z.looseObject({
  access_token: z.string().min(1),
  expires_in: z.number().positive().nullish(),
  refresh_token: z.string().nullish(),
});

export function readGrant(reply: HttpReply, by: Grant["by"], scrub: Scrub): Grant | NoAnswer {
  const parsed = grant.safeParse(readJson(reply.body));
  if (parsed.success && isSuccess(reply)) {
    const { access_token: token, expires_in, refresh_token } = parsed.data;
    const refresh = refresh_token ? { refreshToken: refresh_token } : {};
    return { token, livesMs: (expires_in ?? livesSMin) * 1_000, ...refresh, by };
  }
  // OAuth says 400 to a wrong password and to a refresh token that is good no longer.
  if (reply.status === 400 || reply.status === 401) {
    const words = reasonOf(reply, scrub) ?? "no reason given";
    const detail = `no token: HTTP ${reply.status}: ${words}`;
    return { kind: "refused", reason: "not_authorized", detail };
  }
  if (isSuccess(reply)) return badReply("the token service answered without a token");
  return noAnswer(reply, scrub);
}

/** By the vendor's id, or what a channel recorded at a moment. */
export type Question =
  | { readonly callId: string }
  | { readonly channel: string; readonly at: EpochMs };

export function callDetailsRequest(api: Api, question: Question): HttpRequest {
  const asked =
    "callId" in question
      ? { CallID: question.callId }
      : { CallDateTime: stampOf(question.at, api.timeZone), Channel: question.channel };
  return apiRequest(api.baseUrl, "Common/GetCallDetails", { email: api.email, ...asked });
}

/** Keys without the stray spaces that the document prints in some of them. */
const apiRequest = (baseUrl: string, path: string, body: object): HttpRequest => ({
  method: "POST",
  url: `${baseUrl}/api/${path}`,
  headers: { ...json, "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** `yyyyMMddHHmmss` on the logger's clock. */
export function stampOf(at: EpochMs, timeZone: string): string {
  const { day, hour, minute, month, second, year } = localTimeOf(at, timeZone);
  const rest = [month, day, hour, minute, second].map((part) => String(part).padStart(2, "0"));
  return [String(year).padStart(4, "0"), ...rest].join("");
}

/** All or nothing: a call that cannot be read may be the one that is asked for. */
export function readCallDetails(
  reply: HttpReply,
  { timeZone }: Pick<Api, "timeZone">,
  scrub: Scrub,
): readonly RevcordCall[] | NoAnswer {
  const list = isSuccess(reply) ? readJson(reply.body) : undefined;
  if (!Array.isArray(list)) return noAnswer(reply, scrub);
  if (list.length > CALL_COUNT_MAX)
    return badReply(`more than ${CALL_COUNT_MAX} calls in one answer`);
  const calls: RevcordCall[] = [];
  for (const raw of list) {
    const call = readCall(raw, timeZone);
    if ("problem" in call) return badReply(call.problem);
    calls.push(call);
  }
  return calls;
}

/** The page searches by time and channel: from the call's own second on, for a minute. */
export function callsPageRequest(
  api: Api,
  { startAt }: Pick<RevcordCall, "startAt">,
  channel: string | undefined,
): HttpRequest {
  const from = stampOf(startAt, api.timeZone);
  const to = stampOf(startAt + 60_000, api.timeZone);
  return apiRequest(api.baseUrl, "Role/GetCallsPage", {
    email: api.email,
    // As texts: the document prints numbers, some of which begin with 0 and would be no JSON.
    StartDate: from.slice(0, 8),
    EndDate: to.slice(0, 8),
    StartTime: from.slice(8),
    EndTime: to.slice(8),
    ...(channel === undefined ? {} : { channel }),
  });
}

/** The bare address, or a JSON text of it. Only one on the logger's own origins is handed on. */
export function readCallsPage(
  reply: HttpReply,
  origins: readonly string[],
  scrub: Scrub,
): RecordingPage | NoAnswer {
  const told = parsedJson(reply.body);
  const text = typeof told === "string" ? told : reply.body;
  const url = isSuccess(reply) ? URL.parse(text.trim()) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return noAnswer(reply, scrub);
  return isOwn(url, origins) ? { kind: "page", url: url.href } : elsewhere("the page");
}

/** The file's request, or why there is none. Its address is told to nobody else. */
export function playbackRequest(
  call: RevcordCall,
  origins: readonly string[],
): HttpRequest | Refusal {
  if (call.playbackUrl === undefined) {
    const detail = "the logger has no file of it yet";
    return { kind: "refused", reason: "target_not_found", detail };
  }
  const url = URL.parse(call.playbackUrl);
  if (url === null) return badReply("a PlaybackURL that is no address");
  if (!isOwn(url, origins)) return elsewhere("the file");
  return { method: "GET", url: url.href, headers: { accept: "*/*" } };
}

const isOwn = (url: URL, origins: readonly string[]): boolean =>
  origins.includes(url.origin) && url.username === "" && url.password === "";

const elsewhere = (what: string): Refusal => ({
  kind: "refused",
  reason: "not_permitted",
  detail: `${what} lies on an origin that is not among playbackOrigins`,
});
