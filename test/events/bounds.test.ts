/** Every bound of the event stream's memory, reached: what is kept then, and what readers are told. */
import { expect, test } from "vitest";
import { CHANGE_COUNT_MAX, createChanges } from "../../src/events/changes.ts";
import { filterOf } from "../../src/events/filter.ts";
import { SHOWN_COUNT_MAX } from "../../src/events/hub.ts";
import { createMemory, FORMER_COUNT_MAX, MEMORY_LIMITS } from "../../src/events/memory.ts";
import { ATTRIBUTE_COUNT_MAX, NAME_COUNT_MAX, parseClientMessage } from "../../src/events/parse.ts";
import { MARK_COUNT_MAX } from "../../src/events/subscriber.ts";
import { createWriter, TEXT_COUNT_MAX } from "../../src/events/write.ts";
import { agent, bench, change, openWindow, reader, wall } from "./kit.ts";

const ALL = filterOf({ all: true });
const facts = (callId: string, position: number, more = {}) => change(callId, position, more);

test("so many live calls are remembered; the one that changed longest ago is forgotten", () => {
  const memory = createMemory(0, { ...MEMORY_LIMITS, liveCountMax: 1_000 });
  for (let at = 1; at <= 1_500; at += 1) memory.take(facts(`c${at}`, at), 0);
  expect(memory.live.size).toBe(1_000);
  expect(memory.get("c500")).toBeUndefined();
  expect(memory.get("c501")).toBeDefined();
  // Whoever comes back from before that has to be told everything.
  expect([memory.remembers(499), memory.remembers(500)]).toEqual([false, true]);
});

test("a forgotten call that changes again is told of again", async () => {
  const one = bench({ limits: { liveCountMax: 2 } });
  const out = reader();
  await one.hub.subscribe(wall(), out).replace(ALL);
  for (let at = 1; at <= 5; at += 1) one.hub.publish(change(`c${at}`, at));
  one.hub.publish(change("c1", 6, { windows: { w: openWindow("shop") } }));
  one.settle();
  expect(out.take("call").at(-1)).toMatchObject({ callId: "c1", position: 6 });
  expect(one.hub.counts().calls).toBe(2);
});

test("so many ended calls are remembered", () => {
  const memory = createMemory(0, { ...MEMORY_LIMITS, endedCountMax: 100 });
  for (let at = 1; at <= 250; at += 1) memory.take(facts(`c${at}`, at, { endedAt: 1 }), 0);
  expect(memory.ended.size).toBe(100);
  expect(memory.remembers(149)).toBe(false);
});

test("so many faces of a moving call are remembered, and whoever saw an older one starts afresh", () => {
  const memory = createMemory(0, MEMORY_LIMITS);
  for (let at = 1; at <= FORMER_COUNT_MAX + 3; at += 1) {
    memory.take(facts("c1", at, { agentId: `a${at}` }), 0);
  }
  expect(memory.get("c1")?.formers).toHaveLength(FORMER_COUNT_MAX);
  expect([...memory.ofAgent("a1")]).toEqual([]);
  expect(memory.remembers(1)).toBe(false);
});

test("so many changes are numbered one by one; who slept longer looks through the calls", async () => {
  const changes = createChanges();
  for (let at = 0; at < CHANGE_COUNT_MAX + 5; at += 1) changes.note(`c${at}`);
  expect(changes.after(4)).toBeUndefined();
  const kept = changes.after(5);
  expect(kept).toHaveLength(CHANGE_COUNT_MAX);
  expect(kept?.at(-1)).toBe(`c${CHANGE_COUNT_MAX + 4}`);
  expect(changes.after(changes.newest())).toEqual([]);
});

test("a reader that never reads waits for no more calls than are remembered, however many pass", async () => {
  const limits = { liveCountMax: 50, endedCountMax: 10, changeCountMax: 100 };
  const one = bench({ limits });
  const out = reader();
  const subscription = one.hub.subscribe(wall(), out);
  await subscription.replace(ALL);
  let position = 0;
  for (let round = 0; round < 5; round += 1) {
    out.stuck = true;
    for (let at = 0; at < 500; at += 1) {
      const callId = `c${round}-${at}`;
      one.hub.publish(change(callId, (position += 1)));
      one.hub.publish(change(callId, (position += 1), { endedAt: 1 }));
      one.settle();
    }
    subscription.drained();
    one.settle();
    expect(one.hub.counts().pending).toBeLessThanOrEqual(60 + 1);
  }
});

