/**
 * Requests that need somebody logged in: one login for all who ask, kept until it is turned down,
 * told to nobody but the system it is for.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import type { HttpReply, HttpRequest } from "../recorder.ts";
import { sendOnce } from "../sendOnce.ts";
import { heldTokens } from "../tokens.ts";
import { refused } from "./reply.ts";
import type { Asking } from "./reply.ts";

export interface Login {
  /** What is logged in to, for details. */
  readonly name: string;
  request(): HttpRequest;
  read(reply: HttpReply): { readonly token: string } | NotDone;
  /** The headers that carry the token. */
  headers(token: string): Readonly<Record<string, string>>;
  /** What the login itself sends that must not be told. */
  readonly secrets: readonly string[];
}

export interface Session {
  /**
   * Sends once, logged in. Only a 401 is sent again, once, after logging in anew: what was turned
   * away at the door surely changed nothing. Where there is no token, nothing was sent.
   */
  ask(request: HttpRequest, ctx: Asking): Promise<HttpReply | NotDone>;
  /** The request with a token that nobody has turned down yet, for somebody else to send. */
  sign(request: HttpRequest, ctx: Asking): Promise<HttpRequest | NotDone>;
  /** Everything that must not appear in a detail. */
  secrets(): readonly string[];
}

/**
 * After a login was turned down none is tried for this long: repeated failures lock accounts. A pause
 * tries all the same: the fault may be over, and nothing else can silence the recorder.
 */
const REFUSED_MS = 30_000;
/** As many of the tokens given out are known by sight and taken out of what is told. */
const TOLD_COUNT_MAX = 4;

export function sessionOf(login: Login): Session {
  let turnedDown: { readonly at: number; readonly outcome: NotDone } | undefined;
  let given: readonly string[] = [];

  /** How long a token lives is not documented: until it is turned down. */
  const tokens = heldTokens(async (exchange) => {
    const reply = await exchange(login.request());
    const read = "kind" in reply ? reply : login.read(reply);
    if ("token" in read) {
      given = [read.token, ...given].slice(0, TOLD_COUNT_MAX);
      return { token: read.token, livesMs: Number.POSITIVE_INFINITY };
    }
    const detail = `${login.name}: ${read.detail ?? read.kind}`;
    // What needs the token was not sent, so it is not in doubt.
    return read.kind === "in_doubt" ? { kind: "unreachable", detail } : { ...read, detail };
  });

  const get = async (ctx: Asking, rejected?: string) => {
    const rests = turnedDown !== undefined && ctx.now() < turnedDown.at + REFUSED_MS;
    if (turnedDown !== undefined && rests && ctx.isPause !== true) return turnedDown.outcome;
    const result = await tokens.get(ctx, rejected);
    const isRefused = result.kind === "refused" && result.reason === "not_authorized";
    turnedDown = isRefused ? { at: ctx.now(), outcome: result } : undefined;
    return result;
  };
  const signed = (request: HttpRequest, token: string): HttpRequest => ({
    ...request,
    headers: { ...request.headers, ...login.headers(token) },
  });

  return {
    async ask(request, ctx) {
      const first = await get(ctx);
      if (first.kind !== "token") return first;
      const reply = await sendOnce(signed(request, first.token), ctx);
      if ("kind" in reply || reply.status !== 401) return reply;
      const second = await get(ctx, first.token);
      if (second.kind !== "token") return second;
      const again = await sendOnce(signed(request, second.token), ctx);
      if ("kind" in again || again.status !== 401) return again;
      return refused("not_authorized", `${login.name}: a token just given out was turned away`);
    },
    async sign(request, ctx) {
      const result = await get(ctx);
      return result.kind === "token" ? signed(request, result.token) : result;
    },
    secrets: () => [...login.secrets, ...given],
  };
}
