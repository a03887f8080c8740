/**
 * Pause: opens a window, or asks again about one, and answers whether the page may collect.
 *
 * @module
 */
import { err, ok, type CallId, type Result, type TapSpec, type WindowId } from "../control/call.ts";
import type { Before, CallView, Waited } from "../control/calls.ts";
import { ownsWindow, windowOf } from "../control/conclude.ts";
import type { Routing } from "../policy/policy.ts";
import { pauseAnswerOf } from "./answer.ts";
import { json, refused, route, type Asked, type Handled, type Route } from "./asked.ts";
import { badId } from "./cardguard.ts";
import { denied, notThere, subjectOf, type Face } from "./face.ts";
import { refuse, type Problem } from "./problem.ts";
import { pauseQuery, receiptBeside, withReceipt } from "./receiptRoutes.ts";
import { failureProblem, notDone, refusalProblem, retryAfter } from "./refusal.ts";
import { pauseAnswer, pauseBody, type PauseBody } from "./schemas.ts";
import { besideSettled, missingTargets, tapsOf } from "./taps.ts";

export const pauseProblems = [
  "not_secured",
  "call_unknown",
  "call_ended",
  "window_closed",
  "window_owned_by_another",
  "window_of_another_call",
  "window_limit_reached",
  "target_limit_reached",
  "ids_differ",
  "window_id_missing",
  "id_invalid",
  "target_missing",
  "target_invalid",
  "recorder_unknown",
  "recorder_not_routed",
  "cardholder_data_refused",
  "log_unavailable",
  "stopping",
] as const;

export const idempotencyKey = {
  name: "Idempotency-Key",
  description: "The window id, where the body names none; both must agree",
};

export function pauseRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/v1/calls/:callId/pause",
      operationId: "pauseCall",
      summary: "Open a window, or ask again about one, and wait for the truth",
      description:
        "Asking again with the same id never opens a second window. `targets` only add; which recorders take part is policy's answer. `agentId` and `attributes` are used where this pause makes the call known.",
      tag: "Windows",
      headers: [idempotencyKey],
      query: pauseQuery,
      body: pauseBody,
      bodyOptional: true,
      answers: {
        200: { description: "Secured, and your window is open: collect", schema: pauseAnswer },
      },
      problems: pauseProblems,
      handle: (asked) => pauseCall(face, asked, asked.param("callId"), asked.body),
    }),
  ];
}

/** A call that is found rather than named brings its taps and its agent along. */
export interface Found {
  readonly taps: (routing: Routing) => readonly TapSpec[];
  readonly agentId: string;
}

export async function pauseCall(
  face: Face,
  asked: Asked<unknown, unknown>,
  callId: CallId,
  body: PauseBody,
  found?: Found,
): Promise<Handled> {
  const handled = await answerPause(face, asked, callId, body, found);
  const outcome = outcomeOf(handled);
  face.metrics.pauseAnswered(outcome);
  if (handled.kind === "problem") {
    const { requestId, tenant } = asked;
    const { code } = handled.problem;
    face.logger.info({ requestId, tenant, callId, outcome, code }, "pause not answered with safe");
  }
  return handled;
}

