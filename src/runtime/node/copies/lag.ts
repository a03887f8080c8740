/**
 * How far a destination is behind the log: in entries, and by the age of the oldest entry that it
 * was not confirmed to have.
 *
 * @module
 */
import type { EpochMs } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import type { Stream, Streams } from "./streams.ts";

export interface Lag {
  readonly entries: number;
  readonly ms: number;
}

export interface LagWatch {
  now(): Lag;
  /** Reads the oldest entry of each log that stands where it stood at the last look. Never rejects. */
  measure(): Promise<void>;
}

interface Oldest {
  readonly position: number;
  readonly at: EpochMs;
  /** From the entry itself; else from when it was first seen to wait. */
  readonly isRead: boolean;
}

export function lagWatch(options: { readonly clock: Clock; readonly streams: Streams }): LagWatch {
  const { clock, streams } = options;
  /** Of the logs that lag, by origin: as many as there are logs. */
  const oldest = new Map<string, Oldest>();
  let measuring: Promise<void> | undefined;

  async function measure(): Promise<void> {
    for (const stream of streams.all()) {
      const { confirmed, log, origin, tenant } = stream;
      const known = oldest.get(origin);
      const position = confirmed + 1;
      if (log.size(tenant) < position) oldest.delete(origin);
      else if (known?.position !== position) {
        oldest.set(origin, { position, at: clock.now(), isRead: false });
      } else if (!known.isRead) {
        const at = await writtenAt(stream, confirmed).catch(() => undefined);
        oldest.set(origin, { position, at: at ?? known.at, isRead: true });
      }
    }
  }

  async function writtenAt({ log, tenant }: Stream, after: number): Promise<EpochMs | undefined> {
    const { entries } = await log.read(tenant, {}, after, 1);
    return entries[0]?.at;
  }

  return {
    now() {
      let entries = 0;
      let ms = 0;
      for (const { confirmed, log, origin, tenant } of streams.all()) {
        const count = log.size(tenant) - confirmed;
        if (count <= 0) continue;
        entries += count;
        const known = oldest.get(origin);
        if (known?.position === confirmed + 1) ms = Math.max(ms, clock.now() - known.at);
      }
      return { entries, ms };
    },
    measure() {
      // A log that hangs is asked once.
      measuring ??= measure().finally(() => {
        measuring = undefined;
      });
      return measuring;
    },
  };
}
