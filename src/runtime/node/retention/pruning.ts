/**
 * Prunes logs while the service runs: now and then, some entries at a time, and never behind what is
 * still needed.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import { LogUnavailable } from "../../../control/within.ts";
import type { Incident } from "../../../evidence/incident.ts";
import type { Logger } from "../../../http/deps.ts";
import type { LegalHolds } from "../../../log/retention.ts";
import type { Stop } from "../../../log/retentionDesk.ts";
import type { NodeLog } from "../log/openLog.ts";
import type { HoldRoom } from "./legalHolds.ts";
import { type Look, lookEnded } from "./overdue.ts";

/** A first look soon after a start: calls come first. Then every hour; most of them find nothing. */
const FIRST_MS = 10_000;
const EVERY_MS = 3_600_000;
/** While somebody reads what is to go, it looks again soon, and so often; then what is old goes. */
const PUT_OFF_MS = 60_000;
const PUT_OFF_COUNT_MAX = 30;
/**
 * A start that finds its clock so far beyond the log's newest entry may have a wrong clock, by which
 * everything would be old: it prunes nothing for a day, in which somebody can see that.
 */
const LEAP_MS_MAX = 31 * 86_400_000;
const LEAP_WAIT_MS = 86_400_000;
/** The log rests as long as it worked, and this long at least. */
const REST_MS = 20;

export interface PruningOptions {
  readonly log: Pick<NodeLog, "erase" | "newestAt" | "prune" | "prunedTo" | "read" | "tenants">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly room: (tenant: TenantId) => HoldRoom;
  /** How long this log's entries are kept; undefined: for ever. */
  readonly keeping: (
    tenant: TenantId,
  ) => { readonly months: number; readonly olderThan: EpochMs } | undefined;
  /** Rejects where they are not known. */
  readonly openIncidents: (tenant: TenantId) => Promise<readonly Filed[]>;
  /** The first position that somebody still has to read; Infinity where nobody reads. */
  readonly firstNeeded: (tenant: TenantId) => number;
  /** The copy that is furthest behind; undefined where nothing is copied. */
  readonly copiedTo: (
    tenant: TenantId,
  ) => { readonly destination: string; readonly position: number } | undefined;
}

interface Filed {
  readonly incident: Pick<Incident, "incidentId" | "callId">;
  readonly position: number;
}

export interface Pruning {
  /** What the newest look found in the way of pruning more; undefined where nothing was. */
  stoppedBy(tenant: TenantId): Stop | undefined;
  /** Undefined before the first look at it has ended. */
  looked(tenant: TenantId): Look | undefined;
  /** Before the log is closed. What is under way ends with the entry or the bundle it is at. */
  stop(): Promise<void>;
}

/** Positions up to `last` may go, as far as this knows; beyond it, `stop` says why. */
interface Limit {
  readonly last: number;
  readonly stop?: Stop;
}

const NO_LIMIT: Limit = { last: Number.MAX_SAFE_INTEGER };
const READING: Stop = { kind: "reading" };

const leastOf = (limits: readonly Limit[]): Limit =>
  limits.reduce((least, one) => (one.last < least.last ? one : least), NO_LIMIT);

