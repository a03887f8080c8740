/**
 * The part of the configuration that opens the console: where people reach it, and who signs them
 * in.
 *
 * @module
 */
import { z } from "zod";
import { ms, secret } from "./configParts.ts";

export const consoleSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe(
      "Where people reach this service, without a path: the provider sends them back there.",
    ),
  issuer: z
    .string()
    .min(1)
    .max(500)
    .describe("An `issuer` of `auth.issuers`: its claims say who somebody is."),
  discoveryUrl: z
    .url({ protocol: /^https?$/ })
    .exactOptional()
    .describe("Where the provider describes itself, where that is not below its issuer."),
  clientId: z.string().min(1).max(500),
  clientSecret: secret().exactOptional().describe("Absent: a public client, by PKCE alone."),
  scopes: z.string().min(1).max(500).default("openid profile").describe("Asked of the provider."),
  sessionMsMax: ms(60_000, 24 * 3_600_000)
    .default(8 * 3_600_000)
    .describe("Then somebody has to sign in again."),
  idleMsMax: ms(60_000, 8 * 3_600_000)
    .default(30 * 60_000)
    .describe("The same, without a click."),
});

export type ConsoleConfig = z.output<typeof consoleSchema>;