async function answerPause(
  face: Face,
  asked: Asked<unknown, unknown>,
  callId: CallId,
  body: PauseBody,
  found?: Found,
): Promise<Handled> {
  const { by, tenant } = asked;
  const windowId = windowIdOf(face, asked, body);
  if (!windowId.ok) return refused(windowId.error);
  const id = windowId.value;
  if (!face.reserved.take(tenant, id, callId)) return refused(otherCall(callId, id));
  try {
    const before = await face.calls.beforePause(tenant, callId, id);
    const plan = await planPause(face, asked, { callId, windowId: id, body, before, found });
    if (!plan.ok) return refused(plan.error);
    const { routing, taps } = plan.value;
    const { holder } = before;
    if (holder !== undefined && holder !== callId) return refused(otherCall(callId, id));
    const agentId = found?.agentId ?? body.agentId;
    const executed = await face.calls.execute(tenant, callId, {
      type: "OpenWindow",
      by,
      windowId: id,
      leaseMs: body.leaseMs ?? routing.leaseMsDefault,
      ...(body.reason === undefined ? {} : { reason: body.reason }),
      taps,
      ...(agentId === undefined ? {} : { agentId }),
      ...(body.attributes === undefined ? {} : { attributes: body.attributes }),
    });
    const unsafe = { callId, windowId: id, safeToCollect: false };
    if (executed.kind === "log_failed" && routing.whenLogFails === "refuse") {
      const answer = answerOf(face, executed.view, id, asked, routing);
      return refused(failureProblem("log_failed", { ...answer, ...unsafe }));
    }
    if (executed.kind !== "done" && executed.kind !== "log_failed") {
      return refused(notDone(executed, unsafe));
    }
    return await waitAndAnswer(face, asked, callId, id, body.waitMs, routing);
  } finally {
    face.reserved.give(tenant, id);
  }
}

/** Whether it may, by which policy, and through which taps. */
async function planPause(
  face: Face,
  asked: Asked<unknown, unknown>,
  wish: {
    readonly callId: CallId;
    readonly windowId: WindowId;
    readonly body: PauseBody;
    readonly before: Before;
    readonly found: Found | undefined;
  },
): Promise<Result<{ routing: Routing; taps: readonly TapSpec[] }, Problem>> {
  const { principal, tenant } = asked;
  const { before, body, callId, found } = wish;
  const view = before.kind === "known" ? before.view : undefined;
  const live = view !== undefined && view.state.endedAt === undefined ? view : undefined;
  const named = body.targets ?? {};
  const subject = live === undefined ? { callId, agentId: found?.agentId } : subjectOf(live);
  if (live === undefined && found === undefined && Object.keys(named).length === 0) {
    // Without its targets a call has to be read before it can be silenced.
    const unsafe = { callId, windowId: wish.windowId, safeToCollect: false };
    if (before.kind === "log_unavailable") return err(failureProblem("log_failed", unsafe));
    const code = view?.state.endedAt === undefined ? "call_unknown" : "call_ended";
    return err(await notThere(face, asked, "pause", refusalProblem(code), callId));
  }
  const denial =
    (await denied(
      face,
      asked,
      asksAgain(live, wish.windowId, asked) ? "renew" : "pause",
      subject,
    )) ??
    // An agent that names an agent may only name themselves.
    (principal.kind === "agent" && body.agentId !== undefined
      ? await denied(face, asked, "pause", { callId, agentId: body.agentId })
      : undefined) ??
    (body.targets === undefined ? undefined : await denied(face, asked, "name_targets", subject));
  if (denial !== undefined) return err(denial);
  const routing = face.policy.routing(tenant, live?.state.attributes ?? body.attributes ?? {});
  if (view?.state.endedAt !== undefined) {
    const over = view.at < view.state.endedAt + routing.rules.callIdReuseMs;
    if (over) return err(refusalProblem("call_ended"));
  }
  const parsed = tapsOf(face.recorders, routing, named);
  if (!parsed.ok) return parsed;
  const added = [...(found?.taps(routing) ?? []), ...parsed.value];
  const taps = besideSettled(face.recorders, routing, live?.state, added);
  const missing = missingTargets(routing, taps, live?.state);
  return missing === undefined ? ok({ routing, taps }) : err(missing);
}

/** Asking again about one's own open window opens nothing: a lapsed ticket still may. */
function asksAgain(
  view: CallView | undefined,
  windowId: WindowId,
  asked: Asked<unknown, unknown>,
): boolean {
  const window = view === undefined ? undefined : windowOf(view.state, windowId);
  return window?.state === "open" && ownsWindow(window, asked.by);
}

