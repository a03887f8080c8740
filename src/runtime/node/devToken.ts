/**
 * Development tokens: signed with a key that is made on this machine and that only the built-in
 * sandbox trusts. A served configuration refuses the sandbox's issuer.
 *
 * @module
 */
import { join } from "node:path";
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from "jose";
import { SANDBOX_ISSUER } from "../../policy/configAuthRules.ts";
import type { Principal, Scope } from "../../policy/principal.ts";
import { keptText } from "./secretFile.ts";

const AUDIENCE = "tacet";

/** Ed25519, with its private part. Made in the folder where it is not there yet. */
export async function devKey(folder: string): Promise<JWK> {
  const text = await keptText(join(folder, "development-key.json"), async () => {
    const { privateKey } = await generateKeyPair("EdDSA", { extractable: true });
    return JSON.stringify({ ...(await exportJWK(privateKey)), kid: "development", alg: "EdDSA" });
  });
  return JSON.parse(text) as JWK;
}

/** The line of `auth.issuers` that trusts the key, for the sandbox's own configuration. */
export function devIssuer(key: JWK, tenants: readonly string[]) {
  const { d: _, ...publicKey } = key;
  const claims = tenants.length > 1 ? { tenant: "tacet_tenant" } : {};
  const jwks = { keys: [publicKey] };
  return {
    issuer: SANDBOX_ISSUER,
    audience: [AUDIENCE],
    tenants: [...tenants],
    jwks,
    algorithms: ["EdDSA"],
    claims,
  };
}

export interface DevClaims {
  readonly id: string;
  readonly tenant: string;
  readonly kind: Principal["kind"];
  readonly scopes: readonly Scope[];
  readonly agentId?: string;
  readonly lifeMs: number;
}

export async function devToken(key: JWK, claims: DevClaims, now: number): Promise<string> {
  const payload = {
    sub: claims.id,
    tacet_tenant: claims.tenant,
    tacet_kind: claims.kind,
    scope: claims.scopes.join(" "),
    ...(claims.agentId !== undefined && { agent_id: claims.agentId }),
  };
  return await new SignJWT(payload)
    .setProtectedHeader({ alg: "EdDSA", kid: "development" })
    .setIssuer(SANDBOX_ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt(Math.floor(now / 1000))
    .setExpirationTime(Math.floor((now + claims.lifeMs) / 1000))
    .sign(await importJWK(key, "EdDSA"));
}
