/**
 * What a simulated recorder truly does: which conversation each of its lines carries, whether it is
 * recorded, and the journal of every change. It judges; nothing else does.
 */
import type { VirtualClock } from "./clock.ts";

export type Heard = "recording" | "paused" | "absent";

export interface Truth {
  status: Heard;
  session: string;
}

export interface JournalLine {
  readonly at: number;
  readonly target: string;
  readonly status: Heard;
  /** `command`: over its API. `person`: by hand or by the phone system. `call`: it began or ended. */
  readonly cause: "command" | "person" | "call";
}

export type Order = "pause" | "resume";

/** What a simulated recorder shows the judge and the story, whichever way it is spoken to. */
export interface Recording {
  readonly id: string;
  readonly truth: ReadonlyMap<string, Truth>;
  /** Every change of the truth, in order. */
  readonly journal: readonly JournalLine[];
  /** When the line last began to be recorded, or was silenced. */
  since(ref: string): number;
  /** Hears of every command as a desk gives it. */
  sent: (kind: Order, ref: string) => void;
  /** Hears of every command to let a line be recorded, as it is said to the recorder. */
  letsGo: (ref: string) => void;
  /** When a question about this line last met a fault, or a command to it. */
  troubledAt(ref: string): number;
  /** Commands not yet applied, lost or refused. */
  inFlight(ref: string): boolean;
  down: boolean;
  byHand(ref: string, status: Heard): void;
  begin(ref: string, session?: string): void;
  end(ref: string): void;
  /** The line that a target of this recorder leads to. */
  refOf(targetKey: string): string;
}

export interface Tape {
  readonly truth: Map<string, Truth>;
  readonly journal: JournalLine[];
  since(ref: string): number;
  set(ref: string, status: Heard, cause: JournalLine["cause"]): void;
  begin(ref: string, session?: string): void;
  /** Of a line that carries a conversation. */
  command(kind: Order, ref: string): void;
}

export function newTape(clock: VirtualClock): Tape {
  const truth = new Map<string, Truth>();
  const journal: JournalLine[] = [];
  const since = new Map<string, number>();
  const note = (target: string, status: Heard, cause: JournalLine["cause"]) => {
    journal.push({ at: clock.now(), target, status, cause });
    since.set(target, clock.now());
  };
  const set: Tape["set"] = (ref, status, cause) => {
    const known = truth.get(ref);
    if (known === undefined || known.status === status) return;
    known.status = status;
    note(ref, status, cause);
  };
  return {
    truth,
    journal,
    since: (ref) => since.get(ref) ?? 0,
    set,
    begin(ref, session = `s-${ref}`) {
      truth.set(ref, { status: "recording", session });
      note(ref, "recording", "call");
    },
    command(kind, ref) {
      if (truth.get(ref)?.status === "absent") return;
      set(ref, kind === "pause" ? "paused" : "recording", "command");
    },
  };
}

/** Resolves once whoever asked has given up, or has ended. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
