/** Alerts through the whole service, to receivers that check every signature. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { asking, until } from "./client.ts";
import { cleanUp, folder, tacet } from "./process.ts";
import { closeReceivers, type Received, receiver, webhookSecret } from "./receiver.ts";
import { type Served, serveFile } from "./serve.ts";
import { systemEntries } from "./systemLog.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(async () => {
  recorders.anywherenow.faults.clear();
  recorders.vslogger.faults.clear();
  await cleanUp();
  await closeReceivers();
});
afterAll(closeRecorders);

let conversations = 30;

/** A served tacet with these endpoints, and one call that is registered. */
async function served(alerts: object, more: object = {}) {
  const place = await folder();
  const { document, keys } = await acme(place, recorders.origins);
  const path = await written(place, {
    ...document,
    alerts: { retryMsMin: 50, retryMsMax: 500, ...alerts },
    ...more,
  });
  const one = await serveFile(path, keys);
  return { one, place, ...(await registered(one)) };
}

async function registered(one: Served) {
  const number = conversations++;
  const conversation = begin(recorders, number);
  const callId = `c${number}`;
  const pay = one.as("pay");
  const path = `/v1/calls/${callId}`;
  const { targets } = conversation;
  const body = { targets, agentId: "a-204" };
  expect((await pay("PUT", path, body)).status).toBe(201);
  return { ...conversation, callId, path, pay };
}

const of = (kind: string, resolved: boolean) => (one: Received) =>
  one.type === `alert.${kind}` && one.data["resolved"] === resolved;

test("a call that is not secured is told once, signed, and told to be over once it is", async () => {
  const secret = webhookSecret();
  const hook = await receiver(secret);
  const { callId, channel, one, path, pay, place } = await served({
    endpoints: [{ id: "pager", url: hook.url, secrets: [secret] }],
  });
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  expect((await pay("POST", `${path}/pause`, { windowId: "w1" })).status).toBe(424);
  const raised = await hook.message(of("unsecured", false));
  expect(raised.data).toMatchObject({
    kind: "unsecured",
    tenant: "acme",
    callId,
    windowIds: ["w1"],
    recorderIds: ["vslogger"],
    agentId: "a-204",
    protection: "unsecured",
    origin: "tacet.example",
  });
  recorders.vslogger.faults.clear();
  const over = await hook.message(of("unsecured", true));
  expect(over.data["alertId"]).toBe(raised.data["alertId"]);
  expect(over.id).not.toBe(raised.id);
  expect(Number(over.data["durationMs"])).toBe(
    Number(over.data["at"]) - Number(raised.data["since"]),
  );
  await pay("POST", `${path}/resume`, { windowId: "w1" });
  expect(hook.got.filter(({ type }) => type === "alert.unsecured")).toHaveLength(2);
  // Neither the secret nor the address, which may hold one, is written or said anywhere.
  const files = await Promise.all(
    (await readdir(join(place, "log"))).map((name) => readFile(join(place, "log", name), "latin1")),
  );
  const said = [one.process.out(), one.process.err(), ...files].join("\n");
  expect([said.includes(secret.slice(6)), said.includes("/alerts")]).toEqual([false, false]);
  // Only what is documented, and no more of the call than this.
  const allowed =
    /^(alertId|resolved|kind|since|tenant|callId|windowIds|recorderIds|agentId|protection|position|at|origin)$/;
  expect(Object.keys(raised.data).filter((name) => !allowed.test(name))).toEqual([]);
});

test("drift, foreign silence and a stalled call are told as what they are", async () => {
  const secret = webhookSecret();
  const hook = await receiver(secret);
  const { callId, channel, one, path, pay } = await served({
    endpoints: [{ id: "pager", url: hook.url, secrets: [secret] }],
  });
  expect((await pay("POST", `${path}/pause`, { windowId: "w1" })).status).toBe(200);
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  recorders.vslogger.byHand(channel, "recording");
  const drift = await hook.message(of("drift", false));
  expect(drift.data).toMatchObject({ callId, recorderIds: ["vslogger"] });
  recorders.vslogger.faults.clear();
  await hook.message(of("drift", true));
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  await pay("POST", `${path}/resume`, { windowId: "w1", waitMs: 0 });
  const stalled = await hook.message(of("stalled", false));
  expect(stalled.data).toMatchObject({ callId, protection: "stalled", recorderIds: ["vslogger"] });
  recorders.vslogger.faults.clear();
  await hook.message(of("stalled", true));

  const number = conversations++;
  recorders.vslogger.faults.set({ name: "foreign-mute", times: 1 });
  const { targets } = begin(recorders, number);
  await one.as("pay")("PUT", `/v1/calls/foreign${number}`, { targets });
  const foreign = await hook.message(of("paused_by_other", false));
  expect(foreign.data).toMatchObject({ callId: `foreign${number}`, recorderIds: ["vslogger"] });
});

