/**
 * The control log's entries of a call, each in a plain sentence, a page at a time.
 *
 * @module
 */
import { html } from "hono/html";
import { isTrouble, sentenceOf } from "../calls/entryWords.ts";
import { moment, whoIs, scrolling } from "../calls/words.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, Visit } from "../page.ts";
import { callPath } from "../watch/show.ts";

const PAGE_COUNT = 200;

/** Throws where the log cannot be read. */
export async function entriesList({ log }: PageDeps, visit: Visit, callId: string): Promise<Html> {
  const { query, say, session } = visit;
  const asked = Number(query.get("after") ?? 0);
  const after = Number.isSafeInteger(asked) && asked > 0 ? asked : 0;
  const page = await log.read(session.principal.tenant, { callId }, after, PAGE_COUNT);
  return html`<h2 id="entries">${say("call.entries")}</h2>
    ${scrolling(
      say("call.entries"),
      html`<table class="wide">
        <caption>
          ${say("call.entriesCaption")}
        </caption>
        <thead>
          <tr>
            <th scope="col">${say("call.position")}</th>
            <th scope="col">${say("call.at")}</th>
            <th scope="col">${say("call.what")}</th>
            <th scope="col">${say("call.who")}</th>
          </tr>
        </thead>
        <tbody>
          ${page.entries.map(
            (entry) =>
              html`<tr id="e${entry.position}">
                <th scope="row">${entry.position}</th>
                <td class="when">${moment(entry.at)}</td>
                <td class="${isTrouble(entry) ? "bad" : ""}">${sentenceOf(entry, say)}</td>
                <td>${whoIs(entry.actor)}</td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}
    <p>
      ${
        page.next === undefined
          ? ""
          : html`<a rel="next" href="${callPath(callId)}?after=${page.next}#entries"
              >${say("call.nextEntries")}</a
            >`
      }
      ${after === 0 ? "" : html`<a href="${callPath(callId)}#entries">${say("call.firstEntries")}</a>`}
    </p>`;
}
