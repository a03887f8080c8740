/**
 * Evidence on Node: hears what happens to calls, asks their witnesses when it is time, and answers
 * for what is known. None of it can hold up a pause: what it hears costs it one place in a map.
 *
 * @module
 */
import type { WitnessPort } from "../../../adapters/witness.ts";
import type { CallId, RecorderId, TenantId } from "../../../control/call.ts";
import { goal } from "../../../control/conclude.ts";
import type { CallChange, Clock } from "../../../control/ports.ts";
import { LogUnavailable, told } from "../../../control/within.ts";
import { CallTooLong, type EvidenceDesk } from "../../../evidence/desk.ts";
import type { Incidents } from "../../../evidence/incident.ts";
import * as known from "../../../evidence/known.ts";
import type { Logger } from "../../../http/deps.ts";
import type { LogStore } from "../../../log/store.ts";
import type { EvidenceConfig } from "../../../policy/configEvidence.ts";
import { asker } from "./ask.ts";
import { type GatherOptions, gatherRound, type Round, type Rounded } from "./gather.ts";
import { lookBack } from "./lookBack.ts";
import { readKnown } from "./read.ts";
import { enterReport } from "./report.ts";
import { type Due, schedule } from "./schedule.ts";
import { unheardCalls } from "./unheard.ts";

/** A recorder said that the call is over: a moment for it to finish the file. */
const SOON_MS = 1_000;
/** So long may tacet have been down, and still finds what it left: a long weekend. */
const DOWN_MS = 4 * 86_400_000;
/** A log that could not be read at the start is looked at again. */
const LOOK_AGAIN_MS = 5_000;

export interface EvidenceOptions {
  readonly config: EvidenceConfig;
  readonly log: Pick<LogStore, "enter" | "read" | "size">;
  readonly clock: Clock;
  /** Of all recorders that are configured. */
  readonly recorderIds: readonly RecorderId[];
  readonly witness: (id: RecorderId) => WitnessPort | undefined;
  readonly incidents: Incidents;
  readonly logger: Pick<Logger, "error" | "warn">;
  readonly judged?: GatherOptions["judged"];
  readonly waitingCountMax?: number;
  readonly unheardCallCountMax?: number;
}

export interface EvidenceService extends EvidenceDesk {
  /** A durable change of a call. Synchronous; never throws. */
  observe(change: CallChange): void;
  /** A recorder said that it is done with this call. Synchronous; never throws. */
  askSoon(tenant: TenantId, callId: CallId): void;
  /** From now on witnesses are asked; first what earlier processes left. Nobody waits for it. */
  begin(tenants: readonly TenantId[]): void;
  /** Calls that wait to be asked about. */
  waitingCount(): number;
  stop(): Promise<void>;
}

/** No failure of the log, and not to be told as one. */
function orTooLong(error: unknown): CallTooLong {
  if (error instanceof CallTooLong) return error;
  throw error;
}

