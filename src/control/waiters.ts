/**
 * Requests that wait for a call to come to a state. A wait ends once; what it found out is computed
 * again when the answer is written.
 *
 * @module
 */
import type { Waited } from "./calls.ts";
import type { Clock } from "./ports.ts";

interface Waiter {
  readonly look: () => Waited | undefined;
  readonly end: (waited: Waited) => void;
}

export class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /** Ends at the first of: `look` answers, `waitMs` pass, the asker goes away. */
  add(look: () => Waited | undefined, waitMs: number, signal?: AbortSignal): Promise<Waited> {
    const now = look();
    if (now !== undefined) return Promise.resolve(now);
    if (signal?.aborted === true) return Promise.resolve("disconnected");
    return new Promise((resolve) => {
      const waiter: Waiter = {
        look,
        end: (waited) => {
          if (!this.#waiting.delete(waiter)) return;
          cancel();
          signal?.removeEventListener("abort", leave);
          resolve(waited);
        },
      };
      const leave = () => waiter.end("disconnected");
      const cancel = this.#clock.after(Math.max(0, waitMs), () => waiter.end("time"));
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.add(waiter);
    });
  }

  check(): void {
    for (const waiter of [...this.#waiting]) {
      const found = waiter.look();
      if (found !== undefined) waiter.end(found);
    }
  }

  end(waited: Waited): void {
    for (const waiter of [...this.#waiting]) waiter.end(waited);
  }
}
