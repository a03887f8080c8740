/**
 * The operators' listener, loopback by default: metrics, the readable API, and health in detail.
 * Needs no credential and tells nothing of any call.
 *
 * @module
 */
import { Hono } from "hono";
import type { HttpDeps } from "./deps.ts";
import { docsPage, docsPolicy } from "./docsPage.ts";
import type { HttpApp } from "./app.ts";
import { json, refused } from "./asked.ts";
import { refuse } from "./problem.ts";
import { responder } from "./respond.ts";

export function createOpsApp(deps: HttpDeps, main: Pick<HttpApp, "describe">): Hono {
  const answers = responder(deps);
  const answering = () => ({ requestId: deps.ids() });
  const app = new Hono();
  let page: Promise<string> | undefined;

  app.get("/metrics", async () => {
    const { contentType, text } = await deps.metrics.render();
    return answers.respond({ kind: "text", status: 200, contentType, text }, answering());
  });
  app.get("/docs", async () => {
    page ??= main.describe().then((document) => docsPage(document, deps.sandbox));
    return answers.respond(
      {
        kind: "text",
        status: 200,
        contentType: "text/html; charset=utf-8",
        text: await page,
        headers: { "content-security-policy": await docsPolicy() },
      },
      answering(),
    );
  });
  app.get("/openapi.json", async () =>
    answers.respond(json(200, await main.describe()), answering()),
  );
  app.get("/healthz", () => answers.respond(json(200, { status: "ok" }), answering()));
  app.get("/readyz", () => {
    const detail = readinessDetail(deps);
    const ready = detail.log.healthy && !detail.stopping;
    const handled = ready
      ? json(200, { status: "ready", ...detail })
      : refused(refuse("not_ready", "See the members.", { members: detail }));
    return answers.respond(handled, answering());
  });
  app.notFound(() =>
    answers.respond(refused(refuse("not_found", "Nothing is served here.")), answering()),
  );
  app.onError((error) => {
    deps.logger.error({ kind: error.name }, "an operators' request failed");
    return answers.respond(refused(refuse("internal", "tacet failed here.")), answering());
  });
  return app;
}

function readinessDetail(deps: HttpDeps) {
  const tenants = deps.policy.tenants();
  const listed = new Map(
    tenants.flatMap((tenant) =>
      deps.recorders.list(tenant).map((one) => [one.recorderId, one] as const),
    ),
  );
  return {
    version: deps.version,
    stopping: deps.stopping(),
    log: {
      healthy: deps.log.healthy(),
      entries: Object.fromEntries(tenants.map((tenant) => [tenant, deps.log.size(tenant)])),
    },
    // A log that does not verify goes on: a pause is worth more than an answer less.
    ...(deps.custody === undefined ? {} : { custody: deps.custody() }),
    // One that is down does not make tacet unready: the others would be taken away with it.
    recorders: [...listed.values()].map(({ health, recorderId, reachability, warnings }) => ({
      recorderId,
      reachability,
      ...health,
      warnings,
    })),
  };
}
