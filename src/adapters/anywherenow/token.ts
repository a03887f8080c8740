/**
 * The bearer token of a recorder that asks for one: fetched once for all who wait, kept until
 * shortly before it expires, never told to anyone but the recorder.
 *
 * @module
 */
import type { ControlOutcome } from "../../control/ports.ts";
import type { AdapterContext } from "../recorder.ts";
import type { PasswordGrant } from "./settings.ts";
import { readToken, tokenRequest } from "./wire.ts";

type NoToken = Exclude<ControlOutcome, { kind: "acknowledged" }>;
type TokenResult = { readonly kind: "token"; readonly token: string } | NoToken;

export interface TokenSource {
  /**
   * A token that has not expired. `rejected` is one the recorder has just turned down. What comes
   * back instead of a token is said of the command that needs it: it was surely not sent.
   */
  get(ctx: TokenContext, rejected?: string): Promise<TokenResult>;
  /** Everything that must not appear in a detail. */
  secrets(): readonly string[];
}

export type TokenContext = Pick<AdapterContext, "now" | "send" | "signal">;

const fetchMsMax = 5_000;
/** A token is fetched anew in the last fifth of its life, while the old one still serves. */
const renewFrom = 0.8;
const marginMs = 2_000;

interface Held {
  readonly token: string;
  readonly renewAt: number;
  readonly expiresAt: number;
}

export function passwordGrantTokens(auth: PasswordGrant): TokenSource {
  let held: Held | undefined;
  let fetching: Promise<TokenResult> | undefined;

  const fetchToken = async (ctx: TokenContext): Promise<TokenResult> => {
    const askedAt = ctx.now();
    const result = await ctx.send(tokenRequest(auth), AbortSignal.timeout(fetchMsMax));
    if (result.kind !== "reply") {
      return { kind: "unreachable", detail: `no token: ${result.detail}` };
    }
    const read = readToken(result.reply);
    if (!("token" in read)) return read;
    held = {
      token: read.token,
      renewAt: askedAt + read.livesMs * renewFrom,
      expiresAt: askedAt + Math.max(read.livesMs - marginMs, read.livesMs / 2),
    };
    return { kind: "token", token: read.token };
  };
  /** One fetch at a time: whoever comes while it runs waits for the same one. */
  const shared = (ctx: TokenContext): Promise<TokenResult> => {
    fetching ??= fetchToken(ctx).finally(() => {
      fetching = undefined;
    });
    return fetching;
  };

  return {
    get(ctx, rejected) {
      const now = ctx.now();
      if (held === undefined || held.token === rejected || now >= held.expiresAt) {
        return untilDeadline(shared(ctx), ctx.signal);
      }
      // A failure here is met when the token in hand has expired.
      if (now >= held.renewAt) void shared(ctx).catch(() => undefined);
      return Promise.resolve({ kind: "token", token: held.token });
    },
    secrets() {
      return [auth.password, ...Object.values(auth.form), ...(held ? [held.token] : [])];
    },
  };
}

function untilDeadline(token: Promise<TokenResult>, signal: AbortSignal): Promise<TokenResult> {
  const late: NoToken = { kind: "unreachable", detail: "no token before the deadline" };
  if (signal.aborted) return Promise.resolve(late);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(late);
    signal.addEventListener("abort", giveUp, { once: true });
    token.finally(() => signal.removeEventListener("abort", giveUp)).then(resolve, reject);
  });
}
