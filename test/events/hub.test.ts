import { expect, test } from "vitest";
import { filterOf } from "../../src/events/filter.ts";
import { agent, bench, change, EPOCH, openWindow, reader, secured, view, wall } from "./kit.ts";

const ALL = filterOf({ all: true });

test("publishing writes to nobody: an answer never waits for readers", async () => {
  const { hub, settle } = bench();
  const out = reader();
  await hub.subscribe(wall(), out).replace(ALL);
  hub.publish(change("c1", 1, secured()));
  expect(out.take("call")).toEqual([]);
  settle();
  expect(out.take("call")).toMatchObject([{ callId: "c1", protection: "secured", position: 1 }]);
});

test("a slow reader gets the newest state of each call once, and delays nobody", async () => {
  const { hub, settle } = bench();
  const slow = reader();
  const fast = reader();
  const subscription = hub.subscribe(wall(), slow);
  await subscription.replace(ALL);
  await hub.subscribe(wall(), fast).replace(ALL);
  slow.stuck = true;
  for (let position = 1; position <= 300; position += 1) {
    hub.publish(change(`c${position % 3}`, position, secured()));
    settle();
  }
  expect(fast.take("call")).toHaveLength(300);
  expect(slow.take("call")).toHaveLength(0);
  // It sleeps: what changed after the first call is a number, whatever comes.
  expect(hub.counts().pending).toBe(1);
  slow.stuck = false;
  subscription.drained();
  settle();
  expect(slow.take("call").map(({ position }) => position)).toEqual([298, 299, 300]);
});

