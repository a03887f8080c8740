/**
 * `GET /v1/events`: who asks, whether they may, and then a WebSocket or a stream of server-sent
 * events over the same hub.
 *
 * @module
 */
import type { TenantId } from "../control/call.ts";
import type { Clock } from "../control/ports.ts";
import type { Connection, Connections, Party, Transport } from "../events/connection.ts";
import type { Viewer } from "../events/project.ts";
import { CLOSE, SUBPROTOCOL } from "../events/protocol.ts";
import { canOf, maySee, maySeeRecorders } from "../policy/access.ts";
import type { Principal } from "../policy/principal.ts";
import { notAuthenticated } from "./admit.ts";
import type { Authenticated, Authenticator } from "./authenticate.ts";
import type { May, Origins } from "./deps.ts";
import { parseStreamQuery, type Streams } from "./eventStream.ts";
import { keyOf } from "./gate.ts";
import { createPlaces, type Places } from "./places.ts";
import { sessionOf, TICKET_PREFIX, type TicketOffice, type TicketPurpose } from "./tickets.ts";
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
  readonly authenticate: Authenticator;
  readonly may: May;
  readonly origins: Origins;
  readonly tickets: Pick<TicketOffice, "next">;
  readonly clientAddress: (request: Request) => string | undefined;
  /** Enters that somebody was turned away, before they are told. Never rejects. */
  readonly entersDenial?: (denial: EventsDenial) => Promise<void>;
  /**
   * Calls `over` once, when this session of the console ends: at once where it has ended. What is
   * returned calls it off. Where it is absent no session is known.
   */
  readonly follow?: (session: string, over: () => void) => () => void;
  readonly connections: Connections;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly upgrade?: Upgrade;
  /** Whether a request that asks for a socket can become one; all can where absent. */
  readonly canUpgrade?: (request: Request) => boolean;
  /** Sockets and streams together, and those of one principal. */
  readonly connectionCountMax?: number;
  readonly principalCountMax?: number;
  /** Marks every refusal: simulated recorders. */
  readonly sandbox?: boolean;
}

export interface EventsDenial {
  readonly code: string;
  /** Absent where nobody was recognised. */
  readonly principal?: Principal;
  readonly tenant?: TenantId;
  readonly ip?: string;
}

const CONNECTION_COUNT_MAX = 50_000;
const PRINCIPAL_COUNT_MAX = 1_000;
/** Whoever finds every place taken comes back after this, spread over as much again. */
const RETRY_AFTER_S = 5;

type Admitted =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly close: number; readonly problem: Problem; readonly who: Who };
type Who = Pick<EventsDenial, "principal" | "tenant">;
type Served = EventsDeps & { readonly places: Places };

export function createEvents(given: EventsDeps): (request: Request) => Promise<Response> {
  const places = createPlaces(given.principalCountMax ?? PRINCIPAL_COUNT_MAX);
  const deps: Served = { ...given, places };
  return async (request) => {
    const answer = answering(deps);
    const upgradable = deps.canUpgrade?.(request) ?? true;
    if (upgradable && asksForSocket(request)) return openSocket(request, deps);
    // To HEAD, a stream would be opened that nobody reads and nobody closes.
    if (request.method === "GET" && accepts(request, "text/event-stream"))
      return openStream(request, deps);
    return answer({
      code: "upgrade_required",
      status: 426,
      detail: "Connect by WebSocket, or ask for text/event-stream.",
      // A client that can do neither is done here; whoever asked to close would wait otherwise.
      headers: { upgrade: "websocket", connection: "Upgrade, close" },
    });
  };
}

