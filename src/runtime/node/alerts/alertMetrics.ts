/**
 * The numbers of alerts and of recorders' health, beside the others of the process.
 *
 * @module
 */
import { Counter, Gauge, type Registry } from "prom-client";
import { ALERT_KINDS, type AlertKind } from "../../../alerts/alert.ts";

/** None of these throws. */
export interface AlertMetrics {
  raised(kind: AlertKind): void;
  /** One try to deliver one message. */
  tried(endpoint: string, received: boolean): void;
  givenUp(endpoint: string): void;
  folded(endpoint: string): void;
  /** Whether the outbox's file could be written just now. */
  kept(written: boolean): void;
  recorder(recorderId: string, healthy: boolean): void;
  recorderFailed(recorderId: string): void;
  logFailed(): void;
}

/** Asked for at each scrape. */
export interface AlertsScraped {
  readonly endpointIds: readonly string[];
  readonly recorderIds: readonly string[];
  readonly openByKind: () => ReadonlyMap<AlertKind, number>;
  readonly waiting: () => ReadonlyMap<string, number>;
  readonly logHealthy: () => boolean;
}

export function alertMetrics(register: Registry, scraped: AlertsScraped): AlertMetrics {
  const registers = [register];
  const raised = new Counter({
    name: "tacet_alerts_raised_total",
    help: "Alerts that began, by kind",
    labelNames: ["kind"],
    registers,
  });
  for (const kind of ALERT_KINDS) raised.inc({ kind }, 0);
  const tries = new Counter({
    name: "tacet_alert_tries_total",
    help: "Tries to deliver an alert, by endpoint and whether it was received",
    labelNames: ["endpoint", "outcome"],
    registers,
  });
  const givenUp = new Counter({
    name: "tacet_alerts_given_up_total",
    help: "Alerts no longer tried: the endpoint did not take them in time",
    labelNames: ["endpoint"],
    registers,
  });
  const folded = new Counter({
    name: "tacet_alerts_folded_total",
    help: "Alerts counted instead of sent one by one, for want of room",
    labelNames: ["endpoint"],
    registers,
  });
  const kept = new Gauge({
    name: "tacet_alerts_durable",
    help: "1 while waiting alerts are kept on disk, 0 while they cannot be",
    registers,
  });
  kept.set(1);
  const recorders = new Gauge({
    name: "tacet_recorder_healthy",
    help: "1 where the recorder would obey, as far as it says; 0 while it is down",
    labelNames: ["recorder"],
    registers,
  });
  const failures = new Counter({
    name: "tacet_recorder_failures_total",
    help: "How often a recorder went down",
    labelNames: ["recorder"],
    registers,
  });
  const logFailures = new Counter({
    name: "tacet_log_failures_total",
    help: "Writes to the control log that failed",
    registers,
  });
  // From the start: what appears at 1 is no increase to Prometheus.
  for (const endpoint of scraped.endpointIds) {
    givenUp.inc({ endpoint }, 0);
    folded.inc({ endpoint }, 0);
    for (const outcome of ["received", "failed"]) tries.inc({ endpoint, outcome }, 0);
  }
  for (const recorder of scraped.recorderIds) failures.inc({ recorder }, 0);
  const scrapedGauges = [
    new Gauge({
      name: "tacet_alerts_open",
      help: "Conditions that last now, by kind",
      labelNames: ["kind"],
      registers: [],
      collect() {
        const open = scraped.openByKind();
        for (const kind of ALERT_KINDS) this.set({ kind }, open.get(kind) ?? 0);
      },
    }),
    new Gauge({
      name: "tacet_alerts_waiting",
      help: "Alerts not received yet, by endpoint",
      labelNames: ["endpoint"],
      registers: [],
      collect() {
        for (const [endpoint, count] of scraped.waiting()) this.set({ endpoint }, count);
      },
    }),
    new Gauge({
      name: "tacet_log_healthy",
      help: "1 where the last write to the control log worked",
      registers: [],
      collect() {
        this.set(scraped.logHealthy() ? 1 : 0);
      },
    }),
  ];
  for (const gauge of scrapedGauges) register.registerMetric(gauge);
  return {
    raised: (kind) => raised.inc({ kind }),
    tried: (endpoint, received) =>
      tries.inc({ endpoint, outcome: received ? "received" : "failed" }),
    givenUp: (endpoint) => givenUp.inc({ endpoint }),
    folded: (endpoint) => folded.inc({ endpoint }),
    kept: (written) => kept.set(written ? 1 : 0),
    recorder: (recorder, healthy) => recorders.set({ recorder }, healthy ? 1 : 0),
    recorderFailed: (recorder) => failures.inc({ recorder }),
    logFailed: () => logFailures.inc(),
  };
}