test("a slice of writing is bounded, and every reader gets a turn in it", async () => {
  const { hub, slice, settle } = bench();
  const readers = [reader(), reader(), reader()];
  for (const out of readers) await hub.subscribe(wall(), out).replace(ALL);
  for (let position = 1; position <= 1_000; position += 1) {
    hub.publish(change(`c${position}`, position));
  }
  slice();
  const first = readers.map((out) => out.take("call").length);
  expect(first.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(256);
  expect(Math.min(...first)).toBeGreaterThan(0);
  settle();
  for (const out of readers) expect(out.take("call")).toHaveLength(1_000);
});

test("filters are joined by OR, and the attributes of one by AND", async () => {
  const { hub, settle } = bench();
  const out = reader();
  const filter = filterOf({ calls: ["c1"], agents: ["a2"], where: { site: "x", team: "y" } });
  await hub.subscribe(wall(), out).replace(filter);
  hub.publish(change("c1", 1));
  hub.publish(change("c2", 2, { agentId: "a2" }));
  hub.publish(change("c3", 3, { attributes: { site: "x", team: "y" } }));
  hub.publish(change("c4", 4, { attributes: { site: "x" } }));
  hub.publish(change("c5", 5, { agentId: "a1" }));
  settle();
  expect(out.take("call").map(({ callId }) => callId)).toEqual(["c1", "c2", "c3"]);
});

test("a new filter takes the old one's place, with a fresh snapshot", async () => {
  const { hub, settle } = bench();
  const out = reader();
  const subscription = hub.subscribe(wall(), out);
  await subscription.replace(filterOf({ calls: ["c1"] }));
  hub.publish(change("c1", 1));
  hub.publish(change("c2", 2));
  settle();
  await subscription.replace(filterOf({ calls: ["c2"] }), { epoch: EPOCH, position: 2 });
  hub.publish(change("c1", 3));
  settle();
  expect(out.got.map((one) => one.type)).toEqual(["subscribed", "call", "subscribed", "call"]);
  expect(out.take("subscribed")[1]?.recovered).toBe(false);
  expect(out.take("call")[1]?.callId).toBe("c2");
});

test("an agent is told of their own calls only, whatever they ask for", async () => {
  const { hub, settle } = bench();
  const out = reader();
  await hub.subscribe(agent("a1"), out).replace(filterOf({ all: true, agents: ["a2"] }));
  hub.publish(change("c1", 1, { agentId: "a1" }));
  hub.publish(change("c2", 2, { agentId: "a2" }));
  hub.publish(change("c3", 3));
  settle();
  expect(out.take("call").map(({ callId }) => callId)).toEqual(["c1"]);
  expect(out.take("gone")).toEqual([]);
});

test("another tenant is told nothing", async () => {
  const { hub, settle } = bench();
  const out = reader();
  await hub.subscribe(wall({ tenant: "other" }), out).replace(ALL);
  hub.publish(change("c1", 1));
  settle();
  expect(out.got.map((one) => one.type)).toEqual(["subscribed"]);
});

test("each viewer gets its own windows and rights in the same change", async () => {
  const { hub, settle } = bench();
  const shop = reader();
  const ivr = reader();
  await hub.subscribe(wall({ owner: "shop", can: () => ["resume"] }), shop).replace(ALL);
  await hub.subscribe(wall({ owner: "ivr" }), ivr).replace(ALL);
  hub.publish(change("c1", 1, { windows: { w1: openWindow("shop") } }));
  settle();
  expect(shop.take("call")).toMatchObject([{ windows: [{ own: true }], can: ["resume"] }]);
  expect(ivr.take("call")).toMatchObject([{ windows: [{ own: false }], can: [] }]);
});

test("who loses sight of a call is told that it is gone, and of nothing else of it", async () => {
  const { hub, settle } = bench();
  const before = reader();
  const after = reader();
  await hub.subscribe(agent("a1"), before).replace(ALL);
  await hub.subscribe(agent("a2"), after).replace(ALL);
  hub.publish(change("c1", 1, { agentId: "a1" }));
  settle();
  hub.publish(change("c1", 2, { agentId: "a2" }));
  hub.publish(change("c1", 3, { agentId: "a2" }));
  settle();
  expect(before.got.slice(2)).toEqual([{ type: "gone", callId: "c1", position: 3 }]);
  expect(after.take("call")).toMatchObject([{ callId: "c1", agentId: "a2", position: 3 }]);
});

test("a call that leaves a filter by its attributes is gone", async () => {
  const { hub, settle } = bench();
  const out = reader();
  await hub.subscribe(wall(), out).replace(filterOf({ where: { site: "x" } }));
  hub.publish(change("c1", 1, { attributes: { site: "x" } }));
  settle();
  hub.publish(change("c1", 2, { attributes: { site: "y" } }));
  settle();
  expect(out.got.map((one) => one.type)).toEqual(["subscribed", "call", "gone"]);
});

test("who comes first gets the calls that have not changed since the start", async () => {
  const { hub, settle } = bench({ views: [view("c2", 8), view("c1", 5)], size: 9 });
  const out = reader();
  hub.publish(change("c2", 10, secured()));
  await hub.subscribe(wall(), out).replace(ALL);
  settle();
  const got = new Map(out.take("call").map(({ callId, position }) => [callId, position]));
  expect(got).toEqual(new Map(Object.entries({ c1: 5, c2: 10 })));
});

test("live calls that cannot be read are an error, and the next reader's try reads them", async () => {
  let fails = true;
  const { hub, settle } = bench({
    live: async () => {
      if (fails) throw new Error("log closed");
      return [view("c1", 1)];
    },
  });
  const out = reader();
  const subscription = hub.subscribe(wall(), out);
  await expect(subscription.replace(ALL)).rejects.toThrow("log closed");
  fails = false;
  await subscription.replace(ALL);
  settle();
  expect(out.take("call")).toHaveLength(1);
});

test("who comes back with what they had gets only what changed since, ended calls too", async () => {
  const { hub, settle } = bench();
  hub.publish(change("c1", 1));
  hub.publish(change("c2", 2));
  hub.publish(change("c3", 3));
  hub.publish(change("c2", 4, { endedAt: 9 }));
  const out = reader();
  await hub.subscribe(wall(), out).replace(ALL, { epoch: EPOCH, position: 2 });
  settle();
  expect(out.take("subscribed")).toEqual([{ type: "subscribed", recovered: true }]);
  const got = out.take("call").map(({ callId, protection }) => [callId, protection]);
  expect(got).toEqual([
    ["c3", "recording"],
    ["c2", "ended"],
  ]);
});

test("who comes back after a call was moved away from them is told that it is gone", async () => {
  const { hub, settle } = bench();
  hub.publish(change("c1", 1, { agentId: "a1" }));
  hub.publish(change("c1", 2, { agentId: "a2" }));
  const held = reader();
  await hub.subscribe(agent("a1"), held).replace(ALL, { epoch: EPOCH, position: 1 });
  const never = reader();
  await hub.subscribe(agent("a3"), never).replace(ALL, { epoch: EPOCH, position: 1 });
  settle();
  expect(held.got.slice(1)).toEqual([{ type: "gone", callId: "c1", position: 2 }]);
  expect(never.got).toHaveLength(1);
});

test("what a returning reader had from before is gone too when it goes later", async () => {
  const { hub, settle } = bench();
  hub.publish(change("c1", 1, { agentId: "a1" }));
  const out = reader();
  await hub.subscribe(agent("a1"), out).replace(ALL, { epoch: EPOCH, position: 1 });
  settle();
  hub.publish(change("c1", 2, { agentId: "a2" }));
  settle();
  expect(out.got.slice(1)).toEqual([{ type: "gone", callId: "c1", position: 2 }]);
});

test("another epoch, or a since from before what is remembered, gets everything live", async () => {
  const { hub, settle } = bench({ size: 10, limits: { endedCountMax: 1 } });
  hub.publish(change("c1", 11));
  for (const [epoch, position] of [
    ["tacet.test/other", 11],
    [EPOCH, 9],
  ] as const) {
    const out = reader();
    await hub.subscribe(wall(), out).replace(ALL, { epoch, position });
    settle();
    expect(out.take("subscribed")[0]?.recovered).toBe(false);
    expect(out.take("call")).toHaveLength(1);
  }
  // Forgetting an ended call moves what is remembered past its end.
  hub.publish(change("c2", 12, { endedAt: 1 }));
  hub.publish(change("c3", 13, { endedAt: 1 }));
  const late = reader();
  await hub.subscribe(wall(), late).replace(ALL, { epoch: EPOCH, position: 11 });
  expect(late.take("subscribed")[0]?.recovered).toBe(false);
  const soon = reader();
  await hub.subscribe(wall(), soon).replace(ALL, { epoch: EPOCH, position: 12 });
  expect(soon.take("subscribed")[0]?.recovered).toBe(true);
});

test("ended calls are forgotten after a while", async () => {
  const { hub, clock } = bench({ limits: { recoverMs: 1_000 } });
  hub.publish(change("c1", 1, { endedAt: 1 }));
  clock.pass(1_001);
  hub.publish(change("c2", 2));
  const out = reader();
  await hub.subscribe(wall(), out).replace(ALL, { epoch: EPOCH, position: 0 });
  expect(out.take("subscribed")[0]?.recovered).toBe(false);
});

test("a state that arrives behind a newer one of another call is not lost to who comes back", async () => {
  const { hub, settle } = bench();
  hub.publish(change("b", 11));
  hub.publish(change("a", 10, secured()));
  const out = reader();
  await hub.subscribe(wall(), out).replace(ALL, { epoch: EPOCH, position: 11 });
  settle();
  expect(out.take("call").map(({ callId }) => callId)).toEqual(["a"]);
});

test("an older state of a call never replaces a newer one", async () => {
  const { hub, settle } = bench();
  const out = reader();
  await hub.subscribe(wall(), out).replace(ALL);
  hub.publish(change("c1", 5, secured()));
  hub.publish(change("c1", 4));
  settle();
  expect(out.take("call")).toMatchObject([{ position: 5, protection: "secured" }]);
});

test("a wall with maxHz gets the newest of every changed call in each burst", async () => {
  const { hub, clock, settle } = bench();
  const out = reader();
  await hub.subscribe(wall(), out).replace(ALL, undefined, 2);
  hub.publish(change("c1", 1));
  settle();
  expect(out.take("call")).toHaveLength(1);
  for (let position = 2; position <= 41; position += 1) {
    hub.publish(change(`c${position % 2}`, position));
    settle();
  }
  expect(out.take("call")).toHaveLength(1);
  clock.pass(500);
  settle();
  expect(out.take("call").slice(1)).toMatchObject([{ position: 40 }, { position: 41 }]);
  clock.pass(5_000);
  settle();
  expect(out.take("call")).toHaveLength(3);
});

test("while facts wait for the log, readers are told unsecured; the next durable fact ends it", async () => {
  const { hub, settle } = bench();
  const out = reader();
  await hub.subscribe(wall(), out).replace(ALL);
  hub.publish(change("c1", 1, secured()));
  settle();
  hub.doubt("acme", "c1");
  hub.doubt("acme", "c1");
  settle();
  hub.publish(change("c1", 2, secured()));
  settle();
  expect(out.take("call").map((one) => [one.protection, one.unlogged])).toEqual([
    ["secured", undefined],
    ["unsecured", true],
    ["secured", undefined],
  ]);
});

test("a reader whose predicate throws is let go, and the others are served", async () => {
  const { hub, settle, errors } = bench();
  const good = reader();
  const broken = wall({
    sees: () => {
      throw new Error("bug");
    },
  });
  await hub.subscribe(broken, reader()).replace(ALL);
  await hub.subscribe(wall(), good).replace(ALL);
  hub.publish(change("c1", 1));
  settle();
  expect(good.take("call")).toHaveLength(1);
  expect(errors).toHaveLength(1);
  expect(hub.counts().subscribers).toBe(1);
});

test("a closed subscription is told nothing more and leaves nothing behind", async () => {
  const { hub, settle, clock } = bench();
  const out = reader();
  const subscription = hub.subscribe(wall(), out);
  await subscription.replace(ALL, undefined, 1);
  hub.publish(change("c1", 1));
  settle();
  hub.publish(change("c1", 2));
  subscription.close();
  settle();
  expect(out.take("call")).toHaveLength(1);
  expect(hub.counts()).toEqual({ subscribers: 0, pending: 0, calls: 1 });
  expect(clock.timers()).toBe(0);
});

test("a thousand readers of one call share one written message", async () => {
  const { hub, settle } = bench();
  let asked = 0;
  const attributes = {
    toJSON() {
      asked += 1;
      return {};
    },
  } as unknown as Record<string, string>;
  const readers = Array.from({ length: 1_000 }, () => reader());
  for (const out of readers) await hub.subscribe(wall(), out).replace(ALL);
  hub.publish(change("c1", 1, { attributes }));
  settle();
  expect(readers.every((out) => out.take("call").length === 1)).toBe(true);
  expect(asked).toBe(1);
});
