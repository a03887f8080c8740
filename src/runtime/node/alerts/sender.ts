/**
 * Sends one signed message to one endpoint: over TLS that is checked, to its configured address
 * only, at most once a call, redirects not followed, the reply bounded and not looked at.
 *
 * @module
 */
import { Webhook } from "standardwebhooks";
import type { AlertEndpointConfig } from "../../../policy/configAlerts.ts";
import { type NodeSend, nodeSend } from "../send.ts";

/** Receivers answer with little or nothing. */
const REPLY_BYTES_MAX = 65_536;
/** Messages under way to one endpoint. */
export const SENDING_COUNT_MAX = 4;

export type Sent =
  | { readonly kind: "delivered" }
  /** `why`: a word of tacet's own or a status; never what was sent or received. */
  | { readonly kind: "failed"; readonly why: string; readonly retryAfterMs?: number };

export interface Sender {
  readonly endpointId: string;
  /** Never rejects; settles within `sendMsMax`. */
  send(message: { readonly id: string; readonly body: string }): Promise<Sent>;
  close(): Promise<void>;
}

/** Throws for an endpoint that a checked configuration cannot have. */
export function senderOf(endpoint: AlertEndpointConfig, sendMsMax: number): Sender {
  const { origin } = new URL(endpoint.url);
  const send = nodeSend({
    origins: [origin],
    connections: SENDING_COUNT_MAX,
    replyBytesMax: REPLY_BYTES_MAX,
    allowPlainHttp: endpoint.plainHttp,
    ...(endpoint.ca === undefined ? {} : { tls: { ca: endpoint.ca } }),
  });
  const keys = endpoint.secrets.map((secret) => new Webhook(secret));
  return {
    endpointId: endpoint.id,
    send: (message) => sendOne(send, endpoint.url, keys, message, sendMsMax),
    close: () => send.close(),
  };
}

async function sendOne(
  send: NodeSend,
  url: string,
  keys: readonly Webhook[],
  { body, id }: { readonly id: string; readonly body: string },
  sendMsMax: number,
): Promise<Sent> {
  // By the wall clock: receivers refuse what is minutes off theirs.
  const at = new Date();
  const headers = {
    "content-type": "application/json",
    "user-agent": "tacet",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": keys.map((key) => key.sign(id, at, body)).join(" "),
  };
  const request = { method: "POST" as const, url, headers, body };
  const result = await send(request, AbortSignal.timeout(sendMsMax));
  if (result.kind !== "reply") return { kind: "failed", why: result.kind };
  const { status } = result.reply;
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const retryAfterMs = secondsOf(result.reply.headers["retry-after"]);
  return { kind: "failed", why: `status_${status}`, ...(retryAfterMs > 0 && { retryAfterMs }) };
}

/** In ms; 0 where there is none, or it is a date. */
function secondsOf(header: string | undefined): number {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : 0;
}
