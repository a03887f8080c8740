/**
 * Signing in with an OpenID provider: code flow with PKCE, state and nonce. Who somebody is, the
 * claims say, as the issuer's mapping in policy reads them.
 *
 * @module
 */
import * as oidc from "openid-client";
import { principalFrom, type ClaimRules } from "../policy/claims.ts";
import type { ConsoleConfig } from "../policy/configConsole.ts";
import type { Principal } from "../policy/principal.ts";

/** What has to be remembered between leaving for the provider and coming back. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export type SignedIn =
  | { readonly ok: true; readonly principal: Principal; readonly name: string }
  /** `denied`: the provider knows them, and they may not. `failed`: nobody knows who they are. */
  | { readonly ok: false; readonly why: "denied" | "failed"; readonly detail: string };

export interface SignIn {
  /** Where to send the browser. Rejects where the provider cannot be asked. */
  begin(): Promise<{ readonly url: string; readonly attempt: Attempt }>;
  /** `url`: the address the browser came back to. Never rejects. */
  finish(url: URL, attempt: Attempt): Promise<SignedIn>;
}

export const CALLBACK_PATH = "/console/signed-in";

export function openIdSignIn(config: ConsoleConfig, rules: ClaimRules): SignIn {
  const redirect = new URL(CALLBACK_PATH, config.url).href;
  const server = new URL(config.discoveryUrl ?? config.issuer);
  // A provider on this very machine, for trying out, need not have a certificate.
  const isLocal = server.protocol === "http:";
  let known: Promise<oidc.Configuration> | undefined;

  /** Asked once it works; a provider that was away is asked again. */
  function provider(): Promise<oidc.Configuration> {
    known ??= oidc
      .discovery(
        server,
        config.clientId,
        config.clientSecret,
        config.clientSecret === undefined ? oidc.None() : undefined,
        isLocal ? { execute: [oidc.allowInsecureRequests] } : {},
      )
      .catch((error: unknown) => {
        known = undefined;
        throw error;
      });
    return known;
  }

  return {
    async begin() {
      const attempt = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
      };
      const url = oidc.buildAuthorizationUrl(await provider(), {
        redirect_uri: redirect,
        scope: config.scopes,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: "S256",
      });
      return { url: url.href, attempt };
    },
    async finish(url, { nonce, state, verifier }) {
      try {
        // As the provider was told, whatever name a proxy gave this request.
        const came = new URL(redirect);
        came.search = url.search;
        const tokens = await oidc.authorizationCodeGrant(await provider(), came, {
          pkceCodeVerifier: verifier,
          expectedNonce: nonce,
          expectedState: state,
          idTokenExpected: true,
        });
        return signedIn(tokens.claims() ?? {}, rules);
      } catch (error) {
        const detail = error instanceof Error ? error.name : "unknown";
        return { ok: false, why: "failed", detail };
      }
    },
  };
}

function signedIn(claims: Readonly<Record<string, unknown>>, rules: ClaimRules): SignedIn {
  const mapped = principalFrom(claims, rules);
  if (!mapped.ok) return { ok: false, why: "denied", detail: mapped.detail };
  // The id token says who; how long that counts is the session's to say.
  const { expiresAt: _, ...principal } = mapped.principal;
  const { name, preferred_username } = claims;
  const shown = [name, preferred_username, principal.id].find(
    (one): one is string => typeof one === "string" && one !== "",
  );
  return { ok: true, principal, name: (shown ?? "").slice(0, 100) };
}
