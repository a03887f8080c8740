/**
 * Which channels were silenced for an extension, an agent or a session, so that the resume undoes
 * those, wherever the target points to by then. Memory only: after a start the target is resolved.
 *
 * @module
 */
import type { ChannelRow, SilenceBy } from "./state.ts";
import { sessionOf } from "./state.ts";
import { boundedMap } from "./resolve.ts";

interface Held {
  readonly channel: number;
  readonly session: string | undefined;
  readonly restored: boolean;
}

/** Targets whose channels are remembered, and channels of one; the oldest are forgotten. */
export const TARGET_COUNT_MAX = 10_000;
const CHANNEL_COUNT_MAX = 8;
/** Channels of which it is remembered for whom they were silenced last. */
export const SILENCED_COUNT_MAX = 10_000;

export interface HeldChannels {
  silenced(key: string, channel: number, session: string | undefined): void;
  /** A resume was acknowledged: the next window starts with nothing. */
  restored(key: string): void;
  /**
   * Channels that tacet silenced for this target and nobody silenced since, newest first: those
   * that carry the same conversation, and those whose mute outlived it.
   */
  toRestore(key: string, rows: readonly ChannelRow[]): readonly ChannelRow[];
}

export function heldChannels(silenceBy: SilenceBy): HeldChannels {
  const held = boundedMap<readonly Held[]>(TARGET_COUNT_MAX);
  const lastSilencer = boundedMap<string>(SILENCED_COUNT_MAX);
  return {
    silenced(key, channel, session) {
      const others = (held.get(key) ?? []).filter(
        (one) => !one.restored && one.channel !== channel,
      );
      held.set(key, [{ channel, session, restored: false }, ...others].slice(0, CHANNEL_COUNT_MAX));
      lastSilencer.set(String(channel), key);
    },
    restored(key) {
      const all = held.get(key);
      if (all !== undefined)
        held.set(
          key,
          all.map((one) => ({ ...one, restored: true })),
        );
    },
    toRestore(key, rows) {
      return (held.get(key) ?? []).flatMap((one) => {
        const row = rows.find(({ channel }) => channel === one.channel);
        if (row === undefined || lastSilencer.get(String(one.channel)) !== key) return [];
        const same = one.session !== undefined && sessionOf(row) === one.session;
        // To start a recording where the conversation is over would record somebody else's.
        const outlived = silenceBy === "mute" && row.mute === true && !one.restored;
        return same || outlived ? [row] : [];
      });
    },
  };
}
