/**
 * How far each log is pruned, how far the oldest entry that is kept is past its time, and what keeps
 * it: as numbers, by what the newest look found. A scrape asks the log nothing.
 *
 * @module
 */
import { Gauge, type Registry } from "prom-client";
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { Stop } from "../../../log/retentionDesk.ts";
import type { LogStore } from "../../../log/store.ts";

/** What one look left. */
export interface Look {
  readonly stop?: Stop;
  /** When a look first ended by that kind of stop; with none, when one first ended by none. */
  readonly since: EpochMs;
  /** The moment of the first entry that was not pruned; absent where it could not be read. */
  readonly keptFrom?: EpochMs;
}

/** The moment of the first entry that was not pruned, where there is one. */
export async function firstMoment(
  log: Pick<LogStore, "prunedTo" | "read">,
  tenant: TenantId,
): Promise<EpochMs | undefined> {
  return (await log.read(tenant, {}, log.prunedTo(tenant), 1)).entries[0]?.at;
}

/** What a look left, told beside what the one before it left. */
export async function lookEnded(
  log: Pick<LogStore, "prunedTo" | "read">,
  tenant: TenantId,
  before: Look | undefined,
  { now, stop }: { readonly now: EpochMs; readonly stop: Stop | undefined },
): Promise<Look> {
  const keptFrom = await firstMoment(log, tenant).catch(() => before?.keptFrom);
  const isSame = before !== undefined && before.stop?.kind === stop?.kind;
  return {
    ...(stop === undefined ? {} : { stop }),
    since: isSame ? before.since : now,
    ...(keptFrom === undefined ? {} : { keptFrom }),
  };
}

export interface Overdue {
  /** `bundle`: nothing. Entries go 256 at once, and the last of these is too young. */
  readonly by: Stop["kind"] | "bundle";
  readonly ms: number;
}

/** A log that fails is overdue for as long as it does, since what it has may not be known. */
export function overdueOf(
  { keptFrom, since, stop }: Look,
  olderThan: EpochMs,
  now: EpochMs,
): Overdue {
  const by = stop?.kind ?? "bundle";
  const failingMs = by === "log" ? now - since : 0;
  const pastMs = keptFrom === undefined ? 0 : olderThan - keptFrom;
  return { by, ms: Math.max(0, failingMs, pastMs) };
}

export function retentionMetrics(
  register: Registry,
  log: { tenants(): readonly TenantId[]; prunedTo(tenant: TenantId): number },
  /** Undefined for a log that is kept for ever, or was not looked at yet. */
  overdue: (tenant: TenantId) => Overdue | undefined,
): void {
  const firstKept = new Gauge({
    name: "tacet_log_first_kept_position",
    help: "The first position that was not pruned",
    labelNames: ["tenant"],
    registers: [],
    collect() {
      for (const tenant of log.tenants()) this.set({ tenant }, log.prunedTo(tenant) + 1);
    },
  });
  const pastTime = new Gauge({
    name: "tacet_retention_overdue_seconds",
    help: "How far the oldest entry that is kept is past its time, and what keeps it",
    labelNames: ["tenant", "by"],
    registers: [],
    collect() {
      // What kept it before keeps it no more.
      this.reset();
      for (const tenant of log.tenants()) {
        const found = overdue(tenant);
        if (found !== undefined) this.set({ tenant, by: found.by }, found.ms / 1_000);
      }
    },
  });
  register.registerMetric(firstKept);
  register.registerMetric(pastTime);
}
