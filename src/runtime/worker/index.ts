/**
 * The entry on Workers: the same HTTP app's health and description, on workerd. Calls are not
 * served here yet, and every address that would need one says so.
 *
 * @module
 */
import { createApp } from "../../http/app.ts";
import { problemDocument, refuse } from "../../http/problem.ts";
import { partialDeps } from "./partialDeps.ts";

/** What needs no call, no log and no recorder. */
const SERVED: ReadonlySet<string> = new Set(["/healthz", "/openapi.json"]);

/** Made at the first request: while a Worker is being loaded, nothing random is to be had. */
let made: ReturnType<typeof createApp> | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    if (!SERVED.has(new URL(request.url).pathname)) return notServed();
    made ??= createApp(partialDeps());
    return await made.app.fetch(request);
  },
};

function notServed(): Response {
  const problem = refuse("not_ready", "tacet does not serve calls on the Workers runtime yet.", {
    members: { safeToCollect: false },
  });
  return new Response(JSON.stringify(problemDocument(problem)), {
    status: 503,
    headers: {
      "cache-control": "no-store",
      "content-type": "application/problem+json",
      "x-content-type-options": "nosniff",
    },
  });
}
