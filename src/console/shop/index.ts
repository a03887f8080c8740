/**
 * Serves the sandbox's page in the reader's language, chosen as on the console.
 *
 * @module
 */
import { Hono } from "hono";
import { cookiesOf, languageFor } from "../cookies.ts";
import { type ShopFrame, shopPage } from "./page.ts";
import { STYLE } from "./style.ts";

export interface ShopPageOptions extends Pick<ShopFrame, "agentId"> {
  readonly tacet: () => string;
}

export function shopPages({ agentId, tacet }: ShopPageOptions): Hono {
  const cookies = cookiesOf(false);
  const app = new Hono();
  app.get("/sandbox", (c) => {
    c.header("content-security-policy", policy(tacet()));
    return c.html(shopPage({ tacet: tacet(), agentId, language: languageFor(c, cookies) }));
  });
  app.get("/sandbox/style.css", (c) =>
    c.body(STYLE, 200, { "content-type": "text/css; charset=utf-8" }),
  );
  return app;
}

/** Nothing from elsewhere, and nothing written into the page runs. */
const policy = (tacet: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'`,
    `connect-src 'self' ${tacet} ${tacet.replace(/^http/, "ws")}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
