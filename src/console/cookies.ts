/**
 * What a browser keeps for our pages by itself: cookies that no script can read, and the language.
 *
 * @module
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { isLanguage, languageOf, type Language } from "./say.ts";

const LANGUAGE_S = 365 * 24 * 3_600;

/** `attempt`: a sign-in that was begun. `browser`: one in which somebody has signed in. */
type CookieName = "attempt" | "browser" | "lang" | "session";

export interface Cookies {
  cookie(c: Context, what: CookieName): string | undefined;
  /** For as long as the browser runs, where no time is given. No script can read it. */
  keep(c: Context, what: CookieName, value: string, seconds?: number): void;
  forget(c: Context, what: CookieName): void;
}

export function cookiesOf(isSecure: boolean): Cookies {
  const attributes = { httpOnly: true, secure: isSecure, sameSite: "Lax", path: "/" } as const;
  const nameOf = (what: CookieName) => (isSecure ? `__Host-tacet-${what}` : `tacet-${what}`);
  return {
    cookie: (c, what) => getCookie(c, nameOf(what)),
    keep(c, what, value, seconds) {
      const life = seconds === undefined ? {} : { maxAge: seconds };
      setCookie(c, nameOf(what), value, { ...attributes, ...life });
    },
    forget: (c, what) => void deleteCookie(c, nameOf(what), attributes),
  };
}

/** As was asked for now, which is kept; as was chosen before; or as the browser prefers. */
export function languageFor(c: Context, cookies: Cookies): Language {
  const wanted = c.req.query("lang");
  if (wanted !== undefined && isLanguage(wanted)) {
    cookies.keep(c, "lang", wanted, LANGUAGE_S);
    return wanted;
  }
  const kept = cookies.cookie(c, "lang");
  if (kept !== undefined && isLanguage(kept)) return kept;
  return languageOf(c.req.header("accept-language"));
}
