/** The line port on Node: where it may go, what it bounds, and that it ends. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Line } from "../../src/adapters/lines.ts";
import type { Clock } from "../../src/control/ports.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { nodeLines, UNSENT_BYTES_MAX } from "../../src/runtime/node/lines.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));
const impatient: Clock = { ...nodeClock(), random: () => 0.02 };

async function server(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    listening.close();
    for (const socket of sockets) socket.destroy();
  });
  return (listening.address() as AddressInfo).port;
}

/** Connects, and keeps what is told. */
function listen(port: number, origins = [`http://127.0.0.1:${port}`]) {
  const lines = nodeLines({ origins, clock: impatient });
  closing.push(() => lines.close());
  const told: { lines: Line[]; lost: string[]; text: string } = { lines: [], lost: [], text: "" };
  const stop = lines(
    { host: "127.0.0.1", port, tls: false },
    {
      connected: (line) => void told.lines.push(line),
      received: (text) => void (told.text += text),
      quiet: () => undefined,
      lost: (detail) => void told.lost.push(detail),
    },
  );
  return { told, stop, lines };
}
const soon = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
};

test("a server that does not read is given up once so much waits for it", async () => {
  const { told } = listen(await server((socket) => socket.pause()));
  await soon(() => told.lines.length > 0);
  const [line] = told.lines;
  const text = "x".repeat(UNSENT_BYTES_MAX / 4);
  while (told.lost.length === 0) {
    line?.say(text);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(told.lost).toEqual(["it does not read what is sent"]);
});

test("nothing is connected to but the recorder's own address", async () => {
  let heard = 0;
  const port = await server(() => void (heard += 1));
  const { told } = listen(port, ["http://127.0.0.1:1"]);
  expect(told.lost).toEqual(["not an address of this recorder"]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).toBe(0);
});

test("a letter that is cut in two comes whole", async () => {
  const bytes = Buffer.from("é");
  const { told } = listen(
    await server((socket) => {
      socket.setNoDelay(true);
      socket.write(bytes.subarray(0, 1));
      setTimeout(() => socket.write(bytes.subarray(1)), 20);
    }),
  );
  await soon(() => told.text !== "");
  expect(told.text).toBe("é");
});

test("a connection that is lost is made again, until it is stopped", async () => {
  let count = 0;
  const port = await server((socket) => {
    count += 1;
    if (count < 3) socket.destroy();
  });
  const { stop, told } = listen(port);
  await soon(() => count === 3 && told.lines.length === 3);
  stop();
  const lost = told.lost.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([count, told.lost.length]).toEqual([3, lost]);
});

test("once closed, nothing is connected any more", async () => {
  let count = 0;
  const port = await server(() => void (count += 1));
  const { lines, told } = listen(port);
  await soon(() => told.lines.length === 1);
  lines.close();
  lines(
    { host: "127.0.0.1", port, tls: false },
    { ...quietly, lost: (detail) => void told.lost.push(detail) },
  );
  expect(told.lost).toEqual(["tacet is stopping"]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(count).toBe(1);
});

const quietly = { connected: () => undefined, received: () => undefined, quiet: () => undefined };
