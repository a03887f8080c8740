/**
 * What is said to AnywhereNow's REST recording API, and how its replies are read. Pure. Each fact's
 * origin is in README.md beside this file.
 *
 * @module
 */
import { z } from "zod";
import type { ControlOutcome, Observation } from "../../control/ports.ts";
import type { HttpReply, HttpRequest, PreflightFinding } from "../recorder.ts";
import type { AnywhereNowSettings, AnywhereNowTarget, PasswordGrant } from "./settings.ts";

/** What tacet sends. Stop 2, Save 4 and Delete 5 exist and are never sent. */
const ACTIONS = { Start: 1, Pause: 3, Mark: 6, UnMark: 7 } as const;
export type Action = keyof typeof ACTIONS;

type Api = Pick<AnywhereNowSettings, "baseUrl" | "apiVersion">;
/** Takes secrets out of a vendor's words. */
export type Scrub = (text: string) => string;

const messageLengthMax = 200;
const accept = { accept: "application/json" } as const;

const errorMessage = z.looseObject({ ErrorType: z.number(), Message: z.string().nullish() });
/** Documented for reads; the reply to an order is said only to carry `ErrorMessage`. */
const answer = z.looseObject({
  CorrelationId: z.string().optional(),
  ErrorMessage: errorMessage.nullable(),
});
const state = z.looseObject({
  CorrelationId: z.string(),
  RecordingState: z.int(),
  MarkingState: z.int().optional(),
  SavingState: z.int().optional(),
  ErrorMessage: errorMessage.nullable(),
});
const capabilities = z.looseObject({
  AgentCanEditRecordings: z.boolean(),
  ErrorMessage: errorMessage.nullable(),
});
const grant = z.looseObject({
  access_token: z.string().min(1),
  expires_in: z.number().positive().optional(),
});

function recordingUrl(api: Api, ...segments: readonly string[]): string {
  const root = api.apiVersion === "v2" ? "/api/v2/recording" : "/api/recording";
  return [api.baseUrl + root, ...segments.map(encodeURIComponent)].join("/");
}

export function setRequest(
  api: Api & Pick<AnywhereNowSettings, "actions">,
  action: Action,
  target: AnywhereNowTarget,
  requesterSipUri: string,
): HttpRequest {
  return {
    method: "POST",
    url: recordingUrl(api, "set"),
    headers: { ...accept, "content-type": "application/json" },
    body: JSON.stringify({
      Action: api.actions === "number" ? ACTIONS[action] : action,
      RequesterSipUri: requesterSipUri,
      CorrelationId: target.correlationId,
      UCCName: target.uccName,
    }),
  };
}

/** Success is 2xx and `ErrorMessage` null. "Already so" is success, in the vendor's own words. */
export function readSet(
  reply: HttpReply,
  action: Action,
  target: AnywhereNowTarget,
  scrub: Scrub,
): ControlOutcome {
  const parsed = answer.safeParse(json(reply.body));
  if (!parsed.success || isRedirect(reply)) return unreadable(reply);
  const { CorrelationId, ErrorMessage } = parsed.data;
  if (ErrorMessage !== null) {
    if (saysAlreadySo(action, ErrorMessage)) return { kind: "acknowledged" };
    return refusal(reply, ErrorMessage, scrub);
  }
  if (!isSuccess(reply)) return unreadable(reply);
  if (CorrelationId !== undefined && !sameGuid(CorrelationId, target.correlationId)) {
    return badReply("the answer is about another conversation");
  }
  return { kind: "acknowledged" };
}

export function stateRequest(api: Api, target: AnywhereNowTarget): HttpRequest {
  return {
    method: "GET",
    url: recordingUrl(api, target.uccName, target.correlationId),
    headers: accept,
  };
}

export function readState(reply: HttpReply, target: AnywhereNowTarget, scrub: Scrub): Observation {
  const parsed = state.safeParse(json(reply.body));
  if (!parsed.success || isRedirect(reply)) return unreadable(reply);
  const told = parsed.data;
  if (!sameGuid(told.CorrelationId, target.correlationId)) {
    return badReply("the answer is about another conversation");
  }
  if (told.ErrorMessage !== null) {
    if (saysNoSession(told.ErrorMessage)) return { kind: "observed", status: "absent" };
    return refusal(reply, told.ErrorMessage, scrub);
  }
  if (!isSuccess(reply)) return unreadable(reply);
  const status = statusOf(told.RecordingState);
  if (status === undefined) return badReply(`RecordingState ${told.RecordingState} is unknown`);
  const notes = [
    ...(told.MarkingState === 1 ? ["marked"] : []),
    ...(told.SavingState === 2 ? ["will be deleted"] : []),
  ];
  return {
    kind: "observed",
    status,
    ...(notes.length === 0 ? {} : { detail: notes.join(", ") }),
  };
}

/** Uninitialized 0 and Stopped 2 record nothing now, and that is not protection. */
function statusOf(recordingState: number): "recording" | "paused" | "absent" | undefined {
  switch (recordingState) {
    case 1:
      return "recording";
    case 3:
      return "paused";
    case 0:
    case 2:
      return "absent";
    default:
      return undefined;
  }
}

