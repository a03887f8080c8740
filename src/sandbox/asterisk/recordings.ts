/**
 * What a simulated Asterisk truly records for ARI: live recordings by name, paused and muted apart,
 * and a journal of every change.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { JournalLine } from "../simulator.ts";
import type { SilentStretch, ToneFile } from "../wav.ts";

type Heard = JournalLine["status"];

/** A live recording as `GET /recordings/live/{name}` shows it, and what that does not show. */
export interface LiveRecording {
  readonly name: string;
  readonly channel: string;
  /** Not begun: it answers 409 to whoever would pause it. */
  isQueued: boolean;
  isPaused: boolean;
  isMuted: boolean;
  readonly file: GrowingFile;
}

/** What was written so far: a pause writes nothing, a mute writes silence. */
interface GrowingFile {
  /** Unix ms up to which it is written. */
  writtenTo: EpochMs;
  durationMs: number;
  readonly silent: SilentStretch[];
}

/** Recordings that are over and kept; the oldest are given up. */
const STORED_COUNT_MAX = 1_000;

export class Recordings {
  readonly journal: JournalLine[] = [];
  readonly #now: () => EpochMs;
  readonly #live = new Map<string, LiveRecording>();
  readonly #stored = new Map<string, ToneFile>();

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  /** Asterisk tells names apart by their letters' case. */
  find(name: string): LiveRecording | undefined {
    return this.#live.get(name);
  }

  begin(name: string, channel: string, isQueued: boolean): void {
    const file = { writtenTo: this.#now(), durationMs: 0, silent: [] };
    this.#live.set(name, { name, channel, isQueued, isPaused: false, isMuted: false, file });
    if (!isQueued) this.#enter(name, "recording", "call");
  }

  /** Stopped or its channel hung up: it is stored, and gone from what is live. */
  end(name: string): void {
    const ended = this.#live.get(name);
    if (ended === undefined) return;
    this.#write(ended);
    this.#stored.delete(name);
    this.#stored.set(name, ended.file);
    const [oldest] = this.#stored.keys();
    if (this.#stored.size > STORED_COUNT_MAX && oldest !== undefined) this.#stored.delete(oldest);
    this.#live.delete(name);
    this.#enter(name, "absent", "call");
  }

  /** The file of a recording that is over. */
  stored(name: string): ToneFile | undefined {
    return this.#stored.get(name);
  }

  set(
    recording: LiveRecording,
    change: Partial<Pick<LiveRecording, "isMuted" | "isPaused" | "isQueued">>,
    cause: JournalLine["cause"],
  ): void {
    const before = heardIn(recording);
    this.#write(recording);
    Object.assign(recording, change);
    const after = heardIn(recording);
    if (after !== before) this.#enter(recording.name, after, cause);
  }

  heard(name: string): Heard {
    return this.journal.findLast((line) => line.target === name)?.status ?? "absent";
  }

  #write({ file, isMuted, isPaused, isQueued }: LiveRecording): void {
    const now = this.#now();
    const passedMs = now - file.writtenTo;
    file.writtenTo = now;
    if (isPaused || isQueued || passedMs <= 0) return;
    const fromMs = file.durationMs;
    file.durationMs += passedMs;
    if (isMuted) file.silent.push({ fromMs, toMs: file.durationMs });
  }

  #enter(target: string, status: Heard, cause: JournalLine["cause"]): void {
    this.journal.push({ at: this.#now(), target, status, cause });
  }
}

function heardIn({ isMuted, isPaused, isQueued }: LiveRecording): Heard {
  if (isQueued) return "absent";
  return isMuted || isPaused ? "paused" : "recording";
}