test("what a receiver that is down misses is delivered when it is up, under the same id", async () => {
  const secret = webhookSecret();
  const hook = await receiver(secret);
  const { channel, one, path, pay } = await served({
    endpoints: [{ id: "pager", url: hook.url, secrets: [secret] }],
  });
  hook.answer = (response) => void response.writeHead(503).end();
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  await pay("POST", `${path}/pause`, { windowId: "w1", waitMs: 0 });
  const refused = await hook.message(of("unsecured", false));
  await hook.down();
  await until(
    async () => (await asking(one.ops)("GET", "/metrics")).text,
    (text) => Number(/tacet_alerts_waiting\{endpoint="pager"\} (\d+)/.exec(text)?.[1]) > 0,
  );
  hook.answer = (response) => void response.writeHead(204).end();
  hook.got.length = 0;
  await hook.up();
  const delivered = await hook.message(of("unsecured", false));
  expect(delivered).toMatchObject({ id: refused.id, body: refused.body });
});

test("a process that is killed before an alert was taken sends it after its next start", async () => {
  const secret = webhookSecret();
  const hook = await receiver(secret);
  const { callId, channel, one, path, pay } = await served({
    endpoints: [{ id: "pager", url: hook.url, secrets: [secret] }],
  });
  await hook.down();
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  expect((await pay("POST", `${path}/pause`, { windowId: "w1" })).status).toBe(424);
  await one.process.stop("SIGKILL");
  await hook.up();
  const second = await one.again();
  const raised = await hook.message(of("unsecured", false));
  expect(raised.data["callId"]).toBe(callId);
  // Still so: nothing new is told of it, here or after a stop in good order.
  await second.process.stop();
  const third = await second.again();
  recorders.vslogger.faults.clear();
  const over = await hook.message(of("unsecured", true));
  expect(over.data["alertId"]).toBe(raised.data["alertId"]);
  await third.process.stop();
  const ids = hook.got.filter(of("unsecured", false)).map(({ id }) => id);
  expect(new Set(ids)).toEqual(new Set([raised.id]));
});

test("a receiver that never answers delays no pause", async () => {
  const secret = webhookSecret();
  const hook = await receiver(secret);
  hook.answer = () => {};
  const { channel, one, path, pay } = await served({
    sendMsMax: 60_000,
    endpoints: [{ id: "pager", url: hook.url, secrets: [secret] }],
  });
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  expect((await pay("POST", `${path}/pause`, { windowId: "w1" })).status).toBe(424);
  await hook.message(of("unsecured", false));
  for (let count = 0; count < 5; count += 1) {
    const other = await registered(one);
    const paused = await pay("POST", `${other.path}/pause`, { windowId: `slow${count}` });
    expect(paused).toMatchObject({ status: 200, body: { safeToCollect: true } });
  }
  await one.process.stop("SIGKILL");
});

test("two secrets sign every alert: receivers change from one to the other when they like", async () => {
  const [older, newer] = [webhookSecret(), webhookSecret()];
  const [behind, ahead] = [await receiver(older), await receiver(newer)];
  const { channel, path, pay } = await served({
    endpoints: [behind, ahead].map(({ url }, index) => ({
      id: `hook-${index}`,
      url,
      secrets: [older, newer],
    })),
  });
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  await pay("POST", `${path}/pause`, { windowId: "w1", waitMs: 0 });
  const [one, two] = [
    await behind.message(of("unsecured", false)),
    await ahead.message(of("unsecured", false)),
  ];
  expect(one.id).toBe(two.id);
});

test("an endpoint hears of its kinds and tenants only, and a wrong secret is never taken", async () => {
  const secret = webhookSecret();
  const [drifts, others, all] = [
    await receiver(secret),
    await receiver(secret),
    await receiver(secret),
  ];
  const liar = await receiver(webhookSecret());
  const { channel, path, pay } = await served({
    endpoints: [
      { id: "drifts", url: drifts.url, secrets: [secret], kinds: ["drift"] },
      { id: "globex", url: others.url, secrets: [secret], tenants: ["globex"] },
      { id: "all", url: all.url, secrets: [secret], tenants: ["acme"] },
      { id: "liar", url: liar.url, secrets: [secret] },
    ],
  });
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  await pay("POST", `${path}/pause`, { windowId: "w1" });
  recorders.vslogger.faults.clear();
  await all.message(of("unsecured", true));
  await until(
    () => liar.heard.length,
    (count) => count > 0,
  );
  expect([drifts.heard, others.heard, liar.got]).toEqual([[], [], []]);
});

test("a redirect is not followed: the alert waits for the address that was configured", async () => {
  const secret = webhookSecret();
  const [hook, elsewhere] = [await receiver(secret), await receiver(secret)];
  hook.answer = (response) => void response.writeHead(307, { location: elsewhere.url }).end();
  const { channel, path, pay } = await served({
    endpoints: [{ id: "pager", url: hook.url, secrets: [secret] }],
  });
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  await pay("POST", `${path}/pause`, { windowId: "w1", waitMs: 0 });
  await until(
    () => hook.got.length,
    (count) => count >= 3,
  );
  expect(elsewhere.heard).toEqual([]);
  hook.got.length = 0;
  hook.answer = (response) => void response.writeHead(200).end("x".repeat(100_000));
  await hook.message(of("unsecured", false));
});

