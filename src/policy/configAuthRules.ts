/**
 * What has to hold between credentials: unique names, tenants that exist, scopes that fit a kind,
 * public keys only, and nothing of the sandbox's outside it.
 *
 * @module
 */
import { apiKeySchema, issuerSchema, type ApiKeyConfig, type IssuerConfig } from "./configAuth.ts";
import { isPlainBeyondLoopback } from "./configParts.ts";
import { listOf, membersOf, valid, type Members, type Say } from "./crossRule.ts";
import { nearest } from "./nearest.ts";
import type { Path } from "./path.ts";

/** Keys and issuers so named belong to the sandbox and are refused everywhere else. */
export const SANDBOX_PREFIX = "sandbox";
export const SANDBOX_ISSUER = "tacet-sandbox";

const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "k"];

export function authProblems(root: Members, sandbox: boolean, say: Say): void {
  const auth = membersOf(root["auth"]);
  const tenants = Object.keys(membersOf(root["tenants"]));
  const keys = listOf(auth["apiKeys"]);
  const issuers = listOf(auth["issuers"]);
  if (keys.length === 0 && issuers.length === 0) {
    say(["auth"], "lets nobody in", "add an API key (`tacet key create`) or an issuer of tokens");
  }
  twice(keys, "id", ["auth", "apiKeys"], say);
  twice(keys, "hash", ["auth", "apiKeys"], say);
  twice(issuers, "issuer", ["auth", "issuers"], say);
  keys.forEach((value, index) => {
    const key = valid(apiKeySchema, value);
    if (key !== undefined) keyRules(key, ["auth", "apiKeys", index], { sandbox, tenants, say });
  });
  issuers.forEach((value, index) => {
    const issuer = valid(issuerSchema, value);
    if (issuer !== undefined)
      issuerRules(issuer, ["auth", "issuers", index], { sandbox, tenants, say });
  });
}

interface AuthContext {
  readonly sandbox: boolean;
  readonly tenants: readonly string[];
  readonly say: Say;
}

function twice(list: readonly unknown[], member: string, path: Path, say: Say): void {
  const first = new Map<unknown, number>();
  list.forEach((item, index) => {
    const value = membersOf(item)[member];
    if (typeof value !== "string") return;
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, index);
    else
      say(
        [...path, index, member],
        `is the same as that of number ${earlier}`,
        "give each its own",
      );
  });
}

function knownTenant(tenant: string, path: Path, { tenants, say }: AuthContext): void {
  // With no tenant at all, that is the problem, and it is told elsewhere.
  if (tenants.length === 0 || tenants.includes(tenant)) return;
  const meant = nearest(tenant, tenants);
  say(
    path,
    "is not in `tenants`",
    meant === undefined ? "add it there" : `did you mean "${meant}"?`,
  );
}

function keyRules(key: ApiKeyConfig, path: Path, context: AuthContext): void {
  const { say, sandbox } = context;
  knownTenant(key.tenant, [...path, "tenant"], context);
  if (key.id.startsWith(SANDBOX_PREFIX) && !sandbox) {
    say([...path, "id"], "is a sandbox key", "make one of your own with `tacet key create`");
  }
  if (key.kind === "agent" && key.agentId === undefined) {
    say([...path, "agentId"], "is missing for an agent", "add the agent's id");
  }
  if (key.kind === "agent" && key.scopes.includes("targets:write")) {
    say([...path, "scopes"], "lets an agent name targets", "remove targets:write");
  }
}

function issuerRules(issuer: IssuerConfig, path: Path, context: AuthContext): void {
  const { say, sandbox } = context;
  issuer.tenants.forEach((tenant, index) =>
    knownTenant(tenant, [...path, "tenants", index], context),
  );
  for (const [value, tenant] of Object.entries(issuer.tenantOf)) {
    if (!issuer.tenants.includes(tenant)) {
      say([...path, "tenantOf", value], "is not in this issuer's `tenants`", "add it there");
    }
  }
  if (issuer.tenants.length > 1 && issuer.claims.tenant === undefined) {
    say(
      [...path, "claims", "tenant"],
      "is missing where there are several tenants",
      "name the claim",
    );
  }
  if (issuer.issuer === SANDBOX_ISSUER && !sandbox) {
    say([...path, "issuer"], "is the sandbox's", "name your own identity provider");
  }
  if ((issuer.jwks === undefined) === (issuer.jwksUrl === undefined)) {
    say([...path, "jwks"], "must stand here, or `jwksUrl`, and not both", "keep one of the two");
  }
  if (issuer.jwksUrl !== undefined && isPlainBeyondLoopback(issuer.jwksUrl)) {
    say([...path, "jwksUrl"], "would fetch keys over plain http:", "use https:");
  }
  issuer.jwks?.keys.forEach((key, index) => {
    const hidden = PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member));
    if (hidden || key["kty"] === "oct") {
      say(
        [...path, "jwks", "keys", index],
        "holds a private or shared key",
        "give public keys only",
      );
    }
  });
}
