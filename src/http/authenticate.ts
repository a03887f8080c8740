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
import { apiKeys, KEY_PREFIX, SANDBOX_KEY_PREFIX } from "./apiKeys.ts";
import { TICKET_PREFIX, type TicketOffice, type TicketPurpose } from "./tickets.ts";
import { tokens } from "./tokens.ts";

interface Denied {
  readonly ok: false;
  readonly status: 401;
  readonly code: "not_authenticated" | "token_expired" | "token_invalid";
  readonly detail: string;
  /** What is known of who asked, for the log: never any part of a credential. */
  readonly tenant?: TenantId;
}
export type Authenticated = { readonly ok: true; readonly principal: Principal } | Denied;

export interface AuthenticateInfo {
  readonly ip?: string;
  /** `socket` uses an events ticket up. Absent: `request`. */
  readonly purpose?: TicketPurpose;
}

export interface AuthenticatorOptions {
  readonly auth: AuthConfig;
  /** Every configured tenant: tickets of others are no longer good. */
  readonly tenants: readonly TenantId[];
  readonly tickets: Pick<TicketOffice, "redeem">;
  readonly clock: () => EpochMs;
  /** The built-in sandbox: the only one that takes the sandbox's keys. */
  readonly sandbox: boolean;
  readonly fetch?: FetchImplementation;
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
        return isStillGood(principal, options)
          ? { ok: true, principal }
          : denied("token_invalid", "Whoever this ticket speaks for is not known here any more.");
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
      case "invalid":
      default:
        return denied("token_invalid", checked.detail, checked.tenant);
    }
  }

  async function credential(text: string, info: AuthenticateInfo = {}): Promise<Authenticated> {
    if (text.length > auth.tokenBytesMax) {
      return denied("token_invalid", `The credential is longer than ${auth.tokenBytesMax} bytes.`);
    }
    if (text.startsWith(TICKET_PREFIX)) return byTicket(text, info.purpose ?? "request");
    if (text.startsWith(KEY_PREFIX)) return byKey(text);
    if (text.split(".", 4).length === 3) return byToken(text);
    return denied("token_invalid", "The credential is no token, API key or ticket.");
  }

  async function authenticate(request: Request, info?: AuthenticateInfo): Promise<Authenticated> {
    const header = request.headers.get("authorization");
    if (header === null) return denied("not_authenticated", "Send Authorization: Bearer.");
    const [, text] = /^Bearer +([\x21-\x7e]+) *$/i.exec(header) ?? [];
    if (text === undefined) {
      return denied("not_authenticated", "The Authorization header is not `Bearer` and one token.");
    }
    return credential(text, info);
  }
  return Object.assign(authenticate, { credential });
}

/** A ticket ends with the key or the issuer it came from, and with its tenant. */
function isStillGood({ owner, tenant }: Principal, options: AuthenticatorOptions): boolean {
  const { issuers, apiKeys: keys } = options.auth;
  if (!options.tenants.includes(tenant)) return false;
  const now = options.clock();
  const byKey = keys.some(
    (key) =>
      key.tenant === tenant &&
      owner === `api_key:${key.principal ?? key.id}` &&
      (key.expiresAt === undefined || Date.parse(key.expiresAt) > now),
  );
  return byKey || issuers.some((one) => owner.startsWith(`jwt:${one.issuer}:`));
}

function denied(code: Denied["code"], detail: string, tenant?: TenantId): Denied {
  return { ok: false, status: 401, code, detail, ...(tenant !== undefined && { tenant }) };
}
