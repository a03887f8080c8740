/**
 * How an Asterisk is reached over AMI, and how a channel is named to it.
 *
 * @module
 */
import { z } from "zod";

const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}+$/u, "one line");

export const asteriskAmiSettings = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[\w.:-]+$/, "a host's name or address, without port"),
    /** 5039 with TLS, 5038 without, where it is not told. */
    port: z.int().min(1).max(65_535).optional(),
    tls: z.boolean().default(true),
    /** A user of `manager.conf`. */
    username: line(128),
    secret: line(256).meta({ secret: true }),
    /** `challenge` sends a digest of the secret, `plain` the secret itself. */
    login: z.enum(["challenge", "plain"]).default("challenge"),
  })
  .refine(({ login, tls }) => login === "challenge" || tls, {
    path: ["login"],
    error: "the secret itself is sent over TLS only: use challenge, or tls",
  })
  .transform(({ port, ...rest }) => ({ ...rest, port: port ?? (rest.tls ? 5_039 : 5_038) }));
export type AsteriskAmiSettings = z.output<typeof asteriskAmiSettings>;

/** A channel by its unique id, which no transfer changes. */
export type AsteriskAmiTarget = { readonly uniqueId: string };

/** Asterisk's own unique ids are no card numbers: seconds since 1970, a point and a count. */
const UNIQUE_ID = /1\d{9}\.\d{1,9}/g;
const LONG_RUN = /(?:\d[.:_-]?){13}/;

export const asteriskAmiTarget: z.ZodType<AsteriskAmiTarget> = z.strictObject({
  uniqueId: z
    .string()
    .trim()
    .regex(/^[\w.:-]{1,150}$/, "a channel's unique id, such as 1795337973.8")
    .refine(
      (id) => !LONG_RUN.test(id.replace(UNIQUE_ID, "id")),
      "a channel's unique id: not thirteen digits or more",
    ),
});
