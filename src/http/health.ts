/**
 * Whether tacet runs, whether it can serve, and what it serves: for probes and for anybody.
 *
 * @module
 */
import { json, refused, route, type Handled, type Route } from "./asked.ts";
import type { Face } from "./face.ts";
import { refuse } from "./problem.ts";
import { healthAnswer } from "./schemas.ts";

export function healthRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/healthz",
      operationId: "healthz",
      summary: "The process answers",
      tag: "Operations",
      open: true,
      answers: { 200: { description: "It does", schema: healthAnswer } },
      problems: [],
      handle: () => Promise.resolve(json(200, { status: "ok", version: face.version })),
    }),
    route({
      method: "GET",
      path: "/readyz",
      operationId: "readyz",
      summary: "Pauses can be served: the control log takes entries, and no stop was asked for",
      tag: "Operations",
      open: true,
      answers: { 200: { description: "Ready", schema: healthAnswer } },
      problems: ["not_ready"],
      handle: () => Promise.resolve(readiness(face)),
    }),
  ];
}

function readiness(face: Face): Handled {
  if (face.stopping()) return refused(refuse("not_ready", "A stop was asked for."));
  if (!face.log.healthy()) {
    return refused(refuse("not_ready", "The control log cannot be written."));
  }
  return json(200, { status: "ready" });
}
