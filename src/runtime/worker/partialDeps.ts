/**
 * What the HTTP app is given on Workers while only its open addresses are served: real parts where
 * they run anywhere, and parts that know nothing and allow nobody in place of the rest.
 *
 * @module
 */
import { DEFAULT_RULES } from "../../control/commands.ts";
import type { HttpDeps, Logger } from "../../http/deps.ts";
import { noMetrics } from "../../http/metrics.ts";
import { memoryLog } from "../../log/memory.ts";
import { idForm } from "../../policy/idForm.ts";
import pkg from "../../../package.json" with { type: "json" };

/** The few facts that are known to hold no secret; an error's own text is not among them. */
const say: Logger["info"] = ({ requestId, kind }, sentence) =>
  console.log(JSON.stringify({ requestId, kind, sentence }));

export function partialDeps(): HttpDeps {
  return {
    calls: {
      execute: () => Promise.resolve({ kind: "stopping" }),
      waitSecured: () => Promise.resolve("stopping"),
      waitFor: () => Promise.resolve(),
      read: () => Promise.resolve(undefined),
      live: () => Promise.resolve([]),
      beforePause: () => Promise.resolve({ kind: "log_unavailable" }),
      callsOfAgent: () => Promise.resolve({ views: [], isWhole: false }),
      callOfWindow: () => Promise.resolve(undefined),
      callOfTarget: () => undefined,
    },
    log: memoryLog({ originBase: "workers.invalid", clock: Date.now }),
    policy: {
      routing: () => ({
        recorders: [],
        rules: DEFAULT_RULES,
        leaseMsDefault: 0,
        waitMsDefault: 0,
        waitMsMax: 0,
        whenLogFails: "refuse",
      }),
      agent: () => undefined,
      tenants: () => [],
    },
    authenticate: () =>
      Promise.resolve({
        ok: false,
        status: 401,
        code: "not_authenticated",
        detail: "No credential is accepted on this runtime yet.",
      }),
    tickets: { issue: () => Promise.reject(new Error("no ticket is issued on this runtime yet")) },
    recorders: {
      list: () => [],
      capabilities: () => undefined,
      parseTarget: () => ({ ok: false, issues: [] }),
      locate: () => Promise.resolve({ kind: "unavailable" }),
    },
    origins: { any: () => false, of: () => false },
    idForm: (_tenant, _kind, value) => idForm(value),
    retention: {
      standing: () => Promise.resolve({ prunedTo: 0, legalHolds: [] }),
      place: () => Promise.resolve({ kind: "log_failed" }),
      lift: () => Promise.resolve({ kind: "log_failed" }),
      reads: () => undefined,
      readsNoMore: () => undefined,
    },
    evidence: {
      read: () => Promise.resolve(undefined),
      ask: () => Promise.resolve(undefined),
      report: () => Promise.resolve({ kind: "off" }),
      unheard: () => ({ calls: [] }),
    },
    incidents: {
      list: () => Promise.resolve({ incidents: [] }),
      find: () => Promise.resolve(undefined),
      note: () => Promise.resolve({ kind: "unknown" }),
      close: () => Promise.resolve({ kind: "unknown" }),
    },
    metrics: noMetrics,
    logger: { info: say, warn: say, error: say },
    clock: Date.now,
    ids: () => crypto.randomUUID(),
    clientAddress: () => undefined,
    events: () => new Response(null, { status: 503 }),
    stopping: () => true,
    sandbox: false,
    version: pkg.version,
  };
}
