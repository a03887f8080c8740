/**
 * The part of the configuration that says whose credentials are believed, and what they may do.
 *
 * @module
 */
import { z } from "zod";
import { ms, name } from "./configParts.ts";
import { SCOPES } from "./principal.ts";

export const KINDS = ["payment", "agent", "supervisor", "cti", "auditor", "operator"] as const;
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

const claim = z.string().min(1).max(200);
const kind = z.enum(KINDS);
const scope = z.enum(SCOPES);

const claimsSchema = z.strictObject({
  tenant: claim.exactOptional().describe("Needed where the issuer speaks for several tenants."),
  id: claim.default("sub"),
  kind: claim.default("tacet_kind"),
  scopes: claim.default("scope").describe("A list, or words with spaces between."),
  agentId: claim.default("agent_id"),
});

export const issuerSchema = z.strictObject({
  issuer: z.string().min(1).max(500).describe("The token's `iss`, to the letter."),
  audience: z.array(z.string().min(1).max(500)).min(1).max(16).describe("One must be in `aud`."),
  tenants: z.array(name).min(1).max(1_000).describe("The tenants this issuer may speak for."),
  jwks: z
    .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(64) })
    .exactOptional()
    .describe("The issuer's public keys, written here."),
  jwksUrl: z
    .url({ protocol: /^https?$/ })
    .exactOptional()
    .describe("Where the issuer publishes its keys."),
  jwksCacheMsMax: ms(1_000, 86_400_000).default(600_000),
  jwksStaleMsMax: ms(1_000, 604_800_000)
    .default(86_400_000)
    .describe("While the issuer cannot be reached, its last keys are believed as long as this."),
  jwksCooldownMs: ms(0, 600_000)
    .default(30_000)
    .describe("An unknown key asks for the set again, not more often than this."),
  jwksMsMax: ms(100, 60_000).default(5_000),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(["RS256", "PS256", "ES256", "EdDSA"]),
  clockToleranceMs: ms(0, 300_000).default(5_000),
  typ: z
    .string()
    .min(1)
    .max(64)
    .exactOptional()
    .describe("The header's `typ`, where it must be so."),
  claims: claimsSchema.prefault({}).describe("Names of claims; a dot leads into an object."),
  kind: kind.exactOptional().describe("The kind of everybody from this issuer."),
  tenantOf: z.record(z.string(), name).default({}).describe("Claim value to tenant."),
  kindOf: z.record(z.string(), kind).default({}).describe("Claim value to kind."),
  scopesOf: z
    .record(z.string(), z.array(scope))
    .default({})
    .describe("Claim value to scopes, for roles and groups."),
  scopesAllowed: z
    .array(scope)
    .default([...SCOPES])
    .describe("No token of this issuer gets more than these."),
});

export const apiKeySchema = z.strictObject({
  id: name,
  hash: z
    .string()
    .regex(
      /^sha256:[0-9a-f]{64}$/,
      "sha256: and 64 hexadecimal digits, as `tacet key create` prints",
    )
    .describe("SHA-256 of the key; the key itself is never written down."),
  tenant: name,
  kind,
  scopes: z.array(scope).min(1),
  agentId: z.string().min(1).max(200).exactOptional(),
  principal: z
    .string()
    .regex(/^[\w.@-]{1,128}$/, "letters, digits, dots, dashes and @")
    .exactOptional()
    .describe(
      "Who holds it, where that is not its id: keys of one principal own the same windows.",
    ),
  expiresAt: z.iso
    .datetime({ offset: true })
    .exactOptional()
    .describe("From then on it is refused; a time such as 2027-01-31T00:00:00Z."),
});

export const authSchema = z.strictObject({
  issuers: z.array(issuerSchema).max(32).default([]),
  apiKeys: z.array(apiKeySchema).max(10_000).default([]),
  tokenBytesMax: z.int().min(512).max(16_384).default(8_192),
  tokenCacheCountMax: z.int().min(0).max(1_000_000).default(10_000),
  tickets: z
    .strictObject({
      callMs: ms(1_000, 86_400_000).default(900_000),
      eventsMs: ms(1_000, 3_600_000).default(60_000),
    })
    .prefault({})
    .describe("How long browser tickets are good for."),
});

export type AuthConfig = z.output<typeof authSchema>;
export type IssuerConfig = z.output<typeof issuerSchema>;
export type ApiKeyConfig = z.output<typeof apiKeySchema>;
