/** Real sockets, on a port the system chose. */
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { serve, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { CLOSE, type ServerMessage, SUBPROTOCOL } from "../../src/events/protocol.ts";
import { createSockets, FRAGMENT_COUNT_MAX, type Sockets } from "../../src/runtime/node/socket.ts";
import { bench, change, EPOCH, secured } from "./kit.ts";
import { eventsRig, ORIGIN } from "./rig.ts";

const running: { server: ServerType; sockets: Sockets }[] = [];
afterEach(async () => {
  for (const { server, sockets } of running.splice(0)) {
    await sockets.stop(0);
    server.close();
  }
});

async function start() {
  const made = bench({ defer: setImmediate });
  const sockets = createSockets();
  const events = eventsRig(made.hub, made.clock, sockets.upgrade);
  const app = new Hono().get("/v1/events", (c) => events.handle(c.req.raw));
  const fetch = sockets.fetch((request, env) => app.fetch(request, env));
  const server = serve({
    fetch,
    port: 0,
    hostname: "127.0.0.1",
    websocket: { server: sockets.server },
  });
  running.push({ server, sockets });
  if (!server.listening) await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connect = (
    name: string,
    more: { query?: string; origin?: string; protocol?: string } = {},
  ) =>
    client(
      new WebSocket(
        `ws://127.0.0.1:${port}/v1/events${more.query ?? ""}`,
        more.protocol ?? SUBPROTOCOL,
        {
          ...(more.origin !== undefined && { origin: more.origin }),
          headers: name === "" ? {} : { authorization: `Bearer ${name}` },
        },
      ),
    );
  return { ...made, ...events, sockets, connect };
}

function client(socket: WebSocket) {
  const got: ServerMessage[] = [];
  const closed = Promise.withResolvers<number>();
  const refused = Promise.withResolvers<number>();
  let heard: (() => void) | undefined;
  socket.on("message", (data: Buffer) => {
    got.push(JSON.parse(data.toString()));
    heard?.();
  });
  socket.on("close", (code) => closed.resolve(code));
  socket.on("unexpected-response", (_request, response) => {
    refused.resolve(response.statusCode ?? 0);
    socket.terminate();
  });
  socket.on("error", () => {});
  return {
    socket,
    got,
    closed: closed.promise,
    refused: refused.promise,
    say: (message: unknown) => socket.send(JSON.stringify(message)),
    async until(type: ServerMessage["type"], position?: number): Promise<ServerMessage> {
      for (;;) {
        const found = got.find(
          (one) =>
            one.type === type &&
            (position === undefined || ("position" in one && one.position === position)),
        );
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => (heard = resolve));
      }
    },
  };
}

test("a client connects, subscribes and hears each change of its calls", async () => {
  const { hub, connect, sockets } = await start();
  const wall = connect("wall");
  expect(await wall.until("hello")).toMatchObject({ epoch: EPOCH });
  expect(wall.socket.protocol).toBe(SUBPROTOCOL);
  wall.say({ type: "subscribe", all: true });
  await wall.until("subscribed");
  hub.publish(change("c1", 4, secured()));
  expect(await wall.until("call", 4)).toMatchObject({ callId: "c1", protection: "secured" });
  expect(sockets.count()).toBe(1);
});

test("a browser's one-use ticket opens a socket, and the greeting carries the next one", async () => {
  const { hub, connect, shown, used } = await start();
  const desk = connect("", { query: "?ticket=tkt_agent", origin: ORIGIN });
  expect(await desk.until("hello")).toMatchObject({ nextTicket: "next" });
  desk.say({ type: "subscribe", all: true });
  await desk.until("subscribed");
  hub.publish(change("c2", 3, { agentId: "a2" }));
  hub.publish(change("c1", 4, { agentId: "a1", ...secured() }));
  await desk.until("call", 4);
  expect(desk.got.filter(({ type }) => type === "call")).toHaveLength(1);
  desk.say({ type: "shown", callId: "c1", position: 4 });
  desk.say({ type: "nonsense" });
  await desk.until("error");
  expect(used).toEqual(["tkt_agent"]);
  expect(shown).toMatchObject([{ callId: "c1", agentId: "a1", protection: "secured" }]);
});

