/**
 * Copies of the log off this machine, while it runs: one copier a destination, beside the calls, and
 * what operators learn of each. None of it can hold up a pause.
 *
 * @module
 */
import { join } from "node:path";
import type { Registry } from "prom-client";
import type { AlertSink } from "../../../alerts/alert.ts";
import type { Json, TenantId } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import type { Logger } from "../../../http/deps.ts";
import type { Config } from "../../../policy/config.ts";
import type { CopyConfig } from "../../../policy/configCopies.ts";
import { enterLater } from "../enterLater.ts";
import type { NodeLog } from "../log/openLog.ts";
import { behindWatch } from "./behind.ts";
import { copyMetrics } from "./copyMetrics.ts";
import { type Copier, startCopier } from "./copier.ts";
import { keptLogs } from "./kept.ts";
import { confirmedTo, openPositions } from "./positions.ts";
import { syslogCarrier } from "./syslogCarrier.ts";
import { webhookCarrier } from "./webhookCarrier.ts";

/** How often it is looked how far behind each destination is. */
const MEASURE_MS = 1_000;

export interface CopiesOptions {
  readonly config: Config;
  readonly log: NodeLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sink: AlertSink;
  readonly register: Registry;
}

export interface Copies {
  /** The destination that is furthest behind with this log; undefined where none gets it. */
  confirmedTo(
    tenant: TenantId,
  ): { readonly destination: string; readonly position: number } | undefined;
  /** For operators: how far behind each destination is. */
  detail(): Json;
  /** Before the log is closed. */
  stop(): Promise<void>;
}

/** The file of the positions that were confirmed, in the log's folder. */
const positionsPath = (folder: string): string => join(folder, "copies.json");

export async function startCopies(options: CopiesOptions): Promise<Copies> {
  const { clock, config, log, logger, sink } = options;
  const ids = config.copies.map(({ id }) => id);
  const copiers = new Map<string, Copier>();
  const metrics = copyMetrics(options.register, ids, (id) => copiers.get(id)?.standing());
  if (ids.length === 0) {
    return { confirmedTo: () => undefined, detail: () => [], stop: () => Promise.resolve() };
  }

  const kept = keptLogs({
    logFolder: config.log.folder,
    clock,
    failed: (name) =>
      logger.error({ name }, "a log that was put aside cannot be copied: verify it"),
  });
  const entries = enterLater(log, clock);
  const positions = await openPositions({
    path: positionsPath(config.log.folder),
    destinations: ids,
    clock,
    failed: (why) => logger.error({ kind: why }, "positions of the log's copies are not kept"),
  });
  const behind = behindWatch({ clock, entries, logger, sink });
  for (const copy of config.copies) {
    const copier = startCopier({
      config: copy,
      carrier: carrierOf(copy, clock),
      log,
      kept: kept.logs,
      clock,
      startFrom: (origin) => positions.of(copy.id, origin),
      confirmed: (origin, position) => positions.set(copy.id, origin, position),
      told: {
        failed: () => metrics.failed(copy.id),
        sent: (count) => metrics.sent(copy.id, count),
      },
    });
    copiers.set(copy.id, copier);
  }

  function look(): void {
    for (const copy of config.copies) {
      const copier = copiers.get(copy.id);
      void copier?.measure();
      if (copier !== undefined) behind.look(copy, copier.standing());
    }
    cancel = clock.after(MEASURE_MS, look);
  }
  let cancel = clock.after(MEASURE_MS, look);

  return {
    confirmedTo(tenant) {
      const whose = { origin: log.origin(tenant), size: log.size(tenant) };
      const reached = config.copies
        .filter(({ tenants }) => tenants === undefined || tenants.includes(tenant))
        .map(({ id }) => ({ destination: id, position: confirmedTo(positions, id, whose) }));
      return reached.toSorted((a, b) => a.position - b.position)[0];
    },
    detail: () =>
      [...copiers].map(([id, copier]) => {
        const { failure, lag, lastSuccessAt } = copier.standing();
        return {
          id,
          lagEntries: lag.entries,
          lagMs: lag.ms,
          ...(lastSuccessAt === undefined ? {} : { lastSuccessAt }),
          ...(failure === undefined ? {} : { failure: { ...failure } }),
        };
      }),
    async stop() {
      cancel();
      await Promise.all([...copiers.values()].map((copier) => copier.stop()));
      await kept.stop();
      await positions.stop();
      await entries.stop();
    },
  };
}

const carrierOf = (copy: CopyConfig, clock: Clock) =>
  copy.kind === "syslog" ? syslogCarrier(copy, { clock }) : webhookCarrier(copy);

/** Where it goes, as far as that is no secret. */
export function copyPlace(copy: CopyConfig): string {
  const to =
    copy.kind === "webhook"
      ? `webhook to ${new URL(copy.url).host}`
      : `syslog ${copy.security === "tls" ? "over TLS" : "in the clear"} to ${copy.host}:${copy.port}`;
  return `${to}, ${copy.format}`;
}
