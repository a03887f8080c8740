/**
 * Tickets: short-lived browser tokens, issued by whoever holds a real credential.
 *
 * @module
 */
import { json, refused, route, type Route } from "./asked.ts";
import { denied, subjectOf, type Face } from "./face.ts";
import { refuse } from "./problem.ts";
import { refusalProblem } from "./refusal.ts";
import { ticketAnswer, ticketBody } from "./schemas.ts";

export function ticketRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/v1/tickets",
      operationId: "issueTicket",
      summary: "Issue a short-lived token for a browser",
      description:
        "`call`: pause, renew and resume on one call, until the window it opened closes. `events`: opens one socket, whose `hello` hands out the next; reusable until it expires for server-sent events.",
      tag: "Tickets",
      body: ticketBody,
      answers: { 201: { description: "Issued; told once", schema: ticketAnswer } },
      problems: ["call_unknown", "body_invalid"],
      async handle(asked) {
        const { use, callId, agentId, lifeMs } = asked.body;
        const denial = await denied(face, asked, "issue_ticket", { agentId });
        if (denial !== undefined) return refused(denial);
        if (use === "call") {
          if (callId === undefined) {
            const error = { path: "/callId", code: "missing", detail: "A call ticket needs one." };
            const detail = "A call ticket serves one call.";
            return refused(refuse("body_invalid", detail, { errors: [error] }));
          }
          const view = await face.calls.read(asked.tenant, callId);
          if (view === undefined) return refused(refusalProblem("call_unknown", {}));
          const foreign = await denied(face, asked, "pause", subjectOf(view));
          if (foreign !== undefined) return refused(foreign);
        }
        const issued = await face.tickets.issue(asked.principal, {
          use,
          ...(callId === undefined ? {} : { callId }),
          ...(agentId === undefined ? {} : { agentId }),
          ...(lifeMs === undefined ? {} : { lifeMs }),
        });
        const { ticket, id, expiresAt } = issued;
        return json(201, { ticket, ticketId: id, use, expiresAt });
      },
    }),
  ];
}
