/**
 * What a simulated Asterisk truly records for ARI: live recordings by name, paused and muted apart,
 * and a journal of every change.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { JournalLine } from "../simulator.ts";

type Heard = JournalLine["status"];

/** A live recording as `GET /recordings/live/{name}` shows it, and what that does not show. */
export interface LiveRecording {
  readonly name: string;
  readonly channel: string;
  /** Not begun: it answers 409 to whoever would pause it. */
  isQueued: boolean;
  isPaused: boolean;
  isMuted: boolean;
}

export class Recordings {
  readonly journal: JournalLine[] = [];
  readonly #now: () => EpochMs;
  readonly #live = new Map<string, LiveRecording>();

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  /** Asterisk tells names apart by their letters' case. */
  find(name: string): LiveRecording | undefined {
    return this.#live.get(name);
  }

  begin(name: string, channel: string, isQueued: boolean): void {
    this.#live.set(name, { name, channel, isQueued, isPaused: false, isMuted: false });
    if (!isQueued) this.#enter(name, "recording", "call");
  }

  /** Stopped or its channel hung up: it is stored, and gone from what is live. */
  end(name: string): void {
    if (this.#live.delete(name)) this.#enter(name, "absent", "call");
  }

  set(
    recording: LiveRecording,
    change: Partial<Pick<LiveRecording, "isMuted" | "isPaused" | "isQueued">>,
    cause: JournalLine["cause"],
  ): void {
    const before = heardIn(recording);
    Object.assign(recording, change);
    const after = heardIn(recording);
    if (after !== before) this.#enter(recording.name, after, cause);
  }

  heard(name: string): Heard {
    return this.journal.findLast((line) => line.target === name)?.status ?? "absent";
  }

  #enter(target: string, status: Heard, cause: JournalLine["cause"]): void {
    this.journal.push({ at: this.#now(), target, status, cause });
  }
}

function heardIn({ isMuted, isPaused, isQueued }: LiveRecording): Heard {
  if (isQueued) return "absent";
  return isMuted || isPaused ? "paused" : "recording";
}
