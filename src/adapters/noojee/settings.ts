/**
 * How a Noojee Contact server is reached, and how a conversation is named to it.
 *
 * @module
 */
import { z } from "zod";
import { httpUrl } from "../settingForms.ts";
import { isTimeZone } from "../zone.ts";

/** Extensions one long poll asks for: their numbers are in its address, which stays under 8 kB. */
const EXTENSION_COUNT_MAX = 400;

const extension = z
  .union([z.string(), z.int().nonnegative()])
  .transform((told) => String(told).trim())
  .pipe(z.string().regex(/^\d{1,12}$/, "an extension: up to 12 digits"));

const loginName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, "a Noojee user's login name, on one line")
  .regex(/^(?!.*(?:\p{N}[ ._-]*){13})/u, "a login name: not thirteen digits or more");

const timeZone = z
  .string()
  .refine(isTimeZone, "a time zone by its IANA name, such as Australia/Melbourne");

export const noojeeSettings = z.strictObject({
  /** The server itself, without `/servicemanager` and `/njadmin`. */
  baseUrl: httpUrl,
  /** Of the API: a System Variable of the server. */
  apiKey: z
    .string()
    .regex(/^[!-~]{8,200}$/, "the API key: visible characters, no spaces")
    .meta({ secret: true }),
  /** `key` sends the key itself. `hash`, for older servers, a hash of it and of the server's time. */
  authenticate: z.enum(["key", "hash"]).default("key"),
  /** How start and stop are sent: documented is POST, the vendor's own client sends GET. */
  commandMethod: z.enum(["POST", "GET"]).default("POST"),
  /** In whose name recordings are started and stopped where a target names nobody. */
  agentLoginName: loginName.exactOptional(),
  /** The words with which the server answers a stop of what is not recorded, once you know them. */
  notRecordingMessage: z.string().trim().min(1).max(200).exactOptional(),
  /** In which the server tells times; what it recorded cannot be placed without it. */
  timeZone,
  /** The extensions whose calls' ends are listened for. Empty: nothing is. */
  extensions: z.array(extension).max(EXTENSION_COUNT_MAX).default([]),
});
export type NoojeeSettings = z.output<typeof noojeeSettings>;

/** A call by the id that Asterisk gave it: one conversation for good. */
export type CallTarget = { readonly uniqueId: string; readonly agentLoginName?: string };
/** Whatever call is on that extension when it is asked: ambiguous. */
export type ExtensionTarget = { readonly extension: string; readonly agentLoginName?: string };
export type NoojeeTarget = CallTarget | ExtensionTarget;

/** Seconds since 1970, a point and a count, behind the system's name where it has one. */
export const UNIQUE_ID = /^(?:[A-Za-z][\w-]{0,31}-)?\d{1,11}\.\d{1,9}$/;

const uniqueId = z.string().trim().regex(UNIQUE_ID, "a call's unique id, such as 1412750652.496");

export const noojeeTarget: z.ZodType<NoojeeTarget> = z.union([
  z.strictObject({ uniqueId, agentLoginName: loginName.exactOptional() }),
  z.strictObject({ extension, agentLoginName: loginName.exactOptional() }),
]);

export const callKey = (id: string): string => `call/${id}`;
export const extensionKey = (number: string): string => `extension/${number}`;
/** The agent in whose name orders are given makes no other conversation of it. */
export const keyOf = (target: NoojeeTarget): string =>
  "uniqueId" in target ? callKey(target.uniqueId) : extensionKey(target.extension);
