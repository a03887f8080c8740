/**
 * The part of the configuration that says how recorders are watched, and who is told by webhook
 * when something is wrong. What has to hold between its members stands below.
 *
 * @module
 */
import { z } from "zod";
import { isPlainBeyondLoopback, ms, name } from "./configParts.ts";
import { listOf, membersOf, valid, type Members, type Say } from "./crossRule.ts";
import { nearest } from "./nearest.ts";
import type { Path } from "./path.ts";

const KINDS = [
  "unsecured",
  "stalled",
  "paused_by_other",
  "drift",
  "recorder_down",
  "log_failing",
  "verification_failing",
  "incident_open",
] as const;

export const healthSchema = z.strictObject({
  everyMs: ms(1_000, 3_600_000)
    .default(60_000)
    .describe("About this often each recorder is asked whether it would obey."),
  retryMs: ms(100, 600_000)
    .default(5_000)
    .describe("The same while it is down, or something failed."),
  askMsMax: ms(100, 60_000).default(5_000).describe("Asking is given up after this."),
  failureCountMin: z.int().min(1).max(100).default(2).describe("In a row, to be called down."),
  successCountMin: z.int().min(1).max(100).default(2).describe("In a row, to be called healthy."),
});

/** 24 to 64 bytes in base64, as the Standard Webhooks specification has it. */
const webhookSecret = z
  .string()
  .regex(
    /^whsec_(?=[A-Za-z0-9+/]{32})[A-Za-z0-9+/]{32,86}={0,2}$/,
    "whsec_ and 24 to 64 bytes in base64",
  )
  .meta({ secret: true });

export const alertEndpointSchema = z.strictObject({
  id: name,
  // An address may itself hold what lets one post there.
  url: z
    .url({ protocol: /^https?$/ })
    .meta({ secret: true })
    .describe("Where alerts are posted."),
  secrets: z
    .array(webhookSecret)
    .min(1)
    .max(2)
    .describe("Sign alerts. Two while one takes the other's place."),
  kinds: z.array(z.enum(KINDS)).min(1).exactOptional().describe("Only these; else all."),
  tenants: z
    .array(name)
    .min(1)
    .max(1_000)
    .exactOptional()
    .describe("Only these tenants' alerts, and those that belong to none; else all."),
  plainHttp: z.boolean().default(false).describe("Allows plain http: beyond loopback."),
  ca: z.string().min(1).exactOptional().describe("Trusted besides the system's, PEM."),
});
export type AlertEndpointConfig = z.output<typeof alertEndpointSchema>;

export const alertsSchema = z.strictObject({
  endpoints: z.array(alertEndpointSchema).max(16).default([]),
  sendMsMax: ms(100, 60_000).default(10_000).describe("One try is given up after this."),
  retryMsMin: ms(10, 600_000).default(1_000).describe("The first retry; each later one thrice it."),
  retryMsMax: ms(100, 3_600_000).default(900_000).describe("No retry waits longer."),
  giveUpMs: ms(1_000).default(93_600_000).describe("After this a message is given up."),
});
export type AlertsConfig = z.output<typeof alertsSchema>;

export function alertProblems(root: Members, say: Say): void {
  const alerts = membersOf(root["alerts"]);
  const tenants = Object.keys(membersOf(root["tenants"]));
  const first = new Map<string, number>();
  listOf(alerts["endpoints"]).forEach((value, index) => {
    const endpoint = valid(alertEndpointSchema, value);
    if (endpoint === undefined) return;
    const path: Path = ["alerts", "endpoints", index];
    const earlier = first.get(endpoint.id);
    if (earlier !== undefined) {
      say([...path, "id"], `is the same as that of number ${earlier}`, "give each its own");
    } else first.set(endpoint.id, index);
    addressRules(endpoint, path, say);
    endpoint.tenants?.forEach((tenant, at) => {
      if (tenants.length === 0 || tenants.includes(tenant)) return;
      const meant = nearest(tenant, tenants);
      const suggestion = meant === undefined ? "add it there" : `did you mean "${meant}"?`;
      say([...path, "tenants", at], "is not in `tenants`", suggestion);
    });
    if (new Set(endpoint.secrets).size < endpoint.secrets.length) {
      say([...path, "secrets"], "holds one secret twice", "keep it once, or give the next one");
    }
  });
  const rules = valid(alertsSchema, { ...alerts, endpoints: [] });
  if (rules !== undefined && rules.retryMsMin > rules.retryMsMax) {
    say(["alerts", "retryMsMin"], "is more than retryMsMax", "make it the smaller one");
  }
}

function addressRules({ plainHttp, url }: AlertEndpointConfig, path: Path, say: Say): void {
  const { password, username } = new URL(url);
  if (username !== "" || password !== "") {
    say([...path, "url"], "holds a name or a password", "alerts are signed; leave them out");
  }
  if (!plainHttp && isPlainBeyondLoopback(url)) {
    say(
      [...path, "url"],
      "would carry alerts in the clear",
      "use https:, or set `plainHttp: true` knowing that whoever is between can read them",
    );
  }
}
