/**
 * What runs beside the calls for those who operate tacet: alerts, the recorders' health, and
 * whether the log takes entries. None of it can hold up a pause.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Registry } from "prom-client";
import type { AlertKind, AlertSink } from "../../alerts/alert.ts";
import type { CallChange, Clock, Publisher } from "../../control/ports.ts";
import type { Hub } from "../../events/hub.ts";
import type { Logger } from "../../http/deps.ts";
import { type Metrics, observeChanges } from "../../http/metrics.ts";
import type { Config } from "../../policy/config.ts";
import { alertMetrics } from "./alerts/alertMetrics.ts";
import { type Courier, startCourier } from "./alerts/courier.ts";
import { type OutboxFile, ofThisLog } from "./alerts/outboxFile.ts";
import { threadedOutboxFile } from "./alerts/outboxThread.ts";
import { replay } from "./alerts/replay.ts";
import { toldOf } from "./alerts/senders.ts";
import { enterLater } from "./enterLater.ts";
import type { NodeLog } from "./log/openLog.ts";
import type { Fleet } from "./recorders.ts";
import { watchRecorders } from "./recorderWatch.ts";

/** How often it is looked at whether the log takes entries. */
const LOG_MS = 1_000;

export interface OperationsOptions {
  readonly config: Config;
  readonly log: NodeLog;
  readonly fleet: Fleet;
  readonly hub: Publisher & Pick<Hub, "recorder">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly register: Registry;
}

export interface Operations {
  /** For the keeper, in place of the hub alone. */
  readonly publisher: Publisher;
  /** The log, with its failures counted. */
  readonly log: NodeLog;
  readonly sink: AlertSink;
  /** What an earlier process left. Before any call is driven. Never rejects. */
  catchUp(): Promise<void>;
  /** From now on alerts are sent and recorders asked. */
  begin(): void;
  stop(): Promise<void>;
}

export function operations(options: OperationsOptions): Operations {
  const { clock, config, fleet, hub, log, logger, register } = options;
  const observe = observeChanges(options.metrics);
  const metrics = alertMetrics(register, {
    endpointIds: toldOf(config.alerts).map(({ id }) => id),
    recorderIds: Object.keys(config.recorders),
    openByKind: () => countByKind(courier),
    waiting: () =>
      new Map(
        toldOf(config.alerts).map(({ id }) => [id, courier.outbox.waitingCount(id)] as const),
      ),
    logHealthy: () => log.healthy(),
  });
  const entries = enterLater(log, clock);
  const onError = (error: unknown) =>
    logger.error({ component: "alerts", err: error }, "alerting failed");
  const file = outboxOf(config, log, (error) => {
    metrics.kept(false);
    onError(error);
  });
  const courier = startCourier({
    config: config.alerts,
    context: { origin: config.log.origin, sandbox: config.sandbox },
    clock,
    ...(file === undefined ? {} : { file }),
    metrics,
    givenUp({ attempts, endpointId, id, kind }) {
      entries.enter({
        type: "AlertGivenUp",
        at: clock.now(),
        component: "alerts",
        outcome: "failure",
        reason: kind,
        detail: { endpoint: endpointId, message: id, attempts: attempts + 1 },
      });
      logger.error({ name: endpointId, kind }, "an alert was given up: nobody took it");
    },
    onError,
  });
  const ends: (() => void)[] = [];

  function lookAtLog(): void {
    if (!log.healthy()) {
      courier.raise({ kind: "log_failing", since: clock.now(), cause: "not_written" });
    } else courier.resolve({ kind: "log_failing" }, clock.now());
  }

  return {
    publisher: {
      publish(change: CallChange) {
        hub.publish(change);
        observe(change);
        courier.observe(change);
      },
      doubt: (tenant, callId) => hub.doubt?.(tenant, callId),
    },
    log: counting(log, metrics.logFailed),
    sink: courier,
    async catchUp() {
      try {
        for (const { callId, tenant } of await log.unrested()) {
          const { state } = await log.load(tenant, callId);
          observe.known({ tenant, callId, state });
        }
        await replay(log, courier, file?.marks);
      } catch (error) {
        // A log that cannot be read is for those who read it to refuse.
        onError(error);
      }
    },
    begin() {
      for (const { id } of fleet.ports) warnOfPlain(fleet, id, config, logger);
      ends.push(watchRecorders({ ...options, sink: courier, metrics, entries }));
      ends.push(every(clock, LOG_MS, lookAtLog));
      courier.start();
    },
    async stop() {
      for (const end of ends) end();
      await entries.stop();
      await courier.stop();
    },
  };
}

/**
 * A file that is there is read even where no endpoint is left: what waits in it is dropped. Without
 * one that works, alerts are sent from memory.
 */
function outboxOf(
  config: Config,
  log: Pick<NodeLog, "size">,
  failed: (error: unknown) => void,
): OutboxFile | undefined {
  const path = join(config.log.folder, "alerts.sqlite");
  if (toldOf(config.alerts).length === 0 && !existsSync(path)) return undefined;
  try {
    return ofThisLog(threadedOutboxFile(path), log.size, failed);
  } catch (error) {
    failed(error);
    return undefined;
  }
}

function countByKind({ outbox }: Courier): ReadonlyMap<AlertKind, number> {
  const counts = new Map<AlertKind, number>();
  for (const { alert } of outbox.open().values()) {
    counts.set(alert.kind, (counts.get(alert.kind) ?? 0) + 1);
  }
  return counts;
}

function counting(log: NodeLog, failed: () => void): NodeLog {
  const counted = <T extends { readonly kind: string }>(result: T): T => {
    if (result.kind === "failed") failed();
    return result;
  };
  return {
    ...log,
    append: async (...args) => counted(await log.append(...args)),
    enter: async (...args) => counted(await log.enter(...args)),
  };
}

function warnOfPlain(fleet: Fleet, id: string, config: Config, logger: Logger): void {
  const infos = Object.keys(config.tenants).flatMap((tenant) => fleet.list(tenant));
  const [info] = infos.filter(({ recorderId }) => recorderId === id);
  for (const detail of info?.warnings ?? [])
    logger.warn({ recorderId: id, detail }, "a recorder is reached in the clear");
}

function every(clock: Clock, ms: number, run: () => void): () => void {
  let cancel = clock.after(ms, function beat() {
    cancel = clock.after(ms, beat);
    run();
  });
  return () => cancel();
}
