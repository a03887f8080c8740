/**
 * What is said to AnywhereNow's REST recording API, and how its replies are read. Pure. Each fact's
 * origin is in README.md beside this file.
 *
 * @module
 */
import { z } from "zod";
import type { ControlOutcome, Observation } from "../../control/ports.ts";
import { parsedJson } from "../foreign.ts";
import type { HttpReply, HttpRequest, PreflightFinding } from "../recorder.ts";
import {
  badReply,
  errorMessage,
  isRedirect,
  isSuccess,
  refusal,
  sameGuid,
  saysNoSession,
  unreadable,
  wordsOf,
} from "./reply.ts";
import type { ErrorMessage, Refusal, Scrub } from "./reply.ts";
import type { AnywhereNowSettings, AnywhereNowTarget, PasswordGrant } from "./settings.ts";

/** What tacet sends. Stop 2, Save 4 and Delete 5 exist and are never sent. */
const ACTIONS = { Start: 1, Pause: 3, Mark: 6, UnMark: 7 } as const;
export type Action = keyof typeof ACTIONS;

type Api = Pick<AnywhereNowSettings, "baseUrl" | "apiVersion">;

const accept = { accept: "application/json" } as const;

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
  const parsed = answer.safeParse(parsedJson(reply.body));
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
  const parsed = state.safeParse(parsedJson(reply.body));
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
  const parsed = capabilities.safeParse(parsedJson(reply.body));
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
  const parsed = grant.safeParse(parsedJson(reply.body));
  if (!parsed.success || !isSuccess(reply)) {
    return badReply(`the token service answered HTTP ${reply.status} without a token`);
  }
  return { token: parsed.data.access_token, livesMs: (parsed.data.expires_in ?? 60) * 1_000 };
}

/** Whether a repeat is an error is unknown; if it is one, this is how it would be said. */
function saysAlreadySo(action: Action, error: ErrorMessage): boolean {
  const already = action === "Pause" ? /already.*paus/i : /already.*(start|record)/i;
  return (action === "Pause" || action === "Start") && already.test(error.Message ?? "");
}
