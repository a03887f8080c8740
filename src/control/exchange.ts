/**
 * One question to a recorder and its end: an answer, its deadline, or being given up. It ends once;
 * what comes later is not heard.
 *
 * @module
 */
import type { Clock } from "./ports.ts";

export interface Exchange {
  /** Closes the connection; `end` is not called any more. */
  giveUp(): void;
}

/** An adapter's bug is no answer: one of a kind that is not known is a failure. */
const KINDS = new Set(["acknowledged", "observed", "refused", "unreachable", "in_doubt"]);
const isAnswer = (answer: { readonly kind: string } | undefined): boolean =>
  answer !== undefined && answer !== null && KINDS.has(answer.kind);

export interface Exchanging<T extends { readonly kind: string }> {
  readonly clock: Clock;
  readonly msMax: number;
  readonly ask: (signal: AbortSignal) => Promise<T>;
  /** What a throw means: an adapter's own bug. */
  readonly failed: (detail: string) => T;
  readonly end: (answer: T) => void;
  /** The deadline passed; the connection closes after this. */
  readonly late: () => void;
}

export function exchange<T extends { readonly kind: string }>({
  ask,
  clock,
  end,
  failed,
  late,
  msMax,
}: Exchanging<T>): Exchange {
  const abort = new AbortController();
  let over = false;
  const cancel = clock.after(msMax, () => {
    if (over) return;
    over = true;
    late();
    abort.abort();
  });
  const ended = (answer: T) => {
    if (over) return;
    over = true;
    cancel();
    end(answer);
  };
  // A throw before the first await is an answer like any other.
  const asked = async () => {
    const answer = await ask(abort.signal);
    return isAnswer(answer) ? answer : failed("no answer of a known kind");
  };
  asked().then(ended, (error: unknown) =>
    ended(failed(error instanceof Error ? error.name : "adapter failed")),
  );
  return {
    giveUp() {
      over = true;
      cancel();
      abort.abort();
    },
  };
}
