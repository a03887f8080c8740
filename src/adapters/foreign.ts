/**
 * A vendor's own words and bodies, made fit to be told.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** Takes out whatever has as many digits as a card's number, however grouped. */
export const withoutLongNumbers = (text: string): string =>
  text.replaceAll(/\d(?:[ -]?\d){12,18}/g, "[digits]");

/** SHA-256 of a reply's body, in hex: what was told can be shown to be what was told. */
export const digestOf = (body: string): string =>
  bytesToHex(sha256(utf8ToBytes(body.toWellFormed())));