test("who is refused gets a close code in a browser, and a status elsewhere", async () => {
  const { connect, connections } = await start();
  expect(await connect("nobody", { origin: ORIGIN }).closed).toBe(CLOSE.notAuthenticated);
  expect(await connect("payment", { origin: ORIGIN }).closed).toBe(CLOSE.notAllowed);
  expect(await connect("wall", { origin: "https://elsewhere.example" }).closed).toBe(
    CLOSE.notAllowed,
  );
  expect(await connect("nobody").refused).toBe(401);
  // A key in an address would end up in somebody's log.
  expect(await connect("", { query: "?ticket=wall" }).refused).toBe(401);
  expect(await connect("payment").refused).toBe(403);
  expect(await connect("wall", { protocol: "other.v9" }).refused).toBe(400);
  expect(connections.count()).toBe(0);
});

test("a message beyond the bound closes the socket (1009), and binary is no message", async () => {
  const { connect, connections } = await start();
  const big = connect("wall");
  await big.until("hello");
  big.socket.send("x".repeat(100_000));
  expect(await big.closed).toBe(1009);
  const binary = connect("wall");
  await binary.until("hello");
  binary.socket.send(Buffer.from([1, 2, 3]));
  expect(await binary.until("error")).toMatchObject({ code: "not_json" });
  expect(connections.count()).toBe(1);
});

test("the stack's answer to a ping keeps a silent client connected; a deaf one is closed", async () => {
  const { connect, clock } = await start();
  const one = connect("wall");
  await one.until("hello");
  one.say({ type: "subscribe", all: true });
  await one.until("subscribed");
  for (let round = 0; round < 5; round += 1) {
    const pinged = once(one.socket, "ping");
    clock.pass(15_000);
    await pinged;
    // Its pong goes before this, on the same connection.
    one.say({ type: "nonsense" });
    await new Promise<void>((resolve) => one.socket.once("message", () => resolve()));
  }
  expect(one.socket.readyState).toBe(WebSocket.OPEN);
  clock.pass(60_000);
  expect(await one.closed).toBe(CLOSE.idle);
});

test("a socket that does not read is not written to without end, and catches up", async () => {
  const { hub, connect } = await start();
  const slow = connect("wall");
  const fast = connect("wall");
  for (const one of [slow, fast]) {
    await one.until("hello");
    one.say({ type: "subscribe", all: true });
    await one.until("subscribed");
  }
  slow.socket.pause();
  const attributes = { note: "x".repeat(20_000) };
  const last = 1_500;
  for (let position = 1; position <= last; position += 1) {
    hub.publish(change(`c${position % 5}`, position, { attributes }));
    if (position % 5 === 0) await fast.until("call", position);
  }
  expect(hub.counts().pending).toBeLessThanOrEqual(10);
  slow.socket.resume();
  await slow.until("call", last);
  const newest = new Map(
    slow.got.flatMap((one) => (one.type === "call" ? [[one.callId, one.position]] : [])),
  );
  expect(new Set(newest.values())).toEqual(new Set([1496, 1497, 1498, 1499, 1500]));
  expect(slow.got.length).toBeLessThan(fast.got.length);
});

test("a stop tells every client to come back (1012)", async () => {
  const { connect, connections, sockets } = await start();
  const one = connect("wall");
  await one.until("hello");
  connections.stop();
  await sockets.stop(2_000);
  expect(await one.closed).toBe(CLOSE.restarting);
});

test("a message comes in so many pieces, and no more; one of more pieces closes its socket", async () => {
  const { connect } = await start();
  const said = JSON.stringify({ type: "subscribe", all: true });
  const inPieces = ({ socket }: { socket: WebSocket }, count: number) => {
    for (let at = 1; at < count; at += 1) socket.send(said.slice(at - 1, at), { fin: false });
    socket.send(said.slice(count - 1), { fin: true });
  };
  const patient = connect("wall");
  await patient.until("hello");
  inPieces(patient, said.length);
  await patient.until("subscribed");
  // Empty pieces are pieces.
  const shredder = connect("wall");
  await shredder.until("hello");
  for (let at = 0; at < FRAGMENT_COUNT_MAX; at += 1) shredder.socket.send("", { fin: false });
  expect(shredder.socket.readyState).toBe(WebSocket.OPEN);
  shredder.socket.send(said, { fin: true });
  expect(await shredder.closed).toBe(1008);
  const other = connect("wall");
  await other.until("hello");
  for (let at = 1; at < FRAGMENT_COUNT_MAX; at += 1) other.socket.send("", { fin: false });
  other.socket.send(said, { fin: true });
  await other.until("subscribed");
});
