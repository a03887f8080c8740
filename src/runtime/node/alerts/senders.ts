/**
 * Everybody who is told of alerts, by webhook or by mail, and what sends to each.
 *
 * @module
 */
import type { AlertsConfig } from "../../../policy/configAlerts.ts";
import { mailSenderOf } from "./mailSender.ts";
import { type Sender, senderOf } from "./sender.ts";

/** In the order of the configuration, webhooks first. Ids are unique among both. */
export const toldOf = ({ endpoints, mailboxes }: AlertsConfig) => [...endpoints, ...mailboxes];

/** By id. */
export function sendersOf(config: AlertsConfig): ReadonlyMap<string, Sender> {
  const { endpoints, mailboxes, sendMsMax } = config;
  const senders = [
    ...endpoints.map((one) => senderOf(one, sendMsMax)),
    ...mailboxes.map((one) => mailSenderOf(one, sendMsMax)),
  ];
  return new Map(senders.map((sender) => [sender.endpointId, sender]));
}

/** Where it goes, as far as that is no secret. */
export function placeOf({ endpoints, mailboxes }: AlertsConfig, id: string): string {
  const webhook = endpoints.find((one) => one.id === id);
  if (webhook !== undefined) return new URL(webhook.url).host;
  return mailboxes.find((one) => one.id === id)?.host ?? "";
}
