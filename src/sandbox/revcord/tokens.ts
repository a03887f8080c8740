/**
 * The token service of a simulated Revcord: password grants for a tenant and for a user of it, and
 * refresh tokens that are good once. Its replies are as the vendor's document prints them.
 *
 * @module
 */
import { Hono } from "hono";
import type { EpochMs } from "../../control/call.ts";
import type { Faults } from "../simulator.ts";

export interface TokenOptions {
  readonly tenantId: string;
  readonly email: string;
  readonly serviceKey: string;
  readonly expiresInS?: number;
}

export interface GrantHeard {
  readonly type: string;
  readonly username: string;
  readonly scope: string | undefined;
}

export interface RevcordTokenService {
  readonly app: Hono;
  /** Every grant that was asked for, without its secrets. */
  readonly heard: readonly GrantHeard[];
  /** Tokens given out so far, refresh tokens among them, oldest first. */
  readonly given: readonly string[];
  denies(authorization: string | undefined): boolean;
  /** Every token given out so far stops working; refresh tokens do not. */
  revoke(): void;
  /** Every refresh token given out so far stops working. */
  revokeRefresh(): void;
}

export function revcordTokens(
  options: TokenOptions,
  path: string,
  faults: Faults,
  now: () => EpochMs,
): RevcordTokenService {
  const { email, expiresInS = 86_399, serviceKey, tenantId } = options;
  const heard: GrantHeard[] = [];
  const given: string[] = [];
  const valid = new Map<string, EpochMs>();
  const refreshable = new Set<string>();

  const isPasswordGood = (form: URLSearchParams): boolean => {
    if (form.get("password") !== serviceKey) return false;
    const username = form.get("username");
    if (username === tenantId) return form.get("scope") === null;
    return username === email && form.get("scope") === tenantId;
  };
  const isRefreshGood = (form: URLSearchParams): boolean => {
    const token = form.get("refresh_token") ?? "";
    if (form.get("username") !== tenantId || faults.take("refresh-refused")) return false;
    return refreshable.delete(token);
  };

  const app = new Hono();
  app.post(path, async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const type = form.get("grant_type") ?? "";
    const scope = form.get("scope") ?? undefined;
    heard.push({ type, username: form.get("username") ?? "", scope });
    if (faults.take("token-down")) return c.json({ Message: "An error has occurred." }, 500);
    const isGood = type === "password" ? isPasswordGood(form) : isRefreshGood(form);
    if (!isGood) {
      // As some services do, it quotes what it was sent: no secret may reach tacet's own words.
      const sent = form.get("password") ?? form.get("refresh_token") ?? "";
      const error_description = `The user name or password is incorrect. ${sent}`;
      return c.json({ error: "invalid_grant", error_description }, 400);
    }
    const access_token = `access-${crypto.randomUUID()}`;
    const refresh_token = `refresh-${crypto.randomUUID()}`;
    given.push(access_token, refresh_token);
    valid.set(access_token, now() + expiresInS * 1_000);
    refreshable.add(refresh_token);
    return c.json({
      access_token,
      token_type: "bearer",
      expires_in: expiresInS,
      refresh_token,
      id: tenantId,
      userName: `${email},${tenantId}`,
      ".issued": new Date(now()).toUTCString(),
      ".expires": new Date(now() + expiresInS * 1_000).toUTCString(),
    });
  });
  return {
    app,
    heard,
    given,
    denies: (authorization) =>
      (valid.get(authorization?.replace(/^Bearer /, "") ?? "") ?? 0) <= now(),
    revoke: () => valid.clear(),
    revokeRefresh: () => refreshable.clear(),
  };
}
