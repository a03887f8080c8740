/**
 * The part of the configuration that says where every entry of the control log is copied to while
 * the service runs: syslog receivers and webhooks. What has to hold between its members stands below.
 *
 * @module
 */
import { z } from "zod";
import { alertEndpointSchema } from "./configAlerts.ts";
import { isLoopback, isPlainBeyondLoopback, ms, name, secret } from "./configParts.ts";
import { listOf, membersOf, valid, type Members, type Say } from "./crossRule.ts";
import { nearest } from "./nearest.ts";
import { pathText, type Path } from "./path.ts";

/** The log of what has no tenant; copied like the others. */
const SYSTEM = "system";

const SHARED = {
  id: name.describe("Its name in metrics and the log. Under another name all is sent again."),
  format: z
    .enum(["json", "cef", "ocsf"])
    .default("json")
    .describe("`json` is the bytes that were hashed, so that the copy can be verified."),
  tenants: z
    .array(name)
    .min(1)
    .max(1_000)
    .exactOptional()
    .describe("Only these tenants' logs (`system` is one); else all."),
  behindMs: ms(1_000)
    .default(300_000)
    .describe("Once an entry has waited this long, the copy is said to be behind."),
};

export const syslogCopySchema = z.strictObject({
  kind: z.literal("syslog"),
  ...SHARED,
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(6_514),
  security: z.enum(["tls", "none"]).default("tls").describe("`none` on this machine only."),
  tls: z
    .strictObject({
      ca: z.string().min(1).exactOptional().describe("Trusted besides the system's, PEM."),
      cert: z.string().min(1).exactOptional().describe("Shown to a receiver that asks, PEM."),
      key: secret().exactOptional().describe("The certificate's key, PEM."),
      serverName: z
        .string()
        .min(1)
        .max(253)
        .exactOptional()
        .describe("The name its certificate carries, where that is not `host`."),
    })
    .prefault({}),
  facility: z.int().min(0).max(23).default(13).describe("13 is `log audit`."),
  enterpriseNumber: z
    .int()
    .min(1)
    .max(4_294_967_295)
    .default(32_473)
    .describe("In the name of the structured data; 32473 is the number kept for examples."),
  confirmMs: ms(100, 600_000)
    .default(15_000)
    .describe("A connection is ended this long after its first entry, to know what was read."),
});
export type SyslogCopyConfig = z.output<typeof syslogCopySchema>;

export const webhookCopySchema = z.strictObject({
  kind: z.literal("webhook"),
  ...SHARED,
  // An address may itself hold what lets one post there.
  url: z
    .url({ protocol: /^https?$/ })
    .meta({ secret: true })
    .describe("Where batches are posted; plain `http:` on this machine only."),
  secrets: alertEndpointSchema.shape.secrets.describe(
    "Sign batches. Two while one takes the other's place.",
  ),
  ca: z.string().min(1).exactOptional().describe("Trusted besides the system's, PEM."),
  batchCountMax: z.int().min(1).max(500).default(100).describe("Entries in one message."),
  sendMsMax: ms(100, 60_000).default(10_000).describe("One try is given up after this."),
});
export type WebhookCopyConfig = z.output<typeof webhookCopySchema>;

const copySchema = z.discriminatedUnion("kind", [syslogCopySchema, webhookCopySchema]);
export type CopyConfig = z.output<typeof copySchema>;

export const copiesSchema = z.array(copySchema).max(8);

export function copyProblems(root: Members, say: Say): void {
  const tenants = Object.keys(membersOf(root["tenants"]));
  const ids = new Map<string, string>();
  listOf(root["copies"]).forEach((value, index) => {
    const copy = valid(copySchema, value);
    if (copy === undefined) return;
    const path: Path = ["copies", index];
    const earlier = ids.get(copy.id);
    if (earlier === undefined) ids.set(copy.id, pathText(path));
    else say([...path, "id"], `is the same as that of ${earlier}`, "give each its own");
    copy.tenants?.forEach((tenant, at) => {
      if (tenants.length === 0 || tenant === SYSTEM || tenants.includes(tenant)) return;
      const meant = nearest(tenant, tenants);
      const suggestion = meant === undefined ? "add it there" : `did you mean "${meant}"?`;
      say([...path, "tenants", at], "is not in `tenants`", suggestion);
    });
    if (copy.kind === "syslog") syslogRules(copy, path, say);
    else webhookRules(copy, path, say);
  });
}

function syslogRules(copy: SyslogCopyConfig, path: Path, say: Say): void {
  const { behindMs, confirmMs, host, security, tls } = copy;
  if (behindMs < 4 * confirmMs) {
    say(
      [...path, "behindMs"],
      "is reached by entries that wait to be confirmed as they should",
      "make it four times `confirmMs` or more",
    );
  }
  if (security === "none" && !isLoopback(host)) {
    say([...path, "security"], "would carry the log in the clear", "use tls");
  }
  if ((tls.cert === undefined) === (tls.key === undefined)) return;
  const missing = tls.cert === undefined ? "cert" : "key";
  say([...path, "tls", missing], "is missing beside the other", "give both, or neither");
}

function webhookRules({ secrets, url }: WebhookCopyConfig, path: Path, say: Say): void {
  const { password, username } = new URL(url);
  if (username !== "" || password !== "") {
    say([...path, "url"], "holds a name or a password", "batches are signed; leave them out");
  }
  if (isPlainBeyondLoopback(url)) {
    say([...path, "url"], "would carry the log in the clear", "use https:");
  }
  if (new Set(secrets).size < secrets.length) {
    say([...path, "secrets"], "holds one secret twice", "keep it once, or give the next one");
  }
}
