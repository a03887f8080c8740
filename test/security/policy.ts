/**
 * Who may do what, written by hand: what should be. `authorization.test.ts` asks the real app each
 * line; `docs/authorization.md` is printed from these tables.
 */
import type { ClientMessage } from "../../src/events/protocol.ts";

/** The columns. */
export const PRINCIPALS = [
  "payment",
  "agent",
  "supervisor",
  "cti",
  "auditor",
  "operator",
  "call ticket",
  "lapsed ticket",
  "desk ticket",
  "wall ticket",
  "nobody",
] as const;
export type PrincipalName = (typeof PRINCIPALS)[number];

/**
 * `own`: the agent's call, the ticket's call, the window that the asker opened. `foreign`: another
 * agent's, another call, a window that somebody else opened; all of one tenant. `other tenant`: it
 * is there, elsewhere. `unknown`: it is nowhere.
 */
export type Subject = "own" | "foreign" | "other tenant" | "unknown" | "none";

/** What the case's things are called. */
export interface Names {
  readonly callId: string;
  readonly windowId: string;
  readonly agentId: string;
  /** Of a recording of this call. */
  readonly incidentId: string;
  /** A legal hold on this call's log. */
  readonly holdId: string;
  /** What a target of this call would be. */
  readonly targets: object;
}

