/**
 * Calls: registering and moving them, ending them, and reading what they are.
 *
 * @module
 */
import type { CallState, TapSpec } from "../control/call.ts";
import type { CallCommand, CallView } from "../control/calls.ts";
import { may } from "../policy/access.ts";
import type { Routing } from "../policy/policy.ts";
import { callAnswerOf } from "./answer.ts";
import { json, refused, route, type Asked, type Handled, type Route } from "./asked.ts";
import { denied, notThere, subjectOf, type Face } from "./face.ts";
import type { Problem } from "./problem.ts";
import { notDone, refusalProblem } from "./refusal.ts";
import {
  callAnswer,
  callsAnswer,
  callsQuery,
  registerBody,
  waitBody,
  type RegisterBody,
} from "./schemas.ts";
import { missingTargets, settledAnew, tapsOf } from "./taps.ts";

const LIST_LIMIT = 100;
/** How many calls a list looks through: more than this are never live at once. */
const LOOK_COUNT_MAX = 100_000;

export function callRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "PUT",
      path: "/v1/calls/:callId",
      operationId: "registerCall",
      summary: "Register a call, or move it",
      description:
        "Members left out stay as they are. `targets` is all of them: what is not named is let go once the new ones are silent. Reads what each target is before anything is needed.",
      tag: "Calls",
      body: registerBody,
      bodyOptional: true,
      answers: {
        200: { description: "Known before; changed as asked", schema: callAnswer },
        201: { description: "Registered", schema: callAnswer },
      },
      problems: [
        "call_ended",
        "target_missing",
        "target_invalid",
        "recorder_unknown",
        "recorder_not_routed",
        "target_limit_reached",
        "cardholder_data_refused",
        "log_unavailable",
        "stopping",
        "overloaded",
      ],
      handle: (asked) => register(face, asked, asked.param("callId"), asked.body),
    }),
    route({
      method: "POST",
      path: "/v1/calls/:callId/end",
      operationId: "endCall",
      summary: "End a call: its windows close, what tacet silenced is let go",
      tag: "Calls",
      body: waitBody,
      bodyOptional: true,
      answers: {
        200: { description: "Ended", schema: callAnswer },
        202: { description: "Ending; recorders have yet to confirm", schema: callAnswer },
      },
      problems: ["call_unknown", "log_unavailable", "stopping", "overloaded"],
      handle: (asked) => end(face, asked, asked.param("callId"), asked.body.waitMs),
    }),
    route({
      method: "GET",
      path: "/v1/calls",
      operationId: "listCalls",
      summary: "Calls that have not ended, newest first",
      tag: "Calls",
      query: callsQuery,
      answers: { 200: { description: "The calls you may see", schema: callsAnswer } },
      problems: ["query_invalid"],
      async handle(asked) {
        const { protection, limit = LIST_LIMIT } = asked.query;
        // A list holds what may be seen; to see none at all is a denial.
        const { kind, agentId: own } = asked.principal;
        const agentId = asked.query.agentId ?? (kind === "agent" ? own : undefined);
        const denial = await denied(face, asked, "read_call", { agentId });
        if (denial !== undefined) return refused(denial);
        const origin = face.log.origin(asked.tenant);
        const calls = (await face.calls.live(asked.tenant, LOOK_COUNT_MAX, agentId))
          .filter((view) => mayRead(asked, view))
          .map((view) => callAnswerOf(view, asked.by, origin))
          .filter((call) => protection === undefined || call.protection === protection);
        return json(200, { calls: calls.slice(0, limit), more: calls.length > limit });
      },
    }),
    route({
      method: "GET",
      path: "/v1/calls/:callId",
      operationId: "readCall",
      summary: "A call: its windows, its recorders, and the time it was not as it should be",
      tag: "Calls",
      answers: { 200: { description: "The call as of `at`", schema: callAnswer } },
      problems: ["call_unknown"],
      async handle(asked) {
        const callId = asked.param("callId");
        const view = await face.calls.read(asked.tenant, callId);
        if (view === undefined) {
          const unknown = refusalProblem("call_unknown", {});
          return refused(await notThere(face, asked, "read_call", unknown, callId));
        }
        const denial = await denied(face, asked, "read_call", subjectOf(view));
        if (denial !== undefined) return refused(denial);
        return json(200, callAnswerOf(view, asked.by, face.log.origin(asked.tenant)));
      },
    }),
  ];
}

function mayRead(asked: Asked<unknown, unknown>, view: CallView): boolean {
  const { callId, state } = view;
  const agent = state.agentId === undefined ? {} : { agentId: state.agentId };
  return may(asked.principal, "read_call", { callId, ...agent }).ok;
}

