/**
 * What is found out about recordings, put together: evidence, and the incidents that come of it.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { Counter, Gauge, type Registry } from "prom-client";
import type { AlertSink } from "../../../alerts/alert.ts";
import type { TenantId } from "../../../control/call.ts";
import type { Clock, Publisher } from "../../../control/ports.ts";
import type { Logger } from "../../../http/deps.ts";
import type { Config } from "../../../policy/config.ts";
import { countOpen, createIncidents, type IncidentService } from "../incidents.ts";
import type { NodeLog } from "../log/openLog.ts";
import type { Fleet } from "../recorders.ts";
import { type EvidenceService, startEvidence } from "./index.ts";

export interface FindingsOptions {
  readonly config: Config;
  readonly log: NodeLog;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly register: Registry;
  readonly sink: AlertSink;
  /** Hears first. */
  readonly publisher: Publisher;
}

export interface Findings {
  readonly evidence: EvidenceService;
  readonly incidents: IncidentService;
  readonly publisher: Publisher;
  begin(tenants: readonly TenantId[]): void;
  stop(): Promise<void>;
}

const VERDICTS = {
  time: ["consistent", "suspect", "missing", "unreachable"],
  sound: ["silent", "consistent", "suspect", "missing"],
} as const;

export function startFindings(options: FindingsOptions): Findings {
  const { clock, config, fleet, log, logger, publisher, register, sink } = options;
  const { witness } = fleet;
  const { flag } = config.evidence;
  const incidents = createIncidents({ log, clock, logger, ids: randomUUID, flag, witness, sink });
  countOpen(register, incidents);
  const evidence = startEvidence({
    config: config.evidence,
    log,
    clock,
    recorderIds: fleet.ports.map(({ id }) => id),
    witness,
    incidents,
    logger,
    judged: ({ by, verdict }) => judged.inc({ by, verdict }),
  });
  const judged = new Counter({
    name: "tacet_windows_judged_total",
    help: "Windows judged against a recording, or otherwise than before, by how and what was found",
    labelNames: ["by", "verdict"],
    registers: [register],
  });
  for (const [by, verdicts] of Object.entries(VERDICTS)) {
    for (const verdict of verdicts) judged.inc({ by, verdict }, 0);
  }
  const waiting: Gauge = new Gauge({
    name: "tacet_evidence_waiting",
    help: "Calls whose recorders are still to be asked what they recorded",
    registers: [register],
    collect: () => waiting.set(evidence.waitingCount()),
  });
  return {
    evidence,
    incidents,
    publisher: {
      publish(change) {
        publisher.publish(change);
        evidence.observe(change);
      },
      doubt: (tenant, callId) => publisher.doubt?.(tenant, callId),
    },
    begin(tenants) {
      incidents.begin(tenants);
      evidence.begin(tenants);
    },
    async stop() {
      await evidence.stop();
      await incidents.stop();
    },
  };
}
