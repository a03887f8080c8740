/**
 * What a browser keeps for the console and brings with each request: its cookies, the language, who
 * is signed in, and a form.
 *
 * @module
 */
import type { Context } from "hono";
import { type Cookies, cookiesOf, languageFor } from "./cookies.ts";
import type { ConsoleOptions } from "./options.ts";
import type { Language } from "./say.ts";
import type { Session } from "./session.ts";

const FORM_BYTES_MAX = 64 * 1024;

export interface Browser extends Cookies {
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
  const cookies = cookiesOf(origin.startsWith("https:"));
  return {
    ...cookies,
    language: (c) => languageFor(c, cookies),
    session: (c, byScript) => options.sessions.use(cookies.cookie(c, "session") ?? "", byScript),
    isOurs: (c, form, session) =>
      c.req.header("origin") === origin && form.get("csrf") === session.csrf,
    ip: (c) => options.clientAddress?.(c.req.raw),
  };
}

/** Empty where it is no form, or longer than any of ours. */
export async function formOf(c: Context): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? "";
  const length = Number(c.req.header("content-length") ?? NaN);
  if (!type.startsWith("application/x-www-form-urlencoded") || !(length <= FORM_BYTES_MAX))
    return new URLSearchParams();
  return new URLSearchParams(await c.req.text());
}
