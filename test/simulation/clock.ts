/** A virtual clock: time passes only when told to, timers run in order, randomness has a seed. */
import type { Clock } from "../../src/control/ports.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly life: Life | undefined;
  run: (() => void) | undefined;
}

/** The process a timer belongs to; it dies with it. */
export interface Life {
  alive: boolean;
  /** What its wall clock adds to virtual time. */
  readonly offsetMs?: number;
}

/** Timers of one instant beyond which something spins. */
const INSTANT_COUNT_MAX = 20_000;

export class VirtualClock implements Clock {
  #now = 1_000_000;
  #order = 0;
  /** A heap: the earliest first, and of those the one armed first. */
  readonly #heap: Timer[] = [];
  #armed = 0;
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
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: ++this.#order, life, run };
    this.#push(timer);
    this.#armed += 1;
    return () => this.#disarm(timer);
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
      const [next] = this.#heap;
      if (next === undefined || next.at > until) break;
      this.#pop();
      const { run } = next;
      if (run === undefined) continue;
      ran = next.at > this.#now ? 0 : ran + 1;
      if (ran > INSTANT_COUNT_MAX) throw new Error("timers spin");
      this.#now = Math.max(this.#now, next.at);
      this.#disarm(next);
      run();
      await settle();
      each?.();
    }
    this.#now = until;
    await settle();
    each?.();
  }
  /** A process ended: what it had armed is gone. What is under way elsewhere goes on. */
  bury(): void {
    for (const timer of this.#heap) if (timer.life?.alive === false) this.#disarm(timer);
  }
  get armed(): number {
    return this.#armed;
  }
  /** Timers this process has armed. */
  armedBy(life: Life): number {
    return this.#heap.filter((one) => one.life === life && one.run !== undefined).length;
  }

  #disarm(timer: Timer): void {
    if (timer.run === undefined) return;
    timer.run = undefined;
    this.#armed -= 1;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent] as Timer)) break;
      heap[at] = heap[parent] as Timer;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer))
        child += 1;
      if (before(last, heap[child] as Timer)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  }
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Every promise that can settle without time passing has settled: ticks wait for all of them. */
export const settle = (): Promise<void> => new Promise((done) => process.nextTick(done));
