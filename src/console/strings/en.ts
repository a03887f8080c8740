/**
 * What the console says, in English. Every other language has the same keys. `{name}` stands for a
 * value.
 *
 * @module
 */
import { reportEn } from "./report/en.ts";
import { kitEn } from "./kit/en.ts";
import { retentionEn } from "./retention/en.ts";
import { shopEn } from "./shop/en.ts";
import { callsEn } from "./calls/en.ts";
import { entriesEn } from "./entries/en.ts";
import { en as watch } from "./watch/en.ts";

export const en = {
  ...reportEn,
  ...kitEn,
  ...retentionEn,
  ...shopEn,
  ...watch,
  ...callsEn,
  ...entriesEn,

  "app.title": "tacet",
  "app.sandbox": "Sandbox: simulated recorders, nothing here is evidence.",
  "app.skip": "To the content",
  "app.signOut": "Sign out",
  "app.signedInAs": "{name}, {kind}",
  "app.language": "Language",

  "nav.overview": "Overview",
  "nav.calls": "Calls",
  "nav.exceptions": "Exceptions",
  "nav.incidents": "Incidents",
  "nav.wall": "Live wall",
  "nav.integrity": "Integrity",

  "signIn.title": "Sign in",
  "signIn.button": "Sign in",
  "signIn.again": "Your session is over. Sign in again.",
  "signIn.denied":
    "The provider knows you, but nothing here says what you may see. Ask whoever runs tacet: {detail}",
  "signIn.failed": "Signing in did not work. Try again.",
  "signIn.unavailable": "The provider cannot be reached now. Try again in a while.",
  "signIn.tooMany": "Too many people try to sign in from where you are. Try again in {seconds} s.",

  "error.notFound": "There is nothing at this address.",
  "error.forbidden": "You may not see this. It needs the scope {scope}.",
  "error.csrf": "This form is no longer good. Go back, reload the page and try again.",
  "error.failed": "tacet failed at this page.",
  "error.unavailable": "The log cannot be read now. Try again in a while.",

  "protection.recording": "Recording",
  "protection.securing": "Pausing",
  "protection.secured": "Secured",
  "protection.unsecured": "Not secured",
  "protection.resuming": "Resuming",
  "protection.stalled": "Not recording again",
  "protection.ended": "Ended",
} as const;

export type Key = keyof typeof en;
export type Strings = Readonly<Record<Key, string>>;
