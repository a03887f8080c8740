/**
 * An agent's desk, for those who take only an address: the indicator of their own calls, with pause
 * and resume by their session. It asks and answers as the API would.
 *
 * @module
 */
import { html } from "hono/html";
import type { DeskAnswer, PageDeps } from "../deps.ts";
import type { Html, PageDef, Reply, Visit } from "../page.ts";

/** The API's words that an agent can do something about. */
const TOLD = [
  "window_owned_by_another",
  "window_ambiguous",
  "call_ended",
  "log_unavailable",
  "stopping",
] as const;

export function deskPages({ desk, eventsTicket, idForm }: PageDeps): readonly PageDef[] {
  async function command(visit: Visit, what: "pause" | "resume"): Promise<Reply> {
    const { ip, session } = visit;
    const { principal } = session;
    const callId = visit.param("callId");
    if (principal.agentId === undefined || !idForm(principal.tenant, "callId", callId).ok)
      return { kind: "data", status: 404, body: { code: "call_unknown" } };
    return answerOf(await desk[what](principal, callId, ip));
  }
  const shared = { action: "subscribe", forAgents: true } as const;
  return [
    {
      ...shared,
      method: "GET",
      path: "//desk",
      handle: async (visit) => ({
        kind: "page",
        title: visit.say("desk.title"),
        ...(visit.session.principal.agentId === undefined ? {} : { script: "desk.js" }),
        body: body(visit),
      }),
    },
    {
      ...shared,
      method: "POST",
      path: "//desk/ticket",
      byScript: true,
      handle: async ({ session }) => ({
        kind: "data",
        status: 200,
        body: { ticket: await eventsTicket(session) },
      }),
    },
    {
      ...shared,
      method: "POST",
      path: "//desk/pause/:callId",
      handle: (visit) => command(visit, "pause"),
    },
    {
      ...shared,
      method: "POST",
      path: "//desk/resume/:callId",
      handle: (visit) => command(visit, "resume"),
    },
  ];
}

function body({ language, say, session }: Visit): Html {
  const { agentId } = session.principal;
  if (agentId === undefined) return html`<p>${say("desk.noAgent")}</p>`;
  const told = TOLD.map((code) => html`data-${code}="${say(`desk.${code}`)}"`);
  return html`<p>${say("desk.agent", { agent: agentId })}</p>
    <noscript><p class="word bad">${say("wall.needsScript")}</p></noscript>
    <div id="desk" data-agent="${agentId}" data-csrf="${session.csrf}">
      <tacet-indicator lang="${language}" detail keys></tacet-indicator>
    </div>
    <p id="why" class="word bad" role="alert" ${told}></p>
    <p id="over" class="word bad" role="alert" hidden>
      <a href="/console/sign-in?back=%2Fdesk">${say("signIn.again")}</a>
    </p>
    <p class="hint">${say("desk.keys")}</p>`;
}

function answerOf(answer: DeskAnswer): Reply {
  if (answer.ok) return { kind: "data", status: 200, body: { done: true } };
  const { code, status } = answer;
  const known = ([403, 404, 409] as const).find((one) => one === status);
  return { kind: "data", status: known ?? 503, body: { code } };
}
