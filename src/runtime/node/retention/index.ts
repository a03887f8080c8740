/**
 * Retention on Node: entries that are old enough are pruned while the service runs, and legal holds
 * keep them.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Registry } from "prom-client";
import type { TenantId } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import { told } from "../../../control/within.ts";
import type { Logger } from "../../../http/deps.ts";
import { createReadings } from "../../../log/readings.ts";
import type { RetentionDesk, RetentionStanding, Stop } from "../../../log/retentionDesk.ts";
import { SYSTEM_TENANT } from "../../../log/store.ts";
import type { Config } from "../../../policy/config.ts";
import { type RetentionConfig, monthsBefore, monthsOf } from "../../../policy/configRetention.ts";
import type { NodeLog } from "../log/openLog.ts";
import { type HoldRoomOptions, holdRooms } from "./legalHolds.ts";
import { firstMoment, type Overdue, overdueOf, retentionMetrics } from "./overdue.ts";
import { type Pruning, type PruningOptions, startPruning } from "./pruning.ts";

export interface RetentionOptions {
  readonly config: RetentionConfig | undefined;
  readonly log: HoldRoomOptions["log"];
  readonly clock: Clock;
  /** Whether the configuration has this tenant. The log of one that it has no more is kept whole. */
  readonly isTenant?: (tenant: TenantId) => boolean;
  readonly ids?: () => string;
}

export const retentionOf = ({
  log,
  tenants,
}: Pick<Config, "log" | "tenants">): Pick<RetentionOptions, "config" | "isTenant"> => ({
  config: log.retention,
  isTenant: (tenant) => Object.hasOwn(tenants, tenant),
});

export interface Retention extends RetentionDesk {
  /** Pruning begins, where the configuration asks for it or an earlier one has to be ended. */
  begin(
    more: Pick<PruningOptions, "copiedTo" | "openIncidents"> & {
      readonly log: NodeLog;
      readonly logger: Logger;
      /** Where its numbers go. */
      readonly register?: Registry;
    },
  ): void;
  stop(): Promise<void>;
}

export function createRetention(options: RetentionOptions): Retention {
  const { clock, config, ids = randomUUID, isTenant = () => true, log } = options;
  const room = holdRooms({ log, clock, ids });
  const readings = createReadings(clock.now);
  let pruning: Pruning | undefined;

  function monthsFor(tenant: TenantId): number | undefined {
    const isKnown = tenant === SYSTEM_TENANT || isTenant(tenant);
    return config && isKnown ? monthsOf(config, tenant, SYSTEM_TENANT) : undefined;
  }

  function keeping(tenant: TenantId): ReturnType<PruningOptions["keeping"]> {
    const months = monthsFor(tenant);
    return months === undefined
      ? undefined
      : { months, olderThan: monthsBefore(clock.now(), months) };
  }

  function overdue(tenant: TenantId): Overdue | undefined {
    const [kept, look] = [keeping(tenant), pruning?.looked(tenant)];
    return kept && look && overdueOf(look, kept.olderThan, clock.now());
  }

  async function standing(tenant: TenantId): Promise<RetentionStanding> {
    const holds = await room(tenant).holds();
    const months = monthsFor(tenant);
    const prunedTo = log.prunedTo(tenant);
    const keptFrom = await firstMoment(log, tenant);
    const stop: Stop | undefined = pruning?.stoppedBy(tenant);
    return {
      ...(months === undefined ? {} : { months }),
      prunedTo,
      ...(keptFrom === undefined ? {} : { keptFrom }),
      legalHolds: holds.standing(),
      ...(stop === undefined ? {} : { stoppedBy: stop }),
    };
  }

  return {
    standing: (tenant) => told(clock, standing(tenant)),
    place: (tenant, asked) => room(tenant).place(asked),
    lift: (tenant, holdId, order) => room(tenant).lift(holdId, order),
    // What was pruned is in no answer: nobody waits for it.
    reads: (tenant, reader, from, forMs) =>
      readings.reads(tenant, reader, Math.max(from, log.prunedTo(tenant) + 1), forMs),
    readsNoMore: readings.readsNoMore,
    begin({ register, ...more }) {
      const { firstNeeded } = readings;
      pruning = startPruning({ ...more, clock, room, firstNeeded, keeping });
      if (register !== undefined) retentionMetrics(register, more.log, overdue);
    },
    stop: async () => pruning?.stop(),
  };
}
