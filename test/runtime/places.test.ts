/** Readings keep no connection from pauses, not even one that is still being made. */
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { authority } from "../adapters/certificates.ts";
import { atMostAtOnce } from "../../src/runtime/node/places.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";

test("readings whose connections cannot be made leave a pause its own, and get theirs back", async () => {
  const ours = authority("tacet test authority");
  const { cert, key } = ours.issue("localhost");
  const answering = createHttps({ cert, key }, (_, response) => response.end("yes"));
  const sockets: Socket[] = [];
  let hangs = true;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    // A server that is too busy to greet.
    if (!hangs) answering.emit("connection", socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tls = { ca: ours.cert, serverName: "localhost" };
  const pauseSend = nodeSend({ origins: [origin], connections: 4, connectMsMax: 3_000, tls });
  const send = atMostAtOnce(2, pauseSend);
  const request = { method: "GET", url: `${origin}/`, headers: {} } as const;
  try {
    const given = Array.from({ length: 20 }, async (_, turn) => {
      await new Promise((resolve) => setTimeout(resolve, turn * 25));
      return (await send(request, AbortSignal.timeout(50))).kind;
    });
    expect(new Set(await Promise.all(given))).toEqual(new Set(["not_sent"]));
    hangs = false;
    expect(await pauseSend(request, AbortSignal.timeout(1_000))).toMatchObject({ kind: "reply" });
    expect(sockets).toHaveLength(3);
    const read = async () => (await send(request, AbortSignal.timeout(200))).kind;
    await expect.poll(read, { timeout: 10_000 }).toBe("reply");
    const again = Array.from({ length: 20 }, () => send(request, AbortSignal.timeout(5_000)));
    expect((await Promise.all(again)).every(({ kind }) => kind === "reply")).toBe(true);
  } finally {
    await pauseSend.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}, 30_000);
