/**
 * Every refusal this API can give: one table from code to status, title and what to do about it,
 * written as RFC 9457 problem documents.
 *
 * @module
 */
import { z } from "zod";

interface Kind {
  readonly status: number;
  readonly title: string;
  /** What whoever asked can do about it. */
  readonly help: string;
}

const retry = "Ask again after Retry-After seconds, with the same window id.";

/** The codes are stable: clients branch on them. Words may change. */
export const PROBLEMS = {
  // The request cannot be read.
  body_missing: problem(400, "The body is missing", "Send a JSON object."),
  body_not_json: problem(400, "The body is not JSON", "Send one JSON object, correctly quoted."),
  body_not_utf8: problem(400, "The body is not UTF-8", "Encode the body as UTF-8."),
  body_not_unicode: problem(
    400,
    "A string holds half a character",
    "Send well-formed Unicode: no lone surrogates.",
  ),
  body_too_deep: problem(400, "The body is nested too deeply", "Flatten the body."),
  body_too_large: problem(413, "The body is too large", "Send less: targets and a few members."),
  headers_too_large: problem(431, "The headers are too large", "Send fewer or shorter headers."),
  media_type_unsupported: problem(
    415,
    "The media type is not served",
    "Send application/json, not compressed.",
  ),
  body_invalid: problem(422, "The body does not fit", "Correct the members named in errors."),
  query_invalid: problem(422, "The query does not fit", "Correct the parameters named in errors."),
  id_invalid: problem(
    422,
    "An identifier has none of the declared forms",
    "Use a UUID, a SIP Call-ID, a number of milliseconds, a token with a letter, or a form that policy declares.",
  ),
  cardholder_data_refused: problem(
    422,
    "A member looks like a card number",
    "Never send cardholder data to tacet; send a reference instead.",
  ),

  // Who asks.
  not_authenticated: problem(401, "No credential was accepted", "Send a valid bearer token."),
  token_expired: problem(401, "The token has expired", "Fetch a new token."),
  token_invalid: problem(401, "The token was not accepted", "Fetch a new token from its issuer."),
  too_many_attempts: problem(
    429,
    "Too many wrong credentials",
    "Correct the credential; right ones are served meanwhile.",
  ),
  issuer_unavailable: problem(
    503,
    "The token's issuer cannot be asked for its keys",
    "Ask again after Retry-After seconds with the same token.",
  ),
  forbidden: problem(403, "This is not allowed", "Use a credential that has the scope named."),
  scope_missing: problem(403, "A scope is missing", "Use a credential with the scope named."),
  foreign_agent: problem(
    403,
    "The call belongs to another agent",
    "An agent acts only on calls registered to them, with their own agent id.",
  ),
  targets_not_allowed: problem(
    403,
    "Targets may not be named by this credential",
    "Leave targets out, or use a credential with targets:write.",
  ),

  // What it is about.
  not_found: problem(404, "There is no such resource", "See /openapi.json."),
  upgrade_required: problem(
    426,
    "Events come as a stream",
    "Connect by WebSocket, or ask for text/event-stream.",
  ),
  subprotocol_unknown: problem(
    400,
    "The subprotocol is not spoken here",
    "Offer the subprotocol tacet.v1.",
  ),
  method_not_allowed: problem(405, "The method is not served here", "Use a method from Allow."),
  call_unknown: problem(
    404,
    "The call is not known",
    "Register it (PUT /v1/calls/{callId}) or name its targets.",
  ),
  recording_unknown: problem(
    404,
    "The recording is not known",
    "Report only recordings that GET /v1/calls/{callId}/evidence lists as closed.",
  ),
  incident_unknown: problem(404, "The incident is not known", "See GET /v1/incidents."),
  entry_unknown: problem(
    404,
    "There is no such entry",
    "Positions count from 1 to the size in GET /v1/log/checkpoint.",
  ),
  tile_unknown: problem(
    404,
    "There is no such tile",
    "Ask GET /v1/log/checkpoint first, and for tiles of a tree of its size.",
  ),
  entries_pruned: problem(
    410,
    "These entries were pruned",
    "Their time is over: only their hashes are kept. See GET /v1/log/retention.",
  ),
  hold_unknown: problem(404, "No such legal hold stands", "See GET /v1/log/retention."),
  hold_limit_reached: problem(
    429,
    "As many legal holds stand as may",
    "Place one without a call: it keeps everything; or lift some.",
  ),
  window_unknown: problem(404, "The window is not known", "Open it with a pause first."),
  call_ended: problem(409, "The call has ended", "Use a new call id for a new conversation."),
  call_too_long: problem(
    409,
    "The call has more entries than evidence is told of",
    "Read them with GET /v1/calls/{callId}/history. Asking again changes nothing.",
  ),
  window_closed: problem(
    409,
    "The window was closed",
    "A closed window stays closed: pause again with a new window id.",
  ),
  sound_off: problem(
    409,
    "Nobody is to hear files",
    "Set evidence.sound, knowing that it brings the hearing host into PCI scope.",
  ),
  incident_closed: problem(
    409,
    "The incident is closed",
    "It stays closed: what is found later of its recording opens another.",
  ),
  window_owned_by_another: problem(
    409,
    "The window is another principal's",
    "Pause with a window id of your own; windows may overlap.",
  ),
  window_of_another_call: problem(
    409,
    "The window id was used on another call",
    "Window ids are unique in a tenant: pause with a new one.",
  ),
  window_ambiguous: problem(409, "Several windows are open", "Name one of the windows listed."),
  agent_ambiguous: problem(409, "The agent has several calls", "Pause one of the calls listed."),
  window_limit_reached: problem(
    429,
    "Too many windows",
    "Close windows that are done with before opening more.",
  ),
  note_limit_reached: problem(429, "Too many notes", "Close the incident with a closing note."),
  target_limit_reached: problem(429, "Too many targets", "Move the call instead of adding to it."),
  reads_limit_reached: problem(
    429,
    "Too many reads",
    "Ask again after Retry-After seconds, or follow events instead of asking.",
  ),
  streams_limit_reached: problem(
    429,
    "Too many event streams",
    "Close streams that are over, or share one; come back after Retry-After seconds.",
  ),
  ids_differ: problem(
    422,
    "Idempotency-Key and windowId differ",
    "Send one of them, or the same value in both.",
  ),
  window_id_missing: problem(
    422,
    "The window has no id",
    "Send Idempotency-Key or windowId; repeat it when you ask again.",
  ),
  target_missing: problem(
    422,
    "A required recorder has no target",
    "Name a target for every recorder listed.",
  ),
  target_invalid: problem(422, "A target does not fit", "Correct the members named in errors."),
  recorder_unknown: problem(
    422,
    "There is no such recorder",
    "Use the recorder ids of GET /v1/recorders.",
  ),
  recorder_not_routed: problem(
    422,
    "Policy does not use this recorder for this call",
    "Leave its target out, or change policy.",
  ),

  // What it came to.
  not_secured: problem(
    424,
    "Not every recorder has confirmed that it stopped",
    "Do not collect. Ask again with the same window id: tacet keeps driving.",
  ),
  log_unavailable: problem(503, "The control log cannot be written", `Do not collect. ${retry}`),
  stopping: problem(503, "tacet is stopping", retry),
  overloaded: problem(
    503,
    "As many are kept as may be",
    "End calls and close event streams that are over, then ask again after Retry-After seconds.",
  ),
  busy: problem(
    503,
    "tacet is busy with pauses",
    "Ask again after Retry-After seconds. Pauses, resumes and renewals are never turned away so.",
  ),
  locate_unavailable: problem(
    503,
    "No recorder could be asked for the agent's call",
    "Name the call, or ask again after Retry-After seconds.",
  ),
  not_ready: problem(503, "tacet cannot serve pauses now", "Send traffic elsewhere meanwhile."),
  internal: problem(500, "tacet failed at this request", "Report the request id to the operator."),
} as const satisfies Record<string, Kind>;

