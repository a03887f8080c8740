/**
 * Answers that people read: each in the frame, in their language, with the pages they may go to.
 *
 * @module
 */
import type { Context } from "hono";
import { html } from "hono/html";
import type { Principal } from "../policy/principal.ts";
import type { Browser } from "./browser.ts";
import { layout } from "./layout.ts";
import type { ConsoleOptions } from "./options.ts";
import type { Html } from "./page.ts";
import { at, mayHave } from "./paths.ts";
import { sayIn, type Say } from "./say.ts";
import type { Session } from "./session.ts";
import type { Key } from "./strings/en.ts";

type Status = 200 | 403 | 404 | 429 | 500 | 503;
type Answer = Response | Promise<Response>;

/** What stands on the page, and whose it is. */
export interface Shown {
  readonly title: string;
  readonly body: Html;
  readonly session?: Session | undefined;
  /** A browser module, such as `wall.js`. */
  readonly script?: string | undefined;
}

export interface Answers {
  say(c: Context): Say;
  page(c: Context, status: Status, shown: Shown): Answer;
  /** A page that says one thing. */
  trouble(c: Context, status: Status, key: Key, session?: Session): Answer;
  /** The pages that somebody may have, in the order of the navigation. */
  navOf(principal: Principal): readonly { readonly path: string; readonly name: Key }[];
}

export function answersOf(
  { pages, sandbox }: Pick<ConsoleOptions, "pages" | "sandbox">,
  browser: Browser,
): Answers {
  const answers: Answers = {
    say: (c) => sayIn(browser.language(c)),
    page(c, status, { body, script, session, title }) {
      const language = browser.language(c);
      const frame = {
        say: sayIn(language),
        language,
        sandbox,
        path: new URL(c.req.url).pathname,
        nav: session === undefined ? [] : answers.navOf(session.principal),
        ...(script === undefined ? {} : { script }),
        ...(session === undefined ? {} : { session }),
      };
      return c.html(layout(frame, title, body), status);
    },
    trouble: (c, status, key, session) =>
      answers.page(c, status, { title: answers.say(c)(key), body: html``, session }),
    navOf: (principal) =>
      pages.flatMap((page) =>
        page.nav === undefined || !mayHave(principal, page).ok
          ? []
          : [{ path: at(page.path), name: page.nav }],
      ),
  };
  return answers;
}
