/**
 * What Asterisk's events have told of MixMonitors on this connection. Nothing else tells whether one
 * is muted, so nothing is known of what was before. Pure.
 *
 * @module
 */
import type { Fields } from "./frames.ts";

/** Channels that are remembered; of the one that changed longest ago nothing is known any more. */
export const CHANNEL_COUNT_MAX = 20_000;

export interface KnownChannel {
  /** MixMonitors whose start was heard, or that were muted; 0: the last one ended. */
  readonly monitorCount: number;
  /** What each direction last became; undefined where no event told. */
  readonly read: boolean;
  readonly write: boolean;
}

/** `gone`: the channel hung up. */
export type Change = { readonly uniqueId: string; readonly channel: KnownChannel | "gone" };

const RECORDED = { read: false, write: false } as const;

export class Channels {
  readonly #known = new Map<string, KnownChannel>();

  get(uniqueId: string): KnownChannel | undefined {
    return this.#known.get(uniqueId);
  }

  /** The connection was lost: whatever happens now is not heard. */
  clear(): void {
    this.#known.clear();
  }

  /** What an event changed; undefined where it is about something else. */
  hear(name: string, fields: Fields): Change | undefined {
    const uniqueId = fields.get("uniqueid");
    if (uniqueId === undefined || uniqueId === "") return undefined;
    const before = this.#known.get(uniqueId);
    const count = before?.monitorCount ?? 0;
    switch (name) {
      // One that has just begun is not muted, whatever the channel's other ones are.
      case "MixMonitorStart":
        return this.#become(uniqueId, { monitorCount: count + 1, ...RECORDED });
      case "MixMonitorStop":
        return this.#become(uniqueId, {
          ...(before ?? RECORDED),
          monitorCount: Math.max(0, count - 1),
        });
      case "MixMonitorMute":
        return this.#muted(uniqueId, before, fields);
      case "Hangup":
        this.#known.delete(uniqueId);
        return { uniqueId, channel: "gone" };
      default:
        return undefined;
    }
  }

  #muted(uniqueId: string, before: KnownChannel | undefined, fields: Fields): Change | undefined {
    const [direction = "", state = ""] = [fields.get("direction"), fields.get("state")];
    if (!/^[01]$/.test(state)) return undefined;
    const muted = state === "1";
    const { read, write } = before ?? RECORDED;
    const monitorCount = Math.max(1, before?.monitorCount ?? 0);
    switch (direction) {
      case "both":
        return this.#become(uniqueId, { monitorCount, read: muted, write: muted });
      case "read":
        return this.#become(uniqueId, { monitorCount, read: muted, write });
      case "write":
        return this.#become(uniqueId, { monitorCount, read, write: muted });
      default:
        return undefined;
    }
  }

  #become(uniqueId: string, channel: KnownChannel): Change {
    this.#known.delete(uniqueId);
    this.#known.set(uniqueId, channel);
    if (this.#known.size > CHANNEL_COUNT_MAX) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return { uniqueId, channel };
  }
}

/** What is recorded of such a channel, and why where it is not plain. */
export function statusOf(
  { monitorCount, read, write }: KnownChannel,
  mutesEvery: boolean,
): { readonly status: "recording" | "paused" | "absent"; readonly detail?: string } {
  if (monitorCount === 0) return { status: "absent", detail: "its MixMonitor ended" };
  if (read !== write) return { status: "recording", detail: "muted in one direction only" };
  if (!read) return { status: "recording" };
  if (monitorCount === 1 || mutesEvery) return { status: "paused" };
  const detail = `${monitorCount} MixMonitors, and this version mutes the first only`;
  return { status: "recording", detail };
}
