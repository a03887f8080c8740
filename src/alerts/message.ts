/**
 * What goes over the wire: one JSON object an alert, in the form of the Standard Webhooks
 * specification (`type`, `timestamp`, `data`), and the id a receiver drops repeats by. Pure.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { EpochMs } from "../control/call.ts";
import { type Alert, type AlertKind, keyOf } from "./alert.ts";

export interface Told {
  /** The message's own `webhook-id`: the same for every try. */
  readonly id: string;
  readonly body: string;
}

export interface MessageContext {
  /** The logs' origin, before the tenant: which tacet this is. */
  readonly origin: string;
  readonly sandbox: boolean;
}

/** Names the occurrence: the same wherever and whenever it is worked out again. */
export function alertIdOf(alert: Alert, { origin }: MessageContext): string {
  const hash = sha256(utf8ToBytes(`${origin}\n${keyOf(alert)}\n${alert.since}`));
  return `alert_${bytesToHex(hash.slice(0, 16))}`;
}

/** The alert when its condition begins. */
export function raised(alert: Alert, at: EpochMs, context: MessageContext): Told {
  const alertId = alertIdOf(alert, context);
  const data = { alertId, resolved: false, ...factsOf(alert), at };
  return told(alertId, alert.kind, at, data, context);
}

/** Its closing one. `alertId` is that of the first; the id is its own. */
export function resolved(alert: Alert, at: EpochMs, context: MessageContext): Told {
  const alertId = alertIdOf(alert, context);
  const { protection: _, ...facts } = factsOf(alert) as { protection?: string };
  const durationMs = Math.max(0, at - alert.since);
  const data = { alertId, resolved: true, ...facts, at, durationMs };
  return told(`${alertId}_over`, alert.kind, at, data, context);
}

/** How many messages of each kind one endpoint could not be given one by one. */
export interface Folded {
  readonly counts: Readonly<Partial<Record<AlertKind, number>>>;
  readonly since: EpochMs;
}

/** Stands for messages that had to make room. `last` names the newest of them. */
export function folded({ counts, since }: Folded, last: string, at: EpochMs, c: MessageContext) {
  return told(`${last}_fold`, "folded", at, { since, at, counts }, c);
}

/** What `tacet alert --test` sends. */
export const tested = (nonce: string, at: EpochMs, context: MessageContext): Told =>
  told(`alert_test_${nonce}`, "test", at, { at }, context);

/** Which tenants have a recorder is told to nobody. */
function factsOf(alert: Alert): object {
  switch (alert.kind) {
    case "recorder_down": {
      const { tenants: _, ...facts } = alert;
      return facts;
    }
    case "unsecured":
    case "stalled":
    case "paused_by_other":
    case "drift":
    case "log_failing":
    case "verification_failing":
    case "incident_open":
    case "copy_behind":
      return alert;
  }
}

function told(id: string, kind: string, at: EpochMs, data: object, context: MessageContext): Told {
  const { origin, sandbox } = context;
  const body = JSON.stringify({
    type: `alert.${kind}`,
    timestamp: new Date(at).toISOString(),
    data: { ...data, origin, ...(sandbox ? { sandbox } : {}) },
  });
  return { id, body };
}
