/**
 * The whole HTTP face with the real check of credentials and the real tickets, two tenants, and
 * somebody of each kind who has every scope that the configuration allows them.
 */
import { createConnections } from "../../src/events/connection.ts";
import { createHub } from "../../src/events/hub.ts";
import type { EvidenceDesk } from "../../src/evidence/desk.ts";
import type { CallEvidence } from "../../src/evidence/evidence.ts";
import { makeApiKey, type MadeKey } from "../../src/http/apiKeys.ts";
import { authenticator } from "../../src/http/authenticate.ts";
import type { HttpDeps } from "../../src/http/deps.ts";
import { createEvents } from "../../src/http/events.ts";
import { createStreams } from "../../src/http/eventStream.ts";
import { ticketOffice } from "../../src/http/tickets.ts";
import { may } from "../../src/policy/access.ts";
import { authSchema } from "../../src/policy/configAuth.ts";
import { SCOPES } from "../../src/policy/principal.ts";
import { kit, type Answer, type Kit } from "../http/kit.ts";
import type { Names, PrincipalName, Subject } from "./policy.ts";

const WITHOUT_TARGETS = SCOPES.filter((scope) => scope !== "targets:write");

/** Every line of `auth.apiKeys` there is here, by the key's id. */
export const LINES = {
  payment: { tenant: "acme", kind: "payment", scopes: SCOPES, principal: "pay" },
  agent: { tenant: "acme", kind: "agent", scopes: WITHOUT_TARGETS, agentId: "a-204" },
  supervisor: { tenant: "acme", kind: "supervisor", scopes: SCOPES },
  cti: { tenant: "acme", kind: "cti", scopes: SCOPES },
  auditor: { tenant: "acme", kind: "auditor", scopes: SCOPES },
  operator: { tenant: "acme", kind: "operator", scopes: SCOPES },
  stranger: { tenant: "acme", kind: "payment", scopes: SCOPES },
  globex: { tenant: "globex", kind: "cti", scopes: SCOPES },
} as const;
type Id = keyof typeof LINES;
const IDS = Object.keys(LINES) as Id[];
const MADE = Object.fromEntries(IDS.map((id) => [id, makeApiKey(id)])) as Record<Id, MadeKey>;

const CALLS: Readonly<Record<Exclude<Subject, "none">, Names>> = {
  own: names("own", "a-204", 1),
  foreign: names("foreign", "a-205", 2),
  "other tenant": names("theirs", "a-900", 3),
  unknown: names("nothing", "a-999", 9),
};
function names(name: string, agentId: string, place: number): Names {
  return {
    callId: `${name}-call`,
    windowId: `${name}-window`,
    agentId,
    // The kit numbers them as they are opened.
    incidentId: `incident-${place}`,
    holdId: `hold-${place}`,
    targets: { main: { ref: `ch-${name}` } },
  };
}
export const namesOf = (subject: Subject): Names => CALLS[subject === "none" ? "own" : subject];

/** Knows of every call, and of nothing in it. */
const EVIDENCE: EvidenceDesk = {
  read: (_tenant, callId) => Promise.resolve(known(callId)),
  ask: (_tenant, callId) => Promise.resolve(known(callId)),
  report: (_tenant, callId) => Promise.resolve({ kind: "entered", evidence: known(callId) }),
  unheard: () => ({ calls: [] }),
};
const known = (callId: string): CallEvidence => ({
  callId,
  state: "gathered",
  windows: [],
  recordings: [],
  judgements: [],
  unheard: [],
  incidentIds: [],
});

