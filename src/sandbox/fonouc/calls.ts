/**
 * What a simulated Fonouc truly records: live legs with their recordings, masked or not, a journal
 * of every change, and what is written down of them when they end.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { Faults, JournalLine } from "../simulator.ts";

/** One recording, running or over. */
export interface Taken {
  readonly recordingId: string;
  readonly callId: string;
  readonly startAt: EpochMs;
  endAt?: EpochMs;
  isMasked: boolean;
  /** `named`: by its CDR alone. `unlisted`: by its own address, and in no report. */
  stored: "no" | "named" | "unlisted" | "listed";
}
export interface Ended {
  readonly callId: string;
  readonly at: EpochMs;
  readonly talkedMs: number;
  readonly recordingId?: string;
}
export interface Leg {
  readonly callId: string;
  readonly startAt: EpochMs;
  readonly caller: string;
  readonly callee: string;
}

export class Calls {
  readonly journal: JournalLine[] = [];
  readonly live = new Map<string, Leg>();
  readonly taken: Taken[] = [];
  readonly cdrs: Ended[] = [];
  readonly #waiting: Ended[] = [];
  readonly #legs = new Map<string, Leg>();
  readonly #now: () => EpochMs;
  readonly #faults: Faults;

  constructor(now: () => EpochMs, faults: Faults) {
    this.#now = now;
    this.#faults = faults;
  }

  begin(callId: string, details: Readonly<Record<string, string>>): void {
    const leg = {
      callId,
      startAt: this.#now(),
      caller: details["caller"] ?? "1655",
      callee: details["callee"] ?? "8876",
    };
    this.live.set(callId, leg);
    this.#legs.set(callId, leg);
    if (details["recorded"] !== "no") this.record(callId);
  }

  /** A recording begins on a live leg, beside any other. */
  record(callId: string): void {
    if (!this.live.has(callId)) return;
    const startAt = this.#now();
    const month = new Date(startAt).toISOString().slice(0, 7).replace("-", "");
    const recordingId = `${month}-${crypto.randomUUID().replaceAll("-", "")}`;
    this.taken.push({ recordingId, callId, startAt, isMasked: false, stored: "no" });
    this.#enter(callId, "call");
  }

  /** The newest recording of a live leg ends. */
  stop(callId: string): void {
    const newest = this.#running(callId).at(-1);
    if (newest !== undefined) this.#store(newest);
    this.#enter(callId, "call");
  }

  end(callId: string): void {
    const leg = this.live.get(callId);
    if (leg === undefined) return;
    for (const one of this.#running(callId)) this.#store(one);
    this.live.delete(callId);
    const at = this.#now();
    const last = this.taken.findLast((one) => one.callId === callId);
    const cdr = {
      callId,
      at,
      talkedMs: at - leg.startAt,
      ...(last === undefined ? {} : { recordingId: last.recordingId }),
    };
    (this.#faults.take("cdr-late", callId) ? this.#waiting : this.cdrs).push(cdr);
    this.#enter(callId, "call");
  }

  /** What came late is written down now. */
  arrive(): void {
    this.cdrs.push(...this.#waiting.splice(0));
    for (const one of this.taken) if (one.stored !== "no") one.stored = "listed";
  }

  /** As Kazoo does it: the newest recording of the leg, whatever else records it. */
  mask(callId: string, isMasked: boolean, cause: JournalLine["cause"]): void {
    const newest = this.#running(callId).at(-1);
    if (newest !== undefined) newest.isMasked = isMasked;
    this.#enter(callId, cause);
  }

  heard(callId: string): JournalLine["status"] {
    const running = this.#running(callId);
    if (running.length === 0) return "absent";
    return running.every(({ isMasked }) => isMasked) ? "paused" : "recording";
  }

  legOf = (callId: string): Leg | undefined => this.#legs.get(callId);

  #running(callId: string): readonly Taken[] {
    return this.taken.filter((one) => one.callId === callId && one.endAt === undefined);
  }

  #store(one: Taken): void {
    one.endAt = this.#now();
    if (this.#faults.take("recording-late", one.callId)) one.stored = "named";
    else one.stored = this.#faults.take("unlisted", one.callId) ? "unlisted" : "listed";
  }

  #enter(target: string, cause: JournalLine["cause"]): void {
    const status = this.heard(target);
    const before = this.journal.findLast((line) => line.target === target)?.status ?? "absent";
    if (status !== before) this.journal.push({ at: this.#now(), target, status, cause });
  }
}
