/**
 * A window by its own id: renewing its lease, and reading what holds for it now. Both answer as a
 * pause does, so that a client without a socket obeys them.
 *
 * @module
 */
import type { CallView } from "../control/calls.ts";
import { refused, route, type Asked, type Route } from "./asked.ts";
import { denied, notThere, subjectOf, type Face } from "./face.ts";
import { waitAndAnswer, windowAnswer } from "./pause.ts";
import { notDone, refusalProblem } from "./refusal.ts";
import { pauseAnswer, renewBody } from "./schemas.ts";

const problems = [
  "not_secured",
  "window_unknown",
  "window_closed",
  "window_owned_by_another",
  "call_ended",
  "log_unavailable",
  "stopping",
] as const;
const answers = {
  200: { description: "Secured, and your window is open: collect", schema: pauseAnswer },
};

export function windowRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/v1/windows/:windowId/renew",
      operationId: "renewWindow",
      summary: "Extend a window's lease (heartbeat)",
      description: "Renew at a third of the lease or sooner; a hidden page's timers run slowly.",
      tag: "Windows",
      body: renewBody,
      bodyOptional: true,
      answers,
      problems: [...problems, "overloaded"],
      async handle(asked) {
        const windowId = asked.param("windowId");
        const view = await viewOf(face, asked, windowId);
        if (view === undefined) {
          const unknown = refusalProblem("window_unknown");
          return refused(await notThere(face, asked, "renew", unknown));
        }
        const denial = await denied(face, asked, "renew", subjectOf(view));
        if (denial !== undefined) return refused(denial);
        const { tenant, by, body } = asked;
        const { callId } = view;
        const routing = face.policy.routing(tenant, view.state.attributes);
        const leaseMs = body.leaseMs ?? routing.leaseMsDefault;
        const command = { type: "RenewWindow", by, windowId, leaseMs } as const;
        const executed = await face.calls.execute(tenant, callId, command);
        const unsafe = { callId, windowId, safeToCollect: false };
        if (executed.kind !== "done") return refused(notDone(executed, unsafe));
        return await waitAndAnswer(face, asked, callId, windowId, body.waitMs ?? 0, routing);
      },
    }),
    route({
      method: "GET",
      path: "/v1/windows/:windowId",
      operationId: "readWindow",
      summary: "What holds for a window now",
      description:
        "For the window's owner. Others read the call: an answer about another's window is 409, never 200.",
      tag: "Windows",
      answers,
      problems,
      async handle(asked) {
        const windowId = asked.param("windowId");
        const view = await viewOf(face, asked, windowId);
        if (view === undefined) {
          const unknown = refusalProblem("window_unknown");
          return refused(await notThere(face, asked, "read_call", unknown));
        }
        const denial = await denied(face, asked, "read_call", subjectOf(view));
        if (denial !== undefined) return refused(denial);
        const routing = face.policy.routing(asked.tenant, view.state.attributes);
        return windowAnswer(face, view, windowId, asked, "time", routing);
      },
    }),
  ];
}

async function viewOf(
  face: Face,
  asked: Asked<unknown, unknown>,
  windowId: string,
): Promise<CallView | undefined> {
  const callId = await face.calls.callOfWindow(asked.tenant, windowId);
  return callId === undefined ? undefined : await face.calls.read(asked.tenant, callId);
}
