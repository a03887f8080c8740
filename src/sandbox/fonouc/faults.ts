/**
 * The faults of a simulated Fonouc and its Kazoo by name, and what goes wrong at any endpoint.
 *
 * @module
 */
import type { Context } from "hono";
import type { Fault, Faults } from "../simulator.ts";

/** What each does, for `POST /_sim/faults`. `target` is a call id. */
export const fonoucFaultNames = [
  "ack-and-ignore", // a metaflow is accepted and nothing is done: Kazoo without Konami Pro
  "applied-but-lost", // a metaflow is done; the connection breaks before its answer
  "lost-and-not-applied", // a metaflow is heard and not done; the connection breaks
  "slow", // everything but a login is done at once and answered after `ms` (60,000)
  "error-in-200", // HTTP 200 with an error inside; a metaflow is not done
  "html-instead-of-json", // HTTP 200 with a proxy's page; nothing is done
  "oversized", // a reply of `ms` (1,000,000) bytes; nothing is done
  "redirect", // HTTP 302 to /elsewhere; nothing is done
  "unreachable", // every connection breaks before anything is read, a login's too
  "unauthorized", // HTTP 401; every token that was given out is good no longer
  "not-permitted", // HTTP 403
  "rate-limited", // HTTP 429, to be asked again after `ms` (7,000)
  "bad-request", // HTTP 400: what was sent is called invalid
  "internal-error", // HTTP 500 in words that quote what was sent
  "login-refused", // HTTP 400 for a login, whatever the password
  "login-fails", // HTTP 500 for a login
  "second-page-fails", // HTTP 500 for every page but the first
  "key-repeats", // the next page's key is always the first one's
  "malformed-record", // the first record of a page lacks its call_id
  "cdr-late", // a call ends, and its CDR is not written until it `arrive`s
  "recording-late", // a recording ends, and is only named by the CDR until it `arrive`s
  "unlisted", // a recording ends, and is described by its own address but in no report
] as const;

const WAIT_MS = 7_000;

/** What any endpoint but a login may do instead of answering. `error` is the vendor's own form. */
export function troubled(
  c: Context,
  faults: Faults,
  vendor: { readonly error: (words: string) => object; readonly revoke: () => void },
  target?: string,
): Response | undefined {
  const take = (name: string): Fault | undefined => faults.take(name, target);
  if (take("html-instead-of-json")) {
    return c.html("<!doctype html><title>proxy</title><h1>It works</h1>");
  }
  if (take("redirect")) return c.redirect("/elsewhere", 302);
  const oversized = take("oversized");
  if (oversized) return c.body(" ".repeat(oversized.ms ?? 1_000_000), 200);
  const limited = take("rate-limited");
  if (limited) {
    const seconds = String((limited.ms ?? WAIT_MS) / 1_000);
    return c.json(vendor.error("too many requests"), 429, { "retry-after": seconds });
  }
  if (take("unauthorized")) {
    vendor.revoke();
    return c.json(vendor.error("invalid token"), 401);
  }
  if (take("not-permitted")) return c.json(vendor.error("forbidden"), 403);
  if (take("bad-request")) return c.json(vendor.error("The information sent is invalid."), 400);
  // Words that quote what was sent, as some do: no secret may reach tacet's own.
  const sent = c.req.header("authorization") ?? c.req.header("x-auth-token") ?? "";
  if (take("internal-error")) {
    return c.json(vendor.error(`internal issue with ${sent} of http://127.0.0.1:60891/x`), 500);
  }
  if (take("error-in-200")) return c.json(vendor.error(`it failed for ${sent}`));
  return undefined;
}

/** Tokens that one login gives out. */
export class Tokens {
  readonly given: string[] = [];
  readonly #valid = new Set<string>();
  grant(): string {
    const token = `token-${crypto.randomUUID()}`;
    this.given.push(token);
    this.#valid.add(token);
    return token;
  }
  admits(token: string | undefined): boolean {
    return token !== undefined && this.#valid.has(token);
  }
  revoke(): void {
    this.#valid.clear();
  }
}
