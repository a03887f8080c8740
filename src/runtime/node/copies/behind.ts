/**
 * Tells of a copy that fell behind, and once it has caught up: in the operators' lines, by an alert,
 * and as entries, which are few however it goes.
 *
 * @module
 */
import type { AlertSink } from "../../../alerts/alert.ts";
import type { EpochMs } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import type { Logger } from "../../../http/deps.ts";
import type { CopyConfig } from "../../../policy/configCopies.ts";
import type { EnterLater } from "../enterLater.ts";
import type { CopyStanding } from "./copier.ts";

/** Between two entries about one destination: they are copied too, and must not feed themselves. */
const TOLD_MS_MIN = 60_000;

interface Told {
  isBehind: boolean;
  at: EpochMs;
}

export interface BehindOptions {
  readonly clock: Clock;
  readonly entries: Pick<EnterLater, "enter">;
  readonly logger: Logger;
  readonly sink: AlertSink;
  readonly toldMsMin?: number;
}

export function behindWatch(options: BehindOptions): {
  look(copy: CopyConfig, standing: CopyStanding): void;
} {
  const { clock, entries, logger, sink, toldMsMin = TOLD_MS_MIN } = options;
  /** One a destination. */
  const told = new Map<string, Told>();

  function tell(id: string, isBehind: boolean, { failure, lag }: CopyStanding): void {
    const now = clock.now();
    told.set(id, { isBehind, at: now });
    entries.enter({
      type: isBehind ? "CopyFellBehind" : "CopyCaughtUp",
      at: now,
      component: "copies",
      outcome: isBehind ? "failure" : "success",
      ...(isBehind && failure !== undefined ? { reason: failure.why } : {}),
      detail: { destination: id, lagEntries: lag.entries, lagMs: lag.ms },
    });
    const cause = failure?.why ?? "slow";
    if (isBehind) {
      sink.raise({ kind: "copy_behind", destination: id, cause, since: now - lag.ms });
      logger.error({ name: id, kind: cause }, "the log's copy fell behind");
    } else logger.info({ name: id }, "the log's copy has caught up");
  }

  return {
    look({ behindMs, id }, standing) {
      const { at, isBehind } = told.get(id) ?? { isBehind: false, at: -Infinity };
      // One that an earlier process raised may be over by now.
      if (!isBehind && standing.lag.ms < behindMs) {
        sink.resolve({ kind: "copy_behind", destination: id }, clock.now());
      }
      if (clock.now() - at < toldMsMin) return;
      if (!isBehind && standing.lag.ms >= behindMs) tell(id, true, standing);
      else if (isBehind && standing.lag.ms <= behindMs / 2) tell(id, false, standing);
    },
  };
}
