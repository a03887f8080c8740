/** Killed and started again on the same folder, and stopped as it should be. */
import { readFile } from "node:fs/promises";
import { get } from "node:http";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { type Entry, until } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder } from "./process.ts";
import { firstHeads, serve, serveFile } from "./serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 60_000 });
afterEach(async () => {
  recorders.vslogger.faults.clear();
  recorders.anywherenow.faults.clear();
  await cleanUp();
});
afterAll(closeRecorders);

const exported = async (place: string, tenant: string): Promise<readonly Entry[]> => {
  const { DatabaseSync } = await import("node:sqlite");
  const log = new DatabaseSync(join(place, "log", "control-log.sqlite"), { readOnly: true });
  const table = log.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'entr%'").get();
  const rows = log.prepare(`SELECT * FROM ${String(table?.["name"])}`).all();
  log.close();
  return rows
    .map((row) =>
      Object.values(row).find((value) => value instanceof Uint8Array && value[0] === 0x7b),
    )
    .map(
      (bytes) =>
        JSON.parse(new TextDecoder().decode(bytes as Uint8Array)) as Entry & { tenant: string },
    )
    .filter((entry) => entry.tenant === tenant);
};

test("killed in an open window: the same window and deadline, never safe before a fresh confirmation", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const one = begin(recorders, 10);
  const pay = first.as("pay");
  await pay("PUT", "/v1/calls/c10", { targets: one.targets });
  const paused = await pay("POST", "/v1/calls/c10/pause", { windowId: "w10", leaseMs: 100_000 });
  expect(paused.body).toMatchObject({ safeToCollect: true });
  await first.process.stop("SIGKILL");

  // It comes back where a recorder does not answer: what it once confirmed is worth nothing.
  recorders.vslogger.faults.set({ name: "unreachable" });
  const second = await first.again();
  const again = second.as("pay");
  const desktop = second.watch("pay");
  const window = await again("GET", "/v1/windows/w10");
  expect(window).toMatchObject({ status: 424, body: { safeToCollect: false } });
  expect(window.body["expiresAt"]).toBe(paused.body["expiresAt"]);
  const asked = await again("POST", "/v1/calls/c10/pause", { windowId: "w10", waitMs: 300 });
  expect(asked).toMatchObject({ status: 424, body: { expiresAt: paused.body["expiresAt"] } });
  expect(one.heard()).toEqual(["paused", "paused"]);

  recorders.vslogger.faults.clear();
  await desktop.call("c10", ({ protection }) => protection === "secured");
  const safe = await again("GET", "/v1/windows/w10");
  expect(safe).toMatchObject({ status: 200, body: { safeToCollect: true } });
  expect(safe.body["expiresAt"]).toBe(paused.body["expiresAt"]);
  expect((await again("POST", "/v1/windows/w10/resume")).status).toBe(200);
  await until(one.heard, ([a, b]) => a === "recording" && b === "recording");
  desktop.close();
});

test("killed right after a 200: the answer's entry is in the log, and the log verifies", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const one = begin(recorders, 11);
  await first.as("pay")("PUT", "/v1/calls/c11", { targets: one.targets });
  await firstHeads(place);
  const paused = await first.as("pay")("POST", "/v1/calls/c11/pause", { windowId: "w11" });
  await first.process.stop("SIGKILL");
  expect(paused.status).toBe(200);
  const { position } = paused.body["log"] as { position: number };
  const entries = await exported(place, "acme");
  expect(entries.find((entry) => entry.position === position)).toMatchObject({ callId: "c11" });
  expect(entries.map(({ type, windowId }) => [type, windowId])).toContainEqual([
    "WindowOpened",
    "w11",
  ]);
  const verified = await command(["verify", join(place, "log")]);
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.out).toMatch(/tacet\.example\/acme: INTACT/);
  // And again once it has started and stopped on it.
  const second = await first.again();
  await until(
    async () => (await second.as("pay")("GET", "/v1/windows/w11")).status,
    (status) => status === 200,
  );
  await second.process.stop("SIGTERM");
  const after = await command(["verify", join(place, "log")]);
  expect(after.code).toBe(0);
});

test("killed between a resume's answer and the recorder: recording is owed and comes back", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const one = begin(recorders, 12);
  await first.as("pay")("PUT", "/v1/calls/c12", { targets: one.targets });
  await first.as("pay")("POST", "/v1/calls/c12/pause", { windowId: "w12" });
  recorders.vslogger.faults.set({ name: "unreachable", target: one.channel });
  const resumed = await first.as("pay")("POST", "/v1/windows/w12/resume", { waitMs: 0 });
  expect(resumed).toMatchObject({ status: 202, body: { protection: "resuming" } });
  await first.process.stop("SIGKILL");
  recorders.vslogger.faults.clear();
  const second = await first.again();
  await until(one.heard, ([a, b]) => a === "recording" && b === "recording");
  await until(
    async () => (await second.as("pay")("GET", "/v1/calls/c12")).body["protection"],
    (protection) => protection === "recording",
  );
});

test("what a person silenced before tacet is left silent by a restart", async () => {
  const place = await folder();
  const first = await serve(place, recorders);
  const one = begin(recorders, 13);
  recorders.vslogger.byHand(one.channel, "paused");
  await first.as("pay")("PUT", "/v1/calls/c13", { targets: one.targets });
  await first.as("pay")("POST", "/v1/calls/c13/pause", { windowId: "w13" });
  await first.process.stop("SIGKILL");
  const second = await first.again();
  await until(
    () => second.as("pay")("GET", "/v1/windows/w13"),
    ({ status }) => status === 200,
  );
  const resumed = await second.as("pay")("POST", "/v1/windows/w13/resume");
  expect(resumed.body["recorders"]).toMatchObject([
    {},
    { recorderId: "vslogger", pausedByOther: true },
  ]);
  expect(one.heard()).toEqual(["recording", "paused"]);
});

