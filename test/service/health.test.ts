/** Recorders that go down and come back, through the whole service. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { asking, until } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { closeReceivers, receiver, webhookSecret } from "./receiver.ts";
import { type Served, serveFile } from "./serve.ts";
import { systemEntries } from "./systemLog.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(async () => {
  recorders.vslogger.faults.clear();
  await cleanUp();
  await closeReceivers();
});
afterAll(closeRecorders);

const HEALTH = { everyMs: 1_000, retryMs: 100, failureCountMin: 2, successCountMin: 2 };

async function served(more: object = {}, health: object = {}) {
  const place = await folder();
  const { document, keys } = await acme(place, recorders.origins);
  const whole = { ...document, health: { ...HEALTH, ...health }, ...more };
  return { place, keys, one: await serveFile(await written(place, whole), keys) };
}

const detailOf = async (one: Served) => {
  const { body } = await asking(one.ops)("GET", "/readyz");
  const all = body["recorders"] as { recorderId: string; healthy?: boolean; cause?: string }[];
  return all.find(({ recorderId }) => recorderId === "vslogger");
};
const gauge = async (one: Served) =>
  /tacet_recorder_healthy\{recorder="vslogger"\} (\d)/.exec(
    (await asking(one.ops)("GET", "/metrics")).text,
  )?.[1];

test("a recorder that is down is entered with start and cause, told everywhere, and so is its end", async () => {
  const secret = webhookSecret();
  const hook = await receiver(secret);
  const { one, place } = await served({
    alerts: { endpoints: [{ id: "pager", url: hook.url, secrets: [secret] }] },
  });
  const [wall, desktop] = [one.watch("sue"), one.watch("ann")];
  await Promise.all([wall.message("subscribed"), desktop.message("subscribed")]);
  const fellAt = Date.now();
  recorders.vslogger.faults.set({ name: "unreachable" });
  const raised = await hook.message(({ type }) => type === "alert.recorder_down");
  expect(raised.data).toMatchObject({ recorderId: "vslogger", resolved: false });
  expect(raised.data).not.toHaveProperty("tenants");
  const down = await wall.message("recorder");
  expect(down).toMatchObject({ recorderId: "vslogger", healthy: false });
  const [entry] = await until(
    () => systemEntries(place, "RecorderWentDown"),
    ({ length }) => length > 0,
  );
  expect(entry).toMatchObject({ recorderId: "vslogger", outcome: "failure" });
  const since = Number(entry?.detail?.["since"]);
  expect(since).toBeGreaterThanOrEqual(fellAt - 1_000);
  expect(raised.data).toMatchObject({ since, cause: entry?.reason });
  expect(await detailOf(one)).toMatchObject({ healthy: false, cause: entry?.reason });
  expect(await gauge(one)).toBe("0");
  // The others can still be served, so tacet is ready.
  expect((await asking(one.url)("GET", "/readyz")).status).toBe(200);
  const listed = await one.as("ops")("GET", "/v1/recorders");
  const [shown] = (listed.body["recorders"] as { recorderId: string; health: object }[]).filter(
    ({ recorderId }) => recorderId === "vslogger",
  );
  expect(shown?.health).toEqual({ healthy: false, since, cause: entry?.reason });

  recorders.vslogger.faults.clear();
  const over = await hook.message(({ data }) => data["resolved"] === true);
  expect(over.data["alertId"]).toBe(raised.data["alertId"]);
  const [end] = await until(
    () => systemEntries(place, "RecorderRecovered"),
    ({ length }) => length > 0,
  );
  expect(end?.detail).toMatchObject({ since, cause: entry?.reason });
  const endedAt = Number(end?.detail?.["until"]);
  expect(endedAt).toBeGreaterThan(since);
  expect(over.data).toMatchObject({ durationMs: endedAt - since });
  await until(
    () => wall.got.filter(({ type }) => type === "recorder"),
    ({ length }) => length === 2,
  );
  expect(wall.got.findLast(({ type }) => type === "recorder")).toMatchObject({ healthy: true });
  expect(desktop.got.filter(({ type }) => type === "recorder")).toEqual([]);
  expect(await gauge(one)).toBe("1");
  wall.close();
  desktop.close();
});

test("who comes while a recorder is down is told so, and nothing of those that are well", async () => {
  const { one } = await served();
  recorders.vslogger.faults.set({ name: "unreachable" });
  await until(
    () => detailOf(one),
    (detail) => detail?.healthy === false,
  );
  const wall = one.watch("sue");
  expect(await wall.message("recorder")).toMatchObject({ recorderId: "vslogger", healthy: false });
  expect(wall.got.filter(({ type }) => type === "recorder")).toHaveLength(1);
  wall.close();
});

test("a failure that outlasts the process goes on: entered once, ended once, since its beginning", async () => {
  const { one, place } = await served();
  recorders.vslogger.faults.set({ name: "unreachable" });
  const [began] = await until(
    () => systemEntries(place, "RecorderWentDown"),
    ({ length }) => length > 0,
  );
  await one.process.stop("SIGKILL");
  const second = await one.again();
  const still = await until(
    () => detailOf(second),
    (detail) => detail?.healthy !== undefined,
  );
  expect(still).toMatchObject({ healthy: false, cause: began?.reason });
  expect(await gauge(second)).toBe("0");
  recorders.vslogger.faults.clear();
  const [end] = await until(
    () => systemEntries(place, "RecorderRecovered"),
    ({ length }) => length > 0,
  );
  expect(end?.detail).toMatchObject({ since: began?.detail?.["since"], cause: began?.reason });
  expect(await systemEntries(place, "RecorderWentDown")).toHaveLength(1);
  await second.process.stop();
});

test("one bad answer is no failure", async () => {
  const { one, place } = await served({}, { everyMs: 1_000 });
  await until(
    () => gauge(one),
    (value) => value === "1",
  );
  const before = recorders.vslogger.requests.length;
  recorders.vslogger.faults.set({ name: "html-instead-of-json", times: 1 });
  await until(
    () => recorders.vslogger.faults.list(),
    ({ length }) => length === 0,
  );
  await until(
    () => recorders.vslogger.requests.length,
    (count) => count > before + 4,
  );
  expect(await gauge(one)).toBe("1");
  expect(await systemEntries(place, "RecorderWentDown")).toEqual([]);
});

test("a recorder that is asked seldom is found down by the commands it does not take", async () => {
  const { one, place } = await served({}, { everyMs: 3_600_000, retryMs: 600_000 });
  await until(
    () => gauge(one),
    (value) => value === "1",
  );
  const { targets } = begin(recorders, 60);
  const pay = one.as("pay");
  await pay("PUT", "/v1/calls/c60", { targets });
  recorders.vslogger.faults.set({ name: "unreachable" });
  await pay("POST", "/v1/calls/c60/pause", { windowId: "w1", waitMs: 0 });
  const [entry] = await until(
    () => systemEntries(place, "RecorderWentDown"),
    ({ length }) => length > 0,
  );
  expect(entry?.recorderId).toBe("vslogger");
  expect(entry?.reason).toMatch(/^commands_(?:unreachable|in_doubt)$/);
});
