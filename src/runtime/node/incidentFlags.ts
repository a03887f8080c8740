/**
 * Marks recordings of open incidents in their own recorder: one at a time a recorder, and again
 * until it has said yes. Whoever is behind it finds the record marked; tacet deletes nothing.
 *
 * @module
 */
import type { WitnessPort } from "../../adapters/witness.ts";
import type { RecorderId, TenantId } from "../../control/call.ts";
import type { Clock, ControlOutcome } from "../../control/ports.ts";
import { within } from "../../control/within.ts";

const ASK_MS_MAX = 10_000;
const RETRY_MS_MIN = 5_000;
const RETRY_MS_MAX = 3_600_000;

export interface Flag {
  readonly tenant: TenantId;
  readonly incidentId: string;
  readonly recorderId: RecorderId;
  readonly recordingId: string;
}

/** `reason`: one word of tacet's own, where it was not done. */
export interface Flagged {
  readonly done: boolean;
  readonly reason?: string;
}

export interface FlagsOptions {
  readonly clock: Clock;
  readonly witness: (recorderId: RecorderId) => Pick<WitnessPort, "flag"> | undefined;
  /** Enters what came of it. False: it could not be entered, so the mark is made again. */
  readonly flagged: (flag: Flag, what: Flagged) => Promise<boolean>;
}

export interface Flags {
  /** Synchronous; never throws. Where the recorder cannot mark a record, nothing happens. */
  want(flag: Flag): void;
  /** The incident is closed. */
  drop(flag: Pick<Flag, "incidentId" | "recorderId">): void;
  count(): number;
  /** Settles once none is under way. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly flag: Flag;
  readonly attempts: number;
  readonly dueAt: number;
}

/** The marks wanted of one recorder, as many as it has open incidents. */
interface Lane {
  readonly waiting: Map<string, Waiting>;
  /** The recorder as such does not answer: nothing is asked of it before. */
  failures: number;
  notBefore: number;
  running?: Promise<void>;
  cancel?: () => void;
}

/** tacet's own words, at most 200 characters. */
const noteOf = ({ incidentId }: Flag): string => `tacet: incident ${incidentId}`;

export function startFlags(options: FlagsOptions): Flags {
  const { clock, flagged, witness } = options;
  const lanes = new Map<RecorderId, Lane>();
  const stop = new AbortController();

  function retryMs(failures: number): number {
    const full = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(failures - 1, 20));
    return full * (0.5 + clock.random() / 2);
  }

  async function ask({ recorderId, recordingId, ...flag }: Flag): Promise<ControlOutcome> {
    const mark = witness(recorderId)?.flag;
    if (mark === undefined) return { kind: "unreachable" };
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(ASK_MS_MAX)]);
    const context = { signal, now: clock.now };
    const asked = Promise.resolve().then(() =>
      mark(recordingId, noteOf({ ...flag, recorderId, recordingId }), context),
    );
    // An adapter that forgets its deadline is not waited for.
    const answer = await within(clock, ASK_MS_MAX, asked);
    if (answer.kind === "in_time") return answer.value;
    return answer.kind === "late" ? { kind: "in_doubt" } : { kind: "unreachable" };
  }

  async function attempt(lane: Lane, one: Waiting): Promise<void> {
    const { flag } = one;
    const outcome = await ask(flag);
    const isDone = outcome.kind === "acknowledged";
    // Closed meanwhile: nothing is owed any more, but a mark that was made is entered.
    if (!isDone && lane.waiting.get(flag.incidentId) !== one) return;
    const reason = outcome.kind === "refused" ? outcome.reason : outcome.kind;
    const isSilent = outcome.kind === "unreachable" || outcome.kind === "in_doubt";
    lane.failures = isSilent ? lane.failures + 1 : 0;
    lane.notBefore = isSilent ? clock.now() + retryMs(lane.failures) : 0;
    const entered = await flagged(flag, isDone ? { done: true } : { done: false, reason });
    if (lane.waiting.get(flag.incidentId) !== one) return;
    lane.waiting.delete(flag.incidentId);
    if (isDone && entered) return;
    const attempts = one.attempts + 1;
    lane.waiting.set(flag.incidentId, { flag, attempts, dueAt: clock.now() + retryMs(attempts) });
  }

  function due(lane: Lane): Waiting | undefined {
    let first: Waiting | undefined;
    for (const one of lane.waiting.values()) {
      if (first === undefined || one.dueAt < first.dueAt) first = one;
    }
    return first;
  }

  function look(lane: Lane): void {
    lane.cancel?.();
    delete lane.cancel;
    const first = due(lane);
    if (stop.signal.aborted || lane.running !== undefined || first === undefined) return;
    const waitMs = Math.max(first.dueAt, lane.notBefore) - clock.now();
    if (waitMs > 0) {
      lane.cancel = clock.after(waitMs, () => look(lane));
      return;
    }
    lane.running = attempt(lane, first)
      .catch(() => undefined)
      .finally(() => {
        delete lane.running;
        look(lane);
      });
  }

  return {
    want(flag) {
      if (stop.signal.aborted || witness(flag.recorderId)?.flag === undefined) return;
      const lane = lanes.get(flag.recorderId) ?? { waiting: new Map(), failures: 0, notBefore: 0 };
      lanes.set(flag.recorderId, lane);
      if (lane.waiting.has(flag.incidentId)) return;
      lane.waiting.set(flag.incidentId, { flag, attempts: 0, dueAt: clock.now() });
      look(lane);
    },
    drop: ({ incidentId, recorderId }) => void lanes.get(recorderId)?.waiting.delete(incidentId),
    count: () => [...lanes.values()].reduce((count, lane) => count + lane.waiting.size, 0),
    async stop() {
      stop.abort();
      for (const lane of lanes.values()) lane.cancel?.();
      for (const lane of lanes.values()) await lane.running;
    },
  };
}