interface Asking {
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Row {
  /** Method and path as the API's description has them. */
  readonly endpoint: string;
  readonly what: string;
  readonly subject: Subject;
  ask(names: Names): Asking;
  /**
   * One word a column: `yes` is a 2xx; `no` is a 2xx that tells nothing of the subject; else the
   * status.
   */
  readonly outcomes: string;
  /** One of these sets is enough, where the subject is one's own. Empty: none is needed. */
  readonly scopes?: readonly string[];
}

const OWN_ONLY = "yes 403 yes yes yes yes | 403 403 403 403 401";
const BY_TICKET = "yes yes yes yes yes yes | yes yes 403 403 401";
const NO_TICKET = "yes yes yes yes yes yes | 403 403 403 403 401";
const UNKNOWN = "404 404 404 404 404 404 | 403 403 403 403 401";
const UNKNOWN_WINDOW = "404 404 404 404 404 404 | 404 404 403 403 401";
const OWNED = "409 403 409 409 409 409 | 403 403 403 403 401";
const NOT_AGENTS = "404 403 404 404 404 404 | 403 403 403 403 401";
const READS_EVIDENCE = ["log:read", "evidence:write", "incidents:write"] as const;
const RECONCILED = {
  counts: { secured: 1, late: 0, unsecured: 0, no_window: 0 },
  digest: "a".repeat(64),
  from: 1,
  to: 2,
  toleranceMs: 0,
  against: { size: 1, root: `${"A".repeat(43)}=`, verified: false },
};
const ANYBODY = "yes yes yes yes yes yes | yes yes yes yes yes";
const NOT_HERE = "404 404 404 404 404 404 | 404 404 404 404 404";

const READS_CALLS = ["events:read", "windows:write", "calls:write", "log:read", "operate"] as const;

type Part = [what: string, subject: Subject, outcomes: string];

/** One endpoint, asked in one way of several subjects. */
const rows = (
  endpoint: string,
  scopes: readonly string[],
  ask: Row["ask"],
  ...parts: readonly Part[]
): Row[] =>
  parts.map(([what, subject, outcomes]) => ({ endpoint, what, subject, outcomes, ask, scopes }));

const pause = (body: (names: Names) => object) => (names: Names) => ({
  path: `/v1/calls/${names.callId}/pause`,
  body: { windowId: "new-window", ...body(names) },
});
const put = (body: (names: Names) => object) => (names: Names) => ({
  path: `/v1/calls/${names.callId}`,
  body: body(names),
});
const ticket = (body: (names: Names) => object) => (names: Names) => ({
  path: "/v1/tickets",
  body: body(names),
});
const at = (path: string) => () => ({ path });

/** What hearing a silent recording without windows told. */
const SOUND = {
  tapId: "main",
  recorderId: "main",
  recordingId: "rec-1",
  fileDigest: "ab".repeat(32),
  codec: "pcm_s16le",
  sampleRateHz: 8_000,
  channelCount: 1,
  durationMs: 1_000,
  tones: { count: 0, ranges: [] },
  judgements: [],
};

export const ROWS: readonly Row[] = [
  ...rows(
    "POST /v1/calls/{callId}/pause",
    ["windows:write"],
    pause(() => ({})),
    ["their call", "own", "yes yes yes yes yes yes | yes 401 403 403 401"],
    ["another's call", "foreign", OWN_ONLY],
    ["another tenant's call", "other tenant", UNKNOWN],
    ["no call", "unknown", UNKNOWN],
  ),
  ...rows(
    "POST /v1/calls/{callId}/pause",
    ["windows:write"],
    pause(({ windowId }) => ({ windowId })),
    ["their call, asked again for their open window", "own", BY_TICKET],
    ["another's call, by the id of its window", "foreign", OWNED],
  ),
  ...rows(
    "POST /v1/calls/{callId}/pause",
    ["windows:write+targets:write"],
    pause(({ targets }) => ({ targets })),
    ["their call, naming targets", "own", "yes 403 yes yes yes yes | 403 401 403 403 401"],
    ["a new call, naming targets", "unknown", OWN_ONLY],
    ["a new call by the id of another tenant's, naming targets", "other tenant", OWN_ONLY],
  ),
  ...rows(
    "POST /v1/agents/{agentId}/pause",
    ["windows:write"],
    ({ agentId }) => ({ path: `/v1/agents/${agentId}/pause`, body: { windowId: "new-window" } }),
    ["their own call, by agent", "own", NO_TICKET],
    ["another agent's call", "foreign", OWN_ONLY],
    ["an agent of another tenant", "other tenant", "404 403 404 404 404 404 | 403 403 403 403 401"],
    ["no agent", "unknown", "404 403 404 404 404 404 | 403 403 403 403 401"],
  ),
  ...rows(
    "POST /v1/calls/{callId}/resume",
    ["windows:write"],
    ({ callId, windowId }) => ({ path: `/v1/calls/${callId}/resume`, body: { windowId } }),
    ["their window", "own", BY_TICKET],
    ["another's window", "foreign", "409 403 yes 409 409 409 | 403 403 403 403 401"],
    ["another tenant's window", "other tenant", UNKNOWN],
    ["no window", "unknown", UNKNOWN],
  ),
  ...rows(
    "POST /v1/windows/{windowId}/resume",
    ["windows:write"],
    ({ windowId }) => ({ path: `/v1/windows/${windowId}/resume` }),
    ["their window", "own", BY_TICKET],
    ["another's window", "foreign", "409 403 yes 409 409 409 | 403 403 403 403 401"],
    ["another tenant's window", "other tenant", UNKNOWN_WINDOW],
    ["no window", "unknown", UNKNOWN_WINDOW],
  ),
  ...rows(
    "POST /v1/windows/{windowId}/renew",
    ["windows:write"],
    ({ windowId }) => ({ path: `/v1/windows/${windowId}/renew` }),
    ["their window", "own", BY_TICKET],
    ["another's window", "foreign", OWNED],
    ["another tenant's window", "other tenant", UNKNOWN_WINDOW],
    ["no window", "unknown", UNKNOWN_WINDOW],
  ),
  ...rows(
    "GET /v1/windows/{windowId}",
    READS_CALLS,
    ({ windowId }) => ({ path: `/v1/windows/${windowId}` }),
    ["their window", "own", BY_TICKET],
    ["another's window", "foreign", OWNED],
    ["another tenant's window", "other tenant", UNKNOWN_WINDOW],
    ["no window", "unknown", UNKNOWN_WINDOW],
  ),
  ...rows(
    "PUT /v1/calls/{callId}",
    ["calls:write"],
    put(() => ({ agentId: "a-204" })),
    ["a new call, for agent a-204", "unknown", NO_TICKET],
    ["a new call by the id of another tenant's", "other tenant", NO_TICKET],
  ),
  ...rows(
    "PUT /v1/calls/{callId}",
    ["calls:write"],
    put(() => ({ agentId: "a-205" })),
    ["a new call, for another agent", "unknown", OWN_ONLY],
    ["their call, handed to another agent", "own", OWN_ONLY],
  ),
  ...rows(
    "PUT /v1/calls/{callId}",
    ["calls:write"],
    put(() => ({ attributes: { queue: "sales" } })),
    ["their call, other attributes", "own", NO_TICKET],
    ["another's call, other attributes", "foreign", OWN_ONLY],
  ),
  ...rows(
    "PUT /v1/calls/{callId}",
    ["calls:write+targets:write"],
    put(({ targets }) => ({ targets })),
    ["their call, naming targets", "own", OWN_ONLY],
  ),
  ...rows(
    "POST /v1/calls/{callId}/end",
    ["calls:write"],
    ({ callId }) => ({ path: `/v1/calls/${callId}/end` }),
    ["their call", "own", NO_TICKET],
    ["another's call", "foreign", OWN_ONLY],
    ["another tenant's call", "other tenant", UNKNOWN],
    ["no call", "unknown", UNKNOWN],
  ),
  ...rows(
    "GET /v1/calls",
    READS_CALLS,
    at("/v1/calls"),
    ["whether their call is listed", "own", NO_TICKET],
    ["whether another's call is listed", "foreign", "yes no yes yes yes yes | 403 403 403 403 401"],
    [
      "whether another tenant's call is listed",
      "other tenant",
      "no no no no no no | 403 403 403 403 401",
    ],
  ),
  ...rows(
    "GET /v1/calls",
    READS_CALLS,
    ({ agentId }) => ({ path: `/v1/calls?agentId=${agentId}` }),
    ["calls of the agent a-204", "own", NO_TICKET],
    ["calls of another agent", "foreign", OWN_ONLY],
    [
      "calls of an agent of another tenant",
      "other tenant",
      "no 403 no no no no | 403 403 403 403 401",
    ],
  ),
  ...rows(
    "GET /v1/calls/{callId}",
    READS_CALLS,
    ({ callId }) => ({ path: `/v1/calls/${callId}` }),
    ["their call", "own", BY_TICKET],
    ["another's call", "foreign", OWN_ONLY],
    ["another tenant's call", "other tenant", UNKNOWN],
    ["no call", "unknown", UNKNOWN],
  ),
  ...rows(
    "GET /v1/calls/{callId}/history",
    ["log:read"],
    ({ callId }) => ({ path: `/v1/calls/${callId}/history` }),
    ["their call", "own", NO_TICKET],
    ["another's call", "foreign", NO_TICKET],
    ["another tenant's call", "other tenant", UNKNOWN],
    ["no call", "unknown", UNKNOWN],
  ),
  ...rows(
    "GET /v1/log/entries",
    ["log:read", "log:export"],
    ({ callId }) => ({ path: `/v1/log/entries?callId=${callId}` }),
    ["entries of their call", "own", NO_TICKET],
    ["entries of another's call", "foreign", NO_TICKET],
    ["entries of another tenant's call", "other tenant", "no no no no no no | 403 403 403 403 401"],
  ),
  ...rows(
    "GET /v1/calls/{callId}/evidence",
    ["log:read", "evidence:write", "incidents:write"],
    ({ callId }) => ({ path: `/v1/calls/${callId}/evidence` }),
    ["evidence of their call", "own", OWN_ONLY],
    ["evidence of another's call", "foreign", OWN_ONLY],
    ["evidence of another tenant's call", "other tenant", NOT_AGENTS],
    ["evidence of no call", "unknown", NOT_AGENTS],
  ),
  ...rows(
    "POST /v1/calls/{callId}/evidence",
    ["evidence:write", "incidents:write"],
    ({ callId }) => ({ path: `/v1/calls/${callId}/evidence` }),
    ["has their call's recorders asked", "own", OWN_ONLY],
    ["has those of another's call asked", "foreign", OWN_ONLY],
    ["of another tenant's call", "other tenant", NOT_AGENTS],
    ["of no call", "unknown", NOT_AGENTS],
  ),
  ...rows(
    "POST /v1/calls/{callId}/evidence/sound",
    ["evidence:write"],
    ({ callId }) => ({ path: `/v1/calls/${callId}/evidence/sound`, body: SOUND }),
    ["reports what a recording of their call sounds like", "own", OWN_ONLY],
    ["of another's call", "foreign", OWN_ONLY],
    ["of another tenant's call", "other tenant", NOT_AGENTS],
    ["of no call", "unknown", NOT_AGENTS],
  ),
  ...rows("GET /v1/evidence/unheard", ["evidence:write"], at("/v1/evidence/unheard"), [
    "the recordings still to be heard",
    "none",
    OWN_ONLY,
  ]),
  ...rows(
    "GET /v1/incidents",
    READS_EVIDENCE,
    ({ callId }) => ({ path: `/v1/incidents?callId=${callId}` }),
    ["incidents of their call", "own", OWN_ONLY],
    ["incidents of another's call", "foreign", OWN_ONLY],
    [
      "incidents of another tenant's call",
      "other tenant",
      "no 403 no no no no | 403 403 403 403 401",
    ],
  ),
  ...rows(
    "GET /v1/incidents/{incidentId}",
    READS_EVIDENCE,
    ({ incidentId }) => ({ path: `/v1/incidents/${incidentId}` }),
    ["an incident of their call", "own", OWN_ONLY],
    ["of another's call", "foreign", OWN_ONLY],
    ["of another tenant's", "other tenant", NOT_AGENTS],
    ["no incident", "unknown", NOT_AGENTS],
  ),
  ...rows(
    "POST /v1/incidents/{incidentId}/notes",
    ["incidents:write"],
    ({ incidentId }) => ({ path: `/v1/incidents/${incidentId}/notes`, body: { text: "heard" } }),
    ["a note on an incident of their call", "own", OWN_ONLY],
    ["of another's call", "foreign", OWN_ONLY],
    ["of another tenant's", "other tenant", NOT_AGENTS],
    ["on no incident", "unknown", NOT_AGENTS],
  ),
  ...rows(
    "POST /v1/incidents/{incidentId}/close",
    ["incidents:write"],
    ({ incidentId }) => ({ path: `/v1/incidents/${incidentId}/close`, body: { note: "removed" } }),
    ["closes an incident of their call", "own", OWN_ONLY],
    ["of another's call", "foreign", OWN_ONLY],
    ["of another tenant's", "other tenant", NOT_AGENTS],
    ["no incident", "unknown", NOT_AGENTS],
  ),
  ...rows(
    "POST /v1/reconciliations",
    ["evidence:write", "incidents:write"],
    () => ({ path: "/v1/reconciliations", body: RECONCILED }),
    ["what comparing payments came to", "none", OWN_ONLY],
  ),
  ...rows("GET /v1/log/checkpoint", ["log:read"], at("/v1/log/checkpoint"), [
    "the tenant's signed head",
    "none",
    NO_TICKET,
  ]),
  ...rows(
    "GET /v1/log/tile/{level}/{index}",
    ["log:read", "log:export"],
    at("/v1/log/tile/0/000.p/1"),
    ["hashes of the tenant's log", "none", NO_TICKET],
  ),
  ...rows(
    "GET /v1/log/tile/entries/{index}",
    ["log:read", "log:export"],
    at("/v1/log/tile/entries/000.p/1"),
    ["entries of the tenant's log", "none", NO_TICKET],
  ),
  ...rows("GET /v1/log/receipt/{position}", ["log:read", "log:export"], at("/v1/log/receipt/1"), [
    "an entry's receipt",
    "none",
    NO_TICKET,
  ]),
  ...rows(
    "GET /v1/log/retention",
    ["log:read", "retention:write", "operate"],
    at("/v1/log/retention"),
    ["how long their log is kept", "none", OWN_ONLY],
  ),
  ...rows(
    "POST /v1/log/legal-holds",
    ["retention:write"],
    () => ({ path: "/v1/log/legal-holds", body: { reason: "case 7" } }),
    ["keeps all there is", "none", OWN_ONLY],
  ),
  ...rows(
    "POST /v1/log/legal-holds",
    ["retention:write"],
    ({ callId }) => ({ path: "/v1/log/legal-holds", body: { reason: "case 7", callId } }),
    ["keeps their call's entries", "own", OWN_ONLY],
    ["keeps another's", "foreign", OWN_ONLY],
    ["keeps those of another tenant's call", "other tenant", NOT_AGENTS],
    ["keeps those of no call", "unknown", NOT_AGENTS],
  ),
  ...rows(
    "POST /v1/log/legal-holds/{holdId}/lift",
    ["retention:write"],
    ({ holdId }) => ({ path: `/v1/log/legal-holds/${holdId}/lift`, body: { reason: "closed" } }),
    ["lifts a hold", "own", OWN_ONLY],
    ["lifts another's", "foreign", OWN_ONLY],
    ["lifts another tenant's", "other tenant", NOT_AGENTS],
    ["lifts none", "unknown", NOT_AGENTS],
  ),
  ...rows("GET /v1/recorders", ["operate", "log:read", "calls:write"], at("/v1/recorders"), [
    "the recorders",
    "none",
    NO_TICKET,
  ]),
  ...rows(
    "POST /v1/tickets",
    ["tickets:issue"],
    ticket(() => ({ use: "events" })),
    ["an events ticket for themselves", "none", NO_TICKET],
  ),
  ...rows(
    "POST /v1/tickets",
    ["tickets:issue"],
    ticket(({ agentId }) => ({ use: "events", agentId })),
    ["an events ticket for the agent a-204", "own", NO_TICKET],
    ["an events ticket for another agent", "foreign", OWN_ONLY],
  ),
  ...rows(
    "POST /v1/tickets",
    ["tickets:issue+windows:write"],
    ticket(({ callId }) => ({ use: "call", callId })),
    ["a ticket for their call", "own", NO_TICKET],
    ["a ticket for another's call", "foreign", OWN_ONLY],
    ["a ticket for another tenant's call", "other tenant", UNKNOWN],
    ["a ticket for no call", "unknown", UNKNOWN],
  ),
  ...rows(
    "GET /v1/events",
    ["events:read"],
    ({ callId }) => ({
      path: `/v1/events?calls=${callId}`,
      headers: { accept: "text/event-stream" },
    }),
    ["a stream (server-sent events), their call", "own", STREAM()],
    ["a stream, another's call", "foreign", STREAM("no", "yes")],
    ["a stream, another tenant's call", "other tenant", STREAM("no", "no", "no")],
    ["a stream, no call", "unknown", STREAM("no", "no", "no")],
  ),
  ...rows("GET /healthz", [], at("/healthz"), ["that the process answers", "none", ANYBODY]),
  ...rows("GET /readyz", [], at("/readyz"), ["that pauses can be served", "none", ANYBODY]),
  ...rows("GET /openapi.json", [], at("/openapi.json"), ["the description", "none", ANYBODY]),
];

/** Whoever may watch is told of the call, or not: the agent, others, and in what way by tickets. */
function STREAM(agent = "yes", wall = "yes", others = "yes"): string {
  const other = others === "no" ? "no" : "yes";
  return `${other} ${agent} ${other} ${other} ${other} ${other} | 403 403 ${agent} ${wall} 401`;
}

/** The operators' listener asks for no credential; what it serves is nowhere else. */
export const OPS_ROWS: readonly (Omit<Row, "scopes"> & { readonly listener: "ops" | "api" })[] = [
  "/metrics",
  "/docs",
  "/openapi.json",
  "/healthz",
  "/readyz",
].flatMap((path) => {
  const row = { endpoint: `GET ${path}`, subject: "none", ask: at(path) } as const;
  const served = { ...row, what: "on `ops.listen`", listener: "ops", outcomes: ANYBODY } as const;
  const isEverywhere = !["/metrics", "/docs"].includes(path);
  const elsewhere = { ...row, what: "on `listen`", listener: "api", outcomes: NOT_HERE } as const;
  return isEverywhere ? [served] : [served, elsewhere];
});

/** Every message that a client may send on its socket. */
export interface MessageRow {
  readonly what: string;
  readonly subject: Subject;
  /** `yes`: told, or entered. `no`: neither, and no word of why. A status: not connected. */
  readonly outcomes: string;
}

const SOCKET = (outcomes: string) => outcomes.replaceAll("|", "| 403 403");

export const MESSAGE_ROWS: Readonly<Record<ClientMessage["type"], readonly MessageRow[]>> = {
  subscribe: [
    {
      what: "their call",
      subject: "own",
      outcomes: SOCKET("yes yes yes yes yes yes | yes yes 401"),
    },
    {
      what: "another agent's call",
      subject: "foreign",
      outcomes: SOCKET("yes no yes yes yes yes | no yes 401"),
    },
    {
      what: "another tenant's call",
      subject: "other tenant",
      outcomes: SOCKET("no no no no no no | no no 401"),
    },
    { what: "no call", subject: "unknown", outcomes: SOCKET("no no no no no no | no no 401") },
  ],
  shown: [
    {
      what: "their call, as an agent's desktop",
      subject: "own",
      outcomes: SOCKET("no yes no no no no | yes no 401"),
    },
    {
      what: "another agent's call",
      subject: "foreign",
      outcomes: SOCKET("no no no no no no | no no 401"),
    },
    {
      what: "another tenant's call",
      subject: "other tenant",
      outcomes: SOCKET("no no no no no no | no no 401"),
    },
    { what: "no call", subject: "unknown", outcomes: SOCKET("no no no no no no | no no 401") },
  ],
  pong: [
    {
      what: "at any time",
      subject: "none",
      outcomes: SOCKET("yes yes yes yes yes yes | yes yes 401"),
    },
  ],
};

/** A row's words, column by column. Throws where one is missing. */
export function outcomesOf(outcomes: string): Readonly<Record<PrincipalName, string>> {
  const words = outcomes.split(/[\s|]+/);
  if (words.length !== PRINCIPALS.length) throw new Error(`not a word a column: ${outcomes}`);
  return Object.fromEntries(PRINCIPALS.map((name, index) => [name, words[index]])) as never;
}
