/**
 * Verifies JSON Web Tokens against the configured issuers, and remembers those that were verified
 * until they expire.
 *
 * @module
 */
import { decodeJwt, errors, jwtVerify, type FetchImplementation } from "jose";
import type { EpochMs } from "../control/call.ts";
import type { AuthConfig, IssuerConfig } from "../policy/configAuth.ts";
import type { Principal } from "../policy/principal.ts";
import { hashOf } from "./apiKeys.ts";
import { principalFrom } from "../policy/claims.ts";
import { issuerKeys, KeysUnavailable, type IssuerKeys } from "./issuerKeys.ts";

export type TokenCheck =
  | { readonly kind: "known"; readonly principal: Principal }
  | { readonly kind: "expired"; readonly tenant?: string }
  | { readonly kind: "invalid"; readonly tenant?: string; readonly detail: string }
  /** The issuer's keys are not at hand: the token may be good. */
  | { readonly kind: "unavailable"; readonly tenant?: string };

export interface TokenOptions {
  readonly auth: AuthConfig;
  readonly clock: () => EpochMs;
  /** Fetches key sets; the platform's own where absent. */
  readonly fetch?: FetchImplementation;
  /** Hears of every fetch of an issuer's keys that failed. */
  readonly onIssuerFailure?: (issuer: string) => void;
}

interface Issuer {
  readonly config: IssuerConfig;
  readonly keys: IssuerKeys;
}

interface Verified {
  readonly principal: Principal;
  readonly issuer: Issuer;
  /** Of the keys it was verified by: it ends with them. */
  readonly standing: number;
}

export function tokens(options: TokenOptions): (token: string) => Promise<TokenCheck> {
  const { auth, clock } = options;
  const { fetch, onIssuerFailure: onFailure } = options;
  const issuers = new Map(
    auth.issuers.map((config) => {
      return [config.issuer, { config, keys: issuerKeys(config, { clock, fetch, onFailure }) }];
    }),
  );
  const verified = newestUsed<Verified>(auth.tokenCacheCountMax);
  return async (token) => {
    // The cache knows a token by its hash: what is kept in memory opens nothing.
    const hash = hashOf(token);
    const known = verified.get(hash);
    if (known !== undefined && holds(known, clock())) {
      return { kind: "known", principal: known.principal };
    }
    const issuer = issuers.get(issuerOf(token) ?? "");
    if (issuer === undefined) return invalid("The token is of no configured issuer.");
    const before = issuer.keys.standing();
    const checked = await verify(token, issuer, clock());
    // Where the keys changed meanwhile, it is not known which of them it was.
    if (checked.kind === "known" && before !== undefined && issuer.keys.standing() === before) {
      verified.set(hash, { principal: checked.principal, issuer, standing: before });
    }
    return checked;
  };
}

const invalid = (detail: string): TokenCheck => ({ kind: "invalid", detail });

function holds({ principal, issuer, standing }: Verified, now: EpochMs): boolean {
  const { expiresAt } = principal;
  if (expiresAt === undefined || expiresAt <= now) return false;
  return issuer.keys.standing() === standing;
}

/** The issuer a token claims to be of; nothing is believed yet. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

async function verify(token: string, { config, keys }: Issuer, now: EpochMs): Promise<TokenCheck> {
  const tenant = config.tenants.length === 1 ? config.tenants[0] : undefined;
  const of = tenant === undefined ? {} : { tenant };
  try {
    const { payload } = await jwtVerify(token, keys.find, {
      issuer: config.issuer,
      audience: config.audience,
      algorithms: config.algorithms,
      clockTolerance: config.clockToleranceMs / 1000,
      currentDate: new Date(now),
      requiredClaims: ["exp"],
      ...(config.typ !== undefined && { typ: config.typ }),
    });
    const mapped = principalFrom(payload, config);
    if (mapped.ok) return { kind: "known", principal: mapped.principal };
    const named = mapped.tenant === undefined ? of : { tenant: mapped.tenant };
    return { kind: "invalid", ...named, detail: mapped.detail };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { kind: "expired", ...of };
    if (error instanceof KeysUnavailable) return { kind: "unavailable", ...of };
    return { kind: "invalid", ...of, detail: reasonOf(error) };
  }
}

/** In our own words: a library's may quote the token. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim } = error;
    const named = ["iss", "aud", "exp", "nbf", "iat", "typ"].includes(claim);
    return named
      ? `The token's ${claim} is not accepted.`
      : "A claim of the token is not accepted.";
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return "The token's algorithm is not allowed.";
  if (error instanceof errors.JWKSNoMatchingKey) return "No key of the issuer fits the token.";
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return "Several keys of the issuer fit the token: it names none (kid).";
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "The token's signature does not hold.";
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) {
    return "The token is malformed.";
  }
  return "No key of the issuer can be used for the token.";
}

/** A map that forgets what was asked for longest ago. */
function newestUsed<T>(countMax: number) {
  const values = new Map<string, T>();
  return {
    get(key: string): T | undefined {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key: string, value: T): void {
      if (countMax === 0) return;
      const oldest = values.size >= countMax ? values.keys().next().value : undefined;
      if (oldest !== undefined) values.delete(oldest);
      values.set(key, value);
    },
  };
}
