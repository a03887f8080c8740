/**
 * What a simulated Asterisk truly records with MixMonitor: channels, each with the MixMonitors on
 * it, and a journal of every change.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { JournalLine } from "../simulator.ts";

type Heard = JournalLine["status"];

interface Monitor {
  read: boolean;
  write: boolean;
}

export interface Channel {
  readonly uniqueId: string;
  readonly name: string;
  /** Stays set when its MixMonitor ends. */
  file: string | undefined;
  readonly monitors: Monitor[];
}

export type Direction = "read" | "write" | "both";
/** An event as Asterisk tells it, with the channel it is about. */
export type Tell = (
  name: string,
  channel: Channel,
  more?: Readonly<Record<string, string>>,
) => void;

export class Channels {
  readonly journal: JournalLine[] = [];
  tell: Tell = () => undefined;
  readonly #now: () => EpochMs;
  /** Whether a mute is of every MixMonitor of a channel; before 18.18 and 20.3 it is of the first. */
  readonly #mutesAll: boolean;
  readonly #live = new Map<string, Channel>();

  constructor(now: () => EpochMs, mutesAll: boolean) {
    this.#now = now;
    this.#mutesAll = mutesAll;
  }

  find(id: string): Channel | undefined {
    return this.#live.get(id) ?? [...this.#live.values()].find(({ name }) => name === id);
  }

  begin(uniqueId: string, name: string, isMonitored: boolean): void {
    const channel: Channel = { uniqueId, name, file: undefined, monitors: [] };
    this.#live.set(uniqueId, channel);
    if (isMonitored) this.monitor(uniqueId);
  }

  /** Another MixMonitor starts on the channel. */
  monitor(uniqueId: string): void {
    this.#change(uniqueId, "call", (channel) => {
      channel.file = `/var/spool/asterisk/monitor/${uniqueId}.wav`;
      channel.monitors.push({ read: false, write: false });
      this.tell("MixMonitorStart", channel);
    });
  }

  stopMonitor(uniqueId: string): void {
    this.#change(uniqueId, "call", (channel) => {
      if (channel.monitors.shift() !== undefined) this.tell("MixMonitorStop", channel);
    });
  }

  end(uniqueId: string): void {
    this.#change(uniqueId, "call", (channel) => {
      channel.monitors.length = 0;
      this.tell("Hangup", channel, { Cause: "16" });
    });
    this.#live.delete(uniqueId);
  }

  /** False where there is nothing to mute. `isTold` false: no event comes of it. */
  mute(
    channel: Channel,
    direction: Direction,
    muted: boolean,
    cause: JournalLine["cause"],
    isTold = true,
  ): boolean {
    if (channel.monitors.length === 0) return false;
    this.#change(channel.uniqueId, cause, () => {
      for (const monitor of channel.monitors.slice(0, this.#mutesAll ? undefined : 1)) {
        if (direction !== "write") monitor.read = muted;
        if (direction !== "read") monitor.write = muted;
      }
    });
    if (isTold) this.tellMute(channel, direction, muted);
    return true;
  }

  tellMute(channel: Channel, direction: Direction, muted: boolean): void {
    this.tell("MixMonitorMute", channel, { Direction: direction, State: muted ? "1" : "0" });
  }

  heard(uniqueId: string): Heard {
    return this.journal.findLast((line) => line.target === uniqueId)?.status ?? "absent";
  }

  #change(uniqueId: string, cause: JournalLine["cause"], act: (channel: Channel) => void): void {
    const channel = this.#live.get(uniqueId);
    if (channel === undefined) return;
    const before = heardIn(channel);
    act(channel);
    const status = heardIn(channel);
    if (status !== before) {
      this.journal.push({ at: this.#now(), target: uniqueId, status, cause });
    }
  }
}

function heardIn({ monitors }: Channel): Heard {
  if (monitors.length === 0) return "absent";
  return monitors.every(({ read, write }) => read && write) ? "paused" : "recording";
}
