/**
 * The numbers of one process, kept by prom-client and scraped as Prometheus text.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { PROTECTIONS } from "../../control/call.ts";
import type { Metrics } from "../../http/metrics.ts";

export interface Scraped {
  /** Their counters stand at 0 from the start: what appears at 1 is no increase to Prometheus. */
  readonly recorderIds?: readonly string[];
  /** Open sockets and event streams, asked for at each scrape. */
  readonly socketCount: () => number;
  /** How late the process runs, smoothed. */
  readonly delayMs: () => number;
  /** Entries by tenant, asked for at each scrape. */
  readonly logSizes: () => ReadonlyMap<string, number>;
}

const OUTCOMES = ["secured", "not_secured", "gone", "log_unavailable", "refused"];
const LIVE = PROTECTIONS.filter((one) => one !== "ended");
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10];
const COMMIT_SECONDS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1];

/** `register`: where others of the process add theirs. */
export function promMetrics(scraped: Scraped, register: Registry = new Registry()): Metrics {
  const registers = [register];
  collectDefaultMetrics({ register });
  const pauses = new Counter({
    name: "tacet_pauses_total",
    help: "Pauses answered, by outcome",
    labelNames: ["outcome"],
    registers,
  });
  const secured = new Histogram({
    name: "tacet_recorder_secured_seconds",
    help: "From the goal's flip to a recorder's confirmation",
    labelNames: ["recorder"],
    buckets: SECONDS,
    registers,
  });
  const unsecured = new Counter({
    name: "tacet_unsecured_seconds_total",
    help: "A window was open and the call not secured",
    registers,
  });
  const unrecorded = new Counter({
    name: "tacet_unrecorded_seconds_total",
    help: "Paused and no window was open",
    registers,
  });
  const drift = new Counter({
    name: "tacet_drift_total",
    help: "A confirmed recorder recorded again while a window was open",
    labelNames: ["recorder"],
    registers,
  });
  const retries = new Counter({
    name: "tacet_retries_total",
    help: "Commands that failed and are tried again",
    labelNames: ["recorder"],
    registers,
  });
  const windows = new Gauge({ name: "tacet_windows_open", help: "Open windows", registers });
  const calls = new Gauge({
    name: "tacet_calls",
    help: "Calls by protection now; of those at rest only what changed since the start",
    labelNames: ["protection"],
    registers,
  });
  for (const protection of LIVE) calls.set({ protection }, 0);
  const commits = new Histogram({
    name: "tacet_log_commit_seconds",
    help: "One durable commit of the control log",
    buckets: COMMIT_SECONDS,
    registers,
  });
  const sockets = new Gauge({
    name: "tacet_sockets",
    help: "Open sockets and event streams",
    registers,
  });
  const entries = new Gauge({
    name: "tacet_log_entries",
    help: "Committed entries of a tenant's log",
    labelNames: ["tenant"],
    registers,
  });
  const shed = new Counter({
    name: "tacet_shed_total",
    help: "Requests turned away because there was too much to do, or too much by one principal",
    labelNames: ["tier", "reason"],
    registers,
  });
  const delay = new Gauge({
    name: "tacet_delay_seconds",
    help: "How late the process runs, smoothed: beyond 0.25 reads are turned away",
    registers,
  });
  for (const outcome of OUTCOMES) pauses.inc({ outcome }, 0);
  for (const recorder of scraped.recorderIds ?? []) {
    drift.inc({ recorder }, 0);
    retries.inc({ recorder }, 0);
  }
  return {
    pauseAnswered: (outcome) => pauses.inc({ outcome }),
    recorderSecured: (recorder, seconds) => secured.observe({ recorder }, seconds),
    unsecured: (seconds) => unsecured.inc(seconds),
    unrecorded: (seconds) => unrecorded.inc(seconds),
    drifted: (recorder) => drift.inc({ recorder }),
    retried: (recorder, count) => retries.inc({ recorder }, count),
    windowsOpen: (change) => windows.inc(change),
    calls: (protection, change) => calls.inc({ protection }, change),
    logCommitted: (seconds) => commits.observe(seconds),
    shed: (tier, reason) => shed.inc({ tier, reason }),
    async render() {
      sockets.set(scraped.socketCount());
      delay.set(scraped.delayMs() / 1_000);
      for (const [tenant, size] of scraped.logSizes()) entries.set({ tenant }, size);
      return { contentType: register.contentType, text: await register.metrics() };
    },
  };
}
