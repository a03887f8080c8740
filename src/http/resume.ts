/**
 * Resume: closes a window, and answers what protection holds then. Never safe to collect.
 *
 * @module
 */
import { err, ok, type CallId, type Result, type WindowId } from "../control/call.ts";
import type { CallView } from "../control/calls.ts";
import { ownsWindow, protection } from "../control/conclude.ts";
import { resumeAnswerOf } from "./answer.ts";
import { json, refused, route, type Asked, type Handled, type Route } from "./asked.ts";
import { denied, notThere, subjectOf, type Face } from "./face.ts";
import { refuse, type Problem } from "./problem.ts";
import { notDone, refusalProblem } from "./refusal.ts";
import { resumeAnswer, resumeBody, waitBody } from "./schemas.ts";

const answers = {
  200: { description: "Closed; the protection that holds now", schema: resumeAnswer },
  202: { description: "Closed; recorders have yet to confirm", schema: resumeAnswer },
};
const problems = [
  "call_unknown",
  "window_unknown",
  "window_ambiguous",
  "window_owned_by_another",
  "window_limit_reached",
  "log_unavailable",
  "stopping",
  "overloaded",
] as const;

export function resumeRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/v1/calls/:callId/resume",
      operationId: "resumeCall",
      summary: "Close a window of a call",
      description:
        "Without `windowId`: your only window (a supervisor's only choice, whoever opened it). An id that was never opened is remembered as closed, so that a pause overtaken by its resume is refused.",
      tag: "Windows",
      body: resumeBody,
      bodyOptional: true,
      answers,
      problems,
      async handle(asked) {
        const { windowId, waitMs } = asked.body;
        return await resumeCall(face, asked, asked.param("callId"), windowId, waitMs);
      },
    }),
    route({
      method: "POST",
      path: "/v1/windows/:windowId/resume",
      operationId: "resumeWindow",
      summary: "Close a window by its id alone",
      tag: "Windows",
      body: waitBody,
      bodyOptional: true,
      answers,
      problems,
      async handle(asked) {
        const windowId = asked.param("windowId");
        const callId = await face.calls.callOfWindow(asked.tenant, windowId);
        const view = callId && (await face.calls.read(asked.tenant, callId));
        if (!view) {
          const unknown = refusalProblem("window_unknown");
          return refused(await notThere(face, asked, "resume", unknown));
        }
        return await resume(face, asked, view, windowId, asked.body.waitMs);
      },
    }),
  ];
}

/** `named`: the window to close; the asker's only one where it is absent. */
export async function resumeCall(
  face: Face,
  asked: Asked<unknown, unknown>,
  callId: CallId,
  named: WindowId | undefined,
  waitMs: number | undefined,
): Promise<Handled> {
  const view = await face.calls.read(asked.tenant, callId);
  if (view === undefined) {
    const unknown = refusalProblem("call_unknown");
    return refused(await notThere(face, asked, "resume", unknown, callId));
  }
  return await resume(face, asked, view, named, waitMs);
}

async function resume(
  face: Face,
  asked: Asked<unknown, unknown>,
  view: CallView,
  named: WindowId | undefined,
  askedWaitMs: number | undefined,
): Promise<Handled> {
  const { by, tenant } = asked;
  const { callId } = view;
  const denial = await denied(face, asked, "resume", subjectOf(view));
  if (denial !== undefined) return refused(denial);
  const chosen = named === undefined ? onlyWindow(view, asked) : ok(named);
  if (!chosen.ok) return refused(chosen.error);
  const windowId = chosen.value;
  const executed = await face.calls.execute(tenant, callId, { type: "CloseWindow", by, windowId });
  const unsafe = { callId, windowId, safeToCollect: false };
  if (executed.kind !== "done") return refused(notDone(executed, unsafe));
  return await answerResume(face, asked, callId, windowId, askedWaitMs, executed.view);
}

async function answerResume(
  face: Face,
  asked: Asked<unknown, unknown>,
  callId: CallId,
  windowId: WindowId,
  askedWaitMs: number | undefined,
  closed: CallView,
): Promise<Handled> {
  const { tenant } = asked;
  const routing = face.policy.routing(tenant, closed.state.attributes);
  const waitMs = Math.min(askedWaitMs ?? routing.waitMsDefault, routing.waitMsMax);
  if (protection(closed.state) === "resuming") {
    await face.gate.wait(waitMs, (ms) =>
      face.calls.waitFor(tenant, callId, "settled", ms, asked.request.signal),
    );
  }
  const view = (await face.calls.read(tenant, callId)) ?? closed;
  const answer = resumeAnswerOf(view, windowId, face.log.origin(tenant));
  return json(answer.protection === "resuming" ? 202 : 200, answer);
}

/** The caller's only window that still asks for silence; a supervisor's may be anybody's. */
function onlyWindow(view: CallView, asked: Asked<unknown, unknown>): Result<WindowId, Problem> {
  const any = asked.principal.kind === "supervisor";
  const own = Object.entries(view.state.windows).filter(
    ([, window]) => any || ownsWindow(window, asked.by),
  );
  const unclosed = own.filter(([, window]) => window.state !== "closed");
  if (unclosed.length > 1) {
    const windowIds = unclosed.map(([windowId]) => windowId);
    const detail = `Open: ${windowIds.join(", ")}.`;
    const members = { callId: view.callId, windowIds, safeToCollect: false };
    return err(refuse("window_ambiguous", detail, { members }));
  }
  // Closing what was closed changes nothing, so that a repeated resume is answered alike.
  const [only] = unclosed[0] ?? own.toSorted(([, a], [, b]) => b.openedAt - a.openedAt)[0] ?? [];
  return only === undefined ? err(refusalProblem("window_unknown")) : ok(only);
}
