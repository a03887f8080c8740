/**
 * How an Asterisk is reached over ARI, and how a recording is named to it.
 *
 * @module
 */
import { z } from "zod";
import { httpUrl } from "../settingForms.ts";
import { muteWorksIn } from "./version.ts";

export const asteriskAriSettings = z
  .strictObject({
    /** Up to and with `/ari`. */
    baseUrl: httpUrl,
    /** A user of `ari.conf` without `read_only`. */
    username: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[^:\p{Cc}]+$/u, "a user's name: no colon"),
    password: z.string().min(1).max(256).meta({ secret: true }),
    /** `mute` leaves silence where `pause` leaves a gap, and nothing can be read back of it. */
    silenceBy: z.enum(["pause", "mute"]).default("pause"),
    /** The version the server reports, which `silenceBy: mute` needs to be told. */
    version: z
      .string()
      .max(64)
      .regex(/^\d+\.\d+/, "a version such as 20.6.0")
      .optional(),
  })
  .refine(
    ({ silenceBy, version }) =>
      silenceBy === "pause" || (version !== undefined && muteWorksIn(version)),
    {
      path: ["silenceBy"],
      error:
        "before 18.21, 20.6 and 21.1 the second mute of a recording is answered yes and not done: use pause, or tell a later version the server reports",
    },
  );
export type AsteriskAriSettings = z.output<typeof asteriskAriSettings>;

/** A live recording, by the name it was started under. */
export type AsteriskAriTarget = { readonly name: string };

/** Asterisk's own unique ids are no card numbers: seconds since 1970, a point and a count. */
const UNIQUE_ID = /1\d{9}\.\d{1,9}/g;
const LONG_RUN = /(?:\d[ ._/-]?){13}/;

export const asteriskAriTarget: z.ZodType<AsteriskAriTarget> = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[\w.@:/+=~ -]+$/, "a recording's name: letters, digits and . _ - / @ : + = ~ space")
    .refine(
      (name) => !name.split("/").some((part) => part === "." || part === ".."),
      "a recording's name: no . or .. between slashes",
    )
    .refine(
      (name) => !LONG_RUN.test(name.replace(UNIQUE_ID, "id")),
      "a recording's name: not thirteen digits or more",
    ),
});
