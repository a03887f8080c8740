/**
 * How an AnywhereNow recorder is configured, and how a conversation is named to it.
 *
 * @module
 */
import { z } from "zod";
import { eventName, httpUrl, hubSetting } from "../settingForms.ts";

const sipUri = z
  .string()
  .max(254)
  .regex(/^sips?:[^\s@<>"]+@[^\s@<>"]+$/i, "a SIP URI such as sip:agent@domain.com");

/**
 * First a letter, digit or underscore: `.` and `..` would climb in a path. Nowhere thirteen digits,
 * however grouped: a name that could be a card number would get into the log.
 */
const uccName = z
  .string()
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,127}$/u, "a UCC name: letters, digits, space, . _ -")
  .regex(/^(?!.*(?:\p{N}[ ._-]*){13})/u, "a UCC name: not thirteen digits or more");

const secret = z.string().min(1).meta({ secret: true });

const auth = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({
    kind: z.literal("password_grant"),
    /** The whole address that ends in `/protocol/openid-connect/token`. */
    tokenUrl: httpUrl,
    clientId: z.string().min(1).default("coreapi"),
    username: z.string().min(1),
    password: secret,
    /** Further form fields that a tenant's realm asks for, such as `scope` or `client_secret`. */
    form: z.record(z.string(), secret).default({}),
  }),
]);

const push = hubSetting(eventName.default("RecordingStateChangedEvent"));

export const anywherenowSettings = z.strictObject({
  /** Up to and with `/attendantservice`. */
  baseUrl: httpUrl,
  apiVersion: z.enum(["v1", "v2"]).default("v1"),
  /** Whether `Action` is sent as its number or as its name; the vendor takes both. */
  actions: z.enum(["number", "name"]).default("number"),
  /** The agent in whose name orders are given where a target names none. */
  requesterSipUri: sipUri.optional(),
  /** Sets the vendor's Mark beside a pause. A bookmark: it stops no audio. */
  bookmark: z.boolean().default(false),
  /** The UCCs whose capabilities the preflight asks for. */
  uccNames: z.array(uccName).default([]),
  auth: auth.default({ kind: "none" }),
  /** Where changes are pushed. Without it states are only read. */
  push: push.optional(),
});
export type AnywhereNowSettings = z.output<typeof anywherenowSettings>;
export type PasswordGrant = Extract<AnywhereNowSettings["auth"], { kind: "password_grant" }>;

/** How AnywhereNow finds a conversation. `correlationId` is its GUID for it. */
export type AnywhereNowTarget = {
  readonly uccName: string;
  readonly correlationId: string;
  readonly requesterSipUri?: string;
};

const conversation = {
  uccName,
  correlationId: z.guid("a correlation id: a GUID such as 1d6c6a58-6739-4f0c-98ff-0968292c8c30"),
};

/** Where no default requester is configured, a target has to name one. */
export function targetSchemaFor(
  settings: Pick<AnywhereNowSettings, "requesterSipUri">,
): z.ZodType<AnywhereNowTarget> {
  if (settings.requesterSipUri !== undefined) {
    return z.strictObject({ ...conversation, requesterSipUri: z.exactOptional(sipUri) });
  }
  const needed = "name the agent: no requesterSipUri is configured, and AnywhereNow takes orders";
  return z.strictObject({
    ...conversation,
    requesterSipUri: z
      .string({ error: `${needed} only from a valid agent of the UCC` })
      .pipe(sipUri),
  });
}
