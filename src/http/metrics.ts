/**
 * What is measured, as an interface: the runtime keeps the numbers, and what belongs to a call's
 * own changes is read off them here.
 *
 * @module
 */
import type { CallState, Protection } from "../control/call.ts";
import { hasOpenWindow, protection } from "../control/conclude.ts";
import type { CallChange } from "../control/ports.ts";

type PauseOutcome = "secured" | "not_secured" | "gone" | "log_unavailable" | "refused";

/** Never throws. Seconds are fractional; counters only grow. */
export interface Metrics {
  pauseAnswered(outcome: PauseOutcome): void;
  /** From the turn's start to this recorder's confirmation. */
  recorderSecured(recorderId: string, seconds: number): void;
  unsecured(seconds: number): void;
  unrecorded(seconds: number): void;
  drifted(recorderId: string): void;
  retried(recorderId: string, count: number): void;
  /** By how many the open windows changed. */
  windowsOpen(change: number): void;
  /** By how many the calls of this word changed. Ended ones are not counted. */
  calls(protection: Exclude<Protection, "ended">, change: number): void;
  logCommitted(seconds: number): void;
  /**
   * Turned away: too much to do, or more than one principal may. `wait`: it was done, and not waited
   * for.
   */
  shed(tier: string, reason: "busy" | "allowance" | "wait"): void;
  /** The text the metrics endpoint answers, with its media type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export const noMetrics: Metrics = {
  pauseAnswered() {},
  recorderSecured() {},
  unsecured() {},
  unrecorded() {},
  drifted() {},
  retried() {},
  windowsOpen() {},
  calls() {},
  logCommitted() {},
  shed() {},
  render: () => Promise.resolve({ contentType: "text/plain", text: "" }),
};

interface Seen {
  readonly unsecuredMs: number;
  readonly unrecordedMs: number;
  readonly openCount: number;
  /** Undefined for a call that ended, or was never seen. */
  readonly word?: Exclude<Protection, "ended">;
  /** Taps that were silent, to tell drift from a first sight. */
  readonly silent: ReadonlySet<string>;
}

/**
 * Calls whose numbers are remembered, as many as the hub does. One more, and the call that changed
 * longest ago leaves the gauges until it changes again.
 */
const SEEN_COUNT_MAX = 100_000;

const NOTHING_SEEN: Seen = {
  unsecuredMs: 0,
  unrecordedMs: 0,
  openCount: 0,
  silent: new Set(),
};

export interface ChangeObserver {
  (change: CallChange): void;
  /** A call as an earlier process left it: what it summed up then is not counted again. */
  known(call: Pick<CallChange, "tenant" | "callId" | "state">): void;
}

/**
 * Feeds the metrics from durable changes, for the place where the hub is fed too. What it remembers
 * of a call goes when the call ends.
 */
export function observeChanges(
  metrics: Metrics,
  countMax: number = SEEN_COUNT_MAX,
): ChangeObserver {
  const seen = new Map<string, Seen>();
  const keyOf = ({ callId, tenant }: Pick<CallChange, "tenant" | "callId">) =>
    `${tenant}\n${callId}`;

  /** Gauges follow from what was seen before and what is seen now. */
  const see = (key: string, before: Seen, state: CallState): void => {
    const now = seenOf(state);
    metrics.windowsOpen(now.openCount - before.openCount);
    if (now.word !== before.word) {
      if (before.word !== undefined) metrics.calls(before.word, -1);
      if (now.word !== undefined) metrics.calls(now.word, 1);
    }
    seen.delete(key);
    if (now.word === undefined) return;
    seen.set(key, now);
    if (seen.size > countMax) forgetOldest();
  };

  const forgetOldest = (): void => {
    const [oldest] = seen;
    if (oldest === undefined) return;
    const [key, { openCount, word }] = oldest;
    seen.delete(key);
    metrics.windowsOpen(-openCount);
    if (word !== undefined) metrics.calls(word, -1);
  };

  const observe = (change: CallChange): void => {
    const key = keyOf(change);
    const before = seen.get(key) ?? unseen(change);
    const { state } = change;
    countEvents(metrics, change, before.silent);
    metrics.unsecured(Math.max(0, state.unsecuredMs - before.unsecuredMs) / 1000);
    metrics.unrecorded(Math.max(0, state.unrecordedMs - before.unrecordedMs) / 1000);
    see(key, before, state);
  };
  return Object.assign(observe, {
    known: (call: Pick<CallChange, "tenant" | "callId" | "state">) => {
      if (!seen.has(keyOf(call))) see(keyOf(call), NOTHING_SEEN, call.state);
    },
  });
}

/** A call with a past that was not seen: what it summed up before is nobody's to count. */
function unseen({ events, state }: CallChange): Seen {
  if (state.version <= events.length) return NOTHING_SEEN;
  const { unrecordedMs, unsecuredMs } = state;
  return { ...NOTHING_SEEN, unrecordedMs, unsecuredMs };
}

function seenOf(state: CallState): Seen {
  const word = protection(state);
  const windows = Object.values(state.windows);
  const silent = Object.values(state.taps).filter((tap) => tap.status === "paused");
  return {
    unsecuredMs: state.unsecuredMs,
    unrecordedMs: state.unrecordedMs,
    openCount: windows.filter((window) => window.state === "open").length,
    ...(word === "ended" ? {} : { word }),
    silent: new Set(silent.map((tap) => tap.tapId)),
  };
}

function countEvents(metrics: Metrics, change: CallChange, silent: ReadonlySet<string>): void {
  const { state, events } = change;
  const open = hasOpenWindow(state);
  for (const event of events) {
    if (event.type === "RecorderFailed") metrics.retried(event.recorderId, 1);
    if (event.type !== "RecorderReported" || !open) continue;
    const { recorderId, tapId } = event;
    if (event.status !== "paused") {
      if (silent.has(tapId)) metrics.drifted(recorderId);
      continue;
    }
    const afterMs = state.taps[tapId]?.confirmedAfterMs;
    if (afterMs !== undefined) metrics.recorderSecured(recorderId, afterMs / 1000);
  }
}
