/**
 * The numbers of the log's copies, beside the others of the process.
 *
 * @module
 */
import { Counter, Gauge, type Registry } from "prom-client";
import type { CopyStanding } from "./copier.ts";

export interface CopyMetrics {
  failed(destination: string): void;
  sent(destination: string, count: number): void;
}

export function copyMetrics(
  register: Registry,
  destinations: readonly string[],
  standing: (destination: string) => CopyStanding | undefined,
): CopyMetrics {
  const registers = [register];
  const labelNames = ["destination"];
  const failures = new Counter({
    name: "tacet_copy_failures_total",
    help: "Connections, messages and confirmations of the log's copies that failed",
    labelNames,
    registers,
  });
  const sent = new Counter({
    name: "tacet_copy_entries_sent_total",
    help: "Entries sent to the log's copies, repeats too",
    labelNames,
    registers,
  });
  // From the start: what appears at 1 is no increase to Prometheus.
  for (const destination of destinations) {
    failures.inc({ destination }, 0);
    sent.inc({ destination }, 0);
  }
  const gauge = (name: string, help: string, of: (standing: CopyStanding) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const destination of destinations) {
          const found = standing(destination);
          const value = found === undefined ? undefined : of(found);
          if (value !== undefined) this.set({ destination }, value);
        }
      },
    });
  gauge("tacet_copy_lag_entries", "Entries the copy was not confirmed to have", ({ lag }) => {
    return lag.entries;
  });
  gauge("tacet_copy_lag_seconds", "Age of the oldest of them", ({ lag }) => lag.ms / 1_000);
  gauge(
    "tacet_copy_last_success_timestamp_seconds",
    "When the copy was confirmed last",
    ({ lastSuccessAt }) => (lastSuccessAt === undefined ? undefined : lastSuccessAt / 1_000),
  );
  return {
    failed: (destination) => failures.inc({ destination }),
    sent: (destination, count) => sent.inc({ destination }, count),
  };
}