async function openSocket(request: Request, deps: Served): Promise<Response> {
  const answer = answering(deps);
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
  if (isFull(deps)) return answer(full(deps));
  const admitted = await admit(request, "socket", deps);
  if (admitted.ok) {
    const { principal } = admitted;
    const key = keyOf(principal);
    if (!deps.places.has(key)) return answer(fullOfOne(deps));
    const party = partyOf(principal, deps);
    return deps.upgrade(request, (transport) =>
      deps.connections.open(transport, { ...party, onClosed: deps.places.take(key) }),
    );
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

async function openStream(request: Request, deps: Served): Promise<Response> {
  const answer = answering(deps);
  const admitted = await admit(request, "request", deps);
  if (!admitted.ok) return answer(admitted.problem);
  const asked = parseStreamQuery(request);
  if (!asked.ok) return answer(refuse("query_invalid", asked.detail, { errors: asked.errors }));
  if (isFull(deps)) return answer(full(deps));
  const { principal } = admitted;
  const key = keyOf(principal);
  if (!deps.places.has(key)) return answer(fullOfOne(deps));
  return deps.streams.open(
    {
      viewer: viewerOf(principal),
      onClosed: deps.places.take(key),
      ...endOf(principal, deps),
    },
    asked.value,
  );
}

async function admit(
  request: Request,
  purpose: TicketPurpose,
  deps: EventsDeps,
): Promise<Admitted> {
  const admitted = await check(request, purpose, deps);
  if (!admitted.ok) {
    const ip = deps.clientAddress(request);
    const { who, problem } = admitted;
    await deps.entersDenial?.({ code: problem.code, ...who, ...(ip !== undefined && { ip }) });
  }
  return admitted;
}

async function check(
  request: Request,
  purpose: TicketPurpose,
  deps: EventsDeps,
): Promise<Admitted> {
  const known = await identify(request, purpose, deps);
  if (!known.ok) {
    const who = known.tenant === undefined ? {} : { tenant: known.tenant };
    return { ok: false, close: CLOSE.notAuthenticated, problem: notAuthenticated(known), who };
  }
  const { principal } = known;
  const who = { principal, tenant: principal.tenant };
  const origin = request.headers.get("origin");
  if (origin !== null && !deps.origins.of(principal.tenant, origin)) {
    const problem = refuse("forbidden", "The page's origin is not one that policy lists.");
    return { ok: false, close: CLOSE.notAllowed, problem, who };
  }
  const allowed = deps.may(principal, "subscribe", {});
  if (!allowed.ok) {
    const { code, detail, status } = allowed;
    return { ok: false, close: CLOSE.notAllowed, problem: { code, detail, status }, who };
  }
  return { ok: true, principal };
}

/** A browser's ticket comes in the query. Nothing else may: addresses end up in logs. */
async function identify(
  request: Request,
  purpose: TicketPurpose,
  { authenticate, clientAddress }: EventsDeps,
): Promise<Authenticated> {
  const ip = clientAddress(request);
  const info = { purpose, request, ...(ip !== undefined && { ip }) };
  const ticket = new URL(request.url).searchParams.get("ticket");
  if (ticket === null) return authenticate(request, info);
  if (ticket.startsWith(TICKET_PREFIX)) return authenticate.credential(ticket, info);
  const detail = "Only a ticket may come in the query; send others as Authorization: Bearer.";
  return { ok: false, status: 401, code: "not_authenticated", detail };
}

/** What this principal sees and may do, by policy. */
function viewerOf(principal: Principal): Viewer {
  return {
    tenant: principal.tenant,
    owner: principal.owner,
    ...agentOf(principal),
    ownCallsOnly: principal.kind === "agent",
    key: viewerKeyOf(principal),
    sees: (_callId, state) => maySee(principal, state),
    can: (callId, state) => canOf(principal, callId, state),
    seesRecorders: maySeeRecorders(principal),
  };
}

/** All that policy goes by when it says what a principal sees and may do with a call. */
function viewerKeyOf(principal: Principal): string {
  const { credential, kind, scopes, ticket } = principal;
  return JSON.stringify([keyOf(principal), kind, credential, [...scopes].sort(), ticket]);
}

/** A connection ends with its credential, and with the console's session that it came from. */
function endOf(principal: Principal, { follow }: EventsDeps): Pick<Party, "expiresAt" | "follow"> {
  const { expiresAt } = principal;
  const session = sessionOf(principal);
  return {
    ...(expiresAt !== undefined && { expiresAt }),
    ...(session !== undefined && {
      follow: (over) => {
        if (follow !== undefined) return follow(session, over);
        over();
        return () => undefined;
      },
    }),
  };
}

/**
 * A ticket was spent by connecting: its principal ends with the chain of tickets that may follow,
 * and so does the connection.
 */
function partyOf(principal: Principal, deps: EventsDeps): Party {
  const { ticket } = principal;
  return {
    viewer: viewerOf(principal),
    ...endOf(principal, deps),
    ...(ticket !== undefined && { nextTicket: () => deps.tickets.next(principal) }),
  };
}

const agentOf = ({ agentId }: Principal) => (agentId === undefined ? {} : { agentId });

const isFull = ({ connections, streams, connectionCountMax }: EventsDeps): boolean =>
  connections.count() + streams.count() >= (connectionCountMax ?? CONNECTION_COUNT_MAX);

const comeBack = ({ clock }: EventsDeps) => ({
  headers: { "retry-after": String(RETRY_AFTER_S + Math.floor(clock.random() * RETRY_AFTER_S)) },
});

const full = (deps: EventsDeps): Problem =>
  refuse("overloaded", "As many clients are connected as may be.", comeBack(deps));

const fullOfOne = (deps: EventsDeps): Problem =>
  refuse(
    "streams_limit_reached",
    "This principal has as many event streams as one may.",
    comeBack(deps),
  );

const asksForSocket = (request: Request): boolean =>
  request.headers.get("upgrade")?.trim().toLowerCase() === "websocket";

function accepts(request: Request, type: string): boolean {
  return listed(request.headers.get("accept") ?? "").some(
    (one) => one.split(";")[0]?.trim().toLowerCase() === type,
  );
}

const listed = (header: string): string[] => header.split(",").map((one) => one.trim());

const answering =
  ({ sandbox }: EventsDeps) =>
  (problem: Problem): Response => {
    const document = problemDocument(problem);
    return new Response(JSON.stringify(sandbox === true ? { ...document, sandbox } : document), {
      status: problemStatus(problem),
      headers: { "content-type": "application/problem+json", ...problem.headers },
    });
  };
