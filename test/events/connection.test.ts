import { expect, test } from "vitest";
import {
  type Connection,
  createConnections,
  type Party,
  type Shown,
  STUCK_PINGS_MAX,
} from "../../src/events/connection.ts";
import { CLOSE } from "../../src/events/protocol.ts";
import { agent, type Bench, bench, change, EPOCH, reader, secured, wall } from "./kit.ts";

function rig(party: Partial<Party> = {}, made: Bench = bench({ size: 3 })) {
  const shown: Shown[] = [];
  const errors: unknown[] = [];
  const connections = createConnections({
    hub: made.hub,
    clock: made.clock,
    onShown: (_party, one) => shown.push(one),
    onError: (error) => errors.push(error),
    pingMs: 1_000,
    subscribeMsMax: 1_500,
  });
  const connect = () => {
    const out = reader();
    const closes: [number, string][] = [];
    const transport = Object.assign(out, {
      close: (code: number, reason: string) => void closes.push([code, reason]),
    });
    const connection = connections.open(transport, { viewer: agent("a1"), ...party });
    return { out, closes, connection };
  };
  return { ...made, made, connections, shown, errors, connect, ...connect() };
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));
const say = (connection: Connection, message: unknown) =>
  connection.receive(JSON.stringify(message));

async function subscribe(one: ReturnType<typeof rig>, more = {}): Promise<void> {
  say(one.connection, { type: "subscribe", all: true, ...more });
  await tick();
  one.settle();
}

async function hello(one: ReturnType<typeof rig>) {
  await subscribe(one);
  const [told] = one.out.take("hello");
  if (told === undefined) throw new Error("no greeting");
  return told;
}

test("a connection is greeted before anything else, with the epoch and the log's position", async () => {
  const one = rig();
  await subscribe(one);
  expect(one.out.got).toEqual([
    { type: "hello", epoch: EPOCH, position: 3, pingMs: 1_000, reconnectAfterMs: 500 },
    { type: "subscribed", recovered: false },
  ]);
});

test("the greeting comes first even when the next ticket takes its time", async () => {
  const { promise, resolve } = Promise.withResolvers<{ ticket: string; expiresAt: number }>();
  const one = rig({ nextTicket: () => promise });
  await subscribe(one);
  expect(one.out.got).toEqual([]);
  resolve({ ticket: "t1", expiresAt: one.clock.now() + 60_000 });
  await tick();
  expect(one.out.got).toMatchObject([{ type: "hello", nextTicket: "t1" }, { type: "subscribed" }]);
});

test("a ticket is followed by another before it expires", async () => {
  let count = 0;
  const made = bench();
  const one = rig(
    {
      nextTicket: async () => ({
        ticket: `t${(count += 1)}`,
        expiresAt: made.clock.now() + 1_000_000,
      }),
    },
    made,
  );
  await subscribe(one);
  for (let at = 0; at < 510; at += 1) {
    one.connection.alive();
    one.clock.pass(1_000);
  }
  await tick();
  expect(one.out.take("hello")).toMatchObject([{ nextTicket: "t1" }]);
  expect(one.out.take("ticket")).toEqual([{ type: "ticket", nextTicket: "t2" }]);
});

test("a ticket that cannot be issued leaves the connection as it is", async () => {
  const one = rig({ nextTicket: () => Promise.reject(new Error("no")) });
  await subscribe(one);
  expect(one.out.got).toMatchObject([{ type: "hello" }, { type: "subscribed" }]);
  expect(one.errors).toHaveLength(1);
});

test("a message that cannot be read is answered by what is wrong, never by what it held", async () => {
  const one = rig();
  await tick();
  one.connection.receive("{");
  say(one.connection, { type: "subscribe", all: true, secret4111: "4111111111111111" });
  say(one.connection, { type: "subscribe", calls: [""] });
  say(one.connection, { type: "shown", callId: "\ud800", position: 1 });
  one.connection.receive(`"${"x".repeat(70_000)}"`);
  const errors = one.out.take("error");
  expect(errors.map(({ code }) => code)).toEqual([
    "not_json",
    "invalid",
    "invalid",
    "invalid",
    "too_large",
  ]);
  expect(errors[2]?.detail).toContain("/calls/0");
  expect(JSON.stringify(errors)).not.toContain("4111");
  expect(one.closes).toEqual([]);
  one.connection.receive("[]");
  expect(one.closes).toEqual([[CLOSE.misused, "too many bad messages"]]);
});

test("a client that sends without end is closed", async () => {
  const one = rig();
  for (let count = 0; count < 250; count += 1) say(one.connection, { type: "pong" });
  expect(one.closes).toEqual([[CLOSE.misused, "too many messages"]]);
});

test("shown is entered once per agent, own call and protection, for what was sent", async () => {
  const one = rig();
  await subscribe(one);
  one.hub.publish(change("c1", 4, { agentId: "a1", ...secured() }));
  one.hub.publish(change("c2", 5, { agentId: "a2", ...secured() }));
  one.settle();
  say(one.connection, { type: "shown", callId: "c1", position: 3 });
  say(one.connection, { type: "shown", callId: "c2", position: 5 });
  expect(one.shown).toEqual([]);
  say(one.connection, { type: "shown", callId: "c1", position: 4 });
  say(one.connection, { type: "shown", callId: "c1", position: 4 });
  one.hub.publish(change("c1", 6, { agentId: "a1", ...secured() }));
  one.settle();
  say(one.connection, { type: "shown", callId: "c1", position: 6 });
  // A second desktop of the same agent paints it too.
  const again = one.connect();
  say(again.connection, { type: "subscribe", all: true });
  await tick();
  one.settle();
  say(again.connection, { type: "shown", callId: "c1", position: 6 });
  expect(one.shown).toEqual([{ callId: "c1", agentId: "a1", position: 4, protection: "secured" }]);
  one.hub.publish(change("c1", 7, { agentId: "a1" }));
  one.settle();
  say(one.connection, { type: "shown", callId: "c1", position: 7 });
  expect(one.shown.at(1)).toMatchObject({ position: 7, protection: "recording" });
});

