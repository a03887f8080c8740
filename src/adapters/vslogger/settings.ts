/**
 * What an operator configures for one VSLogger, and which of its surfaces that leaves. Versions are
 * those the vendor documents each surface from.
 *
 * @module
 */
import { z } from "zod";
import type { Locator, Surface } from "./wire.ts";

const surfaces = ["channel-cmd", "channel-state", "call-state"] as const;

/** The first version that has each surface. */
export const since: Readonly<Record<Surface, string>> = {
  "channel-cmd": "4.9.5.0",
  "channel-state": "4.6.1.4",
  "call-state": "5.1.0.0",
};

/** From here on a file opens only with `rec_ss` and `rec_hh`, and has a page of its own. */
const ACCESS_HASH_SINCE = "4.9.6";
/** From here on a finished recording's fields can be written. */
const RECORD_WRITE_SINCE = "5.0.1";
const hourMs = 3_600_000;

const witnessSchema = z
  .strictObject({
    datasets: z
      .array(z.enum(["MAIN", "NET"]))
      .min(1)
      .refine((all) => new Set(all).size === all.length, "names a dataset twice")
      .default(["MAIN"])
      .describe("Where recordings are searched: the main database, the netshare, or both."),
    pageSize: z.int().min(10).max(1_000).default(100).describe("Recordings of one reply."),
    accessDays: z
      .int()
      .min(1)
      .max(30)
      .default(1)
      .describe("For how many days what a search tells opens a recording (hrefexp, from 4.9.6)."),
    recordingMsMax: z
      .int()
      .min(0)
      .max(7 * 24 * hourMs)
      .default(4 * hourMs)
      .describe("The longest recording: one that began so long before a call is still found."),
    clockOffMsMax: z
      .int()
      .min(0)
      .max(hourMs)
      .default(60_000)
      .describe("How far the recorder's clock may be off."),
  })
  .describe("How recordings are searched after a call.");

const incidentSchema = z
  .strictObject({
    flag: z.int().min(0).max(10).describe("Set where the recording has none. 0: none is set."),
    note: z.boolean().default(true).describe("Whether words are added to the recording's note."),
  })
  .refine(({ flag, note }) => flag !== 0 || note, "flag 0 and note false would mark nothing")
  .describe("How a suspect recording is marked in the recorder (from 5.0.1). Absent: not at all.");

export const settingsSchema = z
  .strictObject({
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .refine((text) => !/[?#]/.test(text), "must end before any ? or #")
      .refine((text) => {
        const url = URL.parse(text);
        return url !== null && url.username === "" && url.password === "";
      }, "must hold no user name or password")
      .describe("Where the recorder's web server is, such as https://recorder.example"),
    apiVersion: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .describe("The N of /api/vN. The vendor describes version 1 and only names version 2."),
    hash: z
      .discriminatedUnion("type", [
        z.strictObject({ type: z.literal("none") }),
        z.strictObject({ type: z.literal("sha-1"), salt: z.string().min(1).max(1_024) }),
        z.strictObject({ type: z.literal("sha-256"), salt: z.string().min(1).max(1_024) }),
      ])
      .describe("As the recorder's HASHTYPE and SALT say."),
    silenceBy: z
      .enum(["mute", "record"])
      .default("mute")
      .describe("mute keeps the recording running; record ends it and starts another."),
    via: z
      .enum(["auto", ...surfaces])
      .default("auto")
      .describe("auto: by call where the target is a sipCallId, by channel for all others."),
    version: z
      .string()
      .regex(/^\d{1,5}(\.\d{1,5}){1,3}$/, "must be numbers and dots, such as 5.1.0.0")
      .describe("The recorder's own version, as its administration shows it."),
    note: z
      .strictObject({ windowId: z.boolean() })
      .exactOptional()
      .describe("windowId: appends [tacet <window id>] to the recording's note."),
    flag: z
      .int()
      .min(1)
      .max(10)
      .exactOptional()
      .describe("Sets this flag on the recording where it has none."),
    witness: z
      .union([z.literal(false), witnessSchema])
      .prefault({})
      .describe("false: it is not asked what it recorded, such as where it may not be searched."),
    incident: incidentSchema.exactOptional(),
  })
  .superRefine((settings, ctx) => {
    if (settings.incident !== undefined && settings.witness === false) {
      ctx.addIssue({
        code: "custom",
        path: ["incident"],
        message: "incident reads a recording before it marks it: witness is not to be false",
      });
    }
    if (settings.incident !== undefined && !isAtLeast(settings.version, RECORD_WRITE_SINCE)) {
      ctx.addIssue({
        code: "custom",
        path: ["incident"],
        message: `incident needs VSLogger ${RECORD_WRITE_SINCE}, and version says ${settings.version}`,
      });
    }
    const needs = since[settings.via === "auto" ? "channel-state" : settings.via];
    if (isAtLeast(settings.version, needs)) return;
    ctx.addIssue({
      code: "custom",
      path: ["via"],
      message: `${settings.via} needs VSLogger ${needs}, and version says ${settings.version}`,
    });
  });

export type VsloggerSettings = z.output<typeof settingsSchema>;
export type WitnessSettings = z.output<typeof witnessSchema>;

export const hasAccessHash = ({ version }: Pick<VsloggerSettings, "version">): boolean =>
  isAtLeast(version, ACCESS_HASH_SINCE);

/** Compares dotted versions number by number; a missing number is 0. */
function isAtLeast(version: string, needed: string): boolean {
  const have = version.split(".").map(Number);
  const need = needed.split(".").map(Number);
  for (let at = 0; at < Math.max(have.length, need.length); at += 1) {
    const difference = (have[at] ?? 0) - (need[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** What commands are said through. Targets that the configured surface cannot take are not parsed. */
export function surfaceFor(
  settings: Pick<VsloggerSettings, "via" | "version">,
  at: Locator,
): Surface {
  if (at.by === "call") return "call-state";
  if (settings.via !== "auto") return settings.via;
  return isAtLeast(settings.version, since["channel-cmd"]) ? "channel-cmd" : "channel-state";
}

export const takesCalls = (settings: Pick<VsloggerSettings, "via" | "version">): boolean =>
  settings.via === "call-state" ||
  (settings.via === "auto" && isAtLeast(settings.version, since["call-state"]));

export const takesChannels = (settings: Pick<VsloggerSettings, "via">): boolean =>
  settings.via !== "call-state";
