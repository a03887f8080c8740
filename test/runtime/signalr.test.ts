/** The hub port on Node against hubs that misbehave: it goes on, waits longer, and tells no secret. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { HubAddress, HubListener } from "../../src/adapters/hub.ts";
import type { Send } from "../../src/adapters/recorder.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { dialing } from "../../src/runtime/node/hub/dial.ts";
import { nodeHub } from "../../src/runtime/node/hub/index.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { classicPath, corePath, hubName } from "../../src/sandbox/anywherenow/hub.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";

const correlationId = "1d6c6a58-6739-4f0c-98ff-0968292c8c30";
const TOKEN = "marked-hub-token";
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Listens with every wait cut short; what was waited for is kept. */
function listening(origin: string, address: Partial<HubAddress>, more: Partial<HubListener> = {}) {
  const origins = [origin];
  const send = nodeSend({ origins, replyBytesMax: 4_096 });
  closing.push(() => send.close());
  const waitsMs: number[] = [];
  const real = nodeClock();
  const clock = {
    ...real,
    random: () => 0.999,
    after(ms: number, run: () => void) {
      // Retries wait at least most of a second; watches over signs of life do not wait so long here.
      if (ms < 900) return real.after(ms, run);
      waitsMs.push(ms);
      return real.after(1, run);
    },
  };
  const events: unknown[] = [];
  const lost: string[] = [];
  let connectedCount = 0;
  const hub = nodeHub({ send, dial: dialing({ origins }), clock, silentMsMax: 400 });
  const stop = hub(
    { url: origin, kind: "auto", hub: hubName, event: "RecordingStateChangedEvent", ...address },
    {
      event: (args) => void events.push(args),
      connected: () => (connectedCount += 1),
      lost: (detail) => void lost.push(detail),
      ...more,
    },
  );
  closing.push(stop);
  return { events, lost, waitsMs, stop, connectedCount: () => connectedCount };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function simulated(options: Parameters<typeof anywherenowSimulator>[0] = {}) {
  const simulator = anywherenowSimulator({ hub: { keepAliveMs: 50 }, ...options });
  const at = await listenSimulator(simulator);
  closing.push(() => at.close());
  return { simulator, origin: at.origin };
}

/** A server of the test's own: answers every request so, and every socket by `talk`. */
async function server(
  answer: (path: string) => { status?: number; body: string; headers?: Record<string, string> },
  talk: (socket: WebSocket) => void = () => undefined,
): Promise<string> {
  const made: Server = createServer((request, response) => {
    const { body, headers = {}, status = 200 } = answer(request.url ?? "");
    response.writeHead(status, headers).end(body);
  });
  const sockets = new WebSocketServer({ noServer: true });
  made.on("upgrade", (request, wire, head) => sockets.handleUpgrade(request, wire, head, talk));
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    for (const socket of sockets.clients) socket.terminate();
    made.closeAllConnections();
    made.close();
  });
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

const classicHello = JSON.stringify({
  ProtocolVersion: "1.5",
  ConnectionToken: "marked-connection",
  TryWebSockets: true,
});

test.each([classicPath, corePath])(
  "%s: a hub that falls silent is given up and made again",
  async (path) => {
    const { origin, simulator } = await simulated();
    const { connectedCount, lost } = listening(origin, { url: origin + path });
    await until(() => connectedCount() === 1);
    simulator.faults.set({ name: "hub-dead" });
    await until(() => lost.length > 0);
    simulator.faults.clear();
    const before = connectedCount();
    await until(() => connectedCount() > before);
    expect(simulator.hub.standingCount).toBe(1);
  },
);

test("a hub that lets nobody in is asked with growing pauses, and no oftener than every half minute at last", async () => {
  const { origin, simulator } = await simulated();
  simulator.faults.set({ name: "hub-refused" });
  const { connectedCount, lost, waitsMs } = listening(origin, { url: origin + classicPath });
  await until(() => lost.length >= 8);
  expect(waitsMs.slice(0, 7)).toEqual([999, 1998, 3996, 7992, 15984, 29970, 29970]);
  expect(new Set(lost)).toEqual(new Set(["negotiate answered HTTP 503"]));
  simulator.faults.clear();
  await until(() => connectedCount() === 1);
});

test("a token that is turned down is replaced, and neither is told", async () => {
  const login = { clientId: "coreapi", username: "u", password: "p" };
  const { origin } = await simulated({ auth: login });
  const rejected: (string | undefined)[] = [];
  const bearer: HubListener["bearer"] = (turnedDown) => {
    rejected.push(turnedDown);
    return Promise.resolve({ kind: "token", token: TOKEN });
  };
  const { lost } = listening(origin, { url: origin + corePath }, { bearer });
  await until(() => lost.length >= 2);
  expect(rejected.slice(0, 2)).toEqual([undefined, TOKEN]);
  expect(lost[0]).toBe("the hub does not let this account in");
  expect(lost.join()).not.toContain(TOKEN);
});

