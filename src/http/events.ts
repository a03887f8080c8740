/**
 * `GET /v1/events`: who asks, whether they may, and then a WebSocket or a stream of server-sent
 * events over the same hub.
 *
 * @module
 */
import type { Clock } from "../control/ports.ts";
import type { Connection, Connections, Party, Transport } from "../events/connection.ts";
import type { Viewer } from "../events/project.ts";
import { CLOSE, SUBPROTOCOL } from "../events/protocol.ts";
import { canOf, maySee } from "../policy/access.ts";
import type { Principal } from "../policy/principal.ts";
import type { Authenticate, May, Origins, TicketOffice } from "./deps.ts";
import { parseStreamQuery, type Streams } from "./eventStream.ts";
import { type Problem, problemDocument, problemStatus, refuse } from "./problem.ts";

/**
 * Makes a WebSocket of this request; `open` runs once it stands. What is returned answers the
 * request. The runtime offers it; requests it did not bring in cannot be upgraded.
 */
export type Upgrade = (
  request: Request,
  open: (transport: Transport) => Connection | undefined,
) => Response | Promise<Response>;

export interface EventsDeps {
  readonly authenticate: Authenticate;
  readonly may: May;
  readonly origins: Origins;
  readonly tickets: TicketOffice;
  readonly clientAddress: (request: Request) => string | undefined;
  readonly connections: Connections;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly upgrade?: Upgrade;
  /** Sockets and streams together. */
  readonly connectionCountMax?: number;
}

const CONNECTION_COUNT_MAX = 50_000;

type Admitted =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly close: number; readonly problem: Problem };

export function createEvents(deps: EventsDeps): (request: Request) => Promise<Response> {
  return async (request) => {
    if (asksForSocket(request)) return openSocket(request, deps);
    if (accepts(request, "text/event-stream")) return openStream(request, deps);
    return answer({
      code: "upgrade_required",
      status: 426,
      detail: "Connect by WebSocket, or ask for text/event-stream.",
      headers: { upgrade: "websocket", connection: "Upgrade" },
    });
  };
}

async function openSocket(request: Request, deps: EventsDeps): Promise<Response> {
  const offered = request.headers.get("sec-websocket-protocol");
  if (offered !== null && !listed(offered).includes(SUBPROTOCOL)) {
    return answer({
      code: "subprotocol_unknown",
      status: 400,
      detail: `Offer the subprotocol ${SUBPROTOCOL}.`,
    });
  }
  if (deps.upgrade === undefined) {
    return answer(refuse("not_found", "This listener serves no WebSockets."));
  }
  if (isFull(deps)) return answer(refuse("overloaded", "As many clients are connected as may be."));
  const admitted = await admit(request, deps);
  if (admitted.ok) {
    const party = partyOf(admitted.principal, deps);
    return deps.upgrade(request, (transport) => deps.connections.open(transport, party));
  }
  // A page's script is not told the status of a failed upgrade, only a close code.
  if (request.headers.has("origin")) {
    const { close, problem } = admitted;
    return deps.upgrade(request, (transport) => {
      transport.close(close, problem.code);
      return undefined;
    });
  }
  return answer(admitted.problem);
}

async function openStream(request: Request, deps: EventsDeps): Promise<Response> {
  const admitted = await admit(request, deps);
  if (!admitted.ok) return answer(admitted.problem);
  const asked = parseStreamQuery(request);
  if (!asked.ok) return answer(refuse("query_invalid", asked.detail, { errors: asked.errors }));
  if (isFull(deps)) return answer(refuse("overloaded", "As many clients are connected as may be."));
  const { principal } = admitted;
  return deps.streams.open(
    {
      viewer: viewerOf(principal),
      ...(principal.expiresAt !== undefined && { expiresAt: principal.expiresAt }),
    },
    asked.value,
  );
}

async function admit(request: Request, deps: EventsDeps): Promise<Admitted> {
  const ip = deps.clientAddress(request);
  const known = await deps.authenticate(request, ip === undefined ? {} : { ip });
  if (!known.ok) {
    const { code, detail, status } = known;
    const close = status === 401 ? CLOSE.notAuthenticated : CLOSE.notAllowed;
    return { ok: false, close, problem: { code, detail, status } };
  }
  const { principal } = known;
  const origin = request.headers.get("origin");
  if (origin !== null && !deps.origins.of(principal.tenant, origin)) {
    const problem = refuse("forbidden", "The page's origin is not one that policy lists.");
    return { ok: false, close: CLOSE.notAllowed, problem };
  }
  const allowed = deps.may(principal, "subscribe", {});
  if (!allowed.ok) {
    const { code, detail, status } = allowed;
    return { ok: false, close: CLOSE.notAllowed, problem: { code, detail, status } };
  }
  return { ok: true, principal };
}

/** What this principal sees and may do, by policy. */
function viewerOf(principal: Principal): Viewer {
  return {
    tenant: principal.tenant,
    owner: principal.owner,
    ...agentOf(principal),
    ownCallsOnly: principal.kind === "agent",
    sees: (_callId, state) => maySee(principal, state),
    can: (callId, state) => canOf(principal, callId, state),
  };
}

/**
 * A ticket was spent by connecting, so its own end is not the connection's; the ticket office says
 * for how long others follow it.
 */
function partyOf(principal: Principal, deps: EventsDeps): Party {
  const viewer = viewerOf(principal);
  if (principal.ticket?.use === "events") {
    const asked = { use: "events" as const, ...agentOf(principal) };
    return { viewer, nextTicket: () => deps.tickets.issue(principal, asked) };
  }
  return {
    viewer,
    ...(principal.expiresAt !== undefined && { expiresAt: principal.expiresAt }),
  };
}

const agentOf = ({ agentId }: Principal) => (agentId === undefined ? {} : { agentId });

const isFull = ({ connections, streams, connectionCountMax }: EventsDeps): boolean =>
  connections.count() + streams.count() >= (connectionCountMax ?? CONNECTION_COUNT_MAX);

const asksForSocket = (request: Request): boolean =>
  listed(request.headers.get("upgrade") ?? "").some((one) => one.toLowerCase() === "websocket");

function accepts(request: Request, type: string): boolean {
  return listed(request.headers.get("accept") ?? "").some(
    (one) => one.split(";")[0]?.trim().toLowerCase() === type,
  );
}

const listed = (header: string): string[] => header.split(",").map((one) => one.trim());

function answer(problem: Problem): Response {
  return new Response(JSON.stringify(problemDocument(problem)), {
    status: problemStatus(problem),
    headers: { "content-type": "application/problem+json", ...problem.headers },
  });
}
