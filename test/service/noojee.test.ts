/**
 * A recorder that says yes and cannot be asked, through the whole service: whether its yes secures
 * a call is policy's, its long poll holds up no pause, and its word that a call is over ends it.
 *
 * @module
 */
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import {
  type ListeningSimulator,
  listenSimulator,
} from "../../src/runtime/node/listenSimulator.ts";
import { type NoojeeSimulator, noojeeSimulator } from "../../src/sandbox/noojee/index.ts";
import { acme, closeRecorders, startRecorders, written } from "./acme.ts";
import { type Ask, entriesOf, until } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { type Served, serveFile } from "./serve.ts";
import { plant } from "../security/marks.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const apiKey = plant("the API key", "marked-api-key-8784-08002718f5b5");
const second = Math.floor(Date.now() / 1_000);

let pbx: NoojeeSimulator;
let pbxAt: ListeningSimulator;
let served: Served;
let pay: Ask;
let audit: Ask;

beforeAll(async () => {
  pbx = noojeeSimulator({ apiKey });
  pbxAt = await listenSimulator(pbx);
  const place = await folder();
  const { document, keys } = await acme(place, (await startRecorders()).origins);
  const part = { recorder: "pbx", control: "stop" };
  const whole = {
    ...document,
    evidence: { afterEndMs: 0, retryMsMin: 100 },
    recorders: {
      pbx: {
        vendor: "noojee",
        settings: {
          baseUrl: pbxAt.origin,
          apiKey,
          timeZone: "Australia/Melbourne",
          extensions: ["410", "411", "412", "413", "414"],
        },
        connectionCountMax: 1,
        desk: { commandMsMax: 3_000, settleMs: 300, retryMsMin: 20, retryMsMax: 200 },
      },
    },
    tenants: {
      acme: {
        ...document.tenants.acme,
        routes: [
          { when: { trust: "yes" }, recorders: [{ ...part, acceptAcknowledged: true }] },
          { recorders: [part] },
        ],
      },
    },
    auth: { ...document.auth, apiKeys: keysOf(document.auth.apiKeys) },
  };
  served = await serveFile(await written(place, whole), keys);
  [pay, audit] = [served.as("pay"), served.as("audit")];
  await until(
    () => pbx.polls.standingCount(),
    (count) => count === 1,
  );
});
afterAll(async () => {
  await cleanUp();
  await closeRecorders();
  await pbxAt.close();
});

/** Those of this tenant. */
const keysOf = (all: readonly object[]) =>
  all.filter((one) => (one as { tenant?: string }).tenant === "acme");

async function registered(extension: string, attributes: Readonly<Record<string, string>> = {}) {
  const uniqueId = `${second}.${extension}`;
  pbx.begin(extension, { uniqueId });
  const path = `/v1/calls/c${extension}`;
  const body = { targets: { pbx: { uniqueId, agentLoginName: "Fred" } }, attributes };
  expect((await pay("PUT", path, body)).status).toBe(201);
  return { path, uniqueId };
}

test("by default a yes secures nothing: it is stopped, and the page may not collect", async () => {
  const { path } = await registered("410");
  const paused = await pay("POST", `${path}/pause`, { windowId: "w410", waitMs: 500 });
  expect(paused).toMatchObject({ status: 424, body: { safeToCollect: false } });
  expect(pbx.heard("410")).toBe("paused");
  expect((await pay("GET", path)).body).not.toMatchObject({ protection: "secured" });
});

test("where policy takes a yes the call is secured beside the standing poll, though one connection is all that is configured, and the recording after it carries the window", async () => {
  const { path, uniqueId } = await registered("411", { trust: "yes" });
  await until(
    () => pbx.polls.standingCount(),
    (count) => count === 1,
  );
  const paused = await pay("POST", `${path}/pause`, { windowId: "w411", leaseMs: 60_000 });
  expect(paused).toMatchObject({
    status: 200,
    body: { protection: "secured", safeToCollect: true },
  });
  expect(pbx.heard("411")).toBe("paused");
  expect((await pay("POST", "/v1/windows/w411/resume")).body).toMatchObject({
    protection: "recording",
  });
  expect(pbx.heard("411")).toBe("recording");
  const legs = pbx.legs.filter((leg) => leg.uniqueId === uniqueId);
  expect(legs.map(({ tag, username }) => [tag, username])).toEqual([
    ["", "Administrator"],
    ["w411", "Fred"],
  ]);
});

test("a call whose every stop is refused stays as somebody left it: it is not started, and the log says why", async () => {
  const { path, uniqueId } = await registered("414", { trust: "yes" });
  pbx.byHand("414", "paused");
  pbx.faults.set({ name: "error-in-200", target: "414" });
  onTestFinished(() => pbx.faults.clear("error-in-200"));
  const paused = await pay("POST", `${path}/pause`, { windowId: "w414", waitMs: 500 });
  expect(paused).toMatchObject({ status: 424, body: { safeToCollect: false } });
  expect((await pay("POST", "/v1/windows/w414/resume")).body).toMatchObject({
    protection: "recording",
  });
  expect(await entriesOf(audit)).toContainEqual(
    expect.objectContaining({ type: "TapReleased", reason: "never_silenced", recorderId: "pbx" }),
  );
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const orders = pbx.requests.filter(({ query }) => query["extenOrUniqueId"] === uniqueId);
  expect(orders.length).toBeGreaterThan(0);
  expect(orders.every((order) => order.path.endsWith("/stop"))).toBe(true);
  expect(pbx.heard("414")).toBe("paused");
});

test("a call that is hung up is ended, and its legs are asked for and entered without a key", async () => {
  const { path } = await registered("412", { trust: "yes" });
  await pay("POST", `${path}/pause`, { windowId: "w412", leaseMs: 60_000 });
  await pay("POST", "/v1/windows/w412/resume");
  pbx.end("412");
  await until(
    () => pay("GET", path),
    ({ body }) => body["protection"] === "ended",
  );
  const told = await until(
    async () => (await audit("GET", `${path}/evidence`)).body,
    ({ recordings }) => ((recordings ?? []) as readonly object[]).length === 2,
  );
  expect(told["recordings"]).toMatchObject([{ recorderId: "pbx" }, { recorderId: "pbx" }]);
  const entries = JSON.stringify(await entriesOf(audit));
  expect(entries).toContain("recorder:pbx");
  expect(entries).not.toContain(apiKey);
});

test("a call that is transferred to an extension that is listened to goes on", async () => {
  const { path } = await registered("413", { trust: "yes" });
  pbx.transfer("413", "410");
  pbx.begin("412", { uniqueId: `${second}.999` });
  pbx.end("412");
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect((await pay("GET", path)).body).toMatchObject({ protection: "recording" });
});
