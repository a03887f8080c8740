/**
 * Makes responses: one place for every header, for CORS by policy, and for the sandbox's mark.
 *
 * @module
 */
import type { TenantId } from "../control/call.ts";
import type { Handled } from "./asked.ts";
import type { Origins } from "./deps.ts";
import { problemDocument, problemStatus } from "./problem.ts";

/** Answers are facts of one moment about money: nothing keeps them, frames them or guesses at them. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
};
const EXPOSED =
  "retry-after, tacet-next, tacet-indexed-to, tacet-request-id, tacet-sandbox, tacet-key";
const PREFLIGHT: Readonly<Record<string, string>> = {
  "access-control-allow-methods": "GET, POST, PUT",
  "access-control-allow-headers": "authorization, content-type, idempotency-key",
  "access-control-max-age": "600",
};

/** What is known of the request a response answers. */
export interface Answering {
  readonly requestId: string;
  readonly origin?: string;
  /** Once known, its policy decides which origins may read the answer. */
  tenant?: TenantId;
}

export interface Responder {
  respond(handled: Handled, answering: Answering): Response;
  preflight(request: Request): Response;
  /** For responses made elsewhere. */
  headers(answering: Answering): Record<string, string>;
}

export function responder(deps: {
  readonly sandbox: boolean;
  readonly origins: Origins;
}): Responder {
  const base = deps.sandbox ? { ...HEADERS, "tacet-sandbox": "true" } : HEADERS;

  const mayRead = ({ origin, tenant }: Answering): boolean =>
    origin !== undefined &&
    (tenant === undefined ? deps.origins.any(origin) : deps.origins.of(tenant, origin));

  function headers(answering: Answering): Record<string, string> {
    const all: Record<string, string> = { ...base, "tacet-request-id": answering.requestId };
    if (answering.origin === undefined) return all;
    all["vary"] = "Origin";
    if (!mayRead(answering)) return all;
    all["access-control-allow-origin"] = answering.origin;
    all["access-control-expose-headers"] = EXPOSED;
    return all;
  }

  const marked = (body: object): string =>
    JSON.stringify(deps.sandbox ? { ...body, sandbox: true } : body);

  return {
    headers,
    respond(handled, answering) {
      switch (handled.kind) {
        case "json": {
          const { body, headers: own, status } = handled;
          const all = { ...headers(answering), "content-type": "application/json", ...own };
          return new Response(marked(body), { status, headers: all });
        }
        case "text": {
          const { contentType, headers: own, status, text } = handled;
          const all = { ...headers(answering), "content-type": contentType, ...own };
          return new Response(text, { status, headers: all });
        }
        case "problem": {
          const { problem } = handled;
          const all = {
            ...headers(answering),
            "content-type": "application/problem+json",
            ...problem.headers,
          };
          const body = { ...problemDocument(problem), requestId: answering.requestId };
          return new Response(marked(body), { status: problemStatus(problem), headers: all });
        }
        case "response":
          break;
      }
      return dressed(handled.response, headers(answering));
    },
    preflight(request) {
      const origin = request.headers.get("origin");
      const answering = { requestId: "preflight", ...(origin === null ? {} : { origin }) };
      const all = headers(answering);
      const allowed = origin !== null && deps.origins.any(origin);
      return new Response(null, { status: 204, headers: allowed ? { ...all, ...PREFLIGHT } : all });
    },
  };
}

/** Adds what is missing; a response that stands for an upgrade may not take headers any more. */
function dressed(response: Response, headers: Readonly<Record<string, string>>): Response {
  if (response.status === 101) return response;
  try {
    for (const [name, value] of Object.entries(headers)) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
  } catch {
    return response;
  }
  return response;
}