test("shown of a call that is another agent's is not entered, even by who may see it", async () => {
  const one = rig({ viewer: wall({ agentId: "a1" }) });
  await subscribe(one);
  one.hub.publish(change("c2", 4, { agentId: "a2", ...secured() }));
  one.settle();
  say(one.connection, { type: "shown", callId: "c2", position: 4 });
  expect(one.out.take("call")).toHaveLength(1);
  expect(one.shown).toEqual([]);
});

test("a ping tells the position that all was sent up to, and nothing while something waits", async () => {
  const one = rig();
  await subscribe(one);
  one.hub.publish(change("c1", 9, { agentId: "a2" }));
  one.connection.alive();
  one.clock.pass(1_000);
  one.out.stuck = true;
  one.hub.publish(change("c2", 10, { agentId: "a1" }));
  one.settle();
  one.connection.alive();
  one.clock.pass(1_000);
  expect(one.out.take("ping").map(({ position }) => position)).toEqual([9, undefined]);
});

test("4408: a client that answers no pings is closed, one that does is not", async () => {
  const one = rig();
  await subscribe(one);
  for (let at = 0; at < 10; at += 1) {
    say(one.connection, { type: "pong" });
    one.clock.pass(1_000);
  }
  expect(one.closes).toEqual([]);
  one.clock.pass(4_000);
  expect(one.closes).toEqual([[CLOSE.idle, "idle"]]);
});

test("4408: a client that takes nothing is closed, however often it says that it is there", async () => {
  const one = rig();
  await subscribe(one);
  one.out.stuck = true;
  for (let at = 0; at < STUCK_PINGS_MAX; at += 1) {
    say(one.connection, { type: "pong" });
    one.clock.pass(1_000);
  }
  expect(one.closes).toEqual([]);
  say(one.connection, { type: "pong" });
  one.clock.pass(1_000);
  expect(one.closes).toEqual([[CLOSE.idle, "nothing is taken"]]);
  expect(one.made.hub.counts().subscribers).toBe(0);
});

test("a slow client that takes something now and then is kept", async () => {
  const one = rig();
  await subscribe(one);
  for (let at = 0; at < 5 * STUCK_PINGS_MAX; at += 1) {
    one.out.stuck = at % STUCK_PINGS_MAX !== 0;
    say(one.connection, { type: "pong" });
    one.clock.pass(1_000);
  }
  expect(one.closes).toEqual([]);
});

test("4408: a client that subscribes to nothing is closed", async () => {
  const one = rig();
  one.clock.pass(1_500);
  expect(one.closes).toEqual([[CLOSE.idle, "nothing was subscribed to"]]);
});

test("4401: the connection ends with its credential", async () => {
  const made = bench();
  const one = rig({ expiresAt: made.clock.now() + 1_700 }, made);
  await subscribe(one);
  one.clock.pass(1_699);
  expect(one.closes).toEqual([]);
  one.clock.pass(1);
  expect(one.closes).toEqual([[CLOSE.notAuthenticated, "credential expired"]]);
});

test("4410: another log under the same name ends the connection", async () => {
  const one = rig();
  await subscribe(one);
  one.made.epoch = "tacet.test/again";
  one.clock.pass(1_000);
  expect(one.closes).toEqual([[CLOSE.epochGone, "epoch gone"]]);
});

test("1012: a stop ends every connection, refuses new ones and leaves no timer", async () => {
  const one = rig();
  await subscribe(one);
  one.connections.stop();
  const late = one.connect();
  expect(one.closes).toEqual([[CLOSE.restarting, "restarting"]]);
  expect(late.closes).toEqual([[CLOSE.restarting, "restarting"]]);
  expect(one.connections.count()).toBe(0);
  expect(one.hub.counts().subscribers).toBe(0);
  expect(one.clock.timers()).toBe(0);
});

test("1012: before a restart every client is told when to come back, by how many there are", async () => {
  const one = rig();
  expect((await hello(one)).reconnectAfterMs).toBe(500);
  const others = Array.from({ length: 3_999 }, () => one.connect());
  one.connections.stop();
  const told = [one, ...others].map(({ out }) => out.take("ping").at(-1)?.reconnectAfterMs);
  expect(new Set(told)).toEqual(new Set([2_000]));
});

test("a ping brings a newer time to come back", async () => {
  const one = rig();
  await subscribe(one);
  for (let count = 0; count < 2_999; count += 1) one.connect();
  one.clock.pass(1_000);
  expect(one.out.take("ping").at(-1)?.reconnectAfterMs).toBe(1_500);
});

test("1012: when the live calls cannot be read, the client is sent away to come back", async () => {
  const one = rig({}, bench({ live: () => Promise.reject(new Error("closed")) }));
  await subscribe(one);
  expect(one.closes).toEqual([[CLOSE.restarting, "calls cannot be read"]]);
});

test("a connection that closed is not written to", async () => {
  const one = rig();
  await subscribe(one);
  one.connection.closed();
  one.hub.publish(change("c1", 4, { agentId: "a1" }));
  one.settle();
  one.clock.pass(10_000);
  say(one.connection, { type: "subscribe", all: true });
  expect(one.out.got).toHaveLength(2);
  expect(one.closes).toEqual([]);
});
