/**
 * The bearer token of a recorder that asks for one: fetched once for all who wait (a pause waits for
 * nobody else's fetch), kept until shortly before it expires, never told to anyone but the recorder.
 * How it is granted is the vendor's.
 *
 * @module
 */
import type { NotDone } from "../control/ports.ts";
import type { HttpReply, HttpRequest } from "./recorder.ts";
import { FETCH_MS_MAX, type FetchContext, sharedFetch } from "./sharedFetch.ts";

interface Token {
  readonly kind: "token";
  readonly token: string;
}
export type TokenResult = Token | NotDone;
export type TokenContext = FetchContext;

export interface TokenSource {
  /**
   * A token that has not expired. `rejected` is one the recorder has just turned down. What comes
   * back instead of a token is said of the request that needs it: it was surely not sent.
   */
  get(ctx: TokenContext, rejected?: string): Promise<TokenResult>;
}

/** What a grant gives; a vendor's own may hold more, such as a refresh token. */
export interface Granted {
  readonly token: string;
  readonly livesMs: number;
}

/** Sends one request of a grant, within a time of its own. */
export type Exchange = (request: HttpRequest) => Promise<HttpReply | NotDone>;

/** The grant before, where there was one, and whether the recorder turned its token down. */
export interface Before<G extends Granted> {
  readonly granted: G;
  readonly isRejected: boolean;
}

/** A token is fetched anew in the last fifth of its life, while the old one still serves. */
const renewFrom = 0.8;
const marginMs = 2_000;

interface Held<G extends Granted> {
  readonly granted: G;
  readonly renewAt: number;
  readonly expiresAt: number;
}

export function heldTokens<G extends Granted>(
  grant: (exchange: Exchange, before: Before<G> | undefined) => Promise<G | NotDone>,
): TokenSource & { granted(): G | undefined } {
  let held: Held<G> | undefined;

  const fetchToken = async (ctx: TokenContext, rejected?: string): Promise<TokenResult> => {
    const askedAt = ctx.now();
    const before = held && {
      granted: held.granted,
      isRejected: held.granted.token === rejected,
    };
    const granted = await grant(exchangeWith(ctx), before);
    if (!("token" in granted)) return granted;
    const { livesMs, token } = granted;
    held = {
      granted,
      renewAt: askedAt + livesMs * renewFrom,
      expiresAt: askedAt + Math.max(livesMs - marginMs, livesMs / 2),
    };
    return { kind: "token", token };
  };
  const shared = sharedFetch<Token>(fetchToken, "token");

  return {
    get(ctx, rejected) {
      const now = ctx.now();
      if (held === undefined || held.granted.token === rejected || now >= held.expiresAt) {
        return shared(ctx, rejected);
      }
      // A failure here is met when the token in hand has expired.
      if (now >= held.renewAt) void shared(ctx).catch(() => undefined);
      return Promise.resolve({ kind: "token", token: held.granted.token });
    },
    granted: () => held?.granted,
  };
}

const exchangeWith =
  ({ send }: TokenContext): Exchange =>
  async (request) => {
    const result = await send(request, AbortSignal.timeout(FETCH_MS_MAX));
    if (result.kind === "reply") return result.reply;
    return { kind: "unreachable", detail: `no token: ${result.detail}` };
  };