test("asked to stop, it takes no new window, says 1012, answers who waits, and leaves windows running", async () => {
  const place = await folder();
  const first = await serve(place, recorders, { listen: { stopMsMax: 5_000 } });
  const [one, two] = [begin(recorders, 14), begin(recorders, 15)];
  const pay = first.as("pay");
  for (const [callId, { targets }] of [
    ["c14", one],
    ["c15", two],
  ] as const) {
    await pay("PUT", `/v1/calls/${callId}`, { targets });
  }
  const paused = await pay("POST", "/v1/calls/c14/pause", { windowId: "w14", leaseMs: 60_000 });
  const desktop = first.watch("pay");
  await desktop.call("c14", ({ protection }) => protection === "secured");
  recorders.anywherenow.faults.set({ name: "unreachable", target: two.correlationId });
  const waiting = pay("POST", "/v1/calls/c15/pause", { windowId: "w15", waitMs: 10_000 });
  await desktop.call("c15", ({ windows }) => windows.length === 1);
  const stopped = first.process.stop("SIGTERM");
  expect(await desktop.closed).toBe(1012);
  const answered = await waiting;
  expect(answered).toMatchObject({ status: 503, body: { code: "stopping", safeToCollect: false } });
  expect(answered.headers.get("retry-after")).not.toBeNull();
  expect(await stopped).toMatchObject({ code: 0 });
  expect(one.heard()).toEqual(["paused", "paused"]);
  recorders.anywherenow.faults.clear();

  const second = await first.again();
  const back = await until(
    () => second.as("pay")("GET", "/v1/windows/w14"),
    ({ status }) => status === 200,
  );
  expect(back.body["expiresAt"]).toBe(paused.body["expiresAt"]);
});

test("start, stop and a changed configuration are entered in the system's log, with who and what", async () => {
  const place = await folder();
  const { document, keys } = await acme(place, recorders.origins);
  const path = await written(place, document);
  await (await serveFile(path, keys)).process.stop("SIGTERM");
  document.tenants.acme.rules.graceMs = 3_000;
  document.recorders.vslogger.settings.hash.salt = "a-new-salt";
  await written(place, document);
  await (await serveFile(path, keys)).process.stop("SIGTERM");
  await (await serveFile(path, keys)).process.stop("SIGTERM");
  const entries = await exported(place, "system");
  expect(entries.map(({ type }) => type)).toEqual([
    "KeyCreated",
    "LogStarted",
    "LogStopped",
    "ConfigurationChanged",
    "LogStarted",
    "LogStopped",
    "LogStarted",
    "LogStopped",
  ]);
  const [, started, , changed, restarted] = entries;
  const user = { id: `os:${userInfo().username}`, kind: "operator" };
  expect(entries.map(({ actor }) => actor)).toEqual(entries.map(() => user));
  expect(changed?.detail?.["paths"]).toEqual([
    "tenants.acme.rules.graceMs",
    "tenants.globex.rules.graceMs",
  ]);
  expect(changed?.detail?.["before"]).toBe(started?.detail?.["configuration"]);
  expect(changed?.detail?.["after"]).toBe(restarted?.detail?.["configuration"]);
  expect(changed?.detail?.["before"]).not.toBe(changed?.detail?.["after"]);
  expect(entries.findLast(({ type }) => type === "LogStopped")?.reason).toBe("SIGTERM");
  // Nothing of it holds a secret.
  const kept = await readFile(join(place, "log", "configuration.json"), "utf8");
  expect(parse(kept)).toHaveProperty("tenants.acme.rules.graceMs", 3_000);
  expect(kept + JSON.stringify(entries)).not.toMatch(/a-new-salt|marked-/);
});

test("while it stops, a new pause is answered 503 and nothing is silenced for it", async () => {
  const first = await serve(await folder(), recorders);
  const one = begin(recorders, 16);
  const pay = first.as("pay");
  await pay("PUT", "/v1/calls/c16", { targets: one.targets });
  // A client that never answers the closing handshake holds the stop up for a moment.
  const { farewell, end } = await stubbornSocket(first.url, first.keys.pay);
  const stopped = first.process.stop("SIGTERM");
  await farewell;
  const late = await pay("POST", "/v1/calls/c16/pause", { windowId: "w16" });
  expect(late).toMatchObject({ status: 503, body: { code: "stopping", safeToCollect: false } });
  expect((await pay("GET", "/readyz")).status).toBe(503);
  expect(await stopped).toMatchObject({ code: 0 });
  expect(one.heard()).toEqual(["recording", "recording"]);
  end();
});

/** Connects, and hears the close frame (opcode 8) without answering it. */
function stubbornSocket(url: string, key: string) {
  const request = get(`${url}/v1/events`, {
    headers: {
      authorization: `Bearer ${key}`,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.from("sixteen bytes ok").toString("base64"),
      "sec-websocket-protocol": "tacet.v1",
    },
  });
  return new Promise<{ farewell: Promise<void>; end: () => void }>((resolve, reject) => {
    request.once("error", reject);
    request.once("upgrade", (_response, socket) => {
      const farewell = new Promise<void>((heard) => {
        socket.on("data", (data: Buffer) => {
          if (data.includes(Buffer.of(0x03, 0xf4))) heard(); // 1012
        });
      });
      socket.on("error", () => {});
      resolve({ farewell, end: () => socket.destroy() });
    });
  });
}