export function startEvidence(options: EvidenceOptions): EvidenceService {
  const { clock, config, incidents, log, logger } = options;
  const testifying = new Set(
    options.recorderIds.filter((id) => options.witness(id)?.evidence !== undefined),
  );
  const witnesses: known.Witnesses = {
    isWitness: (id) => testifying.has(id),
    isHeard: (id) => config.sound && options.witness(id)?.audio !== undefined,
  };
  const stopping = new AbortController();
  const gathering = {
    log,
    clock,
    asker: asker({ ...config, witness: options.witness, clock, stopping: stopping.signal }),
    witnesses,
    incidents,
    toleranceMs: config.toleranceMs,
    ...(options.judged === undefined ? {} : { judged: options.judged }),
  };
  const unheard = unheardCalls(options.unheardCallCountMax);
  /** Of what is under way: bounded by what is asked at once. */
  const turns = new Map<string, Promise<unknown>>();
  const keyOf = (tenant: TenantId, callId: CallId): string => `${tenant}\n${callId}`;
  let tenants: readonly TenantId[] = [];
  let stopped = false;
  let cancel: (() => void) | undefined;

  const waiting = schedule({
    ...config,
    clock,
    ...(options.waitingCountMax === undefined ? {} : { waitingCountMax: options.waitingCountMax }),
    async run({ callId, ofWindow, tenant }, last) {
      const rounded = await round({ tenant, callId, last, ofWindow }).catch(failed);
      if (rounded === undefined) return { notBefore: 0 };
      return rounded.kind === "again" ? { notBefore: rounded.notBefore ?? 0 } : "done";
    },
    missed: () => void look(),
  });

  function failed(error: unknown): undefined {
    logger.error({ component: "evidence", err: error }, "evidence could not be gathered");
  }

  /** One thing at a time for each call, so that nothing is entered twice. */
  async function inTurn<T>(tenant: TenantId, callId: CallId, run: () => Promise<T>): Promise<T> {
    const key = keyOf(tenant, callId);
    const before = turns.get(key) ?? Promise.resolve();
    const after = before.then(run, run);
    turns.set(key, after);
    try {
      return await after;
    } finally {
      if (turns.get(key) === after) turns.delete(key);
    }
  }

  async function round(asked: Round): Promise<Rounded> {
    const { callId, tenant } = asked;
    const rounded = await inTurn(tenant, callId, () => gatherRound(gathering, asked));
    if (rounded.kind === "too_long") {
      logger.error({ component: "evidence", tenant, callId }, "a call is too long to be judged");
      unheard.put(tenant, callId, []);
    } else if (rounded.kind !== "unknown") remember(tenant, callId, rounded.known);
    return rounded;
  }

  function remember(tenant: TenantId, callId: CallId, now: known.Known): void {
    const recordings = known
      .unheardOf(now, witnesses)
      .map(({ recorderId, recordingId, tapId }) => ({ recorderId, tapId, recordingId }));
    unheard.put(tenant, callId, recordings);
  }

  const lookOf = async (tenant: TenantId): Promise<void> => {
    const { afterEndMs, afterWindowMs, giveUpMs } = config;
    const now = clock.now();
    const from = now - giveUpMs - Math.max(afterEndMs, afterWindowMs) - DOWN_MS;
    const left = await lookBack(log, clock, tenant, from);
    const put = (callId: CallId, at: number, ofWindow: boolean) => {
      const dueAt = at + (ofWindow ? afterWindowMs : afterEndMs);
      // However long nobody asked: a recorder gets half of its time again before it is given up.
      const firstAt = Math.max(dueAt, now - giveUpMs / 2);
      waiting.put({ tenant, callId, dueAt, firstAt, ofWindow } satisfies Due);
    };
    for (const [callId, at] of left.ended) put(callId, at, false);
    for (const [callId, at] of left.closed) put(callId, at, true);
    if (!config.sound) return;
    for (const [callId, recordings] of left.unheard) unheard.put(tenant, callId, recordings);
  };

  async function look(left = tenants): Promise<void> {
    const unread: TenantId[] = [];
    for (const tenant of left) {
      try {
        await lookOf(tenant);
      } catch (error) {
        failed(error);
        unread.push(tenant);
      }
    }
    if (unread.length > 0 && !stopped) {
      cancel = clock.after(LOOK_AGAIN_MS, () => void look(unread));
    }
  }

  const evidenceOf = (callId: CallId, now: known.Known) => known.evidenceOf(callId, now, witnesses);

  return {
    observe({ callId, events, state, tenant }) {
      if (testifying.size === 0) return;
      const now = clock.now();
      for (const { type } of events) {
        if (type === "CallEnded") {
          const dueAt = now + config.afterEndMs;
          waiting.put({ tenant, callId, dueAt, firstAt: dueAt, ofWindow: false });
        } else if (type === "WindowOpened") waiting.dropWindow(tenant, callId);
        else if (type === "WindowClosed" || type === "WindowReleased") {
          if (goal(state) === "paused" || state.endingAt !== undefined) continue;
          const dueAt = now + config.afterWindowMs;
          waiting.put({ tenant, callId, dueAt, firstAt: dueAt, ofWindow: true });
        }
      }
    },
    askSoon(tenant, callId) {
      if (testifying.size > 0) waiting.soon(tenant, callId, clock.now() + SOON_MS);
    },
    begin(all) {
      tenants = all;
      if (testifying.size > 0) void look();
    },
    async read(tenant, callId) {
      const now = await told(clock, readKnown(log, tenant, callId).catch(orTooLong));
      if (now instanceof CallTooLong) throw now;
      return now === undefined ? undefined : evidenceOf(callId, now);
    },
    async ask(tenant, callId, by) {
      const asked = { tenant, callId, last: false, by };
      const rounded = await round(asked).catch((error: unknown) => {
        throw new LogUnavailable("the log cannot be read", { cause: error });
      });
      if (rounded.kind === "unknown") return undefined;
      if (rounded.kind === "too_long") throw new CallTooLong();
      if (rounded.kind === "again" && testifying.size > 0) {
        waiting.soon(tenant, callId, clock.now() + config.retryMsMin);
      }
      return evidenceOf(callId, rounded.known);
    },
    async report(tenant, callId, report, by) {
      if (!config.sound) return { kind: "off" };
      const reported = await inTurn(tenant, callId, () =>
        enterReport(gathering, { tenant, callId }, report, by),
      );
      if (reported.kind === "entered") {
        const now = await told(clock, readKnown(log, tenant, callId));
        if (now !== undefined) remember(tenant, callId, now);
      }
      return reported;
    },
    unheard: (tenant, asked) => unheard.page(tenant, asked),
    waitingCount: () => waiting.waitingCount(),
    async stop() {
      stopped = true;
      cancel?.();
      stopping.abort();
      await waiting.stop();
    },
  };
}
