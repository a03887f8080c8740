/**
 * What a request asks the simulated recorder to change: the commands of `channel-cmd`, and the
 * members of `channel-state` and `call-state`.
 *
 * @module
 */
import type { Channel, Channels } from "./channels.ts";

export type Order = {
  /** Members to set, in the recorder's own names. */
  readonly members: Partial<Channel>;
  /** The version that has this resource. */
  readonly since: string;
  /** Why it cannot be obeyed. */
  readonly problem?: string;
} & (
  | { readonly by: "channel"; readonly channel: number }
  | { readonly by: "call"; readonly callId: string; readonly hw: string }
);

const commands: Readonly<Record<string, Partial<Channel>>> = {
  recstart: { record: true },
  recstop: { record: false },
  mute: { mute: true },
  unmute: { mute: false },
  enable: { enable: true },
  disable: { enable: false },
  update: {},
};
const anyTime = ["extension"] as const;
const inCall = ["dialed", "caller_id", "note", "session_id", "device_id"] as const;
const switches = ["mute", "record", "enable"] as const;

/** Undefined for requests that only ask. */
export function orderOf(
  method: string,
  res: string,
  query: Readonly<Record<string, string>>,
  form: Readonly<Record<string, string>>,
): Order | undefined {
  if (res === "channel-cmd" && method === "GET") {
    const command = commands[query["cmd"] ?? ""];
    return {
      by: "channel",
      channel: Number(query["channel"]),
      since: "4.9.5.0",
      members: { ...fieldsOf(query), ...command },
      ...(command === undefined ? { problem: "unknown command" } : {}),
    };
  }
  if (method !== "POST") return undefined;
  const members = { ...fieldsOf(form), ...switchesOf(form) };
  if (res === "channel-state") {
    return { by: "channel", channel: Number(form["channel"]), since: "4.6.1.4", members };
  }
  if (res === "call-state") {
    const { call_id: callId = "", hw = "" } = form;
    const { enable: _, ...rest } = members;
    return { by: "call", callId, hw, since: "5.1.0.0", members: rest };
  }
  return undefined;
}

/** Whether an order silences, restores, or (undefined) changes nothing of what is recorded. */
export function silences(order: Order): boolean | undefined {
  const { mute, record, enable } = order.members;
  if (mute !== undefined) return mute;
  if (record !== undefined) return !record;
  return enable === undefined ? undefined : !enable;
}

/** A repeat: all its switches stand so already. */
export function changesNothing(channel: Channel, order: Order): boolean {
  const asked = switches.filter((name) => order.members[name] !== undefined);
  return asked.length > 0 && asked.every((name) => order.members[name] === channel[name]);
}

/** Fields that are "applicable only if call is in progress" are left alone when none is. */
export function apply(channels: Channels, channel: Channel, order: Order): void {
  const entries = Object.entries(order.members).filter(
    ([name]) => channel.onoff || !(inCall as readonly string[]).includes(name),
  );
  channels.set(channel, "command", Object.fromEntries(entries));
}

function fieldsOf(told: Readonly<Record<string, string>>): Partial<Channel> {
  const texts = [...anyTime, ...inCall].filter((name) => told[name] !== undefined);
  const fields: Partial<Channel> = Object.fromEntries(texts.map((name) => [name, told[name]]));
  const flag = Number(told["flag"]);
  if (told["flag"] !== undefined && flag >= 0 && flag <= 10) fields.flag = flag;
  if (/^[012]$/.test(told["direction"] ?? "")) fields.direction = Number(told["direction"]);
  return fields;
}

function switchesOf(told: Readonly<Record<string, string>>): Partial<Channel> {
  const given = switches.filter((name) => told[name] === "true" || told[name] === "false");
  return Object.fromEntries(given.map((name) => [name, told[name] === "true"]));
}
