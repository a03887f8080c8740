/**
 * A recorder's own tokens (which conversation, which audio) are compared and entered, never read. A
 * recorder may put anything into them: what is not plainly a short id goes on as its fingerprint.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Observation } from "../control/ports.ts";

const PLAIN = /^[\w.:/@-]{1,128}$/;
/** As long as a card's number is, however grouped. */
const LONG_RUN = /\d(?:[.:/_-]?\d){12,}/;
const SHOWN_BYTES = 16;

/** The same token for the same token; another for another. */
export function opaque(token: string): string {
  if (PLAIN.test(token) && !LONG_RUN.test(token)) return token;
  const digest = sha256(utf8ToBytes(token.toWellFormed())).subarray(0, SHOWN_BYTES);
  return `sha256:${bytesToHex(digest)}`;
}

/** The observation with such tokens only. */
export function withOpaqueTokens<T extends Observation>(observation: T): T {
  if (observation.kind !== "observed") return observation;
  const { resource, session } = observation;
  return {
    ...observation,
    ...(session === undefined ? {} : { session: opaque(session) }),
    ...(resource === undefined ? {} : { resource: opaque(resource) }),
  };
}