test("another kind than the configuration says is said, and not spoken to", async () => {
  const { origin, simulator } = await simulated();
  const { lost } = listening(origin, { url: origin + classicPath, kind: "core" });
  await until(() => lost.length > 0);
  expect(lost[0]).toBe("it is classic SignalR, and the configuration says core");
  expect(simulator.hub.openedCount).toBe(0);
});

test.each<[string, Parameters<typeof server>[0], RegExp]>([
  ["a page", () => ({ body: "<html>" }), /nothing that SignalR says/],
  ["a list", () => ({ body: "[]" }), /nothing that SignalR says/],
  ["an endless reply", () => ({ body: " ".repeat(5_000) }), /more than 4096 bytes/],
  ["no WebSocket", () => ({ body: classicHello.replace("true", "false") }), /no WebSocket/],
  [
    "another address, as a hosted service does",
    () => ({ body: '{"url":"http://169.254.169.254/","accessToken":"x"}' }),
    /not followed/,
  ],
  [
    "a redirect",
    () => ({ status: 307, body: "", headers: { location: "http://169.254.169.254/" } }),
    /HTTP 307/,
  ],
])("a negotiate answered with %s is no hub", async (_, answer, words) => {
  const { lost } = listening(await server(answer), {});
  await until(() => lost.length > 0);
  expect(lost[0]).toMatch(words);
});

test.each<[string, (socket: WebSocket) => void]>([
  ["a frame that is no JSON", (socket) => socket.send("<html>")],
  ["a frame of null", (socket) => socket.send("null")],
  ["a message without a hub", (socket) => socket.send('{"M":[{"M":7}],"S":1,"T":1}')],
  ["a binary frame", (socket) => socket.send(Buffer.from([1, 2, 3]))],
  [
    "a frame beyond the bound",
    (socket) => socket.send(JSON.stringify({ M: ["x".repeat(300_000)] })),
  ],
  ["a farewell", (socket) => socket.close(1011)],
])("classic: %s ends the connection and nothing else", async (_, talk) => {
  const origin = await server(() => ({ body: classicHello }), talk);
  const { lost, events } = listening(origin, { kind: "classic" });
  await until(() => lost.length >= 2);
  expect(events).toEqual([]);
  expect(lost.join()).not.toContain("marked-connection");
});

test.each<[string, (socket: WebSocket) => void]>([
  ["a frame that is no JSON", (socket) => socket.send("<html>\u001e")],
  ["a frame without an end", (socket) => socket.send("{}")],
  ["a record of null", (socket) => socket.send("null\u001e")],
  ["an event", (socket) => socket.send('{"type":1,"target":"x","arguments":[]}\u001e')],
  ["an error to the handshake", (socket) => socket.send('{"error":"no"}\u001e')],
  ["a farewell", (socket) => socket.close(1011)],
])("Core: %s instead of a handshake ends the connection and nothing else", async (_, talk) => {
  const body = JSON.stringify({
    connectionId: "x",
    connectionToken: "marked-connection",
    availableTransports: [{ transport: "WebSockets" }],
  });
  const { connectedCount, lost } = listening(await server(() => ({ body }), talk), {});
  await until(() => lost.length >= 2);
  expect(connectedCount()).toBe(0);
  expect(lost.join()).not.toContain("marked-connection");
});

test("a server that takes GET alone is asked so", async () => {
  const asked: string[] = [];
  const send: Send = ({ method }) => {
    asked.push(method);
    const reply = { status: method === "GET" ? 200 : 405, headers: {}, body: "{}" };
    return Promise.resolve({ kind: "reply", reply });
  };
  const lost: string[] = [];
  const dial = dialing({ origins: [] });
  const hub = nodeHub({ send, dial, clock: nodeClock() });
  closing.push(
    hub(
      { url: "http://127.0.0.1", kind: "auto", hub: hubName, event: "x" },
      { event: () => undefined, connected: () => undefined, lost: (detail) => lost.push(detail) },
    ),
  );
  await until(() => lost.length > 0);
  expect(asked).toEqual(["POST", "GET"]);
});

test("no socket goes anywhere but to the recorder's own origins", () => {
  const dial = dialing({ origins: ["https://ucc.example"] });
  for (const url of ["wss://evil.example/hub", "ws://ucc.example/hub", "wss://ucc.example:8443/"]) {
    expect(() => dial(url, {})).toThrow(/not an origin of this recorder/);
  }
});

test("whoever stops while a connection is being made is left with none", async () => {
  const { origin, simulator } = await simulated();
  const { connectedCount, stop } = listening(origin, { url: origin + classicPath });
  stop();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(connectedCount()).toBe(0);
  expect(simulator.hub.standingCount).toBe(0);
  simulator.begin(correlationId);
});
