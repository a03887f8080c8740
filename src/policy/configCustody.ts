/**
 * The part of the configuration that says how the log is watched: how often it is read again, and
 * where its signed heads are shipped to.
 *
 * @module
 */
import { z } from "zod";
import { alertEndpointSchema } from "./configAlerts.ts";
import { isPlainBeyondLoopback, ms } from "./configParts.ts";
import { listOf, membersOf, valid, type Members, type Say } from "./crossRule.ts";

const webhookSchema = alertEndpointSchema.omit({ kinds: true, tenants: true });
export type ShipWebhookConfig = z.output<typeof webhookSchema>;

/** A folder that hangs keeps one of the process's few file threads: there are never many. */
const FOLDERS_MAX = 2;

export const custodyShape = {
  recheckMs: ms(1_000, 86_400_000)
    .default(600_000)
    .describe("How often what is new in the log is read again and compared with its heads."),
  fullRecheckMs: ms(1_000)
    .default(86_400_000)
    .describe("How often all of it is, from the first entry; at each start too."),
  ship: z
    .strictObject({
      folders: z
        .array(z.string().min(1).max(4_096))
        .max(FOLDERS_MAX)
        .default([])
        .describe("On another disk or machine. A start compares the log with what lies there."),
      webhooks: z.array(webhookSchema).max(4).default([]),
    })
    .prefault({}),
};

export function custodyProblems(root: Members, say: Say): void {
  const log = membersOf(root["log"]);
  const ship = membersOf(log["ship"]);
  listOf(ship["folders"]).forEach((folder, index) => {
    if (folder !== log["folder"]) return;
    const path = ["log", "ship", "folders", index];
    say(path, "is the log's own folder", "name one that is not lost with it");
  });
  listOf(ship["webhooks"]).forEach((value, index) => {
    const webhook = valid(webhookSchema, value);
    if (webhook === undefined) return;
    const path = ["log", "ship", "webhooks", index, "url"];
    const { password, username } = new URL(webhook.url);
    if (username !== "" || password !== "") {
      say(path, "holds a name or a password", "messages are signed; leave them out");
    }
    if (!webhook.plainHttp && isPlainBeyondLoopback(webhook.url)) {
      say(path, "would carry heads in the clear", "use https:, or set `plainHttp: true`");
    }
  });
}
