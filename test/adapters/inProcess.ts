/**
 * An HTTP port straight into a Hono app, for adapter tests without sockets. Keeps the port's
 * promises: one request, no redirect followed, a bounded reply, given up when the signal aborts.
 *
 * @module
 */
import type { Hono } from "hono";
import type { HttpRequest, HttpResult, Send } from "../../src/adapters/recorder.ts";
import { cutOf } from "../../src/sandbox/simulator.ts";

export function inProcess(app: Hono, replyBytesMax = 65_536): Send {
  return async (request, signal) => {
    if (signal.aborted) return { kind: "not_sent", detail: "the deadline had passed" };
    const aborted = new Promise<HttpResult>((resolve) => {
      signal.addEventListener(
        "abort",
        () => resolve({ kind: "lost", detail: "no reply before the deadline" }),
        { once: true },
      );
    });
    return Promise.race([exchange(app, request, replyBytesMax), aborted]);
  };
}

async function exchange(
  app: Hono,
  request: HttpRequest,
  replyBytesMax: number,
): Promise<HttpResult> {
  const response = await app.request(request.url, {
    method: request.method,
    headers: request.headers,
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const cut = cutOf(response);
  if (cut === "unheard") return { kind: "not_sent", detail: "connection refused" };
  if (cut === "heard") return { kind: "lost", detail: "connection broken" };
  const body = await response.text();
  if (Buffer.byteLength(body) > replyBytesMax) {
    return { kind: "too_large", detail: `more than ${replyBytesMax} bytes` };
  }
  return {
    kind: "reply",
    reply: { status: response.status, headers: Object.fromEntries(response.headers), body },
  };
}
