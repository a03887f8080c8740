/**
 * What a browser keeps for the console and brings with each request: its cookies, the language, who
 * is signed in, and a form.
 *
 * @module
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { ConsoleOptions } from "./options.ts";
import { isLanguage, languageOf, type Language } from "./say.ts";
import type { Session } from "./session.ts";

const FORM_BYTES_MAX = 64 * 1024;
const LANGUAGE_S = 365 * 24 * 3_600;

/** `attempt`: a sign-in that was begun. `browser`: one in which somebody has signed in. */
export type CookieName = "attempt" | "browser" | "lang" | "session";

export interface Browser {
  cookie(c: Context, what: CookieName): string | undefined;
  /** For as long as the browser runs, where no time is given. No script can read it. */
  keep(c: Context, what: CookieName, value: string, seconds?: number): void;
  forget(c: Context, what: CookieName): void;
  /** As was asked for now, chosen before, or as the browser prefers. */
  language(c: Context): Language;
  /** `byScript`: asked by a page's own script, which nobody clicked for. */
  session(c: Context, byScript?: boolean): Session | undefined;
  /** The browser says where a form comes from, and the form knows what only our pages know. */
  isOurs(c: Context, form: URLSearchParams, session: Session): boolean;
  /** Where the request came from, as trusted proxies tell it. */
  ip(c: Context): string | undefined;
}

export function browserOf(options: ConsoleOptions): Browser {
  const { origin } = new URL(options.url);
  const isSecure = origin.startsWith("https:");
  const attributes = { httpOnly: true, secure: isSecure, sameSite: "Lax", path: "/" } as const;
  const nameOf = (what: CookieName) => (isSecure ? `__Host-tacet-${what}` : `tacet-${what}`);

  const browser: Browser = {
    cookie: (c, what) => getCookie(c, nameOf(what)),
    keep(c, what, value, seconds) {
      const life = seconds === undefined ? {} : { maxAge: seconds };
      setCookie(c, nameOf(what), value, { ...attributes, ...life });
    },
    forget: (c, what) => void deleteCookie(c, nameOf(what), attributes),
    language(c) {
      const wanted = c.req.query("lang");
      if (wanted !== undefined && isLanguage(wanted)) {
        browser.keep(c, "lang", wanted, LANGUAGE_S);
        return wanted;
      }
      const kept = browser.cookie(c, "lang");
      if (kept !== undefined && isLanguage(kept)) return kept;
      return languageOf(c.req.header("accept-language"));
    },
    session: (c, byScript) => options.sessions.use(browser.cookie(c, "session") ?? "", byScript),
    isOurs: (c, form, session) =>
      c.req.header("origin") === origin && form.get("csrf") === session.csrf,
    ip: (c) => options.clientAddress?.(c.req.raw),
  };
  return browser;
}

/** Empty where it is no form, or longer than any of ours. */
export async function formOf(c: Context): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? "";
  const length = Number(c.req.header("content-length") ?? NaN);
  if (!type.startsWith("application/x-www-form-urlencoded") || !(length <= FORM_BYTES_MAX))
    return new URLSearchParams();
  return new URLSearchParams(await c.req.text());
}
