/**
 * What a simulated AnywhereNow Core truly records: its conversations, their states, and a journal
 * of every change.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { JournalLine } from "../simulator.ts";

/** The documented numbers. */
const recordingState = { Uninitialized: 0, Started: 1, Stopped: 2, Paused: 3 } as const;
export const actionNumber = {
  Start: 1,
  Stop: 2,
  Pause: 3,
  Save: 4,
  Delete: 5,
  Mark: 6,
  UnMark: 7,
} as const;
export type ActionName = keyof typeof actionNumber;

export interface Conversation {
  readonly correlationId: string;
  readonly uccName: string;
  recording: number;
  marking: number;
  saving: number;
}

type Heard = JournalLine["status"];

/** What changed a recorder's state, as the vendor's event names it. */
export interface StateChange {
  readonly conversation: Readonly<Conversation>;
  readonly action: ActionName;
}

export class Conversations {
  /** Hears every change, whoever made it. */
  onChange: (change: StateChange) => void = () => undefined;
  readonly journal: JournalLine[] = [];
  readonly #now: () => EpochMs;
  readonly #live = new Map<string, Conversation>();

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  /** Correlation ids are GUIDs: their letters' case says nothing. */
  find(uccName: string, correlationId: string): Conversation | undefined {
    const found = this.#live.get(correlationId.toLowerCase());
    return found?.uccName.toLowerCase() === uccName.toLowerCase() ? found : undefined;
  }

  begin(correlationId: string, uccName: string, recording: number): void {
    const conversation = { correlationId, uccName, recording, marking: 0, saving: 0 };
    this.#live.set(correlationId.toLowerCase(), conversation);
    this.#enter(correlationId, heardIn(recording), "call");
    if (recording === recordingState.Started) this.onChange({ conversation, action: "Start" });
  }

  end(correlationId: string): void {
    const conversation = this.#live.get(correlationId.toLowerCase());
    if (conversation === undefined) return;
    this.#live.delete(correlationId.toLowerCase());
    this.#enter(correlationId, "absent", "call");
    this.onChange({ conversation, action: "Stop" });
  }

  byHand(correlationId: string, status: "recording" | "paused"): void {
    const conversation = this.#live.get(correlationId.toLowerCase());
    if (conversation === undefined) return;
    this.#become(conversation, status === "paused" ? 3 : 1, "person");
  }

  /** Does what an action asks; the words of a refusal where the state does not allow it. */
  act(conversation: Conversation, action: ActionName): string | undefined {
    switch (action) {
      case "Start":
        return this.#become(conversation, recordingState.Started, "command");
      case "Stop":
        return this.#become(conversation, recordingState.Stopped, "command");
      case "Pause":
        if (heardIn(conversation.recording) === "absent") return "The recorder is not started.";
        return this.#become(conversation, recordingState.Paused, "command");
      case "Save":
      case "Delete":
        conversation.saving = action === "Save" ? 1 : 2;
        this.onChange({ conversation, action });
        return undefined;
      case "Mark":
      case "UnMark":
        conversation.marking = action === "Mark" ? 1 : 2;
        this.onChange({ conversation, action });
        return undefined;
      default:
        return action satisfies never;
    }
  }

  heard(correlationId: string): Heard {
    const id = correlationId.toLowerCase();
    return this.journal.findLast((line) => line.target.toLowerCase() === id)?.status ?? "absent";
  }

  #become(conversation: Conversation, recording: number, cause: JournalLine["cause"]): undefined {
    if (conversation.recording === recording) return;
    conversation.recording = recording;
    this.#enter(conversation.correlationId, heardIn(recording), cause);
    const action = nameOf(recording);
    if (action !== undefined) this.onChange({ conversation, action });
  }

  #enter(target: string, status: Heard, cause: JournalLine["cause"]): void {
    this.journal.push({ at: this.#now(), target, status, cause });
  }
}

function nameOf(recording: number): ActionName | undefined {
  switch (recording) {
    case recordingState.Started:
      return "Start";
    case recordingState.Stopped:
      return "Stop";
    case recordingState.Paused:
      return "Pause";
    default:
      return undefined;
  }
}

function heardIn(recording: number): Heard {
  if (recording === recordingState.Started) return "recording";
  return recording === recordingState.Paused ? "paused" : "absent";
}
