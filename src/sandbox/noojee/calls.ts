/**
 * What a simulated Noojee server truly records: calls on extensions, each recorded in legs, a
 * journal of every change, and the events its long poll tells.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { JournalLine } from "../simulator.ts";

export interface HeldLeg {
  readonly callRecordId: string;
  readonly uniqueId: string;
  readonly number: number;
  readonly startAt: EpochMs;
  endAt?: EpochMs;
  tag: string;
  readonly source: string;
  readonly destination: string;
  readonly did: string;
  readonly direction: 0 | 1 | 2;
  readonly username: string;
}

interface LiveCall {
  readonly uniqueId: string;
  extension: string;
  readonly party: string;
  readonly direction: 0 | 1 | 2;
  status: "Connected" | "Hungup";
  leg: HeldLeg | undefined;
}

export interface CallEvent {
  readonly seq: number;
  readonly extension: string;
  readonly uniqueId: string;
  readonly party: string;
  readonly inbound: boolean;
  readonly status: string;
}

export class Calls {
  readonly journal: JournalLine[] = [];
  readonly legs: HeldLeg[] = [];
  readonly events: CallEvent[] = [];
  /** As on a server that has run for a while. */
  seq = 113;
  readonly #now: () => EpochMs;
  readonly #calls: LiveCall[] = [];
  readonly #waiting = new Set<() => void>();
  #nextRecord = 198_348;
  #nextCall = 1;

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  /** By an extension, the newest call on it; or by a call's unique id. */
  find(extenOrUniqueId: string): LiveCall | undefined {
    return this.#calls.findLast(
      ({ extension, status, uniqueId }) =>
        status !== "Hungup" && (extension === extenOrUniqueId || uniqueId === extenOrUniqueId),
    );
  }

  begin(extension: string, details: Readonly<Record<string, string>>): void {
    const second = Math.floor(this.#now() / 1_000);
    const call: LiveCall = {
      uniqueId: details["uniqueId"] ?? `${second}.${this.#nextCall}`,
      extension,
      party: details["party"] ?? "0383208100",
      direction: directionOf(details["direction"]),
      status: "Connected",
      leg: undefined,
    };
    this.#nextCall += 1;
    this.#calls.push(call);
    this.tell(call, extension, details["status"] ?? "Connected");
    if (details["recorded"] !== "no") this.start(call, "", "call");
  }

  start(
    call: LiveCall,
    tag: string,
    cause: JournalLine["cause"],
    username = "Administrator",
  ): void {
    if (call.leg !== undefined) {
      if (tag !== "") call.leg.tag = tag;
      return;
    }
    const outbound = call.direction === 1;
    const leg: HeldLeg = {
      callRecordId: String(this.#nextRecord),
      uniqueId: call.uniqueId,
      number: this.legs.filter(({ uniqueId }) => uniqueId === call.uniqueId).length + 1,
      startAt: this.#now(),
      tag,
      source: outbound ? call.extension : call.party,
      destination: outbound ? call.party : call.extension,
      did: call.direction === 2 ? "internal" : "7601",
      direction: call.direction,
      username,
    };
    this.#nextRecord += 1;
    this.legs.push(leg);
    call.leg = leg;
    this.#enter(call.extension, "recording", cause);
  }

  stop(call: LiveCall, cause: JournalLine["cause"]): void {
    if (call.leg === undefined) return;
    call.leg.endAt = this.#now();
    call.leg = undefined;
    this.#enter(call.extension, cause === "call" ? "absent" : "paused", cause);
  }

  end(extension: string): void {
    const call = this.find(extension);
    if (call === undefined) return;
    this.stop(call, "call");
    call.status = "Hungup";
    this.#enter(call.extension, "absent", "call");
    this.tell(call, call.extension, "Hungup");
  }

  /** The call goes on at another extension: hung up here, rung there, and split into legs. */
  transfer(extension: string, to: string): void {
    const call = this.find(extension);
    if (call === undefined) return;
    const tag = call.leg?.tag;
    this.stop(call, "person");
    this.tell(call, extension, "Hungup");
    call.extension = to;
    this.tell(call, to, "Ringing");
    this.tell(call, to, "Connected");
    if (tag !== undefined) this.start(call, "", "call");
  }

  /** `seq` is one more; whoever polls is told. */
  tell(call: LiveCall, extension: string, status: string): void {
    this.seq += 1;
    const { direction, party, uniqueId } = call;
    const inbound = direction !== 1;
    this.events.push({ seq: this.seq, extension, uniqueId, party, inbound, status });
    for (const wake of [...this.#waiting]) wake();
  }

  /** What each of these extensions has now. */
  state(extensions: readonly string[]): readonly CallEvent[] {
    const newest = new Map<string, CallEvent>();
    for (const event of this.events) newest.set(`${event.extension} ${event.uniqueId}`, event);
    return [...newest.values()].filter(({ extension }) => extensions.includes(extension));
  }

  /** Calls `wake` at the next event; the function returned takes that back. */
  wait(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => void this.#waiting.delete(wake);
  }
  get waitingCount(): number {
    return this.#waiting.size;
  }
  wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  heard(extension: string): JournalLine["status"] {
    return this.journal.findLast((line) => line.target === extension)?.status ?? "absent";
  }

  #enter(target: string, status: JournalLine["status"], cause: JournalLine["cause"]): void {
    this.journal.push({ at: this.#now(), target, status, cause });
  }
}

function directionOf(told: string | undefined): 0 | 1 | 2 {
  if (told === "1") return 1;
  return told === "2" ? 2 : 0;
}
