/**
 * What is measured, as an interface: the runtime keeps the numbers, and what belongs to a call's
 * own changes is read off them here.
 *
 * @module
 */
import { hasOpenWindow } from "../control/conclude.ts";
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
  logCommitted() {},
  shed() {},
  render: () => Promise.resolve({ contentType: "text/plain", text: "" }),
};

interface Seen {
  readonly unsecuredMs: number;
  readonly unrecordedMs: number;
  readonly openCount: number;
  /** Taps that were silent, to tell drift from a first sight. */
  readonly silent: ReadonlySet<string>;
}

const NOTHING_SEEN: Seen = {
  unsecuredMs: 0,
  unrecordedMs: 0,
  openCount: 0,
  silent: new Set(),
};

/**
 * Feeds the metrics from durable changes, for the place where the hub is fed too. What it remembers
 * of a call goes when the call ends.
 */
export function observeChanges(metrics: Metrics): (change: CallChange) => void {
  const seen = new Map<string, Seen>();
  return (change) => {
    const key = `${change.tenant}\n${change.callId}`;
    const before = seen.get(key) ?? NOTHING_SEEN;
    countEvents(metrics, change, before.silent);
    const { state } = change;
    metrics.unsecured(Math.max(0, state.unsecuredMs - before.unsecuredMs) / 1000);
    metrics.unrecorded(Math.max(0, state.unrecordedMs - before.unrecordedMs) / 1000);
    const windows = Object.values(state.windows);
    const openCount = windows.filter((window) => window.state === "open").length;
    metrics.windowsOpen(openCount - before.openCount);
    if (state.endedAt !== undefined) {
      seen.delete(key);
      return;
    }
    const silent = Object.values(state.taps).filter((tap) => tap.status === "paused");
    seen.set(key, {
      unsecuredMs: state.unsecuredMs,
      unrecordedMs: state.unrecordedMs,
      openCount,
      silent: new Set(silent.map((tap) => tap.tapId)),
    });
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
