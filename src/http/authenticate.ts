/**
 * Who asks: turns the bearer credential of a request into a principal, or into a denial that holds
 * nothing of the credential.
 *
 * @module
 */
import type { FetchImplementation } from "jose";
import type { EpochMs, TenantId } from "../control/call.ts";
import type { AuthConfig } from "../policy/configAuth.ts";
import type { Principal } from "../policy/principal.ts";
import { apiKeys, KEY_PREFIX, keyIdOf, SANDBOX_KEY_PREFIX } from "./apiKeys.ts";
import type { Guesses } from "./guesses.ts";
import { sessionOf, TICKET_PREFIX, type TicketOffice, type TicketPurpose } from "./tickets.ts";
import { tokens } from "./tokens.ts";

/**
 * 401: the credential is wrong. 429: so it is, and too many were before it. 503: whether it is right
 * cannot be told, because its issuer's keys are not at hand.
 */
const STATUS = {
  not_authenticated: 401,
  token_expired: 401,
  token_invalid: 401,
  too_many_attempts: 429,
  issuer_unavailable: 503,
} as const;

interface Denied {
  readonly ok: false;
  readonly status: (typeof STATUS)[keyof typeof STATUS];
  readonly code: keyof typeof STATUS;
  readonly detail: string;
  /** Present where asking again later may help. */
  readonly retryAfterMs?: number;
  /** What is known of who asked, for the log: never any part of a credential. */
  readonly tenant?: TenantId;
}
export type Authenticated = { readonly ok: true; readonly principal: Principal } | Denied;

export interface AuthenticateInfo {
  readonly ip?: string;
  /** `socket` uses an events ticket up. Absent: `request`. */
  readonly purpose?: TicketPurpose;
  /** What the credential came with. */
  readonly request?: Request;
}

export interface AuthenticatorOptions {
  readonly auth: AuthConfig;
  /** Every configured tenant: tickets of others are no longer good. */
  readonly tenants: readonly TenantId[];
  readonly tickets: Pick<TicketOffice, "redeem">;
  readonly clock: () => EpochMs;
  /** The built-in sandbox: the only one that takes the sandbox's keys. */
  readonly sandbox: boolean;
  /** Slows down whoever tries credentials out. */
  readonly guesses?: Pick<Guesses, "count">;
  readonly fetch?: FetchImplementation;
  /** Hears of every fetch of an issuer's keys that failed. */
  readonly onIssuerFailure?: (issuer: string) => void;
}

export interface Authenticator {
  (request: Request, info?: AuthenticateInfo): Promise<Authenticated>;
  /** The same for a credential that came another way, such as a socket's first message. */
  credential(text: string, info?: AuthenticateInfo): Promise<Authenticated>;
}

export function authenticator(options: AuthenticatorOptions): Authenticator {
  const { auth, clock } = options;
  const checkKey = apiKeys(auth.apiKeys);
  const checkToken = tokens(options);

  function byKey(key: string): Authenticated {
    if (key.startsWith(SANDBOX_KEY_PREFIX) && !options.sandbox) {
      return denied("token_invalid", "This is a key of the sandbox, and this is not the sandbox.");
    }
    const checked = checkKey(key, clock());
    switch (checked.kind) {
      case "known":
        return { ok: true, principal: checked.principal };
      case "expired":
        return denied("token_expired", "This API key has expired.", checked.tenant);
      case "unknown":
      default:
        return denied("token_invalid", "This API key is not known here.");
    }
  }

  async function byTicket(ticket: string, purpose: TicketPurpose): Promise<Authenticated> {
    const redeemed = await options.tickets.redeem(ticket, purpose);
    switch (redeemed.kind) {
      case "good": {
        const { principal } = redeemed;
        const until = goodUntil(principal, options);
        if (until <= clock()) {
          const detail = "Whoever this ticket speaks for is not known here any more.";
          return denied("token_invalid", detail);
        }
        const expiresAt = Math.min(until, principal.expiresAt ?? Infinity);
        return { ok: true, principal: { ...principal, expiresAt } };
      }
      case "expired":
        return denied("token_expired", "This ticket has expired.", redeemed.tenant);
      case "used":
        return denied("token_invalid", "This ticket has been used.", redeemed.tenant);
      case "unknown":
      default:
        return denied("token_invalid", "This ticket is not one of this service's.");
    }
  }

  async function byToken(token: string): Promise<Authenticated> {
    const checked = await checkToken(token);
    switch (checked.kind) {
      case "known":
        return { ok: true, principal: checked.principal };
      case "expired":
        return denied("token_expired", "The token has expired.", checked.tenant);
      case "unavailable":
        return denied("issuer_unavailable", "The issuer's keys cannot be fetched.", checked.tenant);
      case "invalid":
      default:
        return denied("token_invalid", checked.detail, checked.tenant);
    }
  }

  async function check(text: string, info: AuthenticateInfo): Promise<Authenticated> {
    if (text.length > auth.tokenBytesMax) {
      return denied("token_invalid", `The credential is longer than ${auth.tokenBytesMax} bytes.`);
    }
    if (text.startsWith(TICKET_PREFIX)) return byTicket(text, info.purpose ?? "request");
    if (text.startsWith(KEY_PREFIX)) return byKey(text);
    if (text.split(".", 4).length === 3) return byToken(text);
    return denied("token_invalid", "The credential is no token, API key or ticket.");
  }

  async function credential(text: string, info: AuthenticateInfo = {}): Promise<Authenticated> {
    const answer = await check(text, info);
    // What has expired was right once, and where keys are missing nobody knows: neither is a guess.
    if (answer.ok || answer.code !== "token_invalid") return answer;
    const { ip, request } = info;
    const retryAfterMs = options.guesses?.count({ ip, keyId: keyIdOf(text), request });
    if (retryAfterMs === undefined) return answer;
    const detail = "Too many wrong credentials came from this address, or for this key.";
    return { ...denied("too_many_attempts", detail, answer.tenant), retryAfterMs };
  }

  async function authenticate(request: Request, info?: AuthenticateInfo): Promise<Authenticated> {
    const header = request.headers.get("authorization");
    if (header === null) return denied("not_authenticated", "Send Authorization: Bearer.");
    const [, text] = /^Bearer +([\x21-\x7e]+) *$/i.exec(header) ?? [];
    if (text === undefined) {
      return denied("not_authenticated", "The Authorization header is not `Bearer` and one token.");
    }
    return credential(text, { ...info, request });
  }
  return Object.assign(authenticate, { credential });
}

/**
 * A ticket ends with the last key of its principal, with the issuer it came from, and with its
 * tenant: 0 where none is left. One of a console's session was taken because that goes on.
 */
function goodUntil(principal: Principal, { auth, tenants }: AuthenticatorOptions): number {
  const { owner, tenant } = principal;
  if (!tenants.includes(tenant)) return 0;
  if (sessionOf(principal) !== undefined) return Infinity;
  if (auth.issuers.some((one) => owner.startsWith(`jwt:${one.issuer}:`))) return Infinity;
  const ends = auth.apiKeys
    .filter((key) => key.tenant === tenant && owner === `api_key:${key.principal ?? key.id}`)
    .map((key) => (key.expiresAt === undefined ? Infinity : Date.parse(key.expiresAt)));
  return Math.max(0, ...ends);
}

function denied(code: Denied["code"], detail: string, tenant?: TenantId): Denied {
  const status = STATUS[code];
  return { ok: false, status, code, detail, ...(tenant !== undefined && { tenant }) };
}
