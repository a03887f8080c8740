/**
 * The referee: hears the whole story line by line, reads the log, and names every breach of the two
 * promises. It shares no code with the service.
 */
import type { Bounds, Finding, Line } from "../story.ts";
import { Asks } from "./asks.ts";
import { BESIDE, Book } from "./book.ts";
import { judgeEnds } from "./ends.ts";
import { isAcknowledged, judgeEntry, judgeFact, judgeTicket } from "./facts.ts";
import { Journals } from "./journals.ts";
import { Ledger } from "./ledger.ts";
import { judgeBelief, judgeSafe } from "./promises.ts";
import { Screens } from "./screens.ts";

export interface Sums {
  readonly windows: number;
  readonly acknowledged: number;
  /** Of these, what browsers asked for with a ticket. */
  readonly byTicket: number;
  readonly safe: number;
  readonly shownSecured: number;
  readonly entries: number;
  readonly heads: number;
  readonly excused: number;
  readonly longestLagMs: number;
  /** Kills at a moment when requests that enter something were not answered yet. */
  readonly killsUnderWay: number;
}

export class Referee {
  readonly ledger: Ledger;
  readonly #asks = new Asks();
  readonly #book = new Book();
  readonly #journals: Journals;
  readonly #screens = new Screens();
  readonly #bounds: Bounds;
  #kills: number[] = [];
  #judgedTo = 0;
  #newestAt = 0;
  #sums = {
    acknowledged: 0,
    byTicket: 0,
    safe: 0,
    shownSecured: 0,
    excused: 0,
    killsUnderWay: 0,
  };

  constructor(origin: string, verifierKey: string, bounds: Bounds) {
    this.ledger = new Ledger(origin, verifierKey);
    this.#journals = new Journals(bounds);
    this.#bounds = bounds;
  }

  hear(line: Line): void {
    switch (line.kind) {
      case "change":
        this.#newestAt = Math.max(this.#newestAt, line.at);
        return this.#journals.change(line);
      case "ask":
        return this.#asks.ask(line);
      case "told":
        return this.#asks.told(line);
      case "shown":
        this.#newestAt = Math.max(this.#newestAt, line.at);
        return this.#screens.shown(line);
      case "blind":
        return this.#screens.blind(line);
      case "subscribed":
        return this.#screens.subscribed(line);
      case "trouble":
        return this.#journals.trouble(line);
      case "kill":
        this.#kills.push(line.at);
        return undefined;
      case "head":
        return this.ledger.head(line.note);
      default:
        return line satisfies never;
    }
  }

  /** Entries of the log, as they come. */
  read(lines: readonly string[]): void {
    for (const line of lines) {
      this.ledger.add(line);
      const entry = this.ledger.entries.at(-1);
      if (entry !== undefined) this.#book.add(entry);
    }
  }

  /** What is not as it should be: for a while after a fault, and never for good. */
  unsettled(): readonly Finding[] {
    const { excused, findings } = judgeEnds(this.#book, this.#journals, this.#bounds);
    this.#sums.excused = excused;
    return [...findings, ...this.#screens.stale(this.#book)];
  }

  /** The last moment at which anything changed that a target, a call or a screen shows. */
  get newestAt(): number {
    const entries = this.ledger.entries;
    const entry = entries.findLast(
      ({ callId, type }) => callId !== undefined && (type === "DesktopShown" || !BESIDE.has(type)),
    );
    return Math.max(this.#newestAt, entry?.at ?? 0);
  }

  /** Everything that was told since the last judgement. */
  judge(now: number): readonly Finding[] {
    const court = { asks: this.#asks, book: this.#book, journals: this.#journals };
    const findings: Finding[] = this.ledger.findings.splice(0);
    for (const detail of this.#book.wrong.splice(0)) {
      findings.push({ breach: "window_reopened", detail });
    }
    for (const entry of this.ledger.entries.slice(this.#judgedTo)) {
      findings.push(...judgeEntry(entry, this.#asks));
    }
    this.#judgedTo = this.ledger.size;
    for (const at of this.#kills.splice(0)) {
      if (this.#asks.underWay(at) > 0) this.#sums.killsUnderWay += 1;
    }
    for (const exchange of this.#asks.take()) {
      findings.push(...judgeTicket(exchange));
      if (isAcknowledged(exchange)) {
        this.#sums.acknowledged += 1;
        if (exchange.ask.byTicket === true) this.#sums.byTicket += 1;
        findings.push(...judgeFact(exchange, this.#book));
      }
      if (exchange.told.safe === true) {
        this.#sums.safe += 1;
        findings.push(...judgeSafe(exchange, court));
      }
    }
    for (const belief of this.#screens.take(now)) {
      this.#sums.shownSecured += 1;
      findings.push(...judgeBelief(belief, court));
    }
    return findings;
  }

  get sums(): Sums {
    const { headCount, size } = this.ledger;
    const { longestLagMs } = this.#journals;
    return {
      ...this.#sums,
      longestLagMs,
      windows: this.#book.windowCount,
      entries: size,
      heads: headCount,
    };
  }
}
