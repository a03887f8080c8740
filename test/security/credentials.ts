/** Tokens as an attacker would make them, and an issuer that can fail in every way. */
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";
import { authenticator, type AuthenticatorOptions } from "../../src/http/authenticate.ts";
import { authSchema } from "../../src/policy/configAuth.ts";

export const NOW = Date.UTC(2026, 10, 22);
export const ISSUER = "https://login.example";
export const JWKS_URL = "https://login.example/keys";

export interface Pair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function pair(kid: string, alg = "EdDSA"): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

export const claims = (change: Readonly<Record<string, unknown>> = {}) => ({
  iss: ISSUER,
  aud: "tacet",
  exp: NOW / 1000 + 300,
  sub: "ann",
  tacet_kind: "payment",
  scope: "windows:write",
  ...change,
});

export function signed(by: Pair, change: Readonly<Record<string, unknown>> = {}, header = {}) {
  const { alg = "", kid = "" } = by.jwk;
  return new SignJWT(claims(change))
    .setProtectedHeader({ alg, kid, ...header })
    .sign(by.privateKey);
}

export const base64url = (bytes: string | Uint8Array): string =>
  Buffer.from(bytes).toString("base64url");

/** A token whose parts are written by hand, so that they may hold what no library writes. */
export async function byHand(
  { privateKey }: Pair,
  header: string,
  payload: string,
): Promise<string> {
  const text = `${base64url(header)}.${base64url(payload)}`;
  const signature = await crypto.subtle.sign("Ed25519", privateKey, new TextEncoder().encode(text));
  return `${text}.${base64url(new Uint8Array(signature))}`;
}

interface Rig extends Partial<AuthenticatorOptions> {
  readonly issuer?: Readonly<Record<string, unknown>>;
  readonly issuers?: readonly Readonly<Record<string, unknown>>[];
  readonly keys?: readonly Readonly<Record<string, unknown>>[];
}

/** The real check of credentials, with one issuer. */
export function checking({ issuer, issuers, keys = [], ...options }: Rig) {
  const base = { issuer: ISSUER, audience: ["tacet"], tenants: ["acme"] };
  const auth = authSchema.parse({
    issuers: issuers ?? (issuer === undefined ? [] : [{ ...base, ...issuer }]),
    apiKeys: keys,
  });
  return authenticator({
    auth,
    tenants: ["acme", "globex"],
    tickets: { redeem: async () => ({ kind: "unknown" }) },
    clock: () => NOW,
    sandbox: false,
    ...options,
  });
}
