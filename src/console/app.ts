/**
 * The console: pages made on the server for people who are signed in. Everything that is asked for
 * comes through here: who asks, whether they may, and whether the form was ours.
 *
 * @module
 */
import { Hono, type Context } from "hono";
import { getCookie, setCookie, deleteCookie } from "hono/cookie";
import { html } from "hono/html";
import type { EpochMs, TenantId } from "../control/call.ts";
import { LogUnavailable } from "../control/within.ts";
import type { Action } from "../policy/access.ts";
import type { Principal } from "../policy/principal.ts";
import { attempts } from "./attempts.ts";
import { layout, PAGE_POLICY, STYLE } from "./layout.ts";
import type { Html, PageDef, Reply } from "./page.ts";
import { AGENTS_PATH, at, local, mayHave } from "./paths.ts";
import { isLanguage, languageOf, sayIn, type Language } from "./say.ts";
import { sessions, type Session } from "./session.ts";
import { CALLBACK_PATH, type SignedIn, type SignIn } from "./signIn.ts";
import type { Key } from "./strings/en.ts";

/** What happened here that the log is told. */
export type ConsoleFact =
  | { readonly type: "SignedIn" | "SignedOut"; readonly principal: Principal }
  | { readonly type: "SignInRefused"; readonly why: "denied" | "failed" }
  | { readonly type: "AccessDenied"; readonly principal: Principal; readonly action: Action };

