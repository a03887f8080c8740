/**
 * What Noojee's long poll tells of calls on extensions, and when a call is over: once no extension
 * that is listened to has it any more. Pure but for the timers it is given.
 *
 * @module
 */
import { z } from "zod";
import type { NotDone, PushedEnd } from "../../control/ports.ts";
import { callKey, extensionKey, UNIQUE_ID } from "./settings.ts";
import { badReply } from "./wire.ts";

const told = z.looseObject({
  seq: z.int().nonnegative(),
  Data: z.record(z.string(), z.array(z.unknown())).nullish(),
});
const event = z.looseObject({
  CallData: z.looseObject({
    status: z.string(),
    uniqueCallId: z.string(),
    secondaryUniqueCallId: z.string().nullish(),
  }),
});

/** Of its own Java client; letters' case says nothing. */
const OVER = "hungup";
/** A call that is handed on is rung elsewhere a moment after it was hung up here. */
const HANDED_ON_MS = 2_000;
/** Calls remembered at once: more than so many extensions have. What is beyond was never ended. */
export const CALL_COUNT_MAX = 10_000;

export interface CallEvent {
  readonly extension: string;
  /** A call's own id, and that of its other side where there is one. */
  readonly ids: readonly string[];
  readonly isOver: boolean;
}

export interface Polled {
  readonly seq: number;
  readonly events: readonly CallEvent[];
  readonly unreadableCount: number;
}

export function readPolled(body: unknown): Polled | NotDone {
  const parsed = told.safeParse(body);
  if (!parsed.success) return badReply("the answer to subscribe has no seq, or no list of calls");
  const events: CallEvent[] = [];
  let unreadableCount = 0;
  for (const [extension, list] of Object.entries(parsed.data.Data ?? {})) {
    for (const one of list) {
      const read = readEvent(extension, one);
      if (read === undefined) unreadableCount += 1;
      else events.push(read);
    }
  }
  return { seq: parsed.data.seq, events, unreadableCount };
}

function readEvent(extension: string, one: unknown): CallEvent | undefined {
  const parsed = event.safeParse(one);
  if (!parsed.success || !/^\d{1,12}$/.test(extension)) return undefined;
  const { secondaryUniqueCallId, status, uniqueCallId } = parsed.data.CallData;
  const ids = [uniqueCallId, secondaryUniqueCallId ?? ""].filter((id) => UNIQUE_ID.test(id));
  if (ids.length === 0) return undefined;
  return { extension, ids, isOver: status.toLowerCase().replaceAll(/\s/g, "") === OVER };
}

type After = (ms: number, run: () => void) => () => void;

export class LiveCalls {
  readonly #after: After;
  readonly #ended: (end: PushedEnd) => void;
  /** By a call's id: the extensions that have it, or the timer that tells that none does. */
  readonly #calls = new Map<string, { readonly at: Set<string>; cancel?: () => void }>();

  constructor(after: After, ended: (end: PushedEnd) => void) {
    this.#after = after;
    this.#ended = ended;
  }

  /** `isState`: what is told is how things are, and not what just happened. */
  heard({ extension, ids, isOver }: CallEvent, isState: boolean): void {
    for (const id of ids) {
      const call = this.#call(id);
      call.cancel?.();
      delete call.cancel;
      if (!isOver) call.at.add(extension);
      else call.at.delete(extension);
      if (call.at.size === 0) call.cancel = this.#after(HANDED_ON_MS, () => this.#over(id));
    }
    // Which call of the extension's it was is not known to whoever names the extension.
    if (isOver && !isState) {
      this.#ended({ targetKey: extensionKey(extension), isThisCall: false });
    }
  }

  get size(): number {
    return this.#calls.size;
  }

  stop(): void {
    for (const { cancel } of this.#calls.values()) cancel?.();
    this.#calls.clear();
  }

  #over(id: string): void {
    this.#calls.delete(id);
    this.#ended({ targetKey: callKey(id), isThisCall: true });
  }

  #call(id: string) {
    const known = this.#calls.get(id);
    if (known !== undefined) return known;
    const [oldest] = this.#calls;
    if (this.#calls.size >= CALL_COUNT_MAX && oldest !== undefined) {
      oldest[1].cancel?.();
      this.#calls.delete(oldest[0]);
    }
    const made: { readonly at: Set<string>; cancel?: () => void } = { at: new Set() };
    this.#calls.set(id, made);
    return made;
  }
}