/** Waits for the first thing there is to say, then says what holds when it is written. */
export async function waitAndAnswer(
  face: Face,
  asked: Asked<unknown, unknown>,
  callId: CallId,
  windowId: WindowId,
  askedWaitMs: number | undefined,
  routing: Routing,
): Promise<Handled> {
  const { tenant } = asked;
  const { signal } = asked.request;
  const waitMs = Math.min(askedWaitMs ?? routing.waitMsDefault, routing.waitMsMax);
  const wait = (ms: number) => face.calls.waitSecured(tenant, callId, windowId, ms, signal);
  const waited = await face.gate.wait(waitMs, wait);
  const beside = await receiptBeside(face, asked, callId, waited);
  const view = await face.calls.read(tenant, callId);
  if (view === undefined) return refused(refusalProblem("call_unknown"));
  return withReceipt(windowAnswer(face, view, windowId, asked, waited, routing), beside);
}

/** 200 if and only if the asker may collect; every other answer says why not. */
export function windowAnswer(
  face: Face,
  view: CallView,
  windowId: WindowId,
  asked: Asked<unknown, unknown>,
  waited: Waited,
  routing: Routing,
): Handled {
  const answer = answerOf(face, view, windowId, asked, routing);
  if (answer.safeToCollect) return json(200, answer);
  const { state } = view;
  const window = windowOf(state, windowId);
  if (state.endingAt !== undefined) return refused(refusalProblem("call_ended", answer));
  if (window === undefined) return refused(refusalProblem("window_unknown", answer));
  if (!ownsWindow(window, asked.by)) {
    return refused(refusalProblem("window_owned_by_another", answer));
  }
  if (window.state !== "open" || window.expiresAt <= view.at) {
    return refused(refusalProblem("window_closed", answer));
  }
  const unrecorded = !view.durable && routing.whenLogFails === "refuse";
  if (unrecorded || waited === "log_failed") {
    return refused(failureProblem("log_failed", answer));
  }
  if (waited === "stopping") return refused(failureProblem("stopping", answer));
  const detail = `The call is ${answer.protection}; not every required recorder has confirmed.`;
  return refused(refuse("not_secured", detail, { members: answer, headers: retryAfter }));
}

function answerOf(
  face: Face,
  view: CallView,
  windowId: WindowId,
  asked: Asked<unknown, unknown>,
  routing: Routing,
) {
  const origin = face.log.origin(asked.tenant);
  return pauseAnswerOf(view, windowId, asked.by, routing.whenLogFails, origin);
}

export function windowIdOf(
  face: Face,
  asked: Asked<unknown, unknown>,
  body: PauseBody,
): Result<WindowId, Problem> {
  const key = unquoted(asked.request.headers.get("idempotency-key") ?? undefined);
  const windowId = body.windowId ?? key;
  if (windowId === undefined || windowId === "") {
    return err(refuse("window_id_missing", "Neither Idempotency-Key nor windowId was sent."));
  }
  if (key !== undefined && key !== windowId) {
    return err(refuse("ids_differ", "Idempotency-Key and windowId name different windows."));
  }
  const misnamed = badId(face.idForm, asked.tenant, { windowId });
  return misnamed === undefined ? ok(windowId) : err(misnamed);
}

/** The header is a structured string where a client follows its draft, and plain where it does not. */
const unquoted = (key: string | undefined): string | undefined =>
  key?.match(/^"([^"\\]*)"$/)?.[1] ?? key;

const otherCall = (callId: CallId, windowId: WindowId): Problem =>
  refuse("window_of_another_call", "This window id belongs to another call of the tenant.", {
    members: { callId, windowId, safeToCollect: false },
  });

function outcomeOf(handled: Handled) {
  if (handled.kind !== "problem") return "secured";
  switch (handled.problem.code) {
    case "not_secured":
      return "not_secured";
    case "log_unavailable":
      return "log_unavailable";
    case "window_closed":
    case "call_ended":
      return "gone";
    default:
      return "refused";
  }
}
