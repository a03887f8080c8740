/** The whole HTTP face on the real core, a log in memory and recorders that tests steer. */
import type {
  CallChange,
  Clock,
  RecorderCapabilities,
  RecorderPort,
} from "../../src/control/ports.ts";
import type { Target } from "../../src/control/call.ts";
import { DEFAULT_DESK_RULES, DEFAULT_RULES, type Rules } from "../../src/control/commands.ts";
import { Keeper } from "../../src/control/keeper.ts";
import type { WitnessPort } from "../../src/adapters/witness.ts";
import { createApp, type HttpApp } from "../../src/http/app.ts";
import type { HttpDeps, Located, RecorderInfo } from "../../src/http/deps.ts";
import { startEvidence } from "../../src/runtime/node/evidence/index.ts";
import { evidenceSchema } from "../../src/policy/configEvidence.ts";
import { createIncidents, type IncidentService } from "../../src/runtime/node/incidents.ts";
import { createRetention } from "../../src/runtime/node/retention/index.ts";
import { noMetrics } from "../../src/http/metrics.ts";
import { memoryLog } from "../../src/log/memory.ts";
import type { Entry } from "../../src/log/entry.ts";
import { idForm } from "../../src/policy/idForm.ts";
import type { RecorderPart, Routing } from "../../src/policy/policy.ts";
import { SCOPES, type Principal, type Scope } from "../../src/policy/principal.ts";