export function capabilitiesRequest(api: Api, uccName: string): HttpRequest {
  return { method: "GET", url: recordingUrl(api, "capabilities", uccName), headers: accept };
}

export function readCapabilities(
  reply: HttpReply,
  uccName: string,
  scrub: Scrub,
): PreflightFinding {
  const name = `AgentCanEditRecordings of ${uccName}`;
  const parsed = capabilities.safeParse(json(reply.body));
  if (!parsed.success || !isSuccess(reply)) {
    return { name, ok: false, detail: `HTTP ${reply.status} without the documented answer` };
  }
  const { AgentCanEditRecordings, ErrorMessage } = parsed.data;
  if (ErrorMessage !== null) return { name, ok: false, detail: wordsOf(ErrorMessage, scrub) };
  const detail = AgentCanEditRecordings
    ? "agents may pause and resume"
    : "false: set AgentCanEditAudioRecording for this UCC, or every pause will be refused";
  return { name, ok: AgentCanEditRecordings, detail };
}

export function tokenRequest(auth: PasswordGrant): HttpRequest {
  const form = new URLSearchParams({
    grant_type: "password",
    client_id: auth.clientId,
    username: auth.username,
    password: auth.password,
    ...auth.form,
  });
  return {
    method: "POST",
    url: auth.tokenUrl,
    headers: { ...accept, "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  };
}

/** A token and how long it lives, or why there is none. The reply's own words are never told. */
export function readToken(
  reply: HttpReply,
): { readonly token: string; readonly livesMs: number } | Refusal {
  if (reply.status === 400 || reply.status === 401 || reply.status === 403) {
    const detail = `the token service said no: HTTP ${reply.status}`;
    return { kind: "refused", reason: "not_authorized", detail };
  }
  const parsed = grant.safeParse(json(reply.body));
  if (!parsed.success || !isSuccess(reply)) {
    return badReply(`the token service answered HTTP ${reply.status} without a token`);
  }
  return { token: parsed.data.access_token, livesMs: (parsed.data.expires_in ?? 60) * 1_000 };
}

type Refusal = Extract<ControlOutcome, { kind: "refused" }>;
type ErrorMessage = z.output<typeof errorMessage>;
type NotDone = Exclude<ControlOutcome, { kind: "acknowledged" }>;

const badReply = (detail: string): Refusal => ({ kind: "refused", reason: "bad_reply", detail });
const isSuccess = (reply: HttpReply): boolean => reply.status >= 200 && reply.status < 300;
const isRedirect = (reply: HttpReply): boolean => reply.status >= 300 && reply.status < 400;
const sameGuid = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Documented: `ErrorType` 2, "No Audio session with correlation Id:'…' was found." */
const saysNoSession = (error: ErrorMessage): boolean =>
  error.ErrorType === 2 && /no audio session/i.test(error.Message ?? "");

/** Whether a repeat is an error is unknown; if it is one, this is how it would be said. */
function saysAlreadySo(action: Action, error: ErrorMessage): boolean {
  const already = action === "Pause" ? /already.*paus/i : /already.*(start|record)/i;
  return (action === "Pause" || action === "Start") && already.test(error.Message ?? "");
}

function refusal(reply: HttpReply, error: ErrorMessage, scrub: Scrub): NotDone {
  const detail = wordsOf(error, scrub);
  if (saysNoSession(error)) return { kind: "refused", reason: "target_not_found", detail };
  if (reply.status === 401) return { kind: "refused", reason: "not_authorized", detail };
  if (reply.status === 403) return { kind: "refused", reason: "not_permitted", detail };
  return { kind: "refused", reason: "vendor_error", detail };
}

/** A reply without the documented body: what its status alone can say. */
function unreadable(reply: HttpReply): NotDone {
  const said = `HTTP ${reply.status}`;
  switch (reply.status) {
    case 401:
      return { kind: "refused", reason: "not_authorized", detail: said };
    case 403:
      return { kind: "refused", reason: "not_permitted", detail: said };
    case 429:
      return { kind: "unreachable", detail: said, ...retryAfter(reply) };
    // A gateway gave up; what stands behind it may have heard.
    case 502:
    case 503:
    case 504:
      return { kind: "in_doubt", detail: said };
    default:
      if (reply.status >= 500) return { kind: "refused", reason: "vendor_error", detail: said };
      return badReply(
        isRedirect(reply)
          ? `${said}: redirects are not followed`
          : `${said} without the documented answer: check baseUrl and apiVersion`,
      );
  }
}

function retryAfter(reply: HttpReply): { readonly retryAfterMs?: number } {
  const seconds = Number(reply.headers["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
}

function wordsOf(error: ErrorMessage, scrub: Scrub): string {
  const words = scrub(error.Message ?? "").replace(/\p{Cc}+/gu, " ");
  return `ErrorType ${error.ErrorType}: ${words}`.slice(0, messageLengthMax);
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
