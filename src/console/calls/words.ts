/**
 * The words of a call's drawing, in the reader's language, and which of them are worse.
 *
 * @module
 */
import { html } from "hono/html";
import type { EpochMs, Protection } from "../../control/call.ts";
import type { Entry } from "../../log/entry.ts";
import type { Html } from "../page.ts";
import type { Say } from "../say.ts";
import { wordFor } from "./entryWords.ts";
import type { TapWord } from "./tapWord.ts";
import type { Mark, WindowWord } from "./timeline.ts";

export type LaneKind = "call" | "window" | "tap";
export type AnyWord = Protection | WindowWord | TapWord;

export const saidOf = (say: Say, kind: LaneKind, word: AnyWord): string =>
  wordFor(say, kind === "call" ? "protection" : "lane", word);

const ALARMING: ReadonlySet<AnyWord> = new Set(["unsecured", "exposed", "unconfirmed", "stalled"]);
const BUSY: ReadonlySet<AnyWord> = new Set(["securing", "pausing", "resuming", "kept"]);

/** What is wrong is 2, what is under way 1. */
export function weightOf(word: AnyWord): 0 | 1 | 2 {
  if (ALARMING.has(word)) return 2;
  return BUSY.has(word) ? 1 : 0;
}

export function saidOfMark(say: Say, { event, kind }: Mark): string {
  switch (kind) {
    case "confirmed":
    case "drift": {
      if (event.type !== "RecorderReported") return "";
      const status = say(`status.${event.status}`);
      return say(`mark.${kind}`, { status, how: say(`how.${event.confirmedBy}`) });
    }
    case "failed":
      return event.type === "RecorderFailed"
        ? say("mark.failed", { outcome: say(`failed.${event.outcome}`) })
        : "";
    case "lapsed":
    case "overdue":
    case "renewed":
    case "expired":
    case "closed":
      return say(`mark.${kind}`);
  }
}

/** In UTC to the millisecond. */
export const exact = (at: EpochMs): string =>
  new Date(at).toISOString().replace("T", " ").replace("Z", " UTC");
export const moment = (at: EpochMs): Html =>
  html`<time datetime="${new Date(at).toISOString()}">${exact(at)}</time>`;

/** Who, as the log names them. */
export const whoIs = ({ client, id, kind }: Entry["actor"]): string =>
  [id === "tacet" && kind === "system" ? "tacet" : `${id} (${kind})`, client]
    .filter((part) => part !== undefined)
    .join(", ");

/** What is wide scrolls by itself on a narrow screen, also by keyboard: goes with `class="scroll"`. */
export const scrolls = (label: string): Html =>
  html`tabindex="0" role="region" aria-label="${label}"`;
export const scrolling = (label: string, table: Html): Html =>
  html`<div class="scroll" ${scrolls(label)}>${table}</div>`;
