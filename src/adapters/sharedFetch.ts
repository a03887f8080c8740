/**
 * One fetch for all who need what it brings, such as a token. A pause waits for nobody else's fetch:
 * it begins one of its own, over its own connections, and takes whichever comes first.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { NotDone } from "../control/ports.ts";
import type { AdapterContext } from "./recorder.ts";

export type FetchContext = Pick<AdapterContext, "now" | "send" | "signal"> & {
  /** What is fetched is for a pause. */
  readonly isPause?: boolean;
};

/** A fetch goes on for so long when whoever began it has given up: others wait for the same one. */
export const FETCH_MS_MAX = 5_000;
/**
 * Pauses that come together share one fetch. Behind one that takes longer than this the next pause
 * begins another, so there are four at once at most, and one more of everybody else.
 */
export const PAUSE_JOINS_MS_MAX = 1_500;

interface Running<T> {
  readonly isPause: boolean;
  readonly at: EpochMs;
  readonly result: Promise<T | NotDone>;
}

/**
 * `fetch` is told what was just turned down. What comes instead of a result is said of `what`: it is
 * missing, so nothing that needs it was sent.
 */
export function sharedFetch<T extends object>(
  fetch: (ctx: FetchContext, rejected?: string) => Promise<T | NotDone>,
  what: string,
): (ctx: FetchContext, rejected?: string) => Promise<T | NotDone> {
  const running = new Set<Running<T>>();
  const waiting = new Set<(got: T) => void>();

  function begin(ctx: FetchContext, rejected?: string): Running<T> {
    const run = async (): Promise<T | NotDone> => {
      try {
        const result = await fetch(ctx, rejected);
        // Whoever waits behind an older fetch has it as well.
        if (!isNotDone(result)) for (const take of [...waiting]) take(result);
        return result;
      } finally {
        running.delete(one);
      }
    };
    const one: Running<T> = { isPause: ctx.isPause === true, at: ctx.now(), result: run() };
    running.add(one);
    return one;
  }

  function joined(ctx: FetchContext): Running<T> | undefined {
    const now = ctx.now();
    const isFresh = ({ at }: Running<T>) => Math.abs(now - at) < PAUSE_JOINS_MS_MAX;
    return [...running].find((one) => ctx.isPause !== true || (one.isPause && isFresh(one)));
  }

  return (ctx, rejected) => {
    const { signal } = ctx;
    const late: NotDone = { kind: "unreachable", detail: `no ${what} before the deadline` };
    if (signal.aborted) return Promise.resolve(late);
    const { result } = joined(ctx) ?? begin(ctx, rejected);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        waiting.delete(take);
        signal.removeEventListener("abort", giveUp);
      };
      const take = (got: T | NotDone): void => {
        end();
        resolve(got);
      };
      const giveUp = (): void => take(late);
      waiting.add(take);
      signal.addEventListener("abort", giveUp, { once: true });
      result.then(take, (error: unknown) => {
        end();
        reject(error instanceof Error ? error : new Error("failed"));
      });
    });
  };
}

const NOT_DONE: readonly unknown[] = ["unreachable", "refused", "in_doubt"];
const isNotDone = (result: object): result is NotDone =>
  "kind" in result && NOT_DONE.includes(result.kind);