export function startPruning(options: PruningOptions): Pruning {
  const { clock, log, logger } = options;
  const looks = new Map<TenantId, Look>();
  /** How often in a row somebody's reading was in the way. */
  const putOff = new Map<TenantId, number>();
  const stopping = new AbortController();
  const isStopped = () => stopping.signal.aborted;
  let running: Promise<void> | undefined;
  const hasLeapt = log.newestAt > 0 && clock.now() - log.newestAt > LEAP_MS_MAX;
  if (hasLeapt) {
    logger.warn({}, "the clock is far beyond the log's newest entry: nothing is pruned for a day");
  }
  let cancel = clock.after(hasLeapt ? LEAP_WAIT_MS : FIRST_MS, look);
  let wake: (() => void) | undefined;

  function look(): void {
    running = pruneAll().finally(() => {
      running = undefined;
      if (!isStopped()) cancel = clock.after(putOff.size > 0 ? PUT_OFF_MS : EVERY_MS, look);
    });
  }

  async function pruneAll(): Promise<void> {
    for (const tenant of log.tenants()) {
      if (isStopped()) return;
      const stop = await pruneNow(tenant);
      const ended = { stop, now: clock.now() };
      looks.set(tenant, await lookEnded(log, tenant, looks.get(tenant), ended));
    }
  }

  /** Never throws. */
  async function pruneNow(tenant: TenantId): Promise<Stop | undefined> {
    try {
      const stop = await pruneOne(tenant);
      if (stop?.kind === "reading") putOff.set(tenant, (putOff.get(tenant) ?? 0) + 1);
      else {
        putOff.delete(tenant);
        // With nothing left, what the files beside still hold of it goes too.
        if (!isStopped()) await log.erase(tenant);
      }
      return stop;
    } catch (error) {
      logger.warn({ err: error, tenant }, "the control log could not be pruned now");
      return { kind: "log" };
    }
  }

  async function pruneOne(tenant: TenantId): Promise<Stop | undefined> {
    // What an earlier process did not come to, as its entry says that it may go.
    if (!(await eraseAll(tenant))) return READING;
    const keeping = options.keeping(tenant);
    if (keeping === undefined) return undefined;
    let prunedTo: number | undefined;
    const firsts = new Map<string, number>();
    try {
      while (!isStopped()) {
        const began = performance.now();
        const { limit, step } = await options.room(tenant).inTurn(async (holds) => {
          const bound = leastOf([await limitOf(tenant, holds, firsts), unread(tenant)]);
          const asked = { ...keeping, last: bound.last };
          return { limit: bound, step: await log.prune(tenant, asked) };
        });
        if (step.kind === "failed") throw new Error(step.detail);
        if (step.kind === "call") return step;
        if (step.kind === "nothing") return step.old > limit.last ? limit.stop : undefined;
        prunedTo = step.to;
        await rest(performance.now() - began);
        if (!(await eraseAll(tenant))) return READING;
      }
      return undefined;
    } finally {
      if (prunedTo !== undefined) {
        logger.info({ tenant, position: prunedTo }, "old entries of the control log were pruned");
      }
    }
  }

  /** False where somebody began to read before it was said that these may go. */
  async function eraseAll(tenant: TenantId): Promise<boolean> {
    for (let more = true; more && !isStopped();) {
      if (unread(tenant).last < log.prunedTo(tenant)) return false;
      const began = performance.now();
      more = await log.erase(tenant);
      if (more) await rest(performance.now() - began);
    }
    return true;
  }

  /** Who reads is waited for, and not for ever. */
  function unread(tenant: TenantId): Limit {
    const isOver = (putOff.get(tenant) ?? 0) >= PUT_OFF_COUNT_MAX;
    return isOver ? NO_LIMIT : { last: options.firstNeeded(tenant) - 1, stop: READING };
  }

  /** `firsts`: of the incidents looked at before, the first entry that each needs. */
  async function limitOf(
    tenant: TenantId,
    holds: LegalHolds,
    firsts: Map<string, number>,
  ): Promise<Limit> {
    const limits: Limit[] = holds.standing().map(({ firstKept, holdId }) => ({
      last: firstKept - 1,
      stop: { kind: "legal_hold", holdId },
    }));
    const copied = options.copiedTo(tenant);
    if (copied !== undefined) {
      const { destination, position } = copied;
      limits.push({ last: position, stop: { kind: "copy", destination } });
    }
    for (const filed of await options.openIncidents(tenant)) {
      const { incidentId } = filed.incident;
      const first = firsts.get(incidentId) ?? (await firstNeeded(tenant, filed));
      firsts.set(incidentId, first);
      limits.push({ last: first - 1, stop: { kind: "open_incident", incidentId } });
    }
    return leastOf(limits);
  }

  /** Whoever closes an incident looks at its call first. */
  async function firstNeeded(tenant: TenantId, { incident, position }: Filed): Promise<number> {
    const { callId } = incident;
    const { entries, indexedTo } = await log.read(tenant, { callId }, 0, 1);
    const [first] = entries;
    if (first === undefined && indexedTo < position) {
      throw new LogUnavailable("the search file is being made anew");
    }
    return Math.min(position, first?.position ?? position);
  }

  function rest(workedMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = clock.after(Math.max(REST_MS, workedMs), resolve);
      wake = () => {
        end();
        resolve();
      };
    });
  }

  return {
    stoppedBy: (tenant) => looks.get(tenant)?.stop,
    looked: (tenant) => looks.get(tenant),
    async stop() {
      stopping.abort();
      cancel();
      wake?.();
      await running;
    },
  };
}