export interface World {
  readonly kit: Kit;
  /** Asks as this principal, or with this credential. */
  ask(
    credential: string | undefined,
    method: string,
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** What a stream of this path says until the asker's own call has been told; or the refusal. */
  stream(credential: string | undefined, path: string): Promise<Answer>;
  credential(who: PrincipalName): string | undefined;
  close(): Promise<void>;
}

/**
 * A world of its own for each case: the calls and windows of every subject are there, and the asker
 * has opened `own-window`. With `scopes`, the payment principal's key has these alone.
 */
export async function world(asker: PrincipalName, scopes?: readonly string[]): Promise<World> {
  const time = { now: Date.now() };
  const clock = () => time.now;
  const narrow = makeApiKey("narrow");
  const lines = IDS.map((id) => ({ ...LINES[id], id, hash: MADE[id].hash }));
  const auth = authSchema.parse({
    apiKeys:
      scopes === undefined
        ? lines
        : [...lines, { ...LINES.payment, id: "narrow", hash: narrow.hash, scopes }],
  });
  const tickets = ticketOffice({
    secret: new Uint8Array(32).fill(7),
    clock,
    callMs: 60_000,
    eventsMs: 3_600_000,
    windowMsMax: () => 900_000,
  });
  const authenticate = authenticator({
    auth,
    tenants: ["acme", "globex"],
    tickets,
    clock,
    sandbox: false,
  });
  const deps: Partial<HttpDeps> = {
    authenticate,
    tickets,
    evidence: EVIDENCE,
    events: (request) => events(request),
  };
  const k = await kit({ deps });
  const { events, streams } = eventsOf(k, authenticate, tickets);

  const ask: World["ask"] = (credential, method, path, body, headers) =>
    k.send(method, path, credential, body, headers);
  const made = async (id: Id, method: string, path: string, body: object): Promise<Answer> => {
    const answer = await ask(MADE[id].key, method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer;
  };

  for (const subject of ["own", "foreign", "other tenant"] as const) {
    const { agentId, callId, targets } = CALLS[subject];
    const id = subject === "other tenant" ? "globex" : "cti";
    await made(id, "PUT", `/v1/calls/${callId}`, { agentId, targets });
    const { tenant } = LINES[id];
    const by = { id, kind: "auditor", owner: id } as const;
    await k.deps.retention.place(tenant, { by, reason: "case 7" });
    await k.incidents.suspect({
      tenant,
      callId,
      recorderId: "main",
      recordingId: `recording-of-${callId}`,
      windowIds: [],
      by: "time",
      cause: "drift",
      ranges: [],
    });
  }
  const ticketFor = async (body: object) =>
    String((await made("payment", "POST", "/v1/tickets", body)).body["ticket"]);
  const callTicket = await ticketFor({ use: "call", callId: CALLS.own.callId });
  const credentials: Readonly<Record<PrincipalName, string | undefined>> = {
    payment: scopes === undefined ? MADE.payment.key : narrow.key,
    agent: MADE.agent.key,
    supervisor: MADE.supervisor.key,
    cti: MADE.cti.key,
    auditor: MADE.auditor.key,
    operator: MADE.operator.key,
    "call ticket": callTicket,
    "lapsed ticket": callTicket,
    "desk ticket": await ticketFor({ use: "events", agentId: "a-204" }),
    "wall ticket": await ticketFor({ use: "events" }),
    nobody: undefined,
  };
  const opens = ["desk ticket", "wall ticket", "nobody"].includes(asker) || scopes !== undefined;
  const opener = opens ? MADE.payment.key : credentials[asker];
  const windows: [string | undefined, Names][] = [
    [opener, CALLS.own],
    [MADE.stranger.key, CALLS.foreign],
    [MADE.globex.key, CALLS["other tenant"]],
  ];
  for (const [credential, { callId, windowId }] of windows) {
    const answer = await ask(credential, "POST", `/v1/calls/${callId}/pause`, { windowId });
    if (answer.status !== 200) throw new Error(answer.text);
  }
  if (asker === "lapsed ticket") time.now += 60_001;
  return {
    kit: k,
    ask,
    async stream(credential, path) {
      // The asker's own call is told after what comes before it, so that silence can be heard.
      const response = await k.app.request(`${path}&calls=${CALLS.own.callId}`, {
        headers: {
          accept: "text/event-stream",
          ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        },
      });
      const { headers, status } = response;
      if (status !== 200) return { headers, status, text: await response.text(), body: {} };
      let text = "";
      for await (const chunk of response.body ?? []) {
        text += new TextDecoder().decode(chunk);
        if (!text.includes(`"callId":"${CALLS.own.callId}"`)) continue;
        setImmediate(() => setImmediate(() => streams.stop()));
      }
      return { headers, status, text, body: {} };
    },
    credential: (who) => credentials[who],
    close: () => k.keeper.stop(),
  };
}

/** The event stream over the kit's own core, without sockets. */
function eventsOf(
  k: Kit,
  authenticate: ReturnType<typeof authenticator>,
  tickets: ReturnType<typeof ticketOffice>,
) {
  const clock = { now: Date.now, random: Math.random, after: () => () => {} };
  const hub = createHub({
    clock,
    epoch: (tenant) => `epoch-${tenant}`,
    position: k.log.size,
    live: (tenant, limit) => k.keeper.live(tenant, limit),
    defer: setImmediate,
    onError: (error) => {
      throw error;
    },
    sandbox: false,
  });
  const streams = createStreams({ hub, clock });
  const events = createEvents({
    authenticate,
    may,
    origins: k.deps.origins,
    tickets,
    clientAddress: () => undefined,
    connections: createConnections({ hub, clock, onShown: () => {} }),
    streams,
    clock,
  });
  return { events, streams };
}