export type ProblemCode = keyof typeof PROBLEMS;
const TABLE: Readonly<Record<string, Kind>> = PROBLEMS;

function problem(status: number, title: string, help: string): Kind {
  return { status, title, help };
}

/** One thing wrong, by JSON Pointer into the body, or a parameter's name. Never repeats a value. */
export interface ProblemError {
  readonly path: string;
  readonly code: string;
  readonly detail: string;
}

/** A refusal on its way to the wire. `members` ride along, such as the ids that are ambiguous. */
export interface Problem {
  readonly code: string;
  readonly detail: string;
  /** Given where the code is not in the table: a code of the credential check. */
  readonly status?: number;
  readonly errors?: readonly ProblemError[];
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export const refuse = (
  code: ProblemCode,
  detail: string,
  more: Omit<Problem, "code" | "detail" | "status"> = {},
): Problem => ({ code, detail, ...more });

export function problemStatus(problem: Problem): number {
  return problem.status ?? TABLE[problem.code]?.status ?? 500;
}

/** The document. `type` is a name, not an address: nothing needs to be fetched to understand it. */
export function problemDocument(problem: Problem): Record<string, unknown> {
  const kind = TABLE[problem.code];
  const status = problemStatus(problem);
  return {
    type: `urn:tacet:problem:${problem.code}`,
    title: kind?.title ?? (status === 401 ? "Not authenticated" : "Not allowed"),
    status,
    code: problem.code,
    detail: problem.detail,
    help: kind?.help ?? "Use another credential.",
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    ...problem.members,
  };
}

/** The document's schema, for the API description. Extra members ride along, so it is open. */
export const problemSchema = z
  .looseObject({
    type: z.string().describe("urn:tacet:problem: and the code"),
    title: z.string(),
    status: z.int(),
    code: z.string().describe("Stable; branch on this"),
    detail: z.string(),
    help: z.string().describe("What to do"),
    errors: z
      .array(z.strictObject({ path: z.string(), code: z.string(), detail: z.string() }))
      .optional(),
    requestId: z.string().optional(),
    sandbox: z.literal(true).optional(),
  })
  .meta({ id: "Problem" });
