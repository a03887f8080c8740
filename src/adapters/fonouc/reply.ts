/**
 * What the replies of Fonouc's portal and of Kazoo have in common: what a status alone can say,
 * and foreign words made fit to be told. Pure.
 *
 * @module
 */
import { z } from "zod";
import type { NotDone, RefusedReason } from "../../control/ports.ts";
import { parsedJson, retryAfter, withoutLongNumbers } from "../foreign.ts";
import type { HttpReply } from "../recorder.ts";
import type { FetchContext } from "../sharedFetch.ts";

/** Takes secrets out of a vendor's words. */
export type Scrub = (text: string) => string;
export type Refusal = Extract<NotDone, { kind: "refused" }>;
/** What one exchange needs. */
export type Asking = FetchContext;

const WORDS_LENGTH_MAX = 200;

const said = z.looseObject({ message: z.string().optional(), error: z.unknown().optional() });

export const refused = (reason: RefusedReason, detail: string): Refusal => ({
  kind: "refused",
  reason,
  detail,
});
export const badReply = (detail: string): Refusal => refused("bad_reply", detail);
export const isSuccess = ({ status }: HttpReply): boolean => status >= 200 && status < 300;
export const wordsOf = (outcome: NotDone): string => outcome.detail ?? outcome.kind;

/** One line of a vendor's own words; what opens a recording, or may be a card's number, is not told. */
export function tell(words: string, scrub: Scrub): string {
  return withoutLongNumbers(scrub(words).replace(/\b\w+:\/\/\S+/g, "[link]"))
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, WORDS_LENGTH_MAX);
}

/** A reply that is not the one documented: what its status and its words can say. */
export function unreadable(reply: HttpReply, scrub: Scrub, check: string): NotDone {
  const words = messageOf(reply);
  const detail = tell(`HTTP ${reply.status}${words === undefined ? "" : `: ${words}`}`, scrub);
  switch (reply.status) {
    case 400:
      return refused("vendor_error", `${detail} (the information sent is invalid)`);
    case 401:
      return refused("not_authorized", detail);
    case 500:
      return refused("vendor_error", `${detail} (an error of its own)`);
    case 403:
      return refused("not_permitted", detail);
    case 429:
      return { kind: "unreachable", detail, ...retryAfter(reply) };
    // A gateway gave up; what stands behind it may have heard.
    case 502:
    case 504:
      return { kind: "in_doubt", detail };
    case 503:
      return retryAfter(reply).retryAfterMs === undefined
        ? { kind: "in_doubt", detail }
        : { kind: "unreachable", detail, ...retryAfter(reply) };
    default:
      if (reply.status >= 500) return refused("vendor_error", detail);
      return badReply(
        reply.status >= 300 && reply.status < 400
          ? `HTTP ${reply.status}: redirects are not followed`
          : `HTTP ${reply.status} without the documented answer: ${check}`,
      );
  }
}

/** What a body calls an error or a message, if it is one object with either. */
export function messageOf(reply: HttpReply): string | undefined {
  const parsed = said.safeParse(parsedJson(reply.body));
  if (!parsed.success) return undefined;
  const { error, message } = parsed.data;
  return message ?? (typeof error === "string" ? error : undefined);
}