const PRLIMIT = "/usr/bin/prlimit";

describe.skipIf(!existsSync(PRLIMIT))("on a full disk", () => {
  test("a log that cannot be written is told all the same, and told when it can be again", async () => {
    const secret = webhookSecret();
    const hook = await receiver(secret);
    const { one, path, pay } = await served({
      endpoints: [{ id: "pager", url: hook.url, secrets: [secret] }],
    });
    const limit = (size: string) =>
      execFileSync(PRLIMIT, [`--fsize=${size}:unlimited`, "--pid", String(one.process.pid)]);
    limit("4096");
    expect((await pay("POST", `${path}/pause`, { windowId: "w1" })).status).toBe(503);
    const raised = await hook.message(of("log_failing", false));
    expect(raised.data).toMatchObject({ kind: "log_failing", cause: "not_written" });
    limit("unlimited");
    await until(
      () => pay("POST", `${path}/pause`, { windowId: "w1" }),
      ({ status }) => status === 200,
    );
    const over = await hook.message(of("log_failing", true));
    expect(over.data["alertId"]).toBe(raised.data["alertId"]);
    const metrics = await asking(one.ops)("GET", "/metrics");
    expect(metrics.text).toMatch(/^tacet_log_failures_total [1-9]/m);
    expect(metrics.text).toMatch(/^tacet_log_healthy 1$/m);
  });
});

test("an alert that nobody takes in its time is given up, with an entry and a number", async () => {
  const secret = webhookSecret();
  const hook = await receiver(secret);
  hook.answer = (response) => void response.writeHead(500).end();
  const { channel, one, path, pay, place } = await served({
    giveUpMs: 1_000,
    endpoints: [{ id: "pager", url: hook.url, secrets: [secret], kinds: ["unsecured"] }],
  });
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  await pay("POST", `${path}/pause`, { windowId: "w1", waitMs: 0 });
  const refused = await hook.message(of("unsecured", false));
  await until(
    async () => (await asking(one.ops)("GET", "/metrics")).text,
    (text) => text.includes('tacet_alerts_given_up_total{endpoint="pager"} 1'),
  );
  const [entry] = await until(
    () => systemEntries(place, "AlertGivenUp"),
    ({ length }) => length > 0,
  );
  expect(entry).toMatchObject({ outcome: "failure", reason: "unsecured" });
  expect(entry?.detail).toMatchObject({ endpoint: "pager", message: refused.id });
  expect(JSON.stringify(entry)).not.toContain(secret.slice(6));
});

test("what the outbox had not got when the process died is read from the log, under the same ids", async () => {
  const secret = webhookSecret();
  const hook = await receiver(secret);
  const { channel, one, path, pay, place } = await served({
    endpoints: [{ id: "pager", url: hook.url, secrets: [secret], kinds: ["unsecured"] }],
  });
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  await pay("POST", `${path}/pause`, { windowId: "w1" });
  await hook.message(of("unsecured", false));
  recorders.vslogger.faults.clear();
  await hook.message(of("unsecured", true));
  await one.process.stop("SIGKILL");
  const first = hook.got.splice(0).map(({ id }) => id);
  // As though it had died after each commit of the log and before that of the outbox.
  const outbox = new DatabaseSync(join(place, "log", "alerts.sqlite"));
  outbox.exec("DELETE FROM open; DELETE FROM waiting; UPDATE marks SET position = 0");
  outbox.close();
  const second = await one.again();
  await hook.message(of("unsecured", true));
  expect(hook.got.map(({ id }) => id).filter((id) => first.includes(id))).toEqual(first);

  // Lost altogether: what still stands is told again, as the same.
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  recorders.vslogger.byHand(channel, "recording");
  const drifted = await hook.message(
    ({ data, id }) => data["resolved"] === false && !first.includes(id),
  );
  await second.process.stop("SIGKILL");
  for (const end of ["", "-wal", "-shm"]) {
    await rm(join(place, "log", `alerts.sqlite${end}`), { force: true });
  }
  hook.got.length = 0;
  const third = await second.again();
  await until(
    () => hook.got.map(({ id }) => id),
    (ids) => ids.includes(drifted.id),
  );
  await third.process.stop("SIGKILL");
});

test("tacet alert --test sends each endpoint one signed test and says which did not take it", async () => {
  const secret = webhookSecret();
  const [hook, liar] = [await receiver(secret), await receiver(webhookSecret())];
  const place = await folder();
  const { document } = await acme(place, recorders.origins);
  const endpoints = [
    { id: "pager", url: hook.url, secrets: [secret] },
    { id: "liar", url: liar.url, secrets: [secret] },
  ];
  const path = await written(place, { ...document, alerts: { endpoints } });
  const { code, out } = await tacet(["alert", "--test", "--config", path]);
  expect(code).toBe(1);
  expect(out).toMatch(/ok {7}pager/);
  expect(out).toMatch(/PROBLEM {2}liar.*status_401/);
  expect(hook.got).toMatchObject([{ type: "alert.test" }]);
  expect(out).not.toContain("/alerts");
});
