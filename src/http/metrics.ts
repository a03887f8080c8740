/**
 * What is measured, as an interface: the runtime keeps the numbers, and what belongs to a call's
 * own changes is read off them here.
 *
 * @module
 */
import { hasOpenWindow } from "../control/conclude.ts";
import type { CallChange } from "../control/ports.ts";

export type PauseOutcome = "secured" | "not_secured" | "gone" | "log_unavailable" | "refused";

/** Never throws. Seconds are fractional; counters only grow. */
export interface Metrics {
  pauseAnswered(outcome: PauseOutcome): void;
  /** From the turn's start to this recorder's confirmation. */
  recorderSecured(recorderId: string, seconds: number): void;
  unsecured(seconds: number): void;
  unrecorded(seconds: number): void;
  drifted(recorderId: string): void;
  retried(recorderId: string, count: number): void;
  windowsOpened(count: number): void;
  windowsEnded(count: number): void;
  logCommitted(seconds: number): void;
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
  windowsOpened() {},
  windowsEnded() {},
  logCommitted() {},
  render: () => Promise.resolve({ contentType: "text/plain", text: "" }),
};

interface Seen {
  unsecuredMs: number;
  unrecordedMs: number;
  /** Recorders confirmed silent, to tell drift from a first sight. */
  silent: ReadonlySet<string>;
}

/**
 * Feeds the metrics from durable changes, for the place where the hub is fed too. What it remembers
 * of a call goes when the call ends.
 */
export function observeChanges(metrics: Metrics): (change: CallChange) => void {
  const seen = new Map<string, Seen>();
  return (change) => {
    const key = `${change.tenant}\n${change.callId}`;
    const before = seen.get(key) ?? { unsecuredMs: 0, unrecordedMs: 0, silent: new Set() };
    countEvents(metrics, change, before.silent);
    const { state } = change;
    metrics.unsecured(Math.max(0, state.unsecuredMs - before.unsecuredMs) / 1000);
    metrics.unrecorded(Math.max(0, state.unrecordedMs - before.unrecordedMs) / 1000);
    if (state.endedAt !== undefined) {
      seen.delete(key);
      return;
    }
    const silent = Object.values(state.taps).filter((tap) => tap.status === "paused");
    seen.set(key, {
      unsecuredMs: state.unsecuredMs,
      unrecordedMs: state.unrecordedMs,
      silent: new Set(silent.map((tap) => tap.tapId)),
    });
  };
}

function countEvents(metrics: Metrics, change: CallChange, silent: ReadonlySet<string>): void {
  const { state, events } = change;
  for (const event of events) {
    switch (event.type) {
      case "WindowOpened":
        metrics.windowsOpened(1);
        break;
      case "WindowClosed":
      case "WindowExpired":
        metrics.windowsEnded(1);
        break;
      case "RecorderFailed":
        metrics.retried(event.recorderId, 1);
        break;
      case "RecorderReported": {
        if (event.status !== "paused") {
          const drift = hasOpenWindow(state) && silent.has(event.tapId);
          if (drift) metrics.drifted(event.recorderId);
          break;
        }
        const afterMs = state.taps[event.tapId]?.confirmedAfterMs;
        if (hasOpenWindow(state) && afterMs !== undefined) {
          metrics.recorderSecured(event.recorderId, afterMs / 1000);
        }
        break;
      }
      default:
        break;
    }
  }
}
