/**
 * Pages go through the same gate as the API: when there is more to do than can be done they are
 * turned away first, and what an agent's desk does to a window never is.
 *
 * @module
 */
import type { Gate, Tier } from "../../http/gate.ts";

/** By what a request costs and what waits for it. */
export function tierOfPage({ method, url }: Pick<Request, "method" | "url">): Tier {
  const { pathname } = new URL(url);
  if (method === "POST" && /^\/desk\/(?:pause|resume)\//.test(pathname)) return "window";
  // It reads a large part of the log.
  if (pathname === "/console/kit/download") return "search";
  if (method === "POST") return "registration";
  // Most pages look through many entries; styles, scripts and signing in do not.
  const isSmall = /\.(?:js|css)$|^\/desk$|^\/console\/(?:sign-in|signed-in|link|wall)(?:\/|$)/;
  return isSmall.test(pathname) ? "read" : "search";
}

export function gated(
  gate: Pick<Gate, "enter"> | undefined,
  answer: (request: Request, env: unknown) => Response | Promise<Response>,
): (request: Request, env: unknown) => Promise<Response> {
  return async (request, env) => {
    const entered = gate?.enter(tierOfPage(request));
    if (entered === undefined) return await answer(request, env);
    if (!entered.ok) {
      const { detail, headers = {} } = entered.problem;
      return new Response(`${detail}\n`, {
        status: 503,
        headers: {
          ...headers,
          "content-type": "text/plain; charset=utf-8",
          "cache-control": "no-store",
          "x-content-type-options": "nosniff",
        },
      });
    }
    try {
      return await answer(request, env);
    } finally {
      entered.leave();
    }
  };
}
