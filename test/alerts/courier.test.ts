/** The courier against a real receiver, with a file that can be made to fail and a clock that is watched. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { Registry } from "prom-client";
import type { Alert } from "../../src/alerts/alert.ts";
import { alertsSchema } from "../../src/policy/configAlerts.ts";
import { alertMetrics } from "../../src/runtime/node/alerts/alertMetrics.ts";
import { type Courier, startCourier } from "../../src/runtime/node/alerts/courier.ts";
import {
  type OutboxFile,
  type OwnOutboxFile,
  ofThisLog,
  openOutboxFile,
} from "../../src/runtime/node/alerts/outboxFile.ts";
import { threadedOutboxFile } from "../../src/runtime/node/alerts/outboxThread.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { until } from "../service/client.ts";
import { closeReceivers, receiver, webhookSecret } from "../service/receiver.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await closeReceivers();
  for (const end of ends.splice(0)) await end();
});

const down = (n: number): Alert => ({
  kind: "recorder_down",
  recorderId: `r${n}`,
  tenants: [],
  since: n,
  cause: "commands_unreachable",
});

async function made(
  wrap: (file: OwnOutboxFile) => OutboxFile = (file) => file,
  open = (path: string) => wrap(openOutboxFile(path)),
) {
  const place = await mkdtemp(join(tmpdir(), "tacet-courier-"));
  const path = join(place, "alerts.sqlite");
  const secret = webhookSecret();
  const hook = await receiver(secret);
  const register = new Registry();
  const clock = nodeClock();
  const after = vi.fn<typeof clock.after>(clock.after);
  const errors: unknown[] = [];
  const courier: Courier = startCourier({
    config: alertsSchema.parse({
      retryMsMin: 20,
      retryMsMax: 100,
      endpoints: [{ id: "pager", url: hook.url, secrets: [secret] }],
    }),
    context: { origin: "tacet.example", sandbox: false },
    clock: { ...clock, after },
    file: open(path),
    metrics: alertMetrics(register, {
      endpointIds: [],
      recorderIds: [],
      openByKind: () => new Map(),
      waiting: () => new Map(),
      logHealthy: () => true,
    }),
    givenUp: () => {},
    onError: (error) => errors.push(error),
  });
  ends.push(
    () => courier.stop(),
    () => rm(place, { recursive: true, force: true }),
  );
  return { after, courier, errors, hook, path, register };
}

test("a message is in the file before it is sent, and out of it once it was taken", async () => {
  const { courier, hook, path } = await made();
  const db = new DatabaseSync(path, { readOnly: true });
  const kept = () =>
    db
      .prepare("SELECT id FROM waiting")
      .all()
      .map((row) => row["id"]);
  const atSending: unknown[] = [];
  hook.answer = (response) => {
    atSending.push(kept().includes(hook.got.at(-1)?.id));
    response.writeHead(204).end();
  };
  courier.start();
  for (let n = 0; n < 20; n += 1) courier.raise(down(n));
  await until(
    () => atSending.length,
    (count) => count === 20,
  );
  expect(atSending).toEqual(Array.from({ length: 20 }, () => true));
  await until(kept, ({ length }) => length === 0);
  db.close();
});

test("no request is made for a message before its file has it", async () => {
  const order: string[] = [];
  const sent = () => void order.push("sent");
  subscribe("undici:request:create", sent);
  try {
    const { courier, hook } = await made((file) => ({
      ...file,
      write(changes, marks) {
        file.write(changes, marks);
        for (const { type } of changes) if (type === "open") order.push("kept");
      },
    }));
    courier.start();
    for (let n = 0; n < 3; n += 1) {
      courier.raise(down(n));
      await until(
        () => hook.got.length,
        (count) => count > n,
      );
    }
    expect(order).toEqual(["kept", "sent", "kept", "sent", "kept", "sent"]);
  } finally {
    unsubscribe("undici:request:create", sent);
  }
});

test("raising writes nothing and sends nothing by itself: whoever raises goes on at once", async () => {
  const write = vi.fn<OutboxFile["write"]>();
  const { courier } = await made((file) => ({
    ...file,
    write(changes, marks) {
      void write(changes, marks);
      file.write(changes, marks);
    },
  }));
  courier.start();
  for (let n = 0; n < 3; n += 1) courier.raise(down(n));
  expect(write).not.toHaveBeenCalled();
  await until(
    () => write.mock.calls.length,
    (count) => count > 0,
  );
  expect(write.mock.calls[0]?.[0]).toHaveLength(6);
});

test("where the file cannot be written, alerts are sent all the same, and kept once it can be", async () => {
  let full = true;
  const { courier, errors, hook, path, register } = await made((file) => ({
    ...file,
    write(changes, marks) {
      if (full) throw new Error("full");
      file.write(changes, marks);
    },
    rewrite(whole, marks) {
      if (full) throw new Error("full");
      file.rewrite(whole, marks);
    },
  }));
  courier.start();
  courier.raise(down(1));
  await hook.message(({ type }) => type === "alert.recorder_down");
  expect(errors.length).toBeGreaterThan(0);
  expect(await register.getSingleMetricAsString("tacet_alerts_durable")).toMatch(/ 0$/);
  full = false;
  const db = new DatabaseSync(path, { readOnly: true });
  await until(
    () => db.prepare("SELECT key FROM open").all(),
    ({ length }) => length === 1,
  );
  db.close();
  expect(await register.getSingleMetricAsString("tacet_alerts_durable")).toMatch(/ 1$/);
});

test("a receiver that holds on to everything keeps nobody busy", async () => {
  const { after, courier, hook } = await made();
  hook.answer = () => {};
  courier.start();
  for (let n = 0; n < 20; n += 1) courier.raise(down(n));
  await until(
    () => hook.got.length,
    (count) => count === 4,
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(hook.got).toHaveLength(4);
  expect(after.mock.calls.length).toBeLessThan(20);
});

test("more changes than may wait to be written are written as all there is", async () => {
  const rewritten: number[] = [];
  const written: number[] = [];
  const { courier, path } = await made((file) => ({
    ...file,
    write(changes, marks) {
      written.push(changes.length);
      file.write(changes, marks);
    },
    rewrite(whole, marks) {
      rewritten.push(whole.open.size);
      file.rewrite(whole, marks);
    },
  }));
  for (let n = 0; n < 9_000; n += 1) courier.raise(down(n));
  await until(
    () => rewritten.length + written.length,
    (count) => count > 0,
  );
  // Beyond two thousand waiting messages each new one also folds one: three changes and more.
  expect([rewritten, written]).toEqual([[9_000], []]);
  const db = new DatabaseSync(path, { readOnly: true });
  expect(db.prepare("SELECT count(*) AS count FROM open").get()).toEqual({ count: 9_000 });
  db.close();
});

test("a file that is damaged is put aside, and another is begun", async () => {
  const { path } = await made();
  for (const end of ends.splice(0, 1)) await end();
  const { writeFileSync, existsSync } = await import("node:fs");
  writeFileSync(path, "this is no database, and was one".repeat(100));
  const file = openOutboxFile(path);
  expect([file.saved.open.size, file.marks, existsSync(`${path}.damaged`)]).toEqual([
    0,
    undefined,
    true,
  ]);
  file.close();
});

test("somebody who holds the file keeps nothing else waiting, and no alert from being sent", async () => {
  const { courier, hook, path } = await made(undefined, threadedOutboxFile);
  courier.start();
  const db = new DatabaseSync(path);
  db.exec("BEGIN IMMEDIATE");
  let beats = 0;
  const timer = setInterval(() => (beats += 1), 20);
  courier.raise(down(1));
  await hook.message(({ type }) => type === "alert.recorder_down");
  clearInterval(timer);
  expect(beats).toBeGreaterThan(20);
  courier.raise(down(2));
  db.exec("ROLLBACK");
  await until(
    () => db.prepare("SELECT key FROM open").all(),
    ({ length }) => length === 2,
  );
  db.close();
});

test("a thread that ended leaves nobody waiting: alerts are sent from memory", async () => {
  const missing = new URL("./no-such-thread.ts", import.meta.url);
  const { courier, errors, hook } = await made(undefined, (path) =>
    threadedOutboxFile(path, missing),
  );
  courier.start();
  courier.raise(down(1));
  await hook.message(({ type }) => type === "alert.recorder_down");
  expect(errors.length).toBeGreaterThan(0);
});

test("marks of the log before this one are forgotten: what happens next in this one is looked at", async () => {
  const { path } = await made();
  for (const end of ends.splice(0, 1)) await end();
  const file = openOutboxFile(path);
  file.write([], new Map([["acme", 1_000]]));
  file.close();
  const errors: unknown[] = [];
  const sized = (size: number) => {
    const again = openOutboxFile(path);
    const { marks } = ofThisLog(
      again,
      () => size,
      (error) => errors.push(error),
    );
    again.close();
    return marks;
  };
  expect(sized(1_000)).toEqual(new Map([["acme", 1_000]]));
  expect(sized(20)).toBeUndefined();
  expect(sized(2_000)).toBeUndefined();
  expect(errors).toEqual([]);
});
