/**
 * A word where a page shows a time whose entries were pruned: that it shows nothing is not that there
 * was nothing.
 *
 * @module
 */
import { html } from "hono/html";
import type { EpochMs } from "../../control/call.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, Visit } from "../page.ts";

export async function prunedNote(
  { log }: Pick<PageDeps, "log">,
  { say, session }: Visit,
  from: EpochMs,
): Promise<Html> {
  const { tenant } = session.principal;
  const prunedTo = log.prunedTo(tenant);
  if (prunedTo === 0) return html``;
  const [first] = (await log.read(tenant, {}, prunedTo, 1)).entries;
  if (first === undefined || from >= first.at) return html``;
  const moment = `${new Date(first.at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return html`<p class="word securing">${say("retention.gone", { moment })}</p>`;
}
