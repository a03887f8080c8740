/**
 * The token service beside a simulated AnywhereNow Core: a password grant in Keycloak's form.
 *
 * @module
 */
import { Hono } from "hono";
import type { EpochMs } from "../../control/call.ts";

export interface TokenServiceOptions {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  /** Further form fields that must be there. */
  readonly form?: Readonly<Record<string, string>>;
  readonly expiresInS?: number;
  /** Whether a reply tells when the token expires. */
  readonly tellsExpiry?: boolean;
}

export interface TokenService {
  readonly app: Hono;
  /** Tokens given out so far, oldest first. */
  readonly given: readonly string[];
  /** Whether a request with this `Authorization` is turned away. */
  denies(authorization: string | undefined): boolean;
  /** Every token given out so far stops working. */
  revoke(): void;
}

export const tokenPath = "/auth/realms/demo/protocol/openid-connect/token";

export function tokenService(options: TokenServiceOptions, now: () => EpochMs): TokenService {
  const given: string[] = [];
  const valid = new Map<string, EpochMs>();
  const expiresInS = options.expiresInS ?? 300;
  const wanted = {
    grant_type: "password",
    client_id: options.clientId,
    username: options.username,
    password: options.password,
    ...options.form,
  };
  const app = new Hono();
  app.post(tokenPath, async (c) => {
    const form = new URLSearchParams(await c.req.text());
    if (Object.entries(wanted).some(([name, value]) => form.get(name) !== value)) {
      const description = `Invalid user credentials ${form.get("password")}`;
      return c.json({ error: "invalid_grant", error_description: description }, 401);
    }
    const token = `token-${crypto.randomUUID()}`;
    given.push(token);
    valid.set(token, now() + expiresInS * 1_000);
    const expiry = options.tellsExpiry === false ? {} : { expires_in: expiresInS };
    return c.json({ access_token: token, token_type: "Bearer", ...expiry });
  });
  return {
    app,
    given,
    denies(authorization) {
      const token = authorization?.replace(/^Bearer /, "") ?? "";
      return (valid.get(token) ?? 0) <= now();
    },
    revoke: () => valid.clear(),
  };
}
