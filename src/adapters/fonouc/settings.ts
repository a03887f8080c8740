/**
 * How a Fonouc portal, and the Kazoo underneath where it may be ordered, are reached; and how a
 * conversation is named to both.
 *
 * @module
 */
import { z } from "zod";
import { httpUrl } from "../settingForms.ts";

/** Goes into a header or a path: visible ASCII without what either takes for its own. */
const accountId = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][\w-]*$/, "an account's id, such as 32 hexadecimal digits");

const secret = z.string().min(1).max(256).meta({ secret: true });

const kazooAuth = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("user_auth"),
    accountName: z.string().min(1).max(128),
    username: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[^:]+$/, "a user's name: no colon"),
    password: secret,
    /** By which the vendor takes user and password. Neither is a protection: TLS is. */
    method: z.enum(["md5", "sha"]).default("sha"),
  }),
  z.strictObject({ kind: z.literal("api_auth"), apiKey: secret }),
]);

const kazoo = z.strictObject({
  /** Up to and with `/v2`. */
  baseUrl: httpUrl,
  /** Kazoo's id of the account. Absent: the portal's. */
  accountId: accountId.optional(),
  auth: kazooAuth,
});

export const fonoucSettings = z.strictObject({
  /** Up to and with `/api/v2`. */
  baseUrl: httpUrl,
  /** What `X-Account-ID` says. */
  accountId,
  username: z.string().min(1).max(256),
  password: secret,
  /** The tenant the user signs in to. */
  domain: z.string().min(1).max(256),
  /** The unit of `startDate` and `endDate`: the vendor's example has one of each. */
  dates: z.enum(["seconds", "milliseconds"]).default("seconds"),
  /** Records asked for at once. A page of more may be longer than `replyBytesMax`. */
  pageSize: z.int().min(1).max(1_000).default(200),
  /** Orders go to Kazoo itself. Without it nothing is silenced, and only asked afterwards. */
  kazoo: kazoo.optional(),
});
export type FonoucSettings = z.output<typeof fonoucSettings>;
export type KazooSettings = NonNullable<FonoucSettings["kazoo"]>;

/** One leg, by the id that its CDR, its recordings and Kazoo's live channel share. */
export type FonoucTarget = { readonly callId: string };

/** By form alone: a SIP Call-ID, a UUID or a token with a letter. Digits alone may be a card's. */
export const fonoucTarget: z.ZodType<FonoucTarget> = z.strictObject({
  callId: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(
      /^(?=.*[A-Za-z@])[A-Za-z0-9][\w.@:+=~%*!-]*$/,
      "a call id: letters, digits and . _ - @ : + = ~ % * !, a letter or @ among them",
    ),
});
