/**
 * How often people may try to sign in at the console: by the address they come from, and all
 * together. Nothing can be guessed here, the provider has the passwords; this bounds what a flood
 * costs. A browser in which somebody has signed in has an allowance of its own, so that a flood
 * from one address keeps out nobody else who is behind it for long.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import { createAllowances } from "./allowance.ts";
import { networkOf } from "./guesses.ts";

/** A call centre behind one address signs in within a minute, after a restart all at once. */
const BY_ADDRESS = { unitsMax: 1_000, unitsPerS: 5 };
const BY_BROWSER = { unitsMax: 100, unitsPerS: 0.5 };
/** Fewer in ten minutes than the console keeps in mind: no sign-in makes another's void. */
export const TOGETHER = { unitsMax: 5_000, unitsPerS: 8 };
/** What one that came to nothing costs beside beginning it. */
const FAILED_UNITS = 20;
/** Whoever failed often waits no longer than it takes to pay this back. */
const DEBT_UNITS_MAX = 100;
export const BROWSER_COUNT_MAX = 10_000;

/** Where somebody signs in from. */
export interface SignInPlace {
  /** As trusted proxies tell it; strangers of unknown address share one. */
  readonly ip?: string | undefined;
  /** What the browser's cookie says. */
  readonly browser?: string | undefined;
}

export interface SignIns {
  /** Before anything is done for it: 0, or in how many ms there is room for another. */
  begin(place: SignInPlace): number;
  failed(place: SignInPlace): void;
  /** What the browser says from now on. */
  succeeded(place: SignInPlace): string;
}

export interface SignInsOptions {
  readonly clock: () => EpochMs;
  /** Fresh, unguessable, of characters that need no quoting. */
  readonly ids: () => string;
}

export function signIns({ clock, ids }: SignInsOptions): SignIns {
  const addresses = createAllowances({ clock, ...BY_ADDRESS });
  const browsers = createAllowances({ clock, ...BY_BROWSER, countMax: BROWSER_COUNT_MAX });
  const together = createAllowances({ clock, ...TOGETHER });
  /** The one in which somebody signed in longest ago is forgotten first. */
  const known = new Set<string>();

  const isKnown = (browser: string | undefined): browser is string =>
    browser !== undefined && known.has(browser);
  const addressOf = ({ ip }: SignInPlace): string => networkOf(ip ?? "unknown");

  return {
    begin(place) {
      if (isKnown(place.browser)) return browsers.spend(place.browser, 1);
      // First by itself: one address alone takes nothing from the others.
      return addresses.spend(addressOf(place), 1) || together.spend("", 1);
    },
    failed(place) {
      if (isKnown(place.browser)) browsers.owe(place.browser, FAILED_UNITS, DEBT_UNITS_MAX);
      else addresses.owe(addressOf(place), FAILED_UNITS, DEBT_UNITS_MAX);
    },
    succeeded({ browser }) {
      const id = isKnown(browser) ? browser : ids();
      known.delete(id);
      known.add(id);
      const [oldest] = known;
      if (known.size > BROWSER_COUNT_MAX && oldest !== undefined) known.delete(oldest);
      return id;
    },
  };
}
