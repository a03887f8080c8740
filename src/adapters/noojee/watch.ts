/**
 * Listening to Noojee: one long poll for all configured extensions, asked anew as long as somebody
 * listens, with growing pauses where it fails.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { NotDone, PushListener } from "../../control/ports.ts";
import type { WatchContext } from "../recorder.ts";
import type { Polled } from "./calls.ts";
import { LiveCalls, readPolled } from "./calls.ts";
import type { Ask } from "./talk.ts";
import { subscribeOf } from "./wire.ts";

/** The server answers when something happens, or after so long. */
const POLL_SECONDS = 30;
/** Beyond it, a server that does not answer is taken for lost. */
const LATE_MS = 15_000;
const AGAIN_MS_MIN = 1_000;
const AGAIN_MS_MAX = 30_000;
/** Between two polls, whatever the server answers and however fast; the vendor's own least. */
const BETWEEN_MS = 100;
/** Where it answered sooner than this and had nothing to tell. */
const IDLE_MS = 1_000;

export type Listening =
  | { readonly kind: "off" | "connecting" | "connected" }
  | { readonly kind: "lost"; readonly detail: string };

export interface Ends {
  watch(on: PushListener, ctx: WatchContext): () => void;
  readonly listening: Listening;
  readonly unreadableCount: number;
}

/** `reconnected` and `ended` are told to all who listen; the first opens the poll, the last ends it. */
export function endsOf(extensions: readonly string[], ask: Ask): Ends {
  const watchers = new Set<PushListener>();
  let stop: (() => void) | undefined;
  let listening: Listening = { kind: "off" };
  let unreadableCount = 0;

  const open = (ctx: WatchContext): (() => void) => {
    const stopped = new AbortController();
    const calls = new LiveCalls(ctx.after, (end) => {
      for (const watcher of watchers) watcher.ended?.(end);
    });
    let cancel: (() => void) | undefined;
    let seq = 0;
    /** Nothing was told since the count began: what comes is how things are. */
    let isUntold = true;
    let failures = 0;

    const poll = async (): Promise<void> => {
      const askedAt = ctx.now();
      const isFirst = listening.kind !== "connected";
      const told = await pollOnce(isFirst ? 0 : POLL_SECONDS, ctx, stopped.signal);
      if (stopped.signal.aborted) return;
      if ("kind" in told) return lost(told);
      again(heard(told, askedAt, isFirst));
    };
    /** Without waiting at first: whether it answers at all is known soon. */
    const pollOnce = async (
      seconds: number,
      { now, send }: WatchContext,
      end: AbortSignal,
    ): Promise<Polled | NotDone> => {
      const late = AbortSignal.timeout(seconds * 1_000 + LATE_MS);
      const signal = AbortSignal.any([end, late]);
      const answer = await ask(subscribeOf(extensions, seq, seconds), { now, send, signal });
      return answer.kind === "told" ? readPolled(answer.body) : answer;
    };
    const heard = (told: Polled, askedAt: EpochMs, isFirst: boolean): number => {
      // Another count than the one it was asked by: it began anew, and what was between is lost.
      const isAnew = told.seq < seq;
      const isState = isUntold;
      unreadableCount += told.unreadableCount;
      failures = 0;
      seq = isAnew ? 0 : told.seq;
      isUntold = isAnew;
      listening = { kind: "connected" };
      for (const event of told.events) calls.heard(event, isState);
      if (isFirst || isAnew) watchers.forEach((watcher) => watcher.reconnected());
      if (isFirst || told.events.length > 0) return BETWEEN_MS;
      return ctx.now() - askedAt < IDLE_MS ? IDLE_MS : BETWEEN_MS;
    };
    const lost = (trouble: NotDone): void => {
      listening = { kind: "lost", detail: trouble.detail ?? trouble.kind };
      // What it says of this number is no: it is asked how things are.
      if (trouble.kind === "refused") {
        seq = 0;
        isUntold = true;
      }
      const waitMs = Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** Math.min(failures, 10));
      failures += 1;
      again(Math.max(waitMs, "retryAfterMs" in trouble ? (trouble.retryAfterMs ?? 0) : 0));
    };
    const again = (ms: number): void => {
      cancel = ctx.after(ms, () => void poll());
    };

    listening = { kind: "connecting" };
    void poll();
    return () => {
      listening = { kind: "off" };
      stopped.abort();
      cancel?.();
      calls.stop();
    };
  };

  return {
    watch(on, ctx) {
      watchers.add(on);
      stop ??= open(ctx);
      if (listening.kind === "connected") {
        queueMicrotask(() => {
          if (watchers.has(on)) on.reconnected();
        });
      }
      return () => {
        if (!watchers.delete(on) || watchers.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
    get listening() {
      return listening;
    },
    get unreadableCount() {
      return unreadableCount;
    },
  };
}
