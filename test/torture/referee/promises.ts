/**
 * P1: nobody was told to collect, and no desktop showed `secured`, while a required recorder of the
 * call was recording by its own journal, for longer than it can have stayed unknown.
 */
import type { Finding } from "../story.ts";
import type { Asks, Exchange } from "./asks.ts";
import type { Book } from "./book.ts";
import { isSecured, required, type TapFold } from "./calls.ts";
import type { Journals, Recording } from "./journals.ts";

/** Journals and clients count whole milliseconds. */
const ROUNDING_MS = 4;
/** Between the service's own clock and the machine's. */
const CLOCK_MS = 100;
/** From the hub's writing to a desktop's reading, on a machine that has other things to do. */
const DELIVERY_MS = 300;

export interface Court {
  readonly asks: Asks;
  readonly book: Book;
  readonly journals: Journals;
}

/** A 200 that says `safeToCollect`. */
export function judgeSafe(exchange: Exchange, { asks, book, journals }: Court): Finding[] {
  const { ask, told } = exchange;
  const { callId, windowId = "" } = ask;
  const lie = (detail: string): Finding => ({
    breach: "false_safe",
    detail: `${ask.what} of ${windowId} (${ask.id}) was told to collect ${detail}`,
  });
  const { collectForMs = 0, expiresAt = 0, position } = told;
  if (position === undefined) return [lie("by what is not in the log")];
  const fold = book.foldAt(callId, position);
  if (!isSecured(fold, windowId))
    return [lie(`although at ${position} the log had not secured it`)];
  if (fold.windows.get(windowId)?.expiresAt !== expiresAt) return [lie("under another lease")];
  // The lease's end and what is left of it tell when the answer was made.
  const madeAt = expiresAt - collectForMs;
  if (madeAt < ask.at - CLOCK_MS) return [lie("for longer than its lease")];
  const from = Math.min(Math.max(madeAt, ask.at), told.at);
  const until = asks.reliesUntil(exchange);

  const whole = book.calls.get(callId);
  return required(fold).flatMap((tap) => {
    const leftAt = whole?.taps.get(tap.tapId)?.leftAt ?? Infinity;
    const relied = Math.min(until, leftAt);
    const heard = (one: Recording) =>
      `while ${tap.recorderId} recorded ${tap.target} since ${one.from} (by ${one.cause}); ` +
      `answered at ${from}, relied on until ${relied}`;
    return journals
      .recordings(tap.recorderId, tap.target, from + ROUNDING_MS, Math.max(relied, from + 1))
      .flatMap((one) => {
        // What tacet itself lets go of is known beforehand: no time is allowed for it.
        if (one.cause === "command") {
          return one.from < relied - ROUNDING_MS && from < relied ? [lie(heard(one))] : [];
        }
        if (one.from >= from) return [];
        if (wasHeardSilent(one, tap)) return [lie(heard(one))];
        const ageMs = from - one.from;
        const unknownMs = journals.unknownMs(tap.recorderId, one.from, from);
        return ageMs > unknownMs ? [lie(`${heard(one)}, ${ageMs} ms, ${unknownMs} allowed`)] : [];
      });
  });
}

/** It recorded already when it is said to have answered that it does not. */
const wasHeardSilent = (one: Recording, { silentAskedAt }: TapFold): boolean =>
  one.from < silentAskedAt - CLOCK_MS;

/** A stretch of time in which one desktop showed one call as secured. */
export interface Belief {
  readonly reader: string;
  readonly callId: string;
  readonly from: number;
  readonly until: number;
  readonly position: number;
  /** Kept over a lost connection; what changed meanwhile is on its way. */
  readonly isKept: boolean;
}

export function judgeBelief(belief: Belief, { book, journals }: Omit<Court, "asks">): Finding[] {
  const { callId, from, isKept, position, reader, until } = belief;
  const lie = (detail: string): Finding => ({
    breach: "false_secured",
    detail: `${reader} showed ${callId} as secured from ${from} until ${until} ${detail}`,
  });
  const fold = book.foldAt(callId, position);
  const windows = [...fold.windows.keys()];
  if (!windows.some((windowId) => isSecured(fold, windowId))) {
    return [lie(`although at ${position} the log had not secured it`)];
  }
  const taps = [...(book.calls.get(callId)?.taps.values() ?? [])].filter((tap) => tap.required);
  return taps.flatMap((tap) => {
    const { recorderId, target } = tap;
    return journals.recordings(recorderId, target, from, until).flatMap((one) => {
      const [since, to] = shared(one, tap, until);
      if (to <= Math.max(since, from)) return [];
      const heard = `while ${recorderId} recorded ${target} (by ${one.cause}) from ${since} to ${to}`;
      const then = fold.taps.get(tap.tapId);
      if (then?.silent === true && wasHeardSilent(one, then)) return [lie(heard)];
      const onTheWayMs = DELIVERY_MS + journals.onTheWayMs(since, to);
      if (isKept && to - Math.max(since, from) <= onTheWayMs) return [];
      const allowedMs = journals.unknownMs(recorderId, since, to) + onTheWayMs;
      if (to - since <= allowedMs) return [];
      return [lie(`${heard}, ${allowedMs} ms allowed`)];
    });
  });
}

/** The part of a recording that the desktop should have known of. */
function shared(one: Recording, { addedAt, leftAt = Infinity }: TapFold, until: number) {
  return [Math.max(one.from, addedAt), Math.min(one.until, until, leftAt)] as const;
}
