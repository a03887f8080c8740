/**
 * The sandbox's one page: a shop's payment form, an agent's desktop and the recorders, side by side.
 *
 * @module
 */
import { html } from "hono/html";

/** Nothing from elsewhere, and nothing written into the page runs. */
export const shopPolicy = (tacet: string): string =>
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

export function shopPage({ agentId, tacet }: { readonly tacet: string; readonly agentId: string }) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>tacet sandbox</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/sandbox/style.css" />
        <script type="module" src="/sandbox/shop.js"></script>
      </head>
      <body data-tacet="${tacet}" data-agent="${agentId}">
        <header>
          <h1>tacet <span class="sandbox">sandbox</span></h1>
          <p>
            A caller is about to read a card number aloud. Three people look at the same call. Make
            a recorder fail, and see the form lock.
          </p>
          <p>
            <button id="call" type="button">New call</button>
            <output id="which" aria-live="polite">No call yet.</output>
          </p>
        </header>
        <main>
          <section aria-labelledby="shop-title" id="shop">
            <h2 id="shop-title">The shop's payment page</h2>
            <p>
              <button id="take" type="button" disabled>Take a payment</button>
            </p>
            <p id="state" role="status">The form is locked.</p>
            <form id="pay" autocomplete="off">
              <fieldset id="card" disabled>
                <legend>Card details</legend>
                <label
                  >Card number
                  <input id="number" inputmode="numeric" maxlength="23" spellcheck="false"
                /></label>
                <label>Valid until <input id="until" maxlength="7" placeholder="MM/YY" /></label>
                <p class="hint">Type anything; it goes nowhere and is forgotten.</p>
                <button id="done" type="submit">Pay</button>
              </fieldset>
            </form>
            <button id="cancel" type="button" disabled>Cancel the payment</button>
          </section>
          <section aria-labelledby="desk-title" id="desk">
            <h2 id="desk-title">The agent's desktop</h2>
            <tacet-indicator lang="en" detail keys></tacet-indicator>
            <p class="hint">
              Alt+Shift+P pauses, Alt+Shift+R resumes. The buttons are those that tacet allows this
              agent now.
            </p>
          </section>
          <section aria-labelledby="recorders-title" id="recorders">
            <h2 id="recorders-title">The recorders, as they truly are</h2>
            <div id="list"></div>
            <p class="hint">
              tacet is not told of these switches: it finds out by asking the recorder, or by its
              push.
            </p>
          </section>
          <section aria-labelledby="feed-title" id="said">
            <h2 id="feed-title">What happened</h2>
            <ul id="feed"></ul>
          </section>
        </main>
      </body>
    </html>`;
}

export const STYLE = `
:root{color-scheme:light dark;--line:#c9ced6;--soft:#f4f5f7;--ink:#1c2024;--safe:#047857;--alarm:#b91c1c}
@media(prefers-color-scheme:dark){:root{--line:#3a4048;--soft:#1e2126;--ink:#e6e8eb;--safe:#34d399;--alarm:#fca5a5}}
*{box-sizing:border-box}body{margin:0;padding:1rem clamp(1rem,4vw,3rem);font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:Canvas}
h1{margin:0;font-size:1.6rem}h2{margin:0 0 .5rem;font-size:1.1rem}.sandbox{background:#b45309;color:#fff;border-radius:.3rem;padding:.1em .5em;font-size:.7em;vertical-align:middle}
main{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));margin-top:1rem}
section{border:1px solid var(--line);border-radius:.6rem;padding:1rem;background:var(--soft);min-width:0}
button{font:inherit;padding:.45em .9em;border-radius:.4rem;border:1px solid var(--line);background:Canvas;color:inherit;cursor:pointer}
button:disabled{opacity:.55;cursor:not-allowed}button:focus-visible,input:focus-visible{outline:3px solid Highlight;outline-offset:2px}
fieldset{border:2px solid var(--alarm);border-radius:.4rem;display:grid;gap:.6rem}fieldset:enabled{border-color:var(--safe)}
label{display:grid;gap:.2rem}input{font:inherit;padding:.4em;width:100%;border:1px solid var(--line);border-radius:.3rem;background:Canvas;color:inherit}
label.switch{display:flex;gap:.5rem;align-items:center}label.switch input{width:auto}
.hint{font-size:.9rem;opacity:.85}.truth{font-weight:700}.truth.recording{color:var(--alarm)}.truth.paused{color:var(--safe)}
#state{font-weight:700;color:var(--alarm)}#state.safe{color:var(--safe)}
.recorder{border-top:1px solid var(--line);padding:.6rem 0}ul{margin:0;padding-inline-start:1.2rem;max-height:22rem;overflow:auto;font-size:.9rem}
`;
