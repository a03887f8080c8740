/**
 * The part of the configuration that says how recorders are watched, and who is told by webhook or
 * by mail when something is wrong. What has to hold between its members stands below.
 *
 * @module
 */
import { z } from "zod";
import { isLoopback, isPlainBeyondLoopback, ms, name, secret } from "./configParts.ts";
import { listOf, membersOf, valid, type Members, type Say } from "./crossRule.ts";
import { nearest } from "./nearest.ts";
import { pathText, type Path } from "./path.ts";

const KINDS = [
  "unsecured",
  "stalled",
  "paused_by_other",
  "drift",
  "recorder_down",
  "log_failing",
  "verification_failing",
  "incident_open",
  "copy_behind",
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

/** Who is told what. */
const ONLY = {
  kinds: z.array(z.enum(KINDS)).min(1).exactOptional().describe("Only these; else all."),
  tenants: z
    .array(name)
    .min(1)
    .max(1_000)
    .exactOptional()
    .describe("Only these tenants' alerts, and those that belong to none; else all."),
};

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
  ...ONLY,
  plainHttp: z.boolean().default(false).describe("Allows plain http: beyond loopback."),
  ca: z.string().min(1).exactOptional().describe("Trusted besides the system's, PEM."),
});
export type AlertEndpointConfig = z.output<typeof alertEndpointSchema>;

export const mailboxSchema = z.strictObject({
  id: name,
  to: z.array(z.email()).min(1).max(16).describe("Who gets the mail."),
  from: z.email(),
  host: z.string().min(1).max(253).describe("The mail server that takes it."),
  port: z.int().min(1).max(65_535).default(465),
  security: z
    .enum(["tls", "starttls", "none"])
    .default("tls")
    .describe("`none` on this machine only."),
  username: z.string().min(1).max(500).exactOptional(),
  password: secret().exactOptional(),
  ca: z.string().min(1).exactOptional().describe("Trusted besides the system's, PEM."),
  ...ONLY,
});
export type MailboxConfig = z.output<typeof mailboxSchema>;

export const alertsSchema = z.strictObject({
  endpoints: z.array(alertEndpointSchema).max(16).default([]),
  mailboxes: z.array(mailboxSchema).max(16).default([]).describe("Who is told by mail."),
  sendMsMax: ms(100, 60_000).default(10_000).describe("One try is given up after this."),
  retryMsMin: ms(10, 600_000).default(1_000).describe("The first retry; each later one thrice it."),
  retryMsMax: ms(100, 3_600_000).default(900_000).describe("No retry waits longer."),
  giveUpMs: ms(1_000).default(93_600_000).describe("After this a message is given up."),
});
export type AlertsConfig = z.output<typeof alertsSchema>;

export function alertProblems(root: Members, say: Say): void {
  const alerts = membersOf(root["alerts"]);
  const tenants = Object.keys(membersOf(root["tenants"]));
  const ids = new Map<string, string>();
  const shared = (one: Told, path: Path): void => {
    const earlier = ids.get(one.id);
    if (earlier !== undefined) {
      say([...path, "id"], `is the same as that of ${earlier}`, "give each its own");
    } else ids.set(one.id, pathText(path));
    one.tenants?.forEach((tenant, at) => {
      if (tenants.length === 0 || tenants.includes(tenant)) return;
      const meant = nearest(tenant, tenants);
      const suggestion = meant === undefined ? "add it there" : `did you mean "${meant}"?`;
      say([...path, "tenants", at], "is not in `tenants`", suggestion);
    });
  };
  listOf(alerts["mailboxes"]).forEach((value, index) => {
    const mailbox = valid(mailboxSchema, value);
    if (mailbox === undefined) return;
    const path: Path = ["alerts", "mailboxes", index];
    shared(mailbox, path);
    mailRules(mailbox, path, say);
  });
  listOf(alerts["endpoints"]).forEach((value, index) => {
    const endpoint = valid(alertEndpointSchema, value);
    if (endpoint === undefined) return;
    const path: Path = ["alerts", "endpoints", index];
    shared(endpoint, path);
    addressRules(endpoint, path, say);
    if (new Set(endpoint.secrets).size < endpoint.secrets.length) {
      say([...path, "secrets"], "holds one secret twice", "keep it once, or give the next one");
    }
  });
  const rules = valid(alertsSchema, { ...alerts, endpoints: [], mailboxes: [] });
  if (rules !== undefined && rules.retryMsMin > rules.retryMsMax) {
    say(["alerts", "retryMsMin"], "is more than retryMsMax", "make it the smaller one");
  }
}

type Told = Pick<MailboxConfig, "id" | "tenants">;

function mailRules(mailbox: MailboxConfig, path: Path, say: Say): void {
  const { host, password, security, username } = mailbox;
  if (security === "none" && !isLoopback(host)) {
    say(
      [...path, "security"],
      "would carry alerts and the password in the clear",
      "use tls or starttls",
    );
  }
  if ((username === undefined) === (password === undefined)) return;
  const missing = username === undefined ? "username" : "password";
  say([...path, missing], "is missing beside the other", "give both, or neither");
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
