/** What the recorders themselves say they recorded, and what explains a late discovery of it. */
import type { Bounds, Change, Trouble } from "../story.ts";

/** One stretch of recording; `until` is infinite where it goes on. */
export interface Recording {
  readonly from: number;
  readonly until: number;
  readonly cause: Change["cause"];
}

interface Target {
  readonly changes: Change[];
  readonly recordings: Recording[];
}

export class Journals {
  readonly #targets = new Map<string, Target>();
  readonly #troubles: Trouble[] = [];
  readonly #bounds: Bounds;
  longestLagMs = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  change(change: Change): void {
    const { at, cause, recorderId, status, target } = change;
    const key = keyOf(recorderId, target);
    const known = this.#targets.get(key) ?? { changes: [], recordings: [] };
    this.#targets.set(key, known);
    known.changes.push(change);
    const last = known.recordings.at(-1);
    const isOn = last !== undefined && last.until === Infinity;
    if (status === "recording" && !isOn) {
      known.recordings.push({ from: at, until: Infinity, cause });
    } else if (status !== "recording" && isOn) {
      known.recordings[known.recordings.length - 1] = { ...last, until: at };
    }
  }

  trouble(trouble: Trouble): void {
    this.#troubles.push(trouble);
    if (trouble.what !== "lag") return;
    this.longestLagMs = Math.max(this.longestLagMs, trouble.until - trouble.from);
  }

  changes(recorderId: string, target: string): readonly Change[] {
    return this.#targets.get(keyOf(recorderId, target))?.changes ?? [];
  }

  /** Stretches of recording that meet these moments. */
  recordings(
    recorderId: string,
    target: string,
    from: number,
    until: number,
  ): readonly Recording[] {
    const all = this.#targets.get(keyOf(recorderId, target))?.recordings ?? [];
    return all.filter((one) => one.from < until && one.until > from);
  }

  targets(): readonly { readonly recorderId: string; readonly target: string }[] {
    return [...this.#targets.keys()].map((key) => {
      const [recorderId = "", target = ""] = key.split("\n");
      return { recorderId, target };
    });
  }

  /**
   * How long after `from` a change may have stayed unknown at `until`: the guard's beat and its
   * question, longer by what the service was kept from running, and `confirmAgeMsMax` at most; that
   * much too where the recorder may not have answered.
   */
  unknownMs(recorderId: string, from: number, until: number): number {
    const { confirmAgeMsMax, guardMs, statusMsMax } = this.#bounds;
    const wasSilent = this.#during("silence", from - statusMsMax, until, recorderId) > 0;
    if (wasSilent) return confirmAgeMsMax;
    const lagMs = this.#during("lag", from - guardMs, until);
    return Math.min(confirmAgeMsMax, guardMs + statusMsMax + lagMs);
  }

  /** How much longer it may have taken until a client heard of it. */
  onTheWayMs(from: number, until: number): number {
    const { pingMs } = this.#bounds;
    const lateMs = this.#during("lag", from, until) + this.#during("delay", from, until);
    return lateMs + (this.#during("link", from - 2 * pingMs, until) > 0 ? 2 * pingMs : 0);
  }

  /** In ms, how much of this there was. */
  #during(what: Trouble["what"], from: number, until: number, recorderId?: string): number {
    let ms = 0;
    for (const one of this.#troubles) {
      if (one.what !== what || (recorderId !== undefined && one.recorderId !== recorderId))
        continue;
      ms += Math.max(0, Math.min(until, one.until) - Math.max(from, one.from));
    }
    return ms;
  }
}

const keyOf = (recorderId: string, target: string) => `${recorderId}\n${target}`;
