/**
 * The part of the configuration that opens the console: where people reach it, and who signs them
 * in.
 *
 * @module
 */
import { z } from "zod";
import { issuerSchema } from "./configAuth.ts";
import { isPlainBeyondLoopback, ms, secret } from "./configParts.ts";
import { listOf, membersOf, type Members, type Say } from "./crossRule.ts";

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

export function consoleProblems(root: Members, sandbox: boolean, say: Say): void {
  if (root["console"] === undefined) return;
  const { discoveryUrl, issuer, url } = membersOf(root["console"]);
  if (sandbox) say(["console"], "is not for the sandbox", "it signs people in by a link it prints");
  const issuers = listOf(membersOf(root["auth"])["issuers"]).map(
    (one) => issuerSchema.shape.issuer.safeParse(membersOf(one)["issuer"]).data,
  );
  if (typeof issuer === "string" && !issuers.includes(issuer)) {
    const how = "name one of `auth.issuers`: its `claims` say who somebody is";
    say(["console", "issuer"], "is no issuer of `auth.issuers`", how);
  }
  // The provider's answer over TLS is what says who somebody is.
  for (const [member, place] of Object.entries({ discoveryUrl, issuer })) {
    if (typeof place !== "string" || !isPlainBeyondLoopback(place)) continue;
    const how = "use an address with https:, or name one as `console.discoveryUrl`";
    if (member === "issuer" && discoveryUrl !== undefined) continue;
    say(["console", member], "would let others answer for the provider", how);
  }
  if (typeof url !== "string" || !URL.canParse(url)) return;
  if (new URL(url).pathname !== "/" || new URL(url).search !== "") {
    say(["console", "url"], "has a path", "give scheme, host and port only");
  }
  if (isPlainBeyondLoopback(url)) {
    say(["console", "url"], "would carry sessions in the clear", "use an address with https:");
  }
}