test("viewers that each see something else of one call do not fill the memory with messages", () => {
  const memory = createMemory(0, MEMORY_LIMITS);
  memory.take(facts("c1", 1, { windows: { w: openWindow("shop") } }), 0);
  const held = memory.get("c1");
  if (held === undefined) throw new Error("the call is not held");
  const write = createWriter(false);
  for (let at = 0; at < 3 * TEXT_COUNT_MAX; at += 1) {
    const can = () => [`${at}` as "pause"];
    const text = write(held, wall({ key: `k${at}`, can }));
    expect(JSON.parse(text)).toMatchObject({ can: [`${at}`] });
  }
  expect([held.texts.size, held.textsOf.size]).toEqual([TEXT_COUNT_MAX, TEXT_COUNT_MAX]);
});

test("so many of a call's newest states may be shown, and so many showings are entered", async () => {
  const one = bench();
  const out = reader();
  const subscription = one.hub.subscribe(agent("a1"), out);
  await subscription.replace(ALL);
  for (let at = 1; at <= MARK_COUNT_MAX + 3; at += 1) {
    one.hub.publish(change("c1", at, { agentId: "a1" }));
    one.settle();
  }
  expect(subscription.sent("c1").map(({ position }) => position)).toEqual([4, 5, 6, 7]);
  for (let at = 0; at < SHOWN_COUNT_MAX; at += 1) {
    expect(subscription.noteShown("c1", `a${at}`, "secured")).toBe(true);
  }
  expect(subscription.noteShown("c1", "one-more", "secured")).toBe(false);
});

test("a filter names so many calls, agents and attributes, and no more", () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`);
  const said = (more: object) =>
    parseClientMessage(JSON.stringify({ type: "subscribe", ...more })).ok;
  expect(said({ calls: names(NAME_COUNT_MAX) })).toBe(true);
  expect(said({ calls: names(NAME_COUNT_MAX + 1) })).toBe(false);
  expect(said({ agents: names(NAME_COUNT_MAX + 1) })).toBe(false);
  const where = (count: number) => Object.fromEntries(names(count).map((name) => [name, "x"]));
  expect(said({ where: where(ATTRIBUTE_COUNT_MAX) })).toBe(true);
  expect(said({ where: where(ATTRIBUTE_COUNT_MAX + 1) })).toBe(false);
});

test("a desktop's own call goes before what a hundred walls wait for, and walls are not starved", async () => {
  const one = bench();
  const walls = Array.from({ length: 100 }, () => reader());
  for (const out of walls) await one.hub.subscribe(wall(), out).replace(ALL);
  for (let at = 1; at <= 50; at += 1) one.hub.publish(change(`c${at}`, at));
  const desks = Array.from({ length: 100 }, () => reader());
  for (const [at, out] of desks.entries()) {
    await one.hub.subscribe(agent(`a${at}`), out).replace(ALL);
    one.hub.publish(change(`own${at}`, 100 + at, { agentId: `a${at}` }));
  }
  let slices = 0;
  while (desks.some((out) => out.take("call").length === 0)) {
    slices += 1;
    expect(one.slice()).toBe(true);
  }
  expect(slices).toBeLessThanOrEqual(8);
  expect(walls.some((out) => out.take("call").length > 0)).toBe(true);
  one.settle();
  for (const out of walls) expect(out.take("call")).toHaveLength(150);
});

test("a thousand readers that come and go leave nothing behind", async () => {
  const one = bench();
  for (let at = 0; at < 1_000; at += 1) {
    const filter = filterOf({ calls: [`c${at}`], agents: [`a${at}`] });
    const subscription = one.hub.subscribe(wall(), reader());
    await subscription.replace(filter);
    one.hub.publish(change(`c${at % 7}`, at + 1));
    subscription.close();
  }
  one.settle();
  expect(one.hub.counts()).toMatchObject({ subscribers: 0, pending: 0, calls: 7 });
  expect(one.clock.timers()).toBe(0);
});
