/**
 * A control log that cannot be written. No file of the process may grow beyond a size that is set
 * from outside, as on a full disk, and taken back again.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { asking, entriesOf, until } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder } from "./process.ts";
import { type Served, serve } from "./serve.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(cleanUp);
afterAll(closeRecorders);

const PRLIMIT = "/usr/bin/prlimit";

/** In bytes; the spool is small, and what is larger already cannot grow. */
const full = ({ process }: Served) => limited(process.pid, "4096");
const roomy = ({ process }: Served) => limited(process.pid, "unlimited");
const limited = (pid: number, size: string) =>
  execFileSync(PRLIMIT, [`--fsize=${size}:unlimited`, "--pid", String(pid)]);

async function started(number: number, whenLogFails: "refuse" | "protect") {
  const place = await folder();
  const log = { retryMs: 50, writeMsMax: 100 };
  const served = await serve(place, recorders, { log, whenLogFails });
  const one = begin(recorders, number);
  const pay = served.as("pay");
  const callId = `c${number}`;
  expect((await pay("PUT", `/v1/calls/${callId}`, { targets: one.targets })).status).toBe(201);
  return { ...one, place, served, pay, callId, path: `/v1/calls/${callId}` };
}

const ready = ({ url }: Served) => asking(url)("GET", "/readyz");

describe.skipIf(!existsSync(PRLIMIT))("a log that cannot be written", () => {
  test("silences and promises nothing, lets nothing go, and catches up by itself", async () => {
    const { callId, heard, path, pay, place, served } = await started(10, "refuse");
    expect((await pay("POST", `${path}/pause`, { windowId: "w1" })).status).toBe(200);
    const desktop = served.watch("pay");
    await desktop.call(callId, ({ protection }) => protection === "secured");
    full(served);
    const resumed = await pay("POST", `${path}/resume`, { windowId: "w1" });
    expect(resumed).toMatchObject({
      status: 503,
      body: { code: "log_unavailable", safeToCollect: false },
    });
    expect(heard()).toEqual(["paused", "paused"]);
    expect((await desktop.call(callId, ({ unlogged }) => unlogged === true)).protection).not.toBe(
      "secured",
    );
    const window = await pay("GET", "/v1/windows/w1");
    expect([window.status === 200, window.body["safeToCollect"]]).toEqual([false, false]);
    expect((await ready(served)).status).toBe(503);
    expect(heard()).toEqual(["paused", "paused"]);

    // The resume was asked for and is owed from the moment it is in the log.
    roomy(served);
    await until(heard, ([one, two]) => one === "recording" && two === "recording");
    await until(
      () => ready(served),
      ({ status }) => status === 200,
    );
    const again = await pay("POST", `${path}/resume`, { windowId: "w1" });
    expect(again).toMatchObject({ status: 200, body: { protection: "recording" } });
    const closed = await entriesOf(served.as("audit"), "&windowId=w1&type=WindowClosed");
    expect(closed).toHaveLength(1);
    desktop.close();
    await served.process.stop();
    expect(await command(["verify", join(place, "log")])).toMatchObject({ code: 0 });
  });

  test("does not hold a new pause up: recorders are silenced at once, and nobody collects", async () => {
    const { heard, path, pay, served } = await started(11, "refuse");
    full(served);
    const paused = await pay("POST", `${path}/pause`, { windowId: "w1" });
    expect(paused).toMatchObject({
      status: 503,
      body: { code: "log_unavailable", safeToCollect: false },
    });
    expect(paused.headers.get("retry-after")).not.toBeNull();
    await until(heard, ([one, two]) => one === "paused" && two === "paused");
    roomy(served);
    const safe = await until(
      () => pay("POST", `${path}/pause`, { windowId: "w1" }),
      ({ status }) => status === 200,
    );
    const { position } = safe.body["log"] as { position: number };
    const entries = await entriesOf(served.as("audit"));
    expect(entries.find((entry) => entry.position === position)?.callId).toBe("c11");
    expect(entries.map(({ type, windowId }) => `${type} ${windowId}`)).toContain("WindowOpened w1");
  });

  test("where policy says protect, a confirmed silence is answered safe, and has no position", async () => {
    const { heard, path, pay, served } = await started(12, "protect");
    full(served);
    const paused = await pay("POST", `${path}/pause`, { windowId: "w1" });
    expect(paused).toMatchObject({ status: 200, body: { safeToCollect: true } });
    expect(paused.body["log"]).toEqual({ origin: "tacet.example/acme" });
    expect(heard()).toEqual(["paused", "paused"]);
    roomy(served);
    await until(
      () => ready(served),
      ({ status }) => status === 200,
    );
    await until(
      () => entriesOf(served.as("audit"), "&windowId=w1"),
      (entries) => entries.length > 0,
    );
  });

  test("is spooled, and what was not written is in the log after the next start", async () => {
    const { heard, path, pay, place, served } = await started(13, "refuse");
    full(served);
    await pay("POST", `${path}/pause`, { windowId: "w1", leaseMs: 120_000 });
    await until(heard, ([one, two]) => one === "paused" && two === "paused");
    await served.process.stop("SIGKILL");
    const second = await served.again();
    const safe = await until(
      () => second.as("pay")("GET", "/v1/windows/w1"),
      ({ status }) => status === 200,
    );
    expect(safe.body).toMatchObject({ callId: "c13", safeToCollect: true });
    await second.as("pay")("POST", "/v1/windows/w1/resume");
    expect(heard()).toEqual(["recording", "recording"]);
    await second.process.stop();
    expect(await command(["verify", join(place, "log")])).toMatchObject({ code: 0 });
  });
});
