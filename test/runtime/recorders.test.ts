/** What is asked of a recorder as a witness has connections of its own: no pause waits for it. */
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