const realClock: Clock = {
  now: () => Date.now(),
  random: Math.random,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const CAPABILITIES: RecorderCapabilities = {
  control: "pause",
  audio: "gap",
  status: true,
  survey: false,
  watch: false,
  evidence: false,
  runtimes: ["node", "workerd"],
};

/** A recorder whose truth tests see and set. Targets are `{ ref }`. */
export interface Rig extends RecorderPort {
  readonly truth: Map<string, "recording" | "paused">;
  /** Says yes and goes on recording. */
  ignoring: boolean;
  down: boolean;
}

const refOf = ({ ref }: Target): string => (typeof ref === "string" ? ref : "");

function rig(id: string): Rig {
  const truth = new Map<string, "recording" | "paused">();
  const self: Rig = {
    id,
    capabilities: CAPABILITIES,
    truth,
    ignoring: false,
    down: false,
    async pause(target) {
      await Promise.resolve();
      if (self.down) return { kind: "unreachable" };
      if (!self.ignoring) truth.set(refOf(target), "paused");
      return { kind: "acknowledged" };
    },
    async resume(target) {
      await Promise.resolve();
      if (self.down) return { kind: "unreachable" };
      if (!self.ignoring) truth.set(refOf(target), "recording");
      return { kind: "acknowledged" };
    },
    async status(target) {
      await Promise.resolve();
      if (self.down) return { kind: "unreachable" };
      return { kind: "observed", status: truth.get(refOf(target)) ?? "recording" };
    },
  };
  return self;
}

const part = (recorderId: string, required: boolean): RecorderPart => ({
  recorderId,
  required,
  absentIs: "unprotected",
  acceptAcknowledged: false,
});

export interface Options {
  readonly sandbox?: boolean;
  readonly whenLogFails?: "refuse" | "protect";
  readonly rules?: Partial<Rules>;
  readonly parts?: readonly RecorderPart[];
  readonly located?: Located;
  readonly deps?: Partial<HttpDeps>;
  /** Nobody testifies without it. */
  readonly evidence?: {
    readonly witness: (recorderId: string) => WitnessPort | undefined;
    readonly config?: object;
  };
}

const SUPERVISOR: readonly Scope[] = ["windows:write", "events:read", "operate"];
const KEYS: Readonly<Record<string, Principal>> = {
  pay: key("pay", "payment", ["windows:write", "targets:write", "calls:write", "tickets:issue"]),
  pay2: key("pay2", "payment", ["windows:write"]),
  cti: key("cti", "cti", SCOPES),
  sue: key("sue", "supervisor", SUPERVISOR),
  ann: { ...key("ann", "agent", ["windows:write", "events:read"]), agentId: "a-ann" },
  audit: key("audit", "auditor", ["log:read", "log:export"]),
  other: { ...key("other", "payment", SCOPES), tenant: "globex" },
};
function key(id: string, kind: Principal["kind"], scopes: readonly Scope[]): Principal {
  return { tenant: "acme", id, kind, owner: id, scopes: new Set(scopes), credential: "api_key" };
}

export interface Kit extends HttpApp {
  readonly keeper: Keeper;
  readonly log: ReturnType<typeof memoryLog>;
  readonly deps: HttpDeps;
  readonly incidents: IncidentService;
  readonly rigs: { readonly main: Rig; readonly second: Rig };
  readonly changes: CallChange[];
  readonly logged: { facts: unknown; sentence: string }[];
  /** Time as the bounded entries see it. */
  time: { now: number };
  send(
    method: string,
    path: string,
    who: string | undefined,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  raw(path: string, init: RequestInit, who?: string): Promise<Answer>;
  entries(type?: string, tenant?: string): Promise<readonly Entry[]>;
}
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // The tests look at members of many shapes.
  readonly body: Record<string, unknown>;
}

export async function kit(options: Options = {}): Promise<Kit> {
  const log = memoryLog({ originBase: "tacet.test", clock: () => Date.now() });
  const rigs = { main: rig("main"), second: rig("second") };
  const changes: CallChange[] = [];
  const logged: Kit["logged"] = [];
  const time = { now: 1_000_000 };
  const rules = { ...DEFAULT_RULES, confirmMsMax: 40, baselineMs: 500, ...options.rules };
  const whenLogFails = options.whenLogFails ?? "refuse";
  const routing: Routing = {
    recorders: options.parts ?? [part("main", true), part("second", false)],
    rules,
    leaseMsDefault: 60_000,
    waitMsDefault: 1_000,
    waitMsMax: 2_000,
    whenLogFails,
  };
  const keeper = new Keeper({
    clock: realClock,
    log,
    publisher: { publish: (change) => void changes.push(change) },
    recorders: Object.values(rigs).map((port) => ({
      port,
      rules: { ...DEFAULT_DESK_RULES, guardMs: 20, retryMsMin: 10, retryMsMax: 20 },
    })),
    rules: () => ({ rules, whenLogFails, logMsMax: 50, logRetryMs: 20 }),
  });
  await keeper.start();
  let id = 0;
  const say = (facts: unknown, sentence: string) => void logged.push({ facts, sentence });
  let incidentCount = 0;
  let holdCount = 0;
  const incidents = createIncidents({
    log,
    clock: realClock,
    ids: () => `incident-${++incidentCount}`,
    flag: false,
    witness: () => undefined,
    logger: { error: say, warn: say },
  });
  const evidence = startEvidence({
    config: evidenceSchema.parse({ sound: true, ...options.evidence?.config }),
    log,
    clock: realClock,
    recorderIds: Object.keys(rigs),
    witness: (recorderId) => options.evidence?.witness(recorderId),
    incidents,
    logger: { error: say, warn: say },
  });
  const deps: HttpDeps = {
    calls: keeper,
    log,
    policy: {
      routing: () => routing,
      agent: (_tenant, agentId) => (agentId === "a-ann" ? { extension: "204" } : undefined),
      tenants: () => ["acme", "globex"],
    },
    authenticate: (request) => {
      const token = request.headers.get("authorization")?.replace("Bearer ", "");
      const principal = token === undefined ? undefined : KEYS[token];
      if (principal !== undefined) return Promise.resolve({ ok: true, principal });
      const code = token === "expired" ? "token_expired" : "not_authenticated";
      return Promise.resolve({ ok: false, status: 401, code, detail: "Not accepted." });
    },
    tickets: {
      issue: (principal, asked) =>
        Promise.resolve({ ticket: `tk.${principal.id}.${asked.use}`, id: "tk1", expiresAt: 5 }),
    },
    recorders: {
      list: () => Object.keys(rigs).map(infoOf),
      capabilities: (recorderId) => (Object.hasOwn(rigs, recorderId) ? CAPABILITIES : undefined),
      parseTarget(_recorderId, raw) {
        const { ref, ...rest } = raw as { ref?: unknown };
        if (Object.keys(rest).length > 0) {
          const path = [Object.keys(rest)[0] ?? ""];
          return { ok: false, issues: [{ path, detail: "There is no such member." }] };
        }
        return typeof ref === "string"
          ? { ok: true, target: { ref }, targetKey: ref }
          : { ok: false, issues: [{ path: ["ref"], detail: "Expected string." }] };
      },
      locate: () => Promise.resolve(options.located ?? { kind: "located", targets: [] }),
    },
    origins: {
      any: (origin) => origin === "https://pay.example" || origin === "https://globex.example",
      of: (tenant, origin) => tenant === "acme" && origin === "https://pay.example",
    },
    idForm: (_tenant, _kind, value) => idForm(value),
    evidence,
    incidents,
    retention: createRetention({
      config: undefined,
      log,
      clock: realClock,
      ids: () => `hold-${++holdCount}`,
    }),
    metrics: noMetrics,
    logger: { info: say, warn: say, error: say },
    clock: () => time.now,
    ids: () => `r${++id}`,
    clientAddress: () => "192.0.2.7",
    events: () => new Response("events"),
    stopping: () => false,
    sandbox: options.sandbox ?? false,
    version: "0.0.0-test",
    ...options.deps,
  };
  const made = createApp(deps);
  const raw: Kit["raw"] = async (path, init, who) => {
    const headers = new Headers(init.headers);
    if (who !== undefined) headers.set("authorization", `Bearer ${who}`);
    return answerOf(await made.app.request(path, { ...init, headers }));
  };
  return {
    ...made,
    keeper,
    log,
    deps,
    incidents,
    rigs,
    changes,
    logged,
    time,
    raw,
    send: (method, path, who, body, headers = {}) =>
      raw(
        path,
        {
          method,
          headers:
            body === undefined ? headers : { "content-type": "application/json", ...headers },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
        who,
      ),
    async entries(type, tenant = "acme") {
      const { entries } = await log.read(tenant, {}, 0, 1_000);
      return entries.filter((entry) => type === undefined || entry.type === type);
    },
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const media = response.headers.get("content-type") ?? "";
  const isJson = text !== "" && /json/.test(media) && !/ndjson/.test(media);
  const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, text, body };
}

const infoOf = (recorderId: string): RecorderInfo => ({
  recorderId,
  vendor: "test",
  capabilities: CAPABILITIES,
  reachability: "reachable",
  warnings: [],
});

/** A registered call of agent a-ann with the one required recorder. */
export async function registered(k: Kit, callId = "c1", agentId?: string): Promise<void> {
  const targets = { main: { ref: `ch-${callId}` } };
  const body = { targets, ...(agentId === undefined ? {} : { agentId }) };
  const answer = await k.send("PUT", `/v1/calls/${callId}`, "cti", body);
  if (answer.status !== 201) throw new Error(`not registered: ${answer.text}`);
}
