/**
 * What Revcord's replies have in common: the vendor's reason, and what a status alone can say. Pure.
 *
 * @module
 */
import { z } from "zod";
import { retryAfter, withoutLongNumbers } from "../foreign.ts";
import type { HttpReply, NoAnswer } from "../recorder.ts";
import { named, readJson } from "./call.ts";

/** Takes secrets and links out of a vendor's words. */
export type Scrub = (text: string) => string;

export type Refusal = Extract<NoAnswer, { kind: "refused" }>;

const wordsLengthMax = 200;

export const isSuccess = (reply: HttpReply): boolean => reply.status >= 200 && reply.status < 300;

export const badReply = (detail: string): Refusal => ({
  kind: "refused",
  reason: "bad_reply",
  detail,
});

/** `{"Message"}` as documented for a 401, and OAuth's `{"error","error_description"}`. */
const told = z.object({
  message: z.string().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
});

/** The vendor's own reason, where the body holds one. */
export function reasonOf(reply: HttpReply, scrub: Scrub): string | undefined {
  const parsed = told.safeParse(named(readJson(reply.body)));
  if (!parsed.success) return undefined;
  const { error, error_description, message } = parsed.data;
  const words = [error, error_description ?? message].filter((one) => one !== undefined);
  if (words.length === 0) return undefined;
  return scrub(words.join(": ").replace(/[\p{Cc}\p{Cf}]+/gu, " ")).slice(0, wordsLengthMax);
}

/** A reply that is no answer: the vendor's reason, or what its status alone can say. */
export function noAnswer(reply: HttpReply, scrub: Scrub): NoAnswer {
  const words = reasonOf(reply, scrub);
  const detail = [`HTTP ${reply.status}`, ...(words === undefined ? [] : [words])].join(": ");
  const refused = (reason: Refusal["reason"]): Refusal => ({ kind: "refused", reason, detail });
  switch (reply.status) {
    case 401:
      return refused("not_authorized");
    case 403:
      return refused("not_permitted");
    // Documented: "Invalid Data or Request will contain the error details".
    case 400:
      return refused("vendor_error");
    case 429:
    case 503:
      return { kind: "unreachable", detail, ...retryAfter(reply) };
    case 502:
    case 504:
      return { kind: "unreachable", detail };
    default:
      if (reply.status >= 500) return refused("vendor_error");
      if (words !== undefined) return refused("vendor_error");
      return badReply(
        reply.status >= 300 && reply.status < 400
          ? `${detail}: redirects are not followed`
          : `${detail} without the documented answer: check baseUrl`,
      );
  }
}

/** Takes configured secrets, tokens, links and long runs of digits out of a vendor's words. */
export function scrubber(secrets: () => readonly string[]): Scrub {
  return (text) => {
    let clean = text.replace(/bearer\s+\S+/gi, "[secret]").replace(/\w+:\/\/\S+/g, "[link]");
    for (const secret of secrets()) {
      for (const form of new Set([secret, encodeURIComponent(secret)])) {
        clean = clean.replaceAll(form, "[secret]");
      }
    }
    return withoutLongNumbers(clean);
  };
}
