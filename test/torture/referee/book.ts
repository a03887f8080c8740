/** The log's entries by call, folded once as a whole and again up to any position that was named. */
import { type CallFold, follow, newFold } from "./calls.ts";
import type { Entry } from "./ledger.ts";

/** Entries about a call that are no part of its life; evidence comes long after it. */
export const BESIDE = new Set([
  ...["AccessDenied", "CardholderDataRefused", "LogRead", "DesktopShown", "SpooledFact"],
  ...["RecordingTestified", "WindowJudged", "WitnessUnreachable", "EvidenceGathered"],
  ...["WitnessesAsked", "SoundHeard"],
  ...["IncidentOpened", "IncidentGrew", "IncidentNoted", "IncidentClosed", "RecordingFlagged"],
]);

export class Book {
  readonly #entries: Entry[] = [];
  readonly #ofCall = new Map<string, Entry[]>();
  readonly calls = new Map<string, CallFold>();
  /** What was wrong with entries by themselves. */
  readonly wrong: string[] = [];
  windowCount = 0;

  add(entry: Entry): void {
    this.#entries.push(entry);
    const { callId } = entry;
    if (callId === undefined || BESIDE.has(entry.type)) return;
    const known = this.#ofCall.get(callId) ?? [];
    this.#ofCall.set(callId, known);
    known.push(entry);
    const fold = this.calls.get(callId) ?? newFold(callId);
    this.calls.set(callId, fold);
    const wrong = follow(fold, entry);
    if (wrong !== undefined) this.wrong.push(wrong);
    if (entry.type === "WindowOpened") this.windowCount += 1;
  }

  at(position: number): Entry | undefined {
    return this.#entries[position - 1];
  }

  of(callId: string): readonly Entry[] {
    return this.#ofCall.get(callId) ?? [];
  }

  upTo(callId: string, position: number): readonly Entry[] {
    return this.of(callId).filter((entry) => entry.position <= position);
  }

  foldAt(callId: string, position: number): CallFold {
    const fold = newFold(callId);
    for (const entry of this.upTo(callId, position)) follow(fold, entry);
    return fold;
  }
}
