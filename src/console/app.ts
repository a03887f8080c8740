/**
 * The console: pages made on the server for people who are signed in. Everything that is asked for
 * comes through here: who asks, whether they may, and whether the form was ours.
 *
 * @module
 */
import { Hono, type Context } from "hono";
import { html } from "hono/html";
import { LogUnavailable } from "../control/within.ts";
import { answersOf } from "./answers.ts";
import { browserOf, formOf } from "./browser.ts";
import { PAGE_POLICY, STYLE } from "./layout.ts";
import type { ConsoleOptions } from "./options.ts";
import type { PageDef, Reply } from "./page.ts";
import { AGENTS_PATH, at, local, mayHave } from "./paths.ts";
import { sayIn } from "./say.ts";
import type { Session } from "./session.ts";
import { signInRoutes } from "./signInRoutes.ts";

export function consoleApp(options: ConsoleOptions): Hono {
  const { pages } = options;
  const isSecure = new URL(options.url).protocol === "https:";
  const browser = browserOf(options);
  const answers = answersOf(options, browser);
  const app = new Hono();

  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
    c.header("content-security-policy", PAGE_POLICY);
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "same-origin");
    c.header("cross-origin-opener-policy", "same-origin");
    if (isSecure) c.header("strict-transport-security", "max-age=31536000");
  });
  app.get("/console/style.css", (c) =>
    c.body(STYLE, 200, { "content-type": "text/css; charset=utf-8" }),
  );
  app.get("/console/:name{[a-z]+\\.js}", (c, next) => {
    const text = options.module(c.req.param("name"));
    if (text === undefined) return next();
    return c.body(text, 200, { "content-type": "text/javascript; charset=utf-8" });
  });
  signInRoutes(app, options, browser, answers);
  for (const page of pages) app.on(page.method, at(page.path), (c) => visit(c, page));
  app.notFound((c) => answers.trouble(c, 404, "error.notFound", browser.session(c)));
  app.onError((error, c) => {
    options.onError(error);
    const [status, key] =
      error instanceof LogUnavailable
        ? ([503, "error.unavailable"] as const)
        : ([500, "error.failed"] as const);
    return answers.trouble(c, status, key, browser.session(c));
  });
  return app;

  async function visit(c: Context, page: PageDef): Promise<Response> {
    const session = browser.session(c, page.byScript);
    if (session === undefined) return c.redirect(signInFor(c));
    const form = page.method === "POST" ? await formOf(c) : new URLSearchParams();
    if (page.method === "POST" && !browser.isOurs(c, form, session))
      return answers.trouble(c, 403, "error.csrf", session);
    form.delete("csrf");
    const ip = browser.ip(c);
    const isFirst = page.method === "GET" && page.path === "/";
    if (session.principal.kind === "agent" && isFirst) return c.redirect(AGENTS_PATH);
    const allowed = mayHave(session.principal, page);
    if (!allowed.ok) {
      const [first] = answers.navOf(session.principal);
      // Whoever may not have the first page is led to the first that they may have.
      if (isFirst && first !== undefined) return c.redirect(first.path);
      const { principal } = session;
      await options.enter({ type: "AccessDenied", principal, action: page.action }, ip);
      const title = answers.say(c)("error.forbidden", { scope: page.action });
      return answers.page(c, 403, { title, body: html`<p>${allowed.detail}</p>`, session });
    }
    const language = browser.language(c);
    const reply = await page.handle({
      session,
      language,
      say: sayIn(language),
      param: (part) => c.req.param(part) ?? "",
      query: new URL(c.req.url).searchParams,
      form,
      ...(ip === undefined ? {} : { ip }),
    });
    return await replied(c, session, reply);
  }

  async function replied(c: Context, session: Session, reply: Reply): Promise<Response> {
    switch (reply.kind) {
      case "redirect":
        return c.redirect(local(reply.to), 303);
      case "not_found":
        return answers.trouble(c, 404, "error.notFound", session);
      case "data":
        return c.json(reply.body, reply.status);
      case "file": {
        const { body, contentType, name: file } = reply;
        const safe = file.replaceAll(/[^\w.-]/g, "_");
        return c.body(body, 200, {
          "content-type": contentType,
          "content-disposition": `attachment; filename="${safe}"`,
        });
      }
      case "page":
        return answers.page(c, 200, { ...reply, session });
    }
  }
}

/** Whoever looked for a page comes back to it; what a form asked for is not done by itself. */
function signInFor(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  const back = c.req.method === "GET" ? `&back=${encodeURIComponent(pathname + search)}` : "";
  return `/console/sign-in?why=again${back}`;
}
