/**
 * Copies by webhook: one signed message (Standard Webhooks) a batch of entries of one log, or a
 * head. A 2xx answer is the receiver's word that it has them.
 *
 * @module
 */
import type { WebhookCopyConfig } from "../../../policy/configCopies.ts";
import { type Sent, senderOf } from "../alerts/sender.ts";
import { type Carrier, CopyFailed, type Parcel } from "./carrier.ts";

export function webhookCarrier(config: WebhookCopyConfig): Carrier {
  const { ca, id, secrets, sendMsMax, url } = config;
  const endpoint = { id, url, secrets, plainHttp: false, ...(ca === undefined ? {} : { ca }) };
  const sender = senderOf(endpoint, sendMsMax);
  return {
    confirmMs: 0,
    async send(parcel) {
      const sent = await sender.send(messageOf(parcel, config.format));
      if (sent.kind === "failed") throw failureOf(sent);
    },
    confirm: () => Promise.resolve(),
    drop: () => undefined,
    close: () => sender.close(),
  };
}

/** The same at each try of the same parcel: its id is made of what it holds. */
function messageOf(parcel: Parcel, format: WebhookCopyConfig["format"]) {
  const { origin } = parcel;
  const timestamp = new Date().toISOString();
  switch (parcel.kind) {
    case "head":
      return {
        id: `head_${encoded(`${origin} ${parcel.size}`)}`,
        body: `{"timestamp":${JSON.stringify(timestamp)},${parcel.text.slice(1)}`,
      };
    case "lines": {
      const { from, items, tenant, to } = parcel;
      const unreadable = items.flatMap((item) =>
        item.kind === "unreadable" ? [item.position] : [],
      );
      const lines = items.map(({ text }) => text);
      const data = {
        origin,
        tenant,
        from,
        to,
        format,
        lines,
        ...(unreadable.length === 0 ? {} : { unreadable }),
      };
      return {
        id: `copy_${encoded(`${origin} ${from} ${to}`)}`,
        body: JSON.stringify({ type: "log.entries", timestamp, data }),
      };
    }
  }
}

const encoded = (text: string): string => Buffer.from(text).toString("base64url");

function failureOf({ retryAfterMs, why }: Extract<Sent, { kind: "failed" }>): CopyFailed {
  return new CopyFailed(why, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // 408 and 429 are about the moment, other 4xx about what was sent.
    refused: why.startsWith("status_4") && why !== "status_408" && why !== "status_429",
    tooLarge: why === "status_413",
  });
}
