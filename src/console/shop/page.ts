/**
 * The sandbox's one page: a shop's payment form, an agent's desktop and the recorders, side by side.
 *
 * @module
 */
import { html } from "hono/html";
import { PROTECTIONS, RECORDER_STATUSES } from "../../control/call.ts";
import type { Html } from "../page.ts";
import { LANGUAGE_NAMES, type Language, type Say, sayIn } from "../say.ts";

export interface ShopFrame {
  readonly language: Language;
  /** Where tacet is, such as `http://127.0.0.1:8080`. */
  readonly tacet: string;
  readonly agentId: string;
}

/** Why the guard keeps the form locked, in its own words and in the API's. */
const WHYS = ["offline", "hidden", "no_answer", "no_ticket", "window_closed", "call_gone"] as const;
const REFUSALS = ["window_owned_by_another", "call_ended", "log_unavailable", "stopping"] as const;

export function shopPage({ agentId, language, tacet }: ShopFrame): Html {
  const say = sayIn(language);
  return html`<!doctype html>
    <html lang="${language}" dir="auto">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${say("shop.name")} · ${say("app.title")}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/sandbox/style.css" />
        <script type="module" src="/sandbox/shop.js"></script>
      </head>
      <body
        data-tacet="${tacet}"
        data-agent="${agentId}"
        data-words="${JSON.stringify(wordsOf(say))}"
      >
        <header>
          <div class="top">
            <h1>${say("app.title")} <span class="sandbox">${say("shop.name")}</span></h1>
            ${languages(language, say)}
          </div>
          <p>${say("shop.intro")}</p>
          <noscript><p>${say("wall.needsScript")}</p></noscript>
          <p>
            <button id="call" type="button">${say("shop.newCall")}</button>
            <output id="which" aria-live="polite">${say("calls.noneYet")}</output>
          </p>
        </header>
        <main>
          ${payment(say)}
          <section aria-labelledby="desk-title" id="desk">
            <h2 id="desk-title">${say("shop.desk")}</h2>
            <tacet-indicator lang="${language}" detail keys></tacet-indicator>
            <p class="hint">${say("desk.keys")}</p>
          </section>
          <section aria-labelledby="recorders-title" id="recorders">
            <h2 id="recorders-title">${say("shop.recorders")}</h2>
            <div id="list"></div>
            <p class="hint">${say("shop.recordersHint")}</p>
          </section>
          <section aria-labelledby="feed-title" id="said">
            <h2 id="feed-title">${say("calls.type")}</h2>
            <div class="feed" tabindex="0" role="region" aria-labelledby="feed-title">
              <ul id="feed"></ul>
            </div>
          </section>
        </main>
      </body>
    </html>`;
}

/** Links and no form: this page's policy lets nothing be sent from it. */
function languages(language: Language, say: Say): Html {
  return html`<nav aria-label="${say("app.language")}">
    <ul>
      ${Object.entries(LANGUAGE_NAMES).map(
        ([tag, name]) =>
          html`<li>
            <a
              href="?lang=${tag}"
              lang="${tag}"
              hreflang="${tag}"
              ${tag === language ? html`aria-current="true"` : ""}
              >${name}</a
            >
          </li>`,
      )}
    </ul>
  </nav>`;
}

function payment(say: Say): Html {
  return html`<section aria-labelledby="shop-title" id="shop">
    <h2 id="shop-title">${say("shop.shop")}</h2>
    <p>
      <button id="take" type="button" disabled>${say("shop.take")}</button>
    </p>
    <p id="state" role="status">${say("shop.locked")}</p>
    <form id="pay" autocomplete="off">
      <fieldset id="card" disabled>
        <legend>${say("shop.card")}</legend>
        <label
          >${say("shop.number")}
          <input id="number" dir="ltr" inputmode="numeric" maxlength="23" spellcheck="false"
        /></label>
        <label
          >${say("shop.until")}
          <input id="until" dir="ltr" maxlength="7" placeholder="${say("shop.month")}"
        /></label>
        <p class="hint">${say("shop.forgotten")}</p>
        <button id="done" type="submit">${say("shop.pay")}</button>
      </fieldset>
    </form>
    <button id="cancel" type="button" disabled>${say("shop.cancel")}</button>
  </section>`;
}

/** What the script says; `{…}` is for it to fill in. */
function wordsOf(say: Say) {
  return {
    locked: say("shop.locked"),
    lockedWhy: say("shop.lockedWhy"),
    open: say("shop.open"),
    paid: say("shop.paid"),
    givenUp: say("shop.givenUp"),
    began: say("shop.began"),
    deskSays: say("shop.deskSays"),
    truth: say("shop.truth"),
    truthNow: say("shop.truthNow"),
    byHand: say("shop.byHand"),
    away: say("shop.away"),
    why: {
      ...Object.fromEntries(PROTECTIONS.map((word) => [word, say(`protection.${word}`)])),
      ...Object.fromEntries(WHYS.map((why) => [why, say(`shop.why.${why}`)])),
      ...Object.fromEntries(REFUSALS.map((code) => [code, say(`desk.${code}`)])),
    },
    status: Object.fromEntries(RECORDER_STATUSES.map((word) => [word, say(`status.${word}`)])),
    faults: {
      "ack-and-ignore": say("shop.fault.ack-and-ignore"),
      unreachable: say("failed.unreachable"),
      slow: say("shop.fault.slow"),
    },
  };
}
