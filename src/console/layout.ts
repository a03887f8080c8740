/**
 * The frame of every page: one stylesheet, no script of its own, readable by keyboard, screen reader
 * and printer, in light and dark, from left to right or right to left.
 *
 * @module
 */
import { html } from "hono/html";
import { TIMELINE_STYLE } from "./calls/style.ts";
import type { Html } from "./page.ts";
import { LANGUAGE_NAMES, type Language, type Say } from "./say.ts";
import type { Session } from "./session.ts";
import type { Key } from "./strings/en.ts";

/** Nothing from elsewhere, nothing written into a page runs, nobody frames it. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export interface Frame {
  readonly say: Say;
  readonly language: Language;
  readonly sandbox: boolean;
  readonly path: string;
  /** A browser module, such as `wall.js`. */
  readonly script?: string;
  readonly session?: Session;
  readonly nav: readonly { readonly path: string; readonly name: Key }[];
}

export function layout(frame: Frame, title: string, body: Html) {
  const { language, nav, path, sandbox, say, session } = frame;
  return html`<!doctype html>
    <html lang="${language}" dir="auto">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · ${say("app.title")}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/console/style.css" />
        ${
          frame.script === undefined
            ? ""
            : html`<script type="module" src="/console/${frame.script}"></script>`
        }
      </head>
      <body>
        <a class="skip" href="#main">${say("app.skip")}</a>
        ${sandbox ? html`<aside class="sandbox">${say("app.sandbox")}</aside>` : ""}
        <header class="top">
          <strong>${say("app.title")}</strong>
          ${
            session === undefined
              ? ""
              : html`<nav aria-label="${say("app.title")}">
                  <ul>
                    ${nav.map(
                      (one) =>
                        html`<li>
                          <a
                            href="${one.path}"
                            ${one.path === path ? html`aria-current="page"` : ""}
                            >${say(one.name)}</a
                          >
                        </li>`,
                    )}
                  </ul>
                </nav>`
          }
          ${session === undefined ? "" : signedIn(frame, session)}
        </header>
        <main id="main" tabindex="-1">
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`;
}

function signedIn({ language, path, say }: Frame, session: Session) {
  const { kind } = session.principal;
  return html`<div class="who">
    <form method="get" action="${path}">
      <label>
        <span class="quiet">${say("app.language")}</span>
        <select name="lang">
          ${Object.entries(LANGUAGE_NAMES).map(
            ([tag, name]) =>
              html`<option value="${tag}" lang="${tag}" ${tag === language ? "selected" : ""}>
                ${name}
              </option>`,
          )}
        </select>
      </label>
      <button type="submit">↵<span class="quiet"> ${say("app.language")}</span></button>
    </form>
    <form method="post" action="/console/sign-out">
      <input type="hidden" name="csrf" value="${session.csrf}" />
      <span>${say("app.signedInAs", { name: session.name, kind })}</span>
      <button type="submit">${say("app.signOut")}</button>
    </form>
  </div>`;
}

export const STYLE = `
:root{color-scheme:light dark;--line:#c9ced6;--soft:#f4f5f7;--ink:#1c2024;--link:#1d4ed8;--safe:#047857;--alarm:#b91c1c;--busy:#92400e;--quiet:#4b5563}
@media screen and (prefers-color-scheme:dark){:root{--line:#3a4048;--soft:#1e2126;--ink:#e6e8eb;--link:#93c5fd;--safe:#34d399;--alarm:#fca5a5;--busy:#fcd34d;--quiet:#b3bac4}}
*{box-sizing:border-box}body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:Canvas}
a{color:var(--link)}.skip{position:absolute;inset-inline-start:-100vw}.skip:focus{position:static}
.sandbox{margin:0;padding:.4rem 1rem;background:#92400e;color:#fff;font-weight:600}
.top{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;padding:.6rem clamp(1rem,4vw,3rem);border-bottom:1px solid var(--line);background:var(--soft)}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:0;padding:0;list-style:none}nav a{text-decoration:none;padding:.2rem 0}nav a[aria-current]{font-weight:700;border-block-end:2px solid}
.who{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin-inline-start:auto}.who form{display:flex;gap:.4rem;align-items:center}
main{padding:1rem clamp(1rem,4vw,3rem) 3rem;max-width:80rem;margin:auto}main:focus{outline:none}h1{font-size:1.5rem;margin:.2rem 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
button,select,input,textarea{font:inherit;padding:.35em .7em;border-radius:.35rem;border:1px solid var(--line);background:Canvas;color:inherit;max-width:100%}button{cursor:pointer}
:focus-visible{outline:3px solid Highlight;outline-offset:2px}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}caption{text-align:start;color:var(--quiet);padding:.3rem 0}th,td{text-align:start;vertical-align:top;padding:.4rem .7rem .4rem 0;border-bottom:1px solid var(--line)}
.tiles{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(13rem,100%),1fr));padding:0;list-style:none}.tiles>*{border:1px solid var(--line);border-radius:.5rem;background:var(--soft);padding:.8rem 1rem}.tiles strong{display:block;font-size:1.7rem;line-height:1.2}
.word{font-weight:700}.secured,.silent,.ok{color:var(--safe)}.unsecured,.stalled,.suspect,.bad{color:var(--alarm)}.securing,.resuming,.missing,.unreachable{color:var(--busy)}.hint,.recording,.ended,.consistent{color:var(--quiet)}
form.filter{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end;margin-bottom:1rem}form.filter label{display:grid;gap:.15rem}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
.wall{display:block;min-width:60rem}.wall caption,.wall thead,.wall tbody{display:block}.wall tr{display:grid;grid-template-columns:repeat(7,minmax(0,1fr));contain:content;padding-inline-start:.4rem}.wall td,.wall th{overflow-wrap:anywhere}.wall td:nth-child(4),.wall td:nth-child(5){font-variant-numeric:tabular-nums}tacet-indicator{min-width:min(22rem,100%)}pre{white-space:pre-wrap}td time,th time{white-space:nowrap}svg.plot{min-width:34rem}@media(max-width:40rem){.scroll td,.scroll th{min-width:5.5rem}td time{white-space:normal}}summary{cursor:pointer;padding:.3rem 0}
time,code,pre,svg{direction:ltr;unicode-bidi:isolate}svg{max-width:100%;height:auto}svg text{fill:currentColor;font:12px system-ui,sans-serif}
${TIMELINE_STYLE}@media print{.top,.skip,form.filter,button,.noprint{display:none}@page{margin:10mm}h1{font-size:1.2rem;margin:.3rem 0}.sandbox{padding:.1rem .4rem;font-size:.8rem;color:#000;background:none;border:2px solid}main{max-width:none;padding:0}body{color:#000;background:#fff;font-size:.8rem}.scroll{overflow:visible}.wall,.scroll td,.scroll th{min-width:0}.scroll td,th[scope=row]{overflow-wrap:anywhere}td time,th time{white-space:normal}tr,.tiles>*{break-inside:avoid}h2,caption{break-after:avoid}}
`;
