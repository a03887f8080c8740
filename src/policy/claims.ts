/**
 * From a verified token's claims to who asks, as the issuer's mapping says. Pure.
 *
 * @module
 */
import type { IssuerConfig } from "./configAuth.ts";
import { KINDS } from "./configAuth.ts";
import { SCOPES, type Principal, type Scope } from "./principal.ts";

export type Mapped =
  | { readonly ok: true; readonly principal: Principal }
  /** Tells which claim is wrong, never what it holds. */
  | { readonly ok: false; readonly tenant?: string; readonly detail: string };

type Claims = Readonly<Record<string, unknown>>;

const TEXT_LENGTH_MAX = 200;
const VALUE_COUNT_MAX = 500;

/** What of an issuer's settings says who somebody is. */
export type ClaimRules = Pick<
  IssuerConfig,
  "issuer" | "tenants" | "claims" | "kind" | "tenantOf" | "kindOf" | "scopesOf" | "scopesAllowed"
>;

export function principalFrom(claims: Claims, issuer: ClaimRules): Mapped {
  const names = issuer.claims;
  const tenant = tenantOf(claims, issuer);
  if (tenant === undefined) {
    return { ok: false, detail: `The claim ${names.tenant} names no tenant of this issuer.` };
  }
  const deny = (detail: string): Mapped => ({ ok: false, tenant, detail });
  const id = text(claimAt(claims, names.id));
  if (id === undefined) return deny(`The claim ${names.id} holds no usable id.`);
  const kind = issuer.kind ?? kindOf(claims, issuer);
  if (kind === undefined) return deny(`The claim ${names.kind} holds no known kind.`);
  const agentId = text(claimAt(claims, names.agentId));
  if (kind === "agent" && agentId === undefined) {
    return deny(`The claim ${names.agentId} holds no agent id.`);
  }
  const exp = claims["exp"];
  return {
    ok: true,
    principal: {
      tenant,
      id,
      kind,
      owner: `jwt:${issuer.issuer}:${id}`,
      scopes: scopesOf(claims, issuer),
      credential: "jwt",
      ...(agentId !== undefined && { agentId }),
      ...(typeof exp === "number" && { expiresAt: exp * 1000 }),
    },
  };
}

/** A claim by its whole name, or else by the names that dots lead through. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const step of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** A list's texts, or the words of one text. */
function valuesOf(claim: unknown): readonly string[] {
  const values = typeof claim === "string" ? claim.split(/\s+/) : claim;
  if (!Array.isArray(values)) return [];
  return values
    .slice(0, VALUE_COUNT_MAX)
    .filter((value): value is string => typeof value === "string" && value !== "");
}

/** Short, well formed and without control characters: it goes into the log. */
function text(claim: unknown): string | undefined {
  if (typeof claim !== "string" || claim === "" || claim.length > TEXT_LENGTH_MAX) return undefined;
  return claim.isWellFormed() && !/\p{Cc}/u.test(claim) ? claim : undefined;
}

function tenantOf(claims: Claims, issuer: ClaimRules): string | undefined {
  const { tenants } = issuer;
  if (issuer.claims.tenant === undefined) return tenants.length === 1 ? tenants[0] : undefined;
  const claim = claimAt(claims, issuer.claims.tenant);
  const values = typeof claim === "string" ? [claim] : valuesOf(claim);
  const named = values
    .map((value) => own(issuer.tenantOf, value) ?? value)
    .filter((value) => tenants.includes(value));
  // Who is of several tenants has not said which one this is about.
  return new Set(named).size === 1 ? named[0] : undefined;
}

function kindOf(claims: Claims, issuer: ClaimRules): Principal["kind"] | undefined {
  const claim = claimAt(claims, issuer.claims.kind);
  const values = typeof claim === "string" ? [claim] : valuesOf(claim);
  const kinds = values.map(
    (value) => own(issuer.kindOf, value) ?? KINDS.find((kind) => kind === value),
  );
  return kinds.find((kind) => kind !== undefined);
}

function scopesOf(claims: Claims, issuer: ClaimRules): ReadonlySet<Scope> {
  const values = valuesOf(claimAt(claims, issuer.claims.scopes));
  const granted = values.flatMap(
    (value) => own(issuer.scopesOf, value) ?? SCOPES.filter((scope) => scope === value),
  );
  return new Set(granted.filter((scope) => issuer.scopesAllowed.includes(scope)));
}

const own = <T>(map: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;
