/**
 * Slows down whoever tries credentials out, by the client's address and by the key id that is
 * tried. It judges only credentials that were found wrong: a right one is never refused nor
 * delayed, whoever else guesses from the same address or at the same key.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import { createAllowances } from "./allowance.ts";

/** Wrong credentials that are answered at once, and how fast the allowance comes back. */
const BY_ADDRESS = { unitsMax: 20, unitsPerS: 20 / 60 };
/** Many addresses may guess at one key together. */
const BY_KEY = { unitsMax: 100, unitsPerS: 100 / 60 };
export const ADDRESS_COUNT_MAX = 20_000;
export const KEY_COUNT_MAX = 10_000;
/** Beyond the allowance each answer waits: one connection then tries one credential a second. */
export const GUESS_DELAY_MS = 1_000;
/** As many answers wait at once; further ones are given at once, so that waiting is no lever. */
export const DELAYED_COUNT_MAX = 1_000;

interface Guess {
  /** Where it came from, as trusted proxies tell it; strangers of unknown address share one. */
  readonly ip?: string | undefined;
  /** The id that the key names, whether or not there is such a key. */
  readonly keyId?: string | undefined;
  /** What it came with: its answer is the one that waits. */
  readonly request?: Request | undefined;
}

export interface Guesses {
  /**
   * Counts a wrong credential. Undefined: answer as ever. A number of milliseconds: tell whoever
   * asked to come back after that.
   */
  count(guess: Guess): number | undefined;
  /** Resolves when this request may be answered: at once, but for one whose guess was one too many. */
  wait(request: Request): Promise<void>;
}

export interface GuessesOptions {
  readonly clock: () => EpochMs;
  readonly after: (ms: number, run: () => void) => void;
}

export function guesses({ clock, after }: GuessesOptions): Guesses {
  const addresses = createAllowances({ clock, ...BY_ADDRESS, countMax: ADDRESS_COUNT_MAX });
  const keys = createAllowances({ clock, ...BY_KEY, countMax: KEY_COUNT_MAX });
  const slowed = new WeakSet<Request>();
  let delayedCount = 0;
  return {
    count({ ip, keyId, request }) {
      const waits = [addresses.spend(networkOf(ip ?? "unknown"), 1)];
      if (keyId !== undefined) waits.push(keys.spend(keyId, 1));
      const waitMs = Math.max(...waits);
      if (waitMs === 0) return undefined;
      if (request !== undefined) slowed.add(request);
      return waitMs;
    },
    async wait(request) {
      if (!slowed.delete(request) || delayedCount >= DELAYED_COUNT_MAX) return;
      delayedCount += 1;
      await new Promise<void>((resolve) => after(GUESS_DELAY_MS, resolve));
      delayedCount -= 1;
    },
  };
}

/** Whoever has one IPv6 address has the 2^64 beside it. */
export function networkOf(ip: string): string {
  if (!ip.includes(":")) return ip;
  const [head = "", tail] = ip.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => "0");
  return [...first, ...zeros, ...last].slice(0, 4).join(":");
}
