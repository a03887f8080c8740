/**
 * Tells the calls that claim a target what is known of it, each by its own claim.
 *
 * @module
 */
import type { NotDone } from "./ports.ts";
import type { EpochMs } from "./call.ts";
import type { Claim } from "./owed.ts";
import type { Progress, Want } from "./plan.ts";
import type { Siblings } from "./siblings.ts";
import type { DeskReport, Seen, Standing } from "./sightings.ts";
import { acknowledgedOf, failureOf, reportOf, toldByOthers } from "./sightings.ts";
import type { Standings } from "./standings.ts";

export interface TellingDeps {
  readonly standing: Standings;
  readonly siblings: Siblings;
  readonly listen: (callKey: string, tapId: string, report: DeskReport) => void;
  readonly now: () => EpochMs;
  readonly canAsk: boolean;
  /** Something that was sent may have silenced the target. */
  readonly mayHaveSilenced: () => boolean;
  readonly settleMs: number;
}

export class Telling {
  readonly #deps: TellingDeps;

  constructor(deps: TellingDeps) {
    this.#deps = deps;
  }

  /** What the claims on this audio, and what was sent, settle by themselves. */
  withoutAsking(): void {
    for (const one of this.#deps.standing.of()) {
      this.#listen(one, this.#byOthers(one) ?? this.#byRefusals(one));
    }
  }

  /** Where nothing can be asked, what was sent is all that tells whether there is something to undo. */
  isNothingToUndo(): boolean {
    return !this.#deps.canAsk && !this.#deps.mayHaveSilenced();
  }

  seen(seen: Seen, progress: Progress, to: readonly Standing[] = this.#deps.standing.of()): void {
    const { now, settleMs, siblings } = this.#deps;
    for (const one of to) {
      const telling = {
        abandoned: siblings.abandoned(now()),
        settleMs,
        attempts: progress.attempts,
        resumeSent: progress.sent === "resume",
      };
      this.#listen(one, this.#byOthers(one) ?? reportOf(one, seen, telling));
    }
  }

  /** The recorder's yes is all there will ever be; whether it counts is policy's to say. */
  acknowledged(want: "paused" | "recording", { attempts }: Progress): void {
    this.#all(want, (claim) => acknowledgedOf(want, this.#deps.now(), attempts, claim));
  }

  failed(want: Want, failure: NotDone, { attempts }: Progress): void {
    this.#all(want, (claim) => failureOf(failure, attempts, claim));
  }

  #byOthers(one: Standing): DeskReport | undefined {
    const { canAsk, now, siblings } = this.#deps;
    return toldByOthers(one, siblings.claims(), now(), canAsk);
  }

  #byRefusals({ claim }: Standing): DeskReport | undefined {
    if (claim.want !== "recording" || !this.isNothingToUndo()) return undefined;
    return { type: "let_go", reason: "never_silenced" };
  }

  #all(want: Want, report: (claim: Claim) => DeskReport): void {
    for (const one of this.#deps.standing.of(want)) this.#listen(one, report(one.claim));
  }

  #listen({ callKey, claim }: Standing, report: DeskReport | undefined): void {
    if (report !== undefined) this.#deps.listen(callKey, claim.tapId, report);
  }
}
