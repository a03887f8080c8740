/**
 * What a simulated Revcord truly recorded: its calls, one at a time on a channel, and a journal.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { JournalLine } from "../simulator.ts";

export interface Call {
  readonly callId: string;
  readonly channel: string;
  readonly startAt: EpochMs;
  /** Absent while it goes on. */
  endAt?: EpochMs;
}

/** As the document's example has it: channel 1003 is CH_0003. */
export const channelName = (channel: string): string => `CH_${channel.slice(-3).padStart(4, "0")}`;

export class Calls {
  /** Hears of each call that is complete. */
  onComplete: (call: Call) => void = () => undefined;
  readonly all: Call[] = [];
  readonly journal: JournalLine[] = [];
  readonly #now: () => EpochMs;

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  live(channel: string): Call | undefined {
    return this.all.find((call) => call.channel === channel && call.endAt === undefined);
  }

  byId(callId: string): Call | undefined {
    return this.all.find((call) => call.callId.toLowerCase() === callId.toLowerCase());
  }

  begin(channel: string, callId: string): void {
    this.end(channel);
    this.all.push({ callId, channel, startAt: this.#now() });
    this.enter(channel, "recording", "call");
  }

  end(channel: string): void {
    const call = this.live(channel);
    if (call === undefined) return;
    call.endAt = this.#now();
    this.enter(channel, "absent", "call");
    this.onComplete(call);
  }

  enter(target: string, status: JournalLine["status"], cause: JournalLine["cause"]): void {
    this.journal.push({ at: this.#now(), target, status, cause });
  }
}
