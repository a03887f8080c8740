/**
 * What AnywhereNow's replies have in common: the `ErrorMessage`, and what a status alone can say.
 * Pure.
 *
 * @module
 */
import { z } from "zod";
import type { ControlOutcome, NotDone } from "../../control/ports.ts";
import { retryAfter } from "../foreign.ts";
import type { HttpReply } from "../recorder.ts";

/** Takes secrets out of a vendor's words. */
export type Scrub = (text: string) => string;

const messageLengthMax = 200;

/** `ErrorType` is an open number: the vendor's list of them is not to be had. */
export const errorMessage = z.looseObject({ ErrorType: z.number(), Message: z.string().nullish() });

export type Refusal = Extract<ControlOutcome, { kind: "refused" }>;
export type ErrorMessage = z.output<typeof errorMessage>;
export const badReply = (detail: string): Refusal => ({
  kind: "refused",
  reason: "bad_reply",
  detail,
});
export const isSuccess = (reply: HttpReply): boolean => reply.status >= 200 && reply.status < 300;
export const isRedirect = (reply: HttpReply): boolean => reply.status >= 300 && reply.status < 400;
export const sameGuid = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Documented: `ErrorType` 2, "No Audio session with correlation Id:'…' was found." */
export const saysNoSession = (error: ErrorMessage): boolean =>
  error.ErrorType === 2 && /no audio session/i.test(error.Message ?? "");

export function refusal(reply: HttpReply, error: ErrorMessage, scrub: Scrub): NotDone {
  const detail = wordsOf(error, scrub);
  if (saysNoSession(error)) return { kind: "refused", reason: "target_not_found", detail };
  if (reply.status === 401) return { kind: "refused", reason: "not_authorized", detail };
  if (reply.status === 403) return { kind: "refused", reason: "not_permitted", detail };
  return { kind: "refused", reason: "vendor_error", detail };
}

/** A reply without the documented body: what its status alone can say. */
export function unreadable(reply: HttpReply): NotDone {
  const said = `HTTP ${reply.status}`;
  switch (reply.status) {
    case 401:
      return { kind: "refused", reason: "not_authorized", detail: said };
    case 403:
      return { kind: "refused", reason: "not_permitted", detail: said };
    case 429:
      return { kind: "unreachable", detail: said, ...retryAfter(reply) };
    // A gateway gave up; what stands behind it may have heard.
    case 502:
    case 503:
    case 504:
      return { kind: "in_doubt", detail: said };
    default:
      if (reply.status >= 500) return { kind: "refused", reason: "vendor_error", detail: said };
      return badReply(
        isRedirect(reply)
          ? `${said}: redirects are not followed`
          : `${said} without the documented answer: check baseUrl and apiVersion`,
      );
  }
}

export function wordsOf(error: ErrorMessage, scrub: Scrub): string {
  const words = scrub(error.Message ?? "").replace(/\p{Cc}+/gu, " ");
  return `ErrorType ${error.ErrorType}: ${words}`.slice(0, messageLengthMax);
}
