/** A machine's clock that was ahead while the log was written, and has been put right since. */
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { begin, closeRecorders, startRecorders } from "./acme.ts";
import { cleanUp, folder } from "./process.ts";
import { startWithin, stopServices } from "./within.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const HOUR_MS = 3_600_000;
afterAll(async () => {
  await stopServices();
  await closeRecorders();
  await cleanUp();
});

test("a lease is no longer than it says, though the log's newest entry is an hour ahead", async () => {
  const recorders = await startRecorders();
  const place = await folder();
  const ahead = Date.now() + HOUR_MS;
  const log = await openLog({
    folder: join(place, "log"),
    originBase: "tacet.example",
    now: () => ahead,
  });
  const attributes = {};
  await log.append("acme", "c1", 0, [{ type: "CallRegistered", attributes, at: ahead }]);
  await log.close();

  const tacet = await startWithin(place, recorders.origins);
  const { targets } = begin(recorders, 1);
  const pay = tacet.as("pay");
  expect((await pay("PUT", "/v1/calls/c1", { targets })).status).toBe(200);
  const paused = await pay("POST", "/v1/calls/c1/pause", { windowId: "w1", leaseMs: 60_000 });
  expect(paused).toMatchObject({ status: 200, body: { safeToCollect: true } });
  expect(paused.body["collectForMs"]).toBeLessThanOrEqual(60_000);
  expect(paused.body["expiresAt"]).toBeGreaterThanOrEqual(ahead);
  const call = (await pay("GET", "/v1/calls/c1")).body;
  expect(call["at"]).toBeGreaterThanOrEqual(ahead);
  // The lease runs down: time is not stuck at the newest entry.
  const first = Number(paused.body["collectForMs"]);
  await new Promise((done) => setTimeout(done, 50));
  const again = await pay("POST", "/v1/calls/c1/pause", { windowId: "w1" });
  expect(Number(again.body["collectForMs"])).toBeLessThan(first);
});
