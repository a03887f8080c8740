/**
 * The HTTP face: one app for every runtime. A request is bounded, authenticated, parsed once and
 * handed to its noun; whatever comes of it is made into a response in one place.
 *
 * @module
 */
import { Hono, type Context } from "hono";
import { agentRoutes } from "./agents.ts";
import { json, refused, type Handled, type Route } from "./asked.ts";
import type { Draft } from "./bounded.ts";
import { callRoutes } from "./calls.ts";
import type { HttpDeps } from "./deps.ts";
import { deskCommands, type DeskCommands } from "./desk.ts";
import { LogUnavailable } from "../control/within.ts";
import { evidenceRoutes } from "./evidence.ts";
import { eventsRoute } from "./eventsRoute.ts";
import type { EventsDenial } from "./events.ts";
import { faceOf, type Face } from "./face.ts";
import { eventsDenied } from "./facts.ts";
import { tierOf } from "./gate.ts";
import { healthRoutes } from "./health.ts";
import { incidentRoutes } from "./incidents.ts";
import { logRoutes } from "./logRoutes.ts";
import { describeApi, type ApiDocument } from "./openapi.ts";
import { pauseRoutes } from "./pause.ts";
import { refuse } from "./problem.ts";
import { admit, headersFlaw } from "./admit.ts";
import { reconciliationRoutes } from "./reconciliations.ts";
import { receiptRoutes } from "./receiptRoutes.ts";
import { recorderRoutes } from "./recorders.ts";
import { failureProblem } from "./refusal.ts";
import { responder, type Answering, type Responder } from "./respond.ts";
import { retentionRoutes } from "./retention.ts";
import { resumeRoutes } from "./resume.ts";
import { ticketRoutes } from "./ticketRoutes.ts";
import { tileRoutes } from "./tiles.ts";
import { windowRoutes } from "./windows.ts";

export interface HttpApp {
  readonly app: Hono;
  readonly describe: () => Promise<ApiDocument>;
  /** Enters that somebody was turned away from the event stream. Never rejects. */
  enterDenial(denial: EventsDenial): Promise<void>;
  /** Enters a fact, or counts it with those like it. Never rejects. */
  enter(draft: Draft): Promise<void>;
  /** Pause and resume for an agent who is signed in to a page of tacet's own. */
  readonly desk: DeskCommands;
  /** Enters the counts of repeated denials and reads whose minute is over; all of them at a stop. */
  flushBounded(all?: boolean): Promise<void>;
}

export function createApp(deps: HttpDeps): HttpApp {
  const face = faceOf(deps);
  const answers = responder(deps);
  const routes = routesOf(face);
  let described: Promise<ApiDocument> | undefined;
  const describe = () => (described ??= describeApi(routes, deps.version));

  const app = new Hono();
  for (const route of routes) {
    app.on(route.method, route.path, (c) => answerRoute(face, answers, route, c));
  }
  app.get("/openapi.json", async (c) => {
    const entered = face.gate.enter(tierOf("describe"));
    if (entered.ok) entered.leave();
    const handled = entered.ok ? json(200, await describe()) : refused(entered.problem);
    return answers.respond(handled, answeringOf(face, c.req.raw));
  });
  refuseOtherMethods(app, face, answers, routes);
  app.notFound((c) =>
    answers.respond(
      refused(refuse("not_found", "Nothing is served at this address.")),
      answeringOf(face, c.req.raw),
    ),
  );
  app.onError((error, c) => failed(face, answers, error, answeringOf(face, c.req.raw)));
  return {
    app,
    describe,
    desk: deskCommands(face),
    enterDenial: (denial) => face.entries.enter(eventsDenied(denial)),
    enter: (draft) => face.entries.enter(draft),
    flushBounded: (all) => face.entries.flush(all),
  };
}

/** Every route, by noun; what is described and what is served are this one list. */
const routesOf = (face: Face): readonly Route[] => [
  ...pauseRoutes(face),
  ...agentRoutes(face),
  ...resumeRoutes(face),
  ...windowRoutes(face),
  ...callRoutes(face),
  ...ticketRoutes(face),
  ...recorderRoutes(face),
  eventsRoute(face),
  ...logRoutes(face),
  ...tileRoutes(face),
  ...receiptRoutes(face),
  ...retentionRoutes(face),
  ...evidenceRoutes(face),
  ...incidentRoutes(face),
  ...reconciliationRoutes(face),
  ...healthRoutes(face),
];

async function answerRoute(
  face: Face,
  answers: Responder,
  route: Route,
  c: Context,
): Promise<Response> {
  const answering = answeringOf(face, c.req.raw);
  const entered = face.gate.enter(tierOf(route.operationId));
  if (!entered.ok) return answers.respond(refused(entered.problem), answering);
  let response: Response;
  try {
    const handled = await handle(face, route, c, answering);
    response = answers.respond(handled, answering);
  } catch (error) {
    response = failed(face, answers, error, answering);
  } finally {
    entered.leave();
  }
  // Out of the gate: whoever has to wait takes nobody's place.
  await face.guesses?.wait(c.req.raw);
  return response;
}

async function handle(
  face: Face,
  route: Route,
  c: Context,
  answering: Answering,
): Promise<Handled> {
  if (route.serve !== undefined) {
    const { raw } = c.req;
    const flood = headersFlaw(raw.headers, face.limits);
    if (flood !== undefined) return refused(flood);
    return { kind: "response", response: await route.serve(raw) };
  }
  if (route.open === true) return await route.handle(undefined as never);
  const admitted = await admit(face, route, c, answering);
  if (!admitted.ok) return refused(admitted.error);
  return await route.handle(admitted.value);
}

/** What nobody expected: told without a word of what is inside. */
function failed(face: Face, answers: Responder, error: unknown, answering: Answering): Response {
  const kind = error instanceof Error ? error.name : typeof error;
  face.logger.error({ requestId: answering.requestId, kind, err: error }, "a request failed");
  if (error instanceof LogUnavailable) {
    return answers.respond(refused(failureProblem("log_failed")), answering);
  }
  const problem = refuse("internal", "tacet failed at this request; nothing is promised by it.", {
    members: { safeToCollect: false },
  });
  return answers.respond(refused(problem), answering);
}

function answeringOf(face: Face, request: Request): Answering {
  const origin = request.headers.get("origin");
  return { requestId: face.ids(), ...(origin === null ? {} : { origin }) };
}

function refuseOtherMethods(
  app: Hono,
  face: Face,
  answers: Responder,
  served: readonly { readonly method: string; readonly path: string }[],
): void {
  const byPath = new Map<string, Set<string>>([["/openapi.json", new Set(["GET", "HEAD"])]]);
  for (const { method, path } of served) {
    const methods = byPath.get(path) ?? new Set();
    methods.add(method);
    if (method === "GET") methods.add("HEAD");
    byPath.set(path, methods);
  }
  for (const [path, methods] of byPath) {
    const allow = [...methods, "OPTIONS"].join(", ");
    app.all(path, (c) => {
      if (c.req.method === "OPTIONS") return answers.preflight(c.req.raw);
      const problem = refuse("method_not_allowed", `Served here: ${allow}.`, {
        headers: { allow },
      });
      return answers.respond(refused(problem), answeringOf(face, c.req.raw));
    });
  }
}
