/**
 * What is said to Kazoo's Crossbar to mask a live recording, and how its replies are read. Pure.
 * Each fact's origin is in README.md beside this file.
 *
 * @module
 */
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import type { ControlOutcome, NotDone } from "../../control/ports.ts";
import { parsedJson } from "../foreign.ts";
import type { HttpReply, HttpRequest } from "../recorder.ts";
import { badReply, isSuccess, messageOf, refused, tell, unreadable } from "./reply.ts";
import type { Scrub } from "./reply.ts";
import type { FonoucTarget, KazooSettings } from "./settings.ts";

/** With the account's id settled: its own, or the portal's. */
export type Kazoo = KazooSettings & { readonly accountId: string };

const CHECK = "check kazoo.baseUrl, which ends in /v2";
const jsonHeaders = { accept: "application/json", "content-type": "application/json" } as const;

/** Said by what stands before it, or before it could say whether it did anything. */
const AWAY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Crossbar's: what a request comes to is `status`, whatever the HTTP status. */
const envelope = z.looseObject({
  status: z.enum(["success", "accepted", "error", "fatal"]),
  error: z.union([z.string(), z.number()]).optional(),
});
const grant = z.looseObject({ auth_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/) });

export const authToken = (token: string): Readonly<Record<string, string>> => ({
  "x-auth-token": token,
});

/** Hex of user and password, as `user_auth` takes them. As secret as the password. */
export function credentialsOf(auth: Extract<Kazoo["auth"], { kind: "user_auth" }>): string {
  const bytes = utf8ToBytes(`${auth.username}:${auth.password}`);
  return bytesToHex(auth.method === "md5" ? md5(bytes) : sha1(bytes));
}

export function tokenRequest({ auth, baseUrl }: Kazoo): HttpRequest {
  const data =
    auth.kind === "api_auth"
      ? { api_key: auth.apiKey }
      : { credentials: credentialsOf(auth), account_name: auth.accountName, method: auth.method };
  return {
    method: "PUT",
    url: `${baseUrl}/${auth.kind}`,
    headers: jsonHeaders,
    body: JSON.stringify({ data }),
  };
}

/** A token, or why there is none. The reply's own words are never told: they may quote what was sent. */
export function readToken(reply: HttpReply): { readonly token: string } | NotDone {
  const { status } = reply;
  if (status === 400 || status === 401 || status === 403) {
    return refused("not_authorized", `HTTP ${status}`);
  }
  const told = parsedJson(reply.body);
  const parsed = grant.safeParse(told);
  if (isSuccess(reply) && envelope.safeParse(told).data?.status === "success" && parsed.success) {
    return { token: parsed.data.auth_token };
  }
  return unreadable({ ...reply, body: "" }, (words) => words, CHECK);
}

/** A metaflow on the live channel. Its `start`, `stop` and `toggle` exist and are never sent. */
export function orderRequest(
  kazoo: Kazoo,
  order: "mask" | "unmask",
  { callId }: FonoucTarget,
): HttpRequest {
  return {
    method: "PUT",
    url: `${channelsUrl(kazoo)}/${encodeURIComponent(callId)}`,
    headers: jsonHeaders,
    body: JSON.stringify({
      action: "metaflow",
      data: { module: "record_call", data: { action: order } },
    }),
  };
}

/** Yes means that it was handed on, not that anything was masked. */
export function readOrder(reply: HttpReply, scrub: Scrub): ControlOutcome {
  const trouble = readEnvelope(reply, scrub);
  if (trouble === undefined) return { kind: "acknowledged" };
  // It failed on its own side: it may have handed the order on before.
  if (trouble.kind !== "refused" || reply.status < 500) return trouble;
  return { kind: "in_doubt", detail: trouble.detail };
}

export const channelsRequest = (kazoo: Kazoo): HttpRequest => ({
  method: "GET",
  url: channelsUrl(kazoo),
  headers: { accept: jsonHeaders.accept },
});

/** Undefined where Crossbar said yes. The accepted reply itself carries `error: "202"`. */
export function readEnvelope(reply: HttpReply, scrub: Scrub): NotDone | undefined {
  const parsed = envelope.safeParse(parsedJson(reply.body));
  if (!parsed.success) return unreadable(reply, scrub, CHECK);
  const { error, status } = parsed.data;
  const saysYes = status === "success" || status === "accepted";
  if (saysYes && isSuccess(reply)) return undefined;
  if (saysYes) return badReply(`HTTP ${reply.status} that calls itself ${status}`);
  const detail = tell(`HTTP ${reply.status}: ${messageOf(reply) ?? status}`, scrub);
  if (AWAY.has(reply.status)) return unreadable(reply, scrub, CHECK);
  // An error inside a 200 says in `error` which it is.
  switch (isSuccess(reply) ? Number(error) : reply.status) {
    case 401:
      return refused("not_authorized", detail);
    case 403:
      return refused("not_permitted", detail);
    case 404:
      return refused("target_not_found", detail);
    default:
      return refused("vendor_error", detail);
  }
}

const channelsUrl = ({ accountId, baseUrl }: Kazoo): string =>
  `${baseUrl}/accounts/${encodeURIComponent(accountId)}/channels`;
