/**
 * How a Revcord logger is configured, and how a conversation is named to it.
 *
 * @module
 */
import { z } from "zod";
import { eventName, httpUrl, hubSetting, isPlainAddress } from "../settingForms.ts";
import { isTimeZone } from "../zone.ts";

const origin = z
  .url({ protocol: /^https?$/, abort: true })
  .refine(
    (text) => isPlainAddress(text) && URL.parse(text)?.pathname === "/",
    "an origin such as https://recorder.example: nothing after host and port",
  )
  .transform((text) => new URL(text).origin);

const secret = z.string().min(1).meta({ secret: true });

/** Nowhere thirteen digits in a row: a name that could be a card number would get into the log. */
const notACard = /^(?!.*(?:\p{N}[ ._-]*){13})/u;

const channel = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,39}$/, "a channel: letters, digits, . _ -")
  .regex(notACard, "a channel: not thirteen digits or more");

/** The vendor's are 32 hexadecimal digits; what else it may use is not said. */
const callIdForm = /^(?:[0-9a-fA-F]{32}|[A-Za-z0-9][\w.-]{0,63})$/;
const isCallId = (text: string): boolean =>
  callIdForm.test(text) && (/^[0-9a-f]{32}$/i.test(text) || notACard.test(text));

/** The vendor's document does not name the event: ask the vendor. */
const push = hubSetting(eventName);

export const revcordSettings = z.strictObject({
  /** Up to and with `/RevcordMMSAPI`: `/token` and `/api` follow it. */
  baseUrl: httpUrl,
  auth: z.strictObject({
    /** Whether the tenant logs in, or a user of it by `email`. */
    level: z.enum(["tenant", "user"]),
    tenantId: z.string().min(1).max(100),
    /** The vendor's password for both levels. */
    serviceKey: secret,
  }),
  /** In whose name questions are asked; at user level also who logs in. */
  email: z.email(),
  /** The zone of the logger's clock, an IANA name. */
  timeZone: z.string().refine(isTimeZone, "a time zone such as Europe/London"),
  /** Where recordings may be fetched from. Empty: none is fetched. */
  playbackOrigins: z.array(origin).max(20).default([]),
  /** What the vendor calls a channel in its answers, by the channel that is asked for. */
  channelNames: z.record(channel, channel).default({}),
  /** Where completed calls are pushed. Without it nobody tells that a call is over. */
  push: push.optional(),
});
export type RevcordSettings = z.output<typeof revcordSettings>;

/**
 * How Revcord finds a conversation. A channel alone is searched through the call's time;
 * `startedAt`, to the second, names one recording on it.
 */
export type RevcordTarget =
  | { readonly callId: string }
  | { readonly channel: string; readonly startedAt?: string };

const callId = z.string().refine(isCallId, "a CallID, as Revcord tells it");

export const revcordTarget: z.ZodType<RevcordTarget> = z.union(
  [
    z.strictObject({ callId }),
    z.strictObject({
      channel,
      startedAt: z.exactOptional(
        z.iso.datetime({
          offset: true,
          error: "a moment with its offset, such as 2026-05-04T10:15:30+01:00",
        }),
      ),
    }),
  ],
  { error: "either { callId } or { channel }, the latter with startedAt where it is known" },
);

/** Whether `audio` and `page` may ask for it: ids come back from a log and from whoever asks. */
export const isRecordingId = isCallId;

/** To the second, which is all that the vendor tells. */
export const secondOf = (at: number): string =>
  new Date(Math.floor(at / 1_000) * 1_000).toISOString().replace(".000", "");

/** Ids and names are the same in whatever letters' case. */
export function keyOf(target: RevcordTarget): string {
  if ("callId" in target) return `call/${target.callId.toLowerCase()}`;
  const name = `channel/${target.channel.toLowerCase()}`;
  if (target.startedAt === undefined) return name;
  return `${name}@${secondOf(Date.parse(target.startedAt))}`;
}