async function register(
  face: Face,
  asked: Asked<unknown, unknown>,
  callId: string,
  body: RegisterBody,
): Promise<Handled> {
  const { tenant, by } = asked;
  const view = await face.calls.read(tenant, callId);
  const known = view !== undefined && view.state.endedAt === undefined ? view.state : undefined;
  const agentId = known?.agentId ?? body.agentId;
  const moves = known !== undefined;
  const denial =
    (await denied(face, asked, moves ? "move" : "register", { callId, agentId })) ??
    // Who hands a call to an agent needs the right over that agent too.
    (moves && body.agentId !== undefined && body.agentId !== known.agentId
      ? await denied(face, asked, "register", { callId, agentId: body.agentId })
      : undefined) ??
    (body.targets === undefined
      ? undefined
      : await denied(face, asked, "name_targets", { callId, agentId }));
  if (denial !== undefined) return refused(denial);

  const routing = face.policy.routing(tenant, body.attributes ?? known?.attributes ?? {});
  const parsed = tapsOf(face.recorders, routing, body.targets ?? {});
  if (!parsed.ok) return refused(parsed.error);
  const missing = missingAfter(routing, body, known, parsed.value);
  if (missing !== undefined) return refused(missing);

  const taps = tapChange(face, routing, body, known, parsed.value);
  const executed = await face.calls.execute(tenant, callId, {
    type: "RegisterCall",
    by,
    ...(body.agentId === undefined ? {} : { agentId: body.agentId }),
    ...(body.attributes === undefined ? {} : { attributes: body.attributes }),
    ...(taps === undefined ? {} : { taps }),
  });
  if (executed.kind !== "done") return refused(notDone(executed, {}));
  const waitMs = Math.min(body.waitMs ?? routing.rules.baselineMs, routing.waitMsMax);
  await face.gate.wait(waitMs, (ms) =>
    face.calls.waitFor(tenant, callId, "baselined", ms, asked.request.signal),
  );
  const now = (await face.calls.read(tenant, callId)) ?? executed.view;
  const isNew = executed.events.some((event) => event.type === "CallRegistered");
  return json(isNew ? 201 : 200, callAnswerOf(now, by, face.log.origin(tenant)));
}

/**
 * A move names all targets: without a required one the call could not be secured any more. Other
 * attributes can require a recorder that has none: a call must not pass for secured without it.
 */
function missingAfter(
  routing: Routing,
  body: RegisterBody,
  known: CallState | undefined,
  named: readonly TapSpec[],
): Problem | undefined {
  if (body.targets !== undefined) return missingTargets(routing, named, undefined);
  const hasTargets = Object.values(known?.taps ?? {}).some((tap) => tap.role === "active");
  if (body.attributes === undefined || !hasTargets) return undefined;
  return missingTargets(routing, named, known);
}

type TapChange = Extract<CallCommand, { type: "RegisterCall" }>["taps"];

/** Other attributes can mean other duties for the taps there are. */
function tapChange(
  face: Face,
  routing: Routing,
  body: RegisterBody,
  known: CallState | undefined,
  named: readonly TapSpec[],
): TapChange {
  if (body.targets !== undefined) return { mode: "only", specs: named };
  if (known === undefined || body.attributes === undefined) return undefined;
  return { mode: "add", specs: settledAnew(face.recorders, routing, known) };
}

async function end(
  face: Face,
  asked: Asked<unknown, unknown>,
  callId: string,
  askedWaitMs: number | undefined,
): Promise<Handled> {
  const { tenant, by } = asked;
  const before = await face.calls.read(tenant, callId);
  if (before === undefined) {
    const unknown = refusalProblem("call_unknown", {});
    return refused(await notThere(face, asked, "end", unknown, callId));
  }
  const denial = await denied(face, asked, "end", subjectOf(before));
  if (denial !== undefined) return refused(denial);
  const executed = await face.calls.execute(tenant, callId, { type: "EndCall", by });
  if (executed.kind !== "done") return refused(notDone(executed, {}));
  const routing = face.policy.routing(tenant, before.state.attributes);
  const waitMs = Math.min(askedWaitMs ?? routing.waitMsDefault, routing.waitMsMax);
  if (executed.view.state.endedAt === undefined) {
    await face.gate.wait(waitMs, (ms) =>
      face.calls.waitFor(tenant, callId, "settled", ms, asked.request.signal),
    );
  }
  const view = (await face.calls.read(tenant, callId)) ?? executed.view;
  const ended = view.state.endedAt !== undefined;
  return json(ended ? 200 : 202, callAnswerOf(view, by, face.log.origin(tenant)));
}
