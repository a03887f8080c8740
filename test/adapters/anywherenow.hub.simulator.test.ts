/** The simulated hub against the public clients of both protocols: what they take is SignalR. */
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { Client } from "node-signalr";
import { afterEach, expect, test } from "vitest";
import {
  type ListeningSimulator,
  listenSimulator,
} from "../../src/runtime/node/listenSimulator.ts";
import { classicPath, corePath, hubName } from "../../src/sandbox/anywherenow/hub.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";

const correlationId = "1d6c6a58-6739-4f0c-98ff-0968292c8c30";
const EVENT = "RecordingStateChangedEvent";
const login = { clientId: "coreapi", username: "u", password: "p" };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function listening(options: Parameters<typeof anywherenowSimulator>[0] = {}) {
  const simulator = anywherenowSimulator(options);
  const at: ListeningSimulator = await listenSimulator(simulator);
  closing.push(() => at.close());
  return { simulator, origin: at.origin };
}

/** Waits for the next of what it was called with. */
function heard() {
  const got: unknown[] = [];
  const waiting: (() => void)[] = [];
  return {
    hear: (one: unknown) => {
      got.push(one);
      waiting.splice(0).forEach((tell) => tell());
    },
    async count(wanted: number) {
      while (got.length < wanted) await new Promise<void>((resolve) => waiting.push(resolve));
      return got;
    },
  };
}

const told = (StateAction: number) => ({
  UccName: "ucc-demo",
  CorrelationId: correlationId,
  StateAction,
});

test("a public classic client connects, starts and hears every change", async () => {
  const { origin, simulator } = await listening({ hub: { keepAliveMs: 100 } });
  const client = new Client(origin + classicPath, [hubName]);
  closing.push(() => client.end(true));
  const events = heard();
  client.connection.hub.on(hubName, EVENT, events.hear);
  const connected = new Promise<void>((resolve, reject) => {
    client.on("connected", resolve);
    client.on("error", reject);
  });
  client.start();
  await connected;
  simulator.begin(correlationId);
  simulator.byHand(correlationId, "paused");
  simulator.end(correlationId);
  expect(await events.count(3)).toEqual([told(1), told(3), told(2)]);
});

test("Microsoft's Core client negotiates, shakes hands and hears every change", async () => {
  const { origin, simulator } = await listening({ hub: { keepAliveMs: 100 } });
  const client = new HubConnectionBuilder()
    .configureLogging(LogLevel.None)
    .withUrl(origin + corePath)
    .withServerTimeout(1_000)
    .build();
  closing.push(() => client.stop());
  const events = heard();
  client.on(EVENT, events.hear);
  await client.start();
  simulator.begin(correlationId);
  simulator.byHand(correlationId, "paused");
  simulator.end(correlationId);
  expect(await events.count(3)).toEqual([told(1), told(3), told(2)]);
});

test("neither kind is let in without the token the service asks for", async () => {
  const { origin } = await listening({ auth: login });
  for (const path of [`${classicPath}/negotiate`, `${corePath}/negotiate`]) {
    expect((await fetch(origin + path, { method: "POST" })).status).toBe(401);
  }
});

test("a classic connection hears the hubs it asked for, and no others", async () => {
  const { origin, simulator } = await listening();
  const other = new Client(origin + classicPath, ["AnotherHub"]);
  closing.push(() => other.end(true));
  const nothing = heard();
  let count = 0;
  other.connection.hub.on("AnotherHub", EVENT, () => (count += 1));
  const mine = new Client(origin + classicPath, [hubName]);
  closing.push(() => mine.end(true));
  mine.connection.hub.on(hubName, EVENT, nothing.hear);
  const both = [other, mine].map(
    (client) => new Promise<void>((resolve) => client.on("connected", resolve)),
  );
  other.start();
  mine.start();
  await Promise.all(both);
  simulator.begin(correlationId);
  await nothing.count(1);
  expect(count).toBe(0);
});
