/**
 * What the simulated recorder keeps of what it recorded: a file for each stretch that it recorded a
 * channel, silent where it was muted, with the fields the vendor documents.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { SilentStretch } from "../wav.ts";
import type { Channel } from "./channels.ts";

/** As it is kept. Times are Unix ms; `mutes` with no end go on. */
export interface Kept {
  readonly record_id: string;
  readonly archive_id: string;
  readonly record_type: string;
  readonly channel: number;
  readonly start_tm: EpochMs;
  end_tm?: EpochMs;
  modified: 0 | 1;
  fields: KeptFields;
  readonly mutes: { from: EpochMs; to?: EpochMs }[];
}

type KeptFields = Pick<
  Channel,
  | "session_id"
  | "ch_name"
  | "direction"
  | "agent_id"
  | "client_id"
  | "campaign_id"
  | "extension"
  | "dialed"
  | "caller_id"
  | "note"
  | "flag"
  | "device_id"
>;

/** Files that are kept; the oldest are given up. */
const KEPT_COUNT_MAX = 10_000;

export class KeptRecordings {
  readonly #now: () => EpochMs;
  #all: Kept[] = [];
  readonly #open = new Map<number, Kept>();

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  all(): readonly Kept[] {
    return this.#all;
  }

  byId(id: string): Kept | undefined {
    return this.#all.find((one) => idOf(one) === id);
  }

  /** A channel is as it is now: its file begins, goes on, is silent, or ends. */
  follow(channel: Channel): void {
    const records = channel.enable && channel.onoff && channel.record;
    const open = this.#open.get(channel.channel);
    if (!records) {
      if (open !== undefined) this.#close(open);
      return;
    }
    const kept = open ?? this.#begin(channel);
    kept.fields = fieldsOf(channel);
    const last = kept.mutes.at(-1);
    const isMuted = last !== undefined && last.to === undefined;
    if (channel.mute && !isMuted) kept.mutes.push({ from: this.#now() });
    if (!channel.mute && isMuted) last.to = this.#now();
  }

  /** Put there as though it had been recorded long ago. */
  add(kept: Kept): void {
    this.#all.push(kept);
    if (this.#all.length > KEPT_COUNT_MAX) this.#all = this.#all.slice(-KEPT_COUNT_MAX);
  }

  #begin(channel: Channel): Kept {
    const start_tm = this.#now();
    const kept: Kept = {
      record_id: this.#freeId(channel.channel, start_tm),
      archive_id: "MAIN",
      record_type: "VSL",
      channel: channel.channel,
      start_tm,
      modified: 0,
      fields: fieldsOf(channel),
      mutes: [],
    };
    this.add(kept);
    this.#open.set(channel.channel, kept);
    return kept;
  }

  #close(kept: Kept): void {
    kept.end_tm = this.#now();
    const last = kept.mutes.at(-1);
    if (last !== undefined) last.to ??= kept.end_tm;
    this.#open.delete(kept.channel);
  }

  /** Two that began in one second: the next second's name is taken. */
  #freeId(channel: number, at: EpochMs): string {
    const taken = new Set(this.#all.map((one) => one.record_id));
    for (let second = 0; ; second += 1) {
      const id = recordIdOf(channel, at + second * 1_000);
      if (!taken.has(id)) return id;
    }
  }
}

/** YYYYMMDDHHMMSS_CCC_0, as documented; that it is in UTC is this simulator's choice. */
export function recordIdOf(channel: number, at: EpochMs): string {
  const stamp = new Date(at).toISOString().replaceAll(/\D/g, "").slice(0, 14);
  return `${stamp}_${String(channel).padStart(3, "0")}_0`;
}

export const idOf = ({ archive_id, record_id, record_type }: Kept): string =>
  `${archive_id}.${record_id}.${record_type}`;

/** Where the file is silent, in ms of its own time. */
export function silenceIn(kept: Kept, now: EpochMs): readonly SilentStretch[] {
  return kept.mutes.map(({ from, to }) => ({
    fromMs: from - kept.start_tm,
    toMs: (to ?? kept.end_tm ?? now) - kept.start_tm,
  }));
}

function fieldsOf(channel: Channel): KeptFields {
  const { session_id, ch_name, direction, agent_id, client_id, campaign_id } = channel;
  const { extension, dialed, caller_id, note, flag, device_id } = channel;
  return {
    ...{ session_id, ch_name, direction, agent_id, client_id, campaign_id },
    ...{ extension, dialed, caller_id, note, flag, device_id },
  };
}
