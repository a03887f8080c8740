/**
 * The simulated recorder's channels: every member the vendor documents, the calls they carry, and
 * the journal of what was truly recorded.
 *
 * @module
 */
import type { EpochMs, RecorderStatus } from "../../control/call.ts";
import type { JournalLine } from "../simulator.ts";

type Heard = Exclude<RecorderStatus, "unknown">;

/** The documented channel state, and behind it what no reply shows. */
export interface Channel {
  readonly channel: number;
  start_tm: number;
  direction: number;
  caller_id: string;
  dialed: string;
  note: string;
  extension: string;
  ch_name: string;
  agent_id: string;
  client_id: string;
  session_id: string;
  source: number;
  flag: number;
  campaign_id: string;
  device_id: string;
  enable: boolean;
  record: boolean;
  mute: boolean;
  onoff: boolean;
  /** The SIP call it carries, where its hardware knows one. */
  call?: { readonly id: string; readonly hw: string };
  /** The name its conversation was begun by; its number between calls. */
  name: string;
  /** Something of this conversation was recorded, so that silence in it is somebody's doing. */
  began: boolean;
}

const textMembers = [
  "caller_id",
  "dialed",
  "note",
  "extension",
  "ch_name",
  "agent_id",
  "client_id",
  "session_id",
  "campaign_id",
  "device_id",
] as const;

export class Channels {
  readonly journal: JournalLine[] = [];
  readonly #now: () => EpochMs;
  readonly #changed: (channel: Channel) => void;
  readonly #all: readonly Channel[];
  #begun = 0;

  /** `changed` is told of every channel as it then is. */
  constructor(countMax: number, now: () => EpochMs, changed: (channel: Channel) => void) {
    this.#now = now;
    this.#changed = changed;
    this.#all = Array.from({ length: countMax }, (_, at) => idle(at + 1));
  }

  all(): readonly Channel[] {
    return this.#all;
  }

  byNumber(channel: number): Channel | undefined {
    return this.#all[channel - 1];
  }

  /** A live call of this hardware. */
  byCall(callId: string, hw: string): Channel | undefined {
    return this.#all.find(
      (one) => one.onoff && one.call?.id === callId && one.call.hw === hw.toLowerCase(),
    );
  }

  /** By the name a conversation was begun by, or by channel number. */
  byName(name: string): Channel | undefined {
    return this.#all.find((one) => one.name === name) ?? this.byNumber(Number(name));
  }

  /**
   * A call begins: `target` is a channel number, or a SIP call id that takes `details.channel` or
   * the first idle one. `details` are the documented members as text, and `hw`, `call_id`.
   */
  begin(target: string, details: Readonly<Record<string, string>>): Channel {
    const isNumber = /^\d{1,3}$/.test(target);
    const wanted = isNumber ? target : details["channel"];
    const channel =
      wanted === undefined ? this.#all.find((one) => !one.onoff) : this.byNumber(Number(wanted));
    if (channel === undefined) throw new RangeError(`no channel for ${target}`);
    if (channel.onoff) this.end(channel.name);
    this.#begun += 1;
    const callId = isNumber ? details["call_id"] : target;
    this.#change(channel, "call", () => {
      channel.name = target;
      if (callId === undefined) delete channel.call;
      else channel.call = { id: callId, hw: details["hw"]?.toLowerCase() ?? "siprec" };
      channel.start_tm = Number(details["start_tm"] ?? this.#now());
      channel.session_id = callId ?? `session-${this.#begun}`;
      channel.direction = Number(details["direction"] ?? 1);
      channel.flag = Number(details["flag"] ?? 0);
      for (const member of textMembers) channel[member] = details[member] ?? channel[member];
      channel.onoff = true;
      channel.record = details["record"] !== "false";
    });
    return channel;
  }

  /** The call ends. A phone's extension stays on its channel, and so does a mute where told. */
  end(name: string, keepMute = false): void {
    const channel = this.byName(name);
    if (channel === undefined || !channel.onoff) return;
    this.#change(channel, "call", () => {
      const { channel: number, enable, extension, ch_name, mute } = channel;
      Object.assign(channel, idle(number), { name: channel.name, enable, extension, ch_name });
      channel.mute = keepMute && mute;
    });
    delete channel.call;
    channel.began = false;
    channel.name = String(channel.channel);
  }

  /** Sets members of a channel and journals what that changed of what is recorded. */
  set(channel: Channel, cause: JournalLine["cause"], members: Partial<Channel>): void {
    this.#change(channel, cause, () => Object.assign(channel, members));
  }

  heard(name: string): Heard {
    for (const line of this.journal.toReversed()) if (line.target === name) return line.status;
    return "absent";
  }

  #change(channel: Channel, cause: JournalLine["cause"], change: () => void): void {
    const { name } = channel;
    change();
    this.#changed(channel);
    const status = truth(channel);
    if (status === "recording") channel.began = true;
    for (const target of new Set([name, channel.name, String(channel.channel)])) {
      // The name that a conversation had is over with it; its channel goes on.
      const here = target === channel.name || target === String(channel.channel);
      const now = here ? status : "absent";
      if (this.heard(target) === now) continue;
      this.journal.push({ at: this.#now(), target, status: now, cause });
    }
  }
}

/** A channel records when it is enabled, on, recording and not muted. */
function truth(channel: Channel): Heard {
  if (!channel.enable || !channel.onoff) return "absent";
  if (channel.record) return channel.mute ? "paused" : "recording";
  return channel.began ? "paused" : "absent";
}

const idle = (channel: number): Channel => ({
  channel,
  start_tm: 0,
  direction: 2,
  caller_id: "",
  dialed: "",
  note: "",
  extension: "",
  ch_name: `Channel ${channel}`,
  agent_id: "",
  client_id: "",
  session_id: "",
  source: 0,
  flag: 0,
  campaign_id: "",
  device_id: "",
  enable: true,
  record: false,
  mute: false,
  onoff: false,
  name: String(channel),
  began: false,
});
