/**
 * What this process last ordered of each channel, and whether an event told that it was done: with a
 * connection all that its events told is lost, and this is what is left.
 *
 * @module
 */
import type { KnownChannel } from "./channels.ts";

/** Channels whose last order is remembered; the one ordered longest ago is forgotten first. */
export const ORDER_COUNT_MAX = 10_000;

interface Last {
  readonly muted: boolean;
  wasTold: boolean;
}

export interface Ordered {
  /** `untold`: in time there was none. `lost`: the connection was, and an event may be with it. */
  readonly event: Promise<"told" | "untold" | "lost">;
  giveUp(): void;
}

export class Orders {
  readonly #last = new Map<string, Last>();
  readonly #waiting = new Map<string, Set<(how: "told" | "lost", muted?: boolean) => void>>();

  /** Before it is said, so that no event is missed. */
  ordered(uniqueId: string, muted: boolean, signal: AbortSignal, eventMsMax: number): Ordered {
    this.#last.delete(uniqueId);
    this.#last.set(uniqueId, { muted, wasTold: false });
    if (this.#last.size > ORDER_COUNT_MAX) {
      const [oldest] = this.#last.keys();
      if (oldest !== undefined) this.#last.delete(oldest);
    }
    let giveUp = (): void => undefined;
    const event = new Promise<"told" | "untold" | "lost">((resolve) => {
      const waiters = this.#waiting.get(uniqueId) ?? new Set();
      this.#waiting.set(uniqueId, waiters);
      const settle = (how: "told" | "untold" | "lost"): void => {
        waiters.delete(told);
        if (waiters.size === 0 && this.#waiting.get(uniqueId) === waiters) {
          this.#waiting.delete(uniqueId);
        }
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        resolve(how);
      };
      const told = (how: "told" | "lost", which?: boolean): void => {
        if (how === "lost" || which === muted) settle(how);
      };
      giveUp = () => settle("untold");
      const timer = setTimeout(giveUp, eventMsMax);
      signal.addEventListener("abort", giveUp, { once: true });
      waiters.add(told);
    });
    return { event, giveUp: () => giveUp() };
  }

  /** An event told what both directions are. */
  told(uniqueId: string, { read, write }: KnownChannel): void {
    if (read !== write) return;
    const last = this.#last.get(uniqueId);
    if (last?.muted === read) last.wasTold = true;
    for (const waiter of [...(this.#waiting.get(uniqueId) ?? [])]) waiter("told", read);
  }

  lost(): void {
    for (const waiters of [...this.#waiting.values()]) {
      for (const waiter of [...waiters]) waiter("lost");
    }
  }

  /** The channel is gone, and nothing is owed to it. */
  forget(uniqueId: string): void {
    this.#last.delete(uniqueId);
  }

  /**
   * Whether a channel of which nothing is known is to be taken as recording. What was muted may have
   * been let go since, so the order is given again; what was let go is as it was last told. An unmute
   * of which nothing was told is left open: taken as done, it would be owed for ever.
   */
  countsAsRecording(uniqueId: string): boolean {
    const last = this.#last.get(uniqueId);
    return last !== undefined && (last.muted || last.wasTold);
  }
}
