/**
 * The way in and out: to the provider and back, the sandbox's link, and signing out.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { html } from "hono/html";
import type { Answers } from "./answers.ts";
import { attempts, LIFE_MS } from "./attempts.ts";
import { type Browser, formOf } from "./browser.ts";
import type { ConsoleOptions } from "./options.ts";
import { local } from "./paths.ts";
import { CALLBACK_PATH, type SignedIn } from "./signIn.ts";

/** Why somebody is asked to sign in, where there is more to say than that. */
const WHY = ["again", "failed", "unavailable"] as const;
/** A browser in which nobody signs in for so long is a stranger again. */
const BROWSER_S = 30 * 24 * 3_600;

export function signInRoutes(
  app: Hono,
  options: ConsoleOptions,
  browser: Browser,
  answers: Answers,
): void {
  const { clock, ids, sessions, signIn, signIns } = options;
  const begun = attempts(clock, ids);
  const placeOf = (c: Context) => ({ ip: browser.ip(c), browser: browser.cookie(c, "browser") });

  app.get("/console/sign-in", (c) => {
    const say = answers.say(c);
    const why = WHY.find((one) => one === c.req.query("why"));
    const back = local(c.req.query("back"));
    const body = html`${why === undefined ? "" : html`<p role="status">${say(`signIn.${why}`)}</p>`}
      <p>
        <a href="/console/sign-in/go?back=${encodeURIComponent(back)}">${say("signIn.button")}</a>
      </p>`;
    return answers.page(c, 200, { title: say("signIn.title"), body });
  });
  app.get("/console/sign-in/go", async (c) => {
    const waitMs = signIns.begin(placeOf(c));
    if (waitMs > 0) return await tooMany(c, waitMs);
    try {
      const { attempt, url } = await signIn.begin();
      const id = begun.keep({ attempt, back: local(c.req.query("back")) });
      browser.keep(c, "attempt", id, LIFE_MS / 1_000);
      return c.redirect(url);
    } catch (error) {
      options.onError(error);
      return c.redirect("/console/sign-in?why=unavailable");
    }
  });
  app.get(CALLBACK_PATH, async (c) => {
    const known = begun.take(browser.cookie(c, "attempt") ?? "");
    browser.forget(c, "attempt");
    if (known === undefined) return c.redirect("/console/sign-in?why=failed");
    return welcome(c, await signIn.finish(new URL(c.req.url), known.attempt), known.back);
  });
  app.get("/console/link/:token", async (c) => {
    const waitMs = signIns.begin(placeOf(c));
    if (waitMs > 0) return await tooMany(c, waitMs);
    const found = options.link?.(c.req.param("token"));
    if (found !== undefined) return await welcome(c, found, "/console");
    signIns.failed(placeOf(c));
    return c.redirect("/console/sign-in?why=failed");
  });
  app.post("/console/sign-out", async (c) => {
    const session = browser.session(c);
    const form = await formOf(c);
    if (session === undefined) return c.redirect("/console/sign-in");
    if (!browser.isOurs(c, form, session)) return answers.trouble(c, 403, "error.csrf", session);
    sessions.end(browser.cookie(c, "session") ?? "");
    browser.forget(c, "session");
    await options.enter({ type: "SignedOut", principal: session.principal }, browser.ip(c));
    return c.redirect("/console/sign-in");
  });

  /** In words, and not by itself again: whoever reads it tries when it says. */
  async function tooMany(c: Context, waitMs: number): Promise<Response> {
    await options.enter({ type: "SignInRefused", why: "too_many_attempts" }, browser.ip(c));
    const seconds = String(Math.ceil(waitMs / 1_000));
    c.header("retry-after", seconds);
    const say = answers.say(c);
    const back = encodeURIComponent(local(c.req.query("back")));
    const body = html`<p role="alert">${say("signIn.tooMany", { seconds })}</p>
      <p><a href="/console/sign-in?back=${back}">${say("signIn.button")}</a></p>`;
    return await answers.page(c, 429, { title: say("signIn.title"), body });
  }

  async function welcome(c: Context, who: SignedIn, back: string): Promise<Response> {
    const ip = browser.ip(c);
    if (!who.ok || !options.tenants().includes(who.principal.tenant)) {
      const { detail, why } = who.ok ? { detail: "", why: "denied" as const } : who;
      signIns.failed(placeOf(c));
      await options.enter({ type: "SignInRefused", why }, ip);
      if (why === "failed") return c.redirect("/console/sign-in?why=failed");
      const say = answers.say(c);
      const body = html`<p>${say("signIn.denied", { detail })}</p>`;
      return answers.page(c, 403, { title: say("signIn.title"), body });
    }
    sessions.end(browser.cookie(c, "session") ?? "");
    browser.keep(c, "session", sessions.start(who).id);
    browser.keep(c, "browser", signIns.succeeded(placeOf(c)), BROWSER_S);
    await options.enter({ type: "SignedIn", principal: who.principal }, ip);
    return c.redirect(back, 303);
  }
}
