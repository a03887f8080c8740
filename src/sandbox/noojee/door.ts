/**
 * Who a simulated Noojee server lets in: the API key itself, or the older hash of it and of the
 * server's own time, with that one's bounds.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";

const FIRST_USE_MS = 10_000;
const LIFE_MS = 3_600_000;
/** Authentications begun and not used yet, at once. */
const BEGUN_COUNT_MAX = 5;

export class Door {
  readonly #key: string;
  readonly #now: () => EpochMs;
  readonly #given = new Map<string, { readonly at: EpochMs; isUsed: boolean }>();
  timesGiven = 0;

  constructor(key: string, now: () => EpochMs) {
    this.#key = key;
    this.#now = now;
  }

  /** The server's time, or undefined where too many were asked for and not used. */
  time(): string | undefined {
    const now = this.#now();
    const begun = [...this.#given.values()].filter(
      ({ at, isUsed }) => !isUsed && now - at < FIRST_USE_MS,
    );
    if (begun.length >= BEGUN_COUNT_MAX) return undefined;
    this.timesGiven += 1;
    // No two are alike, as on a server that is asked twice in a millisecond.
    const timeStamp = String(now + this.timesGiven);
    this.#given.set(timeStamp, { at: now, isUsed: false });
    return timeStamp;
  }

  /** Undefined where who asks may. */
  async problem(query: Readonly<Record<string, string>>): Promise<string | undefined> {
    if (query["apiKey"] !== undefined) {
      return query["apiKey"] === this.#key ? undefined : "Invalid API key";
    }
    const { hash, timeStamp = "" } = query;
    const given = this.#given.get(timeStamp);
    if (hash !== (await sha256Hex(`${this.#key}:${timeStamp}`))) return "Authentication failed";
    const ageMs = given === undefined ? Infinity : this.#now() - given.at;
    if (given === undefined || ageMs > (given.isUsed ? LIFE_MS : FIRST_USE_MS)) {
      return "Expired TimeStamp";
    }
    given.isUsed = true;
    return undefined;
  }
}

async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
