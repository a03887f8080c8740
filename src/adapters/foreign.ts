/**
 * What a vendor answers: read without trust, and told without what must not be.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { HttpReply } from "./recorder.ts";

/** Takes out whatever has as many digits as a card's number, however grouped. */
export const withoutLongNumbers = (text: string): string =>
  text.replaceAll(/\d(?:[ -]?\d){12,18}/g, "[digits]");

/** SHA-256 of a reply's body, in hex: what was told can be shown to be what was told. */
export const digestOf = (body: string): string =>
  bytesToHex(sha256(utf8ToBytes(body.toWellFormed())));

/** What was meant as JSON; nothing where it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A `retry-after` in seconds, as members of an outcome; a date is not read. */
export function retryAfter({ headers }: HttpReply): { readonly retryAfterMs?: number } {
  const seconds = Number(headers["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
}
