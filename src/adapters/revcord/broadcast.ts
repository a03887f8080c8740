/**
 * What Revcord broadcasts: a list of calls that are complete. Each is told as an end, by every name
 * under which a target may know it. Pure.
 *
 * @module
 */
import type { PushedEnd } from "../../control/ports.ts";
import { readCall, readJson } from "./call.ts";
import type { RevcordCall } from "./call.ts";
import { keyOf, secondOf } from "./settings.ts";

export interface Completed {
  readonly ends: readonly PushedEnd[];
  /** Calls, or whole events, that are not what the vendor describes. */
  readonly unreadableCount: number;
}

/** An event with more calls is no event of this vendor's. */
const CALL_COUNT_MAX = 1_000;

/** The documented list, its JSON, or its calls one by one. `channelsOf` gives a name's channels. */
export function readCompleted(
  args: readonly unknown[],
  timeZone: string,
  channelsOf: (channelName: string) => readonly string[],
): Completed {
  const raw = args.flatMap((arg) => {
    const told = typeof arg === "string" ? readJson(arg) : arg;
    return Array.isArray(told) ? (told as readonly unknown[]) : [told];
  });
  if (raw.length === 0 || raw.length > CALL_COUNT_MAX) return { ends: [], unreadableCount: 1 };
  const calls = raw.map((one) => readCall(one, timeZone));
  return {
    ends: calls.flatMap((call) => ("problem" in call ? [] : endsOf(call, channelsOf))),
    unreadableCount: calls.filter((call) => "problem" in call).length,
  };
}

function endsOf(
  { callId, channelName, startAt }: RevcordCall,
  channelsOf: (channelName: string) => readonly string[],
): readonly PushedEnd[] {
  const byId = { targetKey: keyOf({ callId }), isThisCall: true };
  const channels = channelName === "" ? [] : [...channelsOf(channelName), channelName];
  const onChannels = [...new Set(channels.map((channel) => channel.toLowerCase()))].flatMap(
    (channel) => [
      { targetKey: keyOf({ channel, startedAt: secondOf(startAt) }), isThisCall: true },
      // The channel may carry the next call by now.
      { targetKey: keyOf({ channel }), isThisCall: false },
    ],
  );
  return [byId, ...onChannels];
}
