/** A virtual clock: time passes only when told to, timers run in order, randomness has a seed. */
import type { Clock } from "../../../src/control/ports.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  readonly life?: Life | undefined;
}

/** The process a timer belongs to; it dies with it. */
export interface Life {
  alive: boolean;
}

export class VirtualClock implements Clock {
  #now = 1_000_000;
  #order = 0;
  #timers: Timer[] = [];
  #seed: number;
  constructor(seed = 1) {
    this.#seed = seed >>> 0 || 1;
  }
  now(): number {
    return this.#now;
  }
  random(): number {
    // xorshift32
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    this.#seed >>>= 0;
    return this.#seed / 2 ** 32;
  }
  after(ms: number, run: () => void, life?: Life): () => void {
    const timer = { at: this.#now + Math.max(0, ms), order: ++this.#order, run, life };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }
  sleep(ms: number): Promise<void> {
    return new Promise((done) => this.after(ms, done));
  }
  /** Runs every timer that falls due in the next `ms`, letting promises settle between them. */
  async pass(ms: number, each?: () => void): Promise<void> {
    const until = this.#now + ms;
    let ran = 0;
    await settle();
    for (;;) {
      if (++ran > 20_000 + ms * 20) throw new Error("timers spin");
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.at > until) continue;
        if (
          next === undefined ||
          timer.at < next.at ||
          (timer.at === next.at && timer.order < next.order)
        )
          next = timer;
      }
      if (next === undefined) break;
      const due = next;
      this.#timers = this.#timers.filter((one) => one !== due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
      await settle();
      each?.();
    }
    this.#now = until;
    await settle();
    each?.();
  }
  /** A process ended: what it had armed is gone. What is under way elsewhere goes on. */
  bury(): void {
    this.#timers = this.#timers.filter((one) => one.life?.alive !== false);
  }
  get armed(): number {
    return this.#timers.length;
  }
}

/** Every promise that can settle without time passing has settled. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
}
