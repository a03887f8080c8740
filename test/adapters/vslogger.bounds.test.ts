/** What the VSLogger adapter remembers is bounded; what it forgets is left as it is. */
import { expect, test } from "vitest";
import {
  heldChannels,
  SILENCED_COUNT_MAX,
  TARGET_COUNT_MAX,
} from "../../src/adapters/vslogger/held.ts";
import { boundedMap } from "../../src/adapters/vslogger/resolve.ts";
import type { ChannelRow } from "../../src/adapters/vslogger/state.ts";

const row = (channel: number): ChannelRow =>
  ({ channel, sessionId: `s${channel}`, startTm: 1, mute: true, onoff: true }) as ChannelRow;

test("a bounded map keeps as many as it may, the newest", () => {
  const map = boundedMap<number>(3);
  for (let at = 0; at < 5; at += 1) map.set(`k${at}`, at);
  map.set("k2", 22);
  map.set("k5", 5);
  expect(["k1", "k2", "k3", "k4", "k5"].map((key) => map.get(key))).toEqual([
    undefined,
    22,
    undefined,
    4,
    5,
  ]);
});

test("targets and channels that were silenced longest ago are forgotten, and not touched any more", () => {
  const held = heldChannels("mute");
  for (let channel = 0; channel < SILENCED_COUNT_MAX + 1; channel += 1) {
    held.silenced(`extension/${channel}`, channel, undefined);
  }
  const newest = SILENCED_COUNT_MAX;
  expect(held.toRestore(`extension/${newest}`, [row(newest)])).toHaveLength(1);
  expect(held.toRestore("extension/0", [row(0)])).toEqual([]);

  const one = heldChannels("mute");
  for (let target = 0; target < TARGET_COUNT_MAX + 1; target += 1) {
    one.silenced(`agent/${target}`, target % 7, undefined);
  }
  expect(one.toRestore("agent/0", [row(0)])).toEqual([]);
});

test("of one target so many channels are remembered, the newest", () => {
  const held = heldChannels("mute");
  const rows = Array.from({ length: 12 }, (_, channel) => row(channel));
  for (const { channel } of rows) held.silenced("extension/1", channel ?? 0, undefined);
  const channels = held.toRestore("extension/1", rows).map(({ channel }) => channel);
  expect(channels).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
});
