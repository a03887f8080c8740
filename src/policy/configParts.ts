/**
 * The small pieces that every part of the configuration's schema is made of. Durations are whole
 * milliseconds and nothing else, so that no unit is ever guessed.
 *
 * @module
 */
import ipaddr from "ipaddr.js";
import { z } from "zod";

export const DAY_MS = 24 * 3_600_000;

/** A duration in whole milliseconds. */
export const ms = (minimum: number, maximum: number = 7 * DAY_MS) =>
  z.int().min(minimum).max(maximum);

/** 0 lets the system choose. */
export const port = z.int().min(0).max(65_535);

export const host = z.string().min(1).max(253);

/** Never shown again: not in problems, digests or answers. May be given by reference. */
export const secret = () => z.string().min(1).max(65_536).meta({ secret: true });

/** A secret given as bytes: base64 in the text, or a file, which is read as bytes. */
export const secretBytes = () => z.base64().min(1).max(262_144).meta({ secret: true });

/** The name of a tenant, a recorder or a key: it appears in paths, the log and metrics. */
export const name = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/,
    "lower-case letters, digits and dashes, at most 64",
  );

export const cidr = z
  .string()
  .refine(
    (text) => ipaddr.isValid(text) || ipaddr.isValidCIDR(text),
    "an IP address or a CIDR block",
  );

/** Scheme, host and port of a web page, as a browser sends it in `Origin`. */
export const webOrigin = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === "https:" || url.protocol === "http:") && url.origin === text;
}, "an origin such as https://pay.example (scheme, host and port, no path, no wildcard)");

/** A regular expression that has to match the whole value. */
export const pattern = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => wholeMatch(text) !== undefined, "a regular expression (ECMAScript, Unicode)");

/** The pattern as an expression over the whole value; undefined where it cannot be read. */
export function wholeMatch(source: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${source})$`, "u");
  } catch {
    return undefined;
  }
}

/** Whether a host or address can only be reached from this machine. */
export function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (bare === "localhost" || bare.endsWith(".localhost")) return true;
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === "loopback";
}

/** Whether a URL would carry what it carries in the clear, beyond this machine. */
export function isPlainBeyondLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const parsed = new URL(url);
  const plain = parsed.protocol === "http:" || parsed.protocol === "ws:";
  return plain && !isLoopback(parsed.hostname);
}
