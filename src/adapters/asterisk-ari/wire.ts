/**
 * What is said to Asterisk's REST interface about live recordings, and how its replies are read.
 * Pure. Each fact's origin is in README.md beside this file.
 *
 * @module
 */
import { z } from "zod";
import type { ControlOutcome, NotDone, Observation } from "../../control/ports.ts";
import { parsedJson } from "../foreign.ts";
import type { HttpReply, HttpRequest } from "../recorder.ts";
import type { AsteriskAriSettings, AsteriskAriTarget } from "./settings.ts";

type Api = Pick<AsteriskAriSettings, "baseUrl" | "username" | "password">;
/** Takes secrets out of the server's words. */
export type Scrub = (text: string) => string;

const messageLengthMax = 200;
const problem = z.looseObject({ message: z.string() });
const liveRecording = z.looseObject({
  name: z.string(),
  state: z.enum(["queued", "recording", "paused", "done", "failed", "canceled"]),
  target_uri: z.string().optional(),
});
const info = z.looseObject({ system: z.looseObject({ version: z.string().min(1).max(100) }) });

/** What an `Authorization` header carries; it is as secret as the password. */
export const basicOf = ({ username, password }: Omit<Api, "baseUrl">): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(`${username}:${password}`)));

function request(
  api: Api,
  method: HttpRequest["method"],
  path: string,
  accept = "application/json",
): HttpRequest {
  return {
    method,
    url: api.baseUrl + path,
    headers: { accept, authorization: `Basic ${basicOf(api)}` },
  };
}

/** Names may hold slashes: they are one segment. */
const live = ({ name }: AsteriskAriTarget): string =>
  `/recordings/live/${encodeURIComponent(name)}`;

export function orderRequest(
  api: Api & Pick<AsteriskAriSettings, "silenceBy">,
  order: "silence" | "restore",
  target: AsteriskAriTarget,
): HttpRequest {
  const method = order === "silence" ? "POST" : "DELETE";
  return request(api, method, `${live(target)}/${api.silenceBy}`);
}

/** Done is 204 and nothing else. */
export function readOrder(reply: HttpReply, scrub: Scrub): ControlOutcome {
  if (reply.status === 204) return { kind: "acknowledged" };
  return notDone(reply, scrub);
}

export const statusRequest = (api: Api, target: AsteriskAriTarget): HttpRequest =>
  request(api, "GET", live(target));

export function readStatus(reply: HttpReply, target: AsteriskAriTarget, scrub: Scrub): Observation {
  if (reply.status === 404 && saysNoRecording(reply)) {
    return { kind: "observed", status: "absent" };
  }
  const parsed = liveRecording.safeParse(parsedJson(reply.body));
  if (reply.status !== 200 || !parsed.success) return notDone(reply, scrub);
  const { name, state, target_uri: session } = parsed.data;
  if (name !== target.name) return badReply("the answer is about another recording");
  return {
    kind: "observed",
    status: statusOf(state),
    // A name may be used again: what it records tells one recording from the next.
    ...(session === undefined ? {} : { session }),
    ...(state === "recording" || state === "paused" ? {} : { detail: state }),
  };
}

function statusOf(state: z.output<typeof liveRecording>["state"]) {
  switch (state) {
    case "recording":
    case "paused":
      return state;
    // Queued records nothing yet, and that is not protection.
    case "queued":
    case "done":
    case "failed":
    case "canceled":
      return "absent";
    default:
      return state satisfies never;
  }
}

/** The file of a recording that is over, as it was recorded. */
export const fileRequest = (api: Api, { name }: AsteriskAriTarget): HttpRequest =>
  request(api, "GET", `/recordings/stored/${encodeURIComponent(name)}/file`, "*/*");

export const infoRequest = (api: Api): HttpRequest =>
  request(api, "GET", "/asterisk/info?only=system");

/** The version the server reports, or why there is none. */
export function readInfo(reply: HttpReply, scrub: Scrub): { readonly version: string } | NotDone {
  const parsed = info.safeParse(parsedJson(reply.body));
  if (reply.status !== 200 || !parsed.success) return notDone(reply, scrub);
  return { version: parsed.data.system.version };
}

/** Nobody's recording: who may not write is told so before it is looked for. */
const NOBODYS = { name: "tacet-preflight-of-no-recording" } as const;
export const writeRequest = (api: Api): HttpRequest =>
  orderRequest({ ...api, silenceBy: "pause" }, "restore", NOBODYS);

/** Undefined where this user may write. */
export function readWrite(reply: HttpReply, scrub: Scrub): NotDone | undefined {
  return reply.status === 404 && saysNoRecording(reply) ? undefined : notDone(reply, scrub);
}

const saysNoRecording = (reply: HttpReply): boolean => messageOf(reply) === "Recording not found";

function notDone(reply: HttpReply, scrub: Scrub): NotDone {
  const message = messageOf(reply);
  const words = message === undefined ? "" : `: ${scrub(message).replace(/\p{Cc}+/gu, " ")}`;
  const detail = `HTTP ${reply.status}${words}`.slice(0, messageLengthMax);
  switch (reply.status) {
    case 401:
      return { kind: "refused", reason: "not_authorized", detail };
    case 403:
      return { kind: "refused", reason: "not_permitted", detail };
    case 404:
      if (saysNoRecording(reply)) return { kind: "refused", reason: "target_not_found", detail };
      return badReply(`${detail}: check baseUrl, which ends in /ari`);
    // Queued: it has not begun. The desk reads it and orders again.
    case 409:
      return { kind: "refused", reason: "target_not_found", detail };
    case 429:
      return { kind: "unreachable", detail };
    // A gateway gave up; what stands behind it may have heard.
    case 502:
    case 503:
    case 504:
      return { kind: "in_doubt", detail };
    default:
      if (reply.status >= 500) return { kind: "refused", reason: "vendor_error", detail };
      return badReply(`${detail} without the documented answer`);
  }
}

const badReply = (detail: string): Extract<NotDone, { kind: "refused" }> => ({
  kind: "refused",
  reason: "bad_reply",
  detail,
});

function messageOf(reply: HttpReply): string | undefined {
  const parsed = problem.safeParse(parsedJson(reply.body));
  return parsed.success ? parsed.data.message : undefined;
}
