/**
 * Slows down whoever tries credentials out, by the client's address and by the key id that is
 * tried. It judges only credentials that were found wrong: a right one is never refused nor
 * delayed, whoever else guesses from the same address or at the same key.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";

/** Wrong credentials that are answered at once, and how fast the allowance comes back. */
const BY_ADDRESS = { countMax: 20, perMs: 3_000 };
/** Many addresses may guess at one key together. */
const BY_KEY = { countMax: 100, perMs: 600 };
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
}

export interface Guesses {
  /**
   * Counts a wrong credential. Undefined: answer as ever. A number of milliseconds: tell whoever
   * asked to come back after that; resolves once they have been made to wait.
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
  const addresses = buckets(BY_ADDRESS, ADDRESS_COUNT_MAX);
  const keys = buckets(BY_KEY, KEY_COUNT_MAX);
  let delayedCount = 0;
  async function delay(): Promise<void> {
    if (delayedCount >= DELAYED_COUNT_MAX) return;
    delayedCount += 1;
    await new Promise<void>((resolve) => after(GUESS_DELAY_MS, resolve));
    delayedCount -= 1;
  }
  return {
    async count({ ip, keyId }) {
      const now = clock();
      const waits = [addresses.spend(networkOf(ip ?? "unknown"), now)];
      if (keyId !== undefined) waits.push(keys.spend(keyId, now));
      const waitMs = Math.max(...waits);
      if (waitMs === 0) return undefined;
      await delay();
      return waitMs;
    },
  };
}

/** Whoever has one IPv6 address has the 2^64 beside it. */
function networkOf(ip: string): string {
  if (!ip.includes(":")) return ip;
  const [head = "", tail] = ip.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => "0");
  return [...first, ...zeros, ...last].slice(0, 4).join(":");
}

interface Buckets {
  /** 0 where it was within the allowance, else how long until there is one again. */
  spend(name: string, now: EpochMs): number;
}

/** A token bucket a name; where there are too many, the one that was spent from longest ago goes. */
function buckets(rate: { countMax: number; perMs: number }, nameCountMax: number): Buckets {
  const spent = new Map<string, { left: number; at: EpochMs }>();
  return {
    spend(name, now) {
      const bucket = spent.get(name) ?? { left: rate.countMax, at: now };
      // A clock that steps back gives nothing and takes nothing.
      const backMs = Math.max(0, now - bucket.at);
      const left = Math.min(rate.countMax, bucket.left + backMs / rate.perMs);
      const isWithin = left >= 1;
      spent.delete(name);
      if (spent.size >= nameCountMax) spent.delete(spent.keys().next().value ?? "");
      spent.set(name, { left: isWithin ? left - 1 : left, at: now });
      return isWithin ? 0 : Math.ceil((1 - left) * rate.perMs);
    },
  };
}
