/**
 * One question to tacet about one window, with a ticket that is fetched when it is needed.
 *
 * @module
 */
import type { Host } from "./host.ts";

export type Answer =
  | {
      readonly kind: "told";
      readonly safe: boolean;
      readonly collectForMs: number;
      readonly protection: string;
      readonly retryMs?: number;
    }
  /** tacet turned it down: what is open is not this page's window. */
  | { readonly kind: "refused"; readonly code: string; readonly retryMs?: number }
  /** Nothing was learned. */
  | { readonly kind: "trouble"; readonly why: string; readonly retryMs?: number };

export interface AskerOptions {
  readonly url: string;
  readonly callId: string;
  readonly getTicket: () => Promise<string>;
  readonly reason?: string;
  readonly leaseMs?: number;
  readonly waitMs?: number;
}

const WAIT_MS = 3_000;
/** Beyond the wait that was asked for. */
const SLACK_MS = 7_000;
const TICKET_MS_MAX = 10_000;

/** Never rejects. */
export function asker(options: AskerOptions, host: Host) {
  let ticket: string | undefined;

  return async function ask(what: "pause" | "renew" | "resume", windowId: string): Promise<Answer> {
    const first = await once(what, windowId);
    if (first.kind !== "expired") return first;
    ticket = undefined;
    const second = await once(what, windowId);
    return second.kind === "expired" ? { kind: "refused", code: second.code } : second;
  };

  /** A page's server that never answers keeps no question from being asked again. */
  function inTime(promised: Promise<string>): Promise<string> {
    return new Promise((resolve, reject) => {
      const cancel = host.after(TICKET_MS_MAX, () => reject(new Error("no ticket came")));
      void promised.finally(cancel).then(resolve, reject);
    });
  }

  async function once(
    what: "pause" | "renew" | "resume",
    windowId: string,
  ): Promise<Answer | { readonly kind: "expired"; readonly code: string }> {
    try {
      ticket ??= await inTime(options.getTicket());
    } catch {
      return { kind: "trouble", why: "no_ticket" };
    }
    const { reason, leaseMs, waitMs = WAIT_MS } = options;
    const body =
      what === "pause"
        ? { windowId, waitMs, ...(reason && { reason }), ...(leaseMs && { leaseMs }) }
        : what === "renew"
          ? { ...(leaseMs && { leaseMs }) }
          : { windowId };
    const place =
      what === "renew"
        ? `/v1/windows/${encodeURIComponent(windowId)}/renew`
        : `/v1/calls/${encodeURIComponent(options.callId)}/${what}`;
    const given = new AbortController();
    const cancel = host.after(waitMs + SLACK_MS, () => given.abort());
    try {
      const response = await host.fetch(options.url.replace(/\/$/, "") + place, {
        method: "POST",
        headers: { authorization: `Bearer ${ticket}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        // Sent although the page goes away.
        keepalive: what === "resume",
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: given.signal,
      });
      return readAnswer(response, windowId, await response.json());
    } catch {
      return { kind: "trouble", why: host.isOnline() ? "no_answer" : "offline" };
    } finally {
      cancel();
    }
  }
}

function readAnswer(
  response: Response,
  windowId: string,
  body: unknown,
): Answer | { readonly kind: "expired"; readonly code: string } {
  const told = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const { code, collectForMs, protection, safeToCollect } = told;
  const word = typeof code === "string" ? code : `status_${response.status}`;
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  const retry = seconds >= 0 ? { retryMs: Math.max(250, seconds * 1_000) } : {};
  if (response.status === 401) return { kind: "expired", code: word };
  const isOurs = told["windowId"] === windowId && typeof protection === "string";
  if (isOurs && (response.ok || response.status === 424)) {
    const safe = response.status === 200 && safeToCollect === true;
    const forMs = typeof collectForMs === "number" && safe ? collectForMs : 0;
    return { kind: "told", safe: forMs > 0, collectForMs: forMs, protection, ...retry };
  }
  const isTrouble = response.status >= 500 || response.status === 429 || response.ok;
  if (isTrouble && code !== "window_limit_reached") return { kind: "trouble", why: word, ...retry };
  return { kind: "refused", code: word, ...retry };
}
