/** What is asked of a recorder, as a witness or to learn what it is, holds up no pause. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { Config } from "../../src/policy/config.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { nodeFleet } from "../../src/runtime/node/recorders.ts";

test("a witness that never answers holds up no pause, however many ask it", async () => {
  const hanging: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url?.includes("/RecordingAPI/") === true) hanging.push(response);
    else response.end('{"Code":0}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const settings = {
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey: "a-key-of-the-test",
    timeZone: "UTC",
  };
  const recorder = { vendor: "noojee", settings, connectionCountMax: 1, replyBytesMax: 65_536 };
  const config = { recorders: { pbx: { ...recorder, plainHttp: false } }, tenants: {} };
  const fleet = nodeFleet(config as unknown as Config, nodeClock());
  const now = () => Date.now();
  const asking = new AbortController();
  try {
    const [pbx] = fleet.ports;
    const target = { uniqueId: "1412750652.496" };
    const span = { from: now() - 1_000, to: now() };
    const asked = Array.from({ length: 20 }, async () =>
      fleet.witness("pbx")?.evidence?.(target, span, { signal: asking.signal, now }),
    );
    await expect.poll(() => hanging.length, { timeout: 10_000 }).toBeGreaterThan(0);
    const signal = AbortSignal.timeout(5_000);
    const paused = await pbx?.pause?.(target, { signal, now, silenced: false, windowId: "w" });
    expect(paused).toEqual({ kind: "acknowledged" });
    // Nor is the recorder asked by all of them at once.
    expect(hanging.length).toBeLessThan(20);
    asking.abort();
    await Promise.all(asked);
  } finally {
    await fleet.close();
    for (const one of hanging) one.destroy();
    server.close();
  }
});

test("readings and resumes that never end hold up no pause, and are so many at once as configured", async () => {
  const hanging: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.method === "POST" && request.url?.endsWith("/pause") === true) {
      response.writeHead(204).end();
    } else hanging.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const settings = {
    baseUrl: `http://127.0.0.1:${port}/ari`,
    username: "tacet",
    password: "secret",
  };
  const recorder = { vendor: "asterisk-ari", settings, connectionCountMax: 2 };
  const common = { replyBytesMax: 65_536, plainHttp: false };
  const config = { recorders: { pbx: { ...recorder, ...common } }, tenants: {} };
  const fleet = nodeFleet(config as unknown as Config, nodeClock());
  const giveUp = new AbortController();
  const context = (signal: AbortSignal) => ({ signal, now: Date.now, silenced: false });
  const target = { name: "a" };
  try {
    const [pbx] = fleet.ports;
    const asked = Array.from({ length: 10 }, async () => [
      await pbx?.status?.(target, context(giveUp.signal)),
      await pbx?.resume?.(target, context(giveUp.signal)),
    ]);
    await expect.poll(() => hanging.length).toBe(2);
    const paused = Array.from({ length: 10 }, async () =>
      pbx?.pause?.(target, context(AbortSignal.timeout(5_000))),
    );
    expect(await Promise.all(paused)).toEqual(paused.map(() => ({ kind: "acknowledged" })));
    expect(hanging).toHaveLength(2);
    giveUp.abort();
    // Those that found no place were not sent.
    const kinds = (await Promise.all(asked)).map(([status]) => status?.kind);
    expect(kinds.filter((kind) => kind === "unreachable")).toHaveLength(8);
    expect(hanging).toHaveLength(2);
    // Their places are free again.
    void pbx?.status?.(target, context(AbortSignal.timeout(500)));
    await expect.poll(() => hanging.length).toBe(3);
  } finally {
    await fleet.close();
    for (const one of hanging) one.destroy();
    server.close();
  }
});