export interface ConsoleOptions {
  /** Where people reach it. */
  readonly url: string;
  readonly signIn: SignIn;
  /** Signs in whoever has this link, once; for the sandbox alone. */
  readonly link?: (token: string) => SignedIn | undefined;
  readonly pages: readonly PageDef[];
  /** A browser module by its name, such as `console.js`. */
  readonly module: (name: string) => string | undefined;
  readonly clock: () => EpochMs;
  readonly ids: () => string;
  readonly sessionMsMax: number;
  readonly idleMsMax: number;
  readonly sandbox: boolean;
  readonly tenants: () => readonly TenantId[];
  readonly clientAddress?: (request: Request) => string | undefined;
  /** `ip`: where it was asked from. Never rejects. */
  readonly enter: (fact: ConsoleFact, ip?: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

const FORM_BYTES_MAX = 64 * 1024;
const LANGUAGE_S = 365 * 24 * 3_600;

export function consoleApp(options: ConsoleOptions): Hono {
  const { clock, ids, pages, sandbox, signIn } = options;
  const origin = new URL(options.url).origin;
  const isSecure = origin.startsWith("https:");
  const name = (what: string) => (isSecure ? `__Host-tacet-${what}` : `tacet-${what}`);
  const cookie = { httpOnly: true, secure: isSecure, sameSite: "Lax", path: "/" } as const;
  const signedIn = sessions(options);
  const begun = attempts(clock, ids);
  const app = new Hono();
  /** The pages that somebody may have. */
  const navOf = (principal: Principal) =>
    pages.flatMap((page) =>
      page.nav === undefined || !mayHave(principal, page).ok
        ? []
        : [{ path: at(page.path), name: page.nav }],
    );

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

  app.get("/console/sign-in", (c) => {
    const why = c.req.query("why");
    const said = why === "again" || why === "failed" || why === "unavailable" ? why : undefined;
    return show(c, 200, "signIn.title", signInBody(c, said));
  });
  app.get("/console/sign-in/go", async (c) => {
    try {
      const { attempt, url } = await signIn.begin();
      const id = begun.keep({ attempt, back: local(c.req.query("back")) });
      setCookie(c, name("attempt"), id, { ...cookie, maxAge: 600 });
      return c.redirect(url);
    } catch (error) {
      options.onError(error);
      return c.redirect("/console/sign-in?why=unavailable");
    }
  });
  app.get(CALLBACK_PATH, async (c) => {
    const known = begun.take(getCookie(c, name("attempt")) ?? "");
    deleteCookie(c, name("attempt"), cookie);
    if (known === undefined) return c.redirect("/console/sign-in?why=failed");
    return welcome(c, await signIn.finish(new URL(c.req.url), known.attempt), known.back);
  });
  app.get("/console/link/:token", async (c) => {
    const found = options.link?.(c.req.param("token"));
    if (found === undefined) return c.redirect("/console/sign-in?why=failed");
    return await welcome(c, found, "/console");
  });
  app.post("/console/sign-out", async (c) => {
    const session = sessionOf(c);
    const form = await formOf(c);
    if (session === undefined) return c.redirect("/console/sign-in");
    if (!isOurs(c, form, session)) return trouble(c, 403, "error.csrf", session);
    signedIn.end(getCookie(c, name("session")) ?? "");
    deleteCookie(c, name("session"), cookie);
    await options.enter({ type: "SignedOut", principal: session.principal }, ipOf(c));
    return c.redirect("/console/sign-in");
  });

  for (const page of pages) app.on(page.method, at(page.path), (c) => visit(c, page));
  app.notFound((c) => trouble(c, 404, "error.notFound", sessionOf(c)));
  app.onError((error, c) => {
    options.onError(error);
    if (error instanceof LogUnavailable) return trouble(c, 503, "error.unavailable", sessionOf(c));
    return trouble(c, 500, "error.failed", sessionOf(c));
  });
  return app;

  async function visit(c: Context, page: PageDef): Promise<Response> {
    const session = sessionOf(c);
    if (session === undefined) {
      const back = c.req.method === "GET" ? new URL(c.req.url) : undefined;
      const to =
        back === undefined ? "" : `&back=${encodeURIComponent(back.pathname + back.search)}`;
      return c.redirect(`/console/sign-in?why=again${to}`);
    }
    const form = page.method === "POST" ? await formOf(c) : new URLSearchParams();
    if (page.method === "POST" && !isOurs(c, form, session))
      return trouble(c, 403, "error.csrf", session);
    form.delete("csrf");
    const isAgent = session.principal.kind === "agent";
    if (isAgent && page.method === "GET" && page.path === "/") return c.redirect(AGENTS_PATH);
    const allowed = mayHave(session.principal, page);
    const [first] = navOf(session.principal);
    // Whoever may not have the first page is led to the first that they may have.
    if (!allowed.ok && page.method === "GET" && page.path === "/" && first !== undefined)
      return c.redirect(first.path);
    if (!allowed.ok) {
      const { principal } = session;
      const fact = { type: "AccessDenied", principal, action: page.action } as const;
      await options.enter(fact, ipOf(c));
      const scope = allowed.detail;
      return show(c, 403, "error.forbidden", html`<p>${scope}</p>`, session, {
        scope: page.action,
      });
    }
    const language = languageFor(c);
    const ip = ipOf(c);
    return await replied(
      c,
      session,
      await page.handle({
        session,
        language,
        say: sayIn(language),
        param: (part) => c.req.param(part) ?? "",
        query: new URL(c.req.url).searchParams,
        form,
        ...(ip === undefined ? {} : { ip }),
      }),
    );
  }

  async function replied(c: Context, session: Session, reply: Reply): Promise<Response> {
    switch (reply.kind) {
      case "redirect":
        return c.redirect(local(reply.to), 303);
      case "not_found":
        return trouble(c, 404, "error.notFound", session);
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
        return framed(c, 200, reply.title, reply.body, session, reply.script);
    }
  }

  async function welcome(c: Context, who: SignedIn, back: string): Promise<Response> {
    if (!who.ok || !options.tenants().includes(who.principal.tenant)) {
      const { detail, why } = who.ok ? { detail: "", why: "denied" as const } : who;
      await options.enter({ type: "SignInRefused", why }, ipOf(c));
      if (why === "failed") return c.redirect("/console/sign-in?why=failed");
      return show(c, 403, "signIn.title", html`<p>${sayFor(c)("signIn.denied", { detail })}</p>`);
    }
    signedIn.end(getCookie(c, name("session")) ?? "");
    const { id } = signedIn.start(who);
    setCookie(c, name("session"), id, cookie);
    await options.enter({ type: "SignedIn", principal: who.principal }, ipOf(c));
    return c.redirect(back, 303);
  }

  function signInBody(c: Context, why: "again" | "failed" | "unavailable" | undefined): Html {
    const say = sayFor(c);
    const back = local(c.req.query("back"));
    return html`${why === undefined ? "" : html`<p role="status">${say(`signIn.${why}`)}</p>`}
      <p>
        <a href="/console/sign-in/go?back=${encodeURIComponent(back)}">${say("signIn.button")}</a>
      </p>`;
  }

  function ipOf(c: Context): string | undefined {
    return options.clientAddress?.(c.req.raw);
  }

  function sessionOf(c: Context): Session | undefined {
    return signedIn.use(getCookie(c, name("session")) ?? "");
  }

  /** The browser says where a form comes from, and the form knows what only our pages know. */
  function isOurs(c: Context, form: URLSearchParams, session: Session): boolean {
    return c.req.header("origin") === origin && form.get("csrf") === session.csrf;
  }

  function languageFor(c: Context): Language {
    const wanted = c.req.query("lang");
    if (wanted !== undefined && isLanguage(wanted)) {
      setCookie(c, name("lang"), wanted, { ...cookie, maxAge: LANGUAGE_S });
      return wanted;
    }
    const kept = getCookie(c, name("lang"));
    if (kept !== undefined && isLanguage(kept)) return kept;
    return languageOf(c.req.header("accept-language"));
  }
  function sayFor(c: Context) {
    return sayIn(languageFor(c));
  }

  function trouble(
    c: Context,
    status: 403 | 404 | 500 | 503,
    key: Key,
    session: Session | undefined,
  ): Response | Promise<Response> {
    return show(c, status, key, html``, session);
  }

  function show(
    c: Context,
    status: 200 | 403 | 404 | 500 | 503,
    key: Key,
    body: Html,
    session?: Session,
    values: Readonly<Record<string, string>> = {},
  ): Response | Promise<Response> {
    return framed(c, status, sayFor(c)(key, values), body, session);
  }

  function framed(
    c: Context,
    status: 200 | 403 | 404 | 500 | 503,
    title: string,
    body: Html,
    session?: Session,
    script?: string,
  ): Response | Promise<Response> {
    const language = languageFor(c);
    const path = new URL(c.req.url).pathname;
    const frame = {
      say: sayIn(language),
      language,
      sandbox,
      path,
      nav: session === undefined ? [] : navOf(session.principal),
      ...(script === undefined ? {} : { script }),
      ...(session === undefined ? {} : { session }),
    };
    return c.html(layout(frame, title, body), status);
  }
}

async function formOf(c: Context): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? "";
  const length = Number(c.req.header("content-length") ?? NaN);
  if (!type.startsWith("application/x-www-form-urlencoded") || !(length <= FORM_BYTES_MAX))
    return new URLSearchParams();
  return new URLSearchParams(await c.req.text());
}
