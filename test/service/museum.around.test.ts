/**
 * The failure museum's other half: not the recorders fail but what is around them, the clock, the
 * disk, pages that go to sleep, and every desktop at once. The first half is `museum.test.ts`.
 */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, writeSync } from "node:fs";
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { begin, closeRecorders, conversation, type Recorders, startRecorders } from "./acme.ts";
import { entriesOf, until, type Watching } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder } from "./process.ts";
import { serve, type Served } from "./serve.ts";
import { startWithin, stopServices } from "./within.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let recorders: Recorders;
// The recorder takes no request that is older than the last one, so each test has its own.
beforeEach(async () => {
  recorders = await startRecorders();
});
const disks: string[] = [];
afterEach(async () => {
  await stopServices();
  disks.splice(0).forEach(unmount);
  await cleanUp();
  await closeRecorders();
});

const HOUR_MS = 3_600_000;
const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
const bothAre = (status: string) => (heard: readonly string[]) =>
  heard.every((one) => one === status);

describe("clock-jump", () => {
  /** A machine whose wall clock is set by hand: what `Date.now` says there is off by `set`. */
  async function machine() {
    const place = await folder();
    const file = join(place, "offset");
    const set = (offsetMs: number) => writeFile(file, String(offsetMs));
    await set(0);
    const preload = `
      import { readFileSync } from "node:fs";
      const real = Date.now;
      Date.now = () => real() + Number(readFileSync(${JSON.stringify(file)}, "utf8"));`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
    return { place, set, served: await serve(place, recorders, {}, env) };
  }
  const pause = (served: Served, callId: string, body: object) =>
    served.as("pay")("POST", `/v1/calls/${callId}/pause`, body);
  const window = (served: Served, windowId: string) =>
    served.as("pay")("GET", `/v1/windows/${windowId}`);

  test("clock-jump: a clock that is set while it runs neither ends a window nor stretches one", async () => {
    const { served, set } = await machine();
    const [one, two] = [begin(recorders, 10), begin(recorders, 11)];
    await served.as("pay")("PUT", "/v1/calls/j1", { targets: one.targets });
    await served.as("pay")("PUT", "/v1/calls/j2", { targets: two.targets });
    const first = await pause(served, "j1", { windowId: "j1-w", leaseMs: 120_000 });
    expect(first).toMatchObject({ status: 200, body: { safeToCollect: true } });
    await set(HOUR_MS);
    const ahead = await window(served, "j1-w");
    expect(ahead).toMatchObject({ status: 200, body: { safeToCollect: true } });
    expect(ahead.body["expiresAt"]).toBe(first.body["expiresAt"]);
    expect(one.heard()).toEqual(["paused", "paused"]);

    // An hour back and more: a lease of two seconds is over in two seconds, not in two hours.
    expect(await pause(served, "j2", { windowId: "j2-w", leaseMs: 2_000 })).toMatchObject({
      status: 200,
    });
    await set(-HOUR_MS);
    await until(two.heard, bothAre("recording"));
    expect((await window(served, "j2-w")).body["code"]).toBe("window_closed");
    const back = await window(served, "j1-w");
    expect(back).toMatchObject({ status: 200, body: { expiresAt: first.body["expiresAt"] } });
    const left = [first, ahead, back].map(({ body }) => Number(body["collectForMs"]));
    expect(left).toEqual(left.toSorted((a, b) => b - a));
    const times = (await entriesOf(served.as("audit"))).map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("clock-jump: set back before a restart, a window keeps its deadline and gets no longer", async () => {
    const { place, served, set } = await machine();
    const one = begin(recorders, 12);
    await served.as("pay")("PUT", "/v1/calls/j3", { targets: one.targets });
    const first = await pause(served, "j3", { windowId: "j3-w", leaseMs: 6_000 });
    expect(first.status).toBe(200);
    await served.process.stop("SIGKILL");
    await set(-HOUR_MS);
    const second = await served.again();
    const again = await until(
      () => window(second, "j3-w"),
      ({ status }) => status !== 424,
    );
    if (again.status === 200) {
      expect(again.body["expiresAt"]).toBe(first.body["expiresAt"]);
      expect(Number(again.body["collectForMs"])).toBeLessThanOrEqual(6_000);
    }
    await until(one.heard, bothAre("recording"));
    const entries = await entriesOf(second.as("audit"));
    const times = entries.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    await second.process.stop();
    expect(await command(["verify", join(place, "log")])).toMatchObject({ code: 0 });
  });

  test("clock-jump: set forward before a restart, the lease has ended and nobody is told otherwise", async () => {
    const { served, set } = await machine();
    const one = begin(recorders, 13);
    await served.as("pay")("PUT", "/v1/calls/j4", { targets: one.targets });
    expect((await pause(served, "j4", { windowId: "j4-w", leaseMs: 120_000 })).status).toBe(200);
    await served.process.stop("SIGKILL");
    await set(HOUR_MS);
    const second = await served.again();
    expect(await window(second, "j4-w")).toMatchObject({
      status: 409,
      body: { code: "window_closed", safeToCollect: false },
    });
    await until(one.heard, bothAre("recording"));

    // Put right again. What starts now stands after the log's newest entry, and lasts as it says.
    await second.process.stop("SIGKILL");
    await set(0);
    const third = await second.again();
    const later = await pause(third, "j4", { windowId: "j4-x", leaseMs: 3_000 });
    expect(later).toMatchObject({ status: 200, body: { safeToCollect: true } });
    expect(Number(later.body["collectForMs"])).toBeLessThanOrEqual(3_000);
    await until(one.heard, bothAre("recording"));
  });
});

/** A disk of this size in memory, where whoever runs the tests may mount one. */
function mounted(at: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", at], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
const unmount = (at: string) => execFileSync("umount", ["--lazy", at]);

const canMount = (): boolean => {
  const at = mkdtempSync(join(tmpdir(), "tacet-disk-"));
  const is = mounted(at, "64k");
  if (is) unmount(at);
  rmdirSync(at);
  return is;
};

describe.skipIf(!canMount())("disk-full", () => {
  test("disk-full: the ballast is given up first; then recorders are silenced, nobody collects, and it catches up", async () => {
    const place = await folder();
    const disk = join(place, "log");
    await mkdir(disk);
    expect(mounted(disk, "8m")).toBe(true);
    disks.push(disk);
    const wish = { log: { retryMs: 50, writeMsMax: 100, ballastBytes: 1_048_576 } };
    const served = await serve(place, recorders, wish);
    const pay = served.as("pay");
    const ballast = async () => (await readdir(disk)).includes("ballast.bin");
    expect(await ballast()).toBe(true);

    let count = 20;
    let payment = 0;
    const one = begin(recorders, (count += 1));
    await pay("PUT", "/v1/calls/d1", { targets: one.targets });
    const take = async () => {
      const windowId = `d1-w${(payment += 1)}`;
      const paused = await pay("POST", "/v1/calls/d1/pause", { windowId, reason: "x".repeat(180) });
      if (paused.status === 200) expect(one.heard()).toEqual(["paused", "paused"]);
      return { windowId, paused };
    };
    const filler = fillUp(join(disk, "filler"));
    // Payments go on being taken and entered in the room that the ballast leaves.
    await until(
      async () => {
        const { paused, windowId } = await take();
        expect(paused.status).toBe(200);
        await pay("POST", `/v1/windows/${windowId}/resume`);
        return ballast();
      },
      (isThere) => !isThere,
    );
    filler.goOn();

    const failed = await until(
      async () => {
        const { paused, windowId } = await take();
        if (paused.status === 200) {
          filler.goOn();
          await pay("POST", `/v1/windows/${windowId}/resume`, { waitMs: 0 });
        }
        return { paused, windowId };
      },
      ({ paused }) => paused.status !== 200,
    );
    expect(failed.paused).toMatchObject({
      status: 503,
      body: { code: "log_unavailable", safeToCollect: false },
    });
    await until(one.heard, bothAre("paused"));
    expect((await pay("GET", "/readyz")).status).toBe(503);

    filler.close();
    await rm(join(disk, "filler"));
    const safe = await until(
      () => pay("POST", "/v1/calls/d1/pause", { windowId: failed.windowId }),
      ({ status }) => status === 200,
    );
    expect(safe.body["log"]).toHaveProperty("position");
    const opened = await entriesOf(served.as("audit"), `&windowId=${failed.windowId}`);
    expect(opened.map(({ type }) => type)).toContain("WindowOpened");
    await served.process.stop();
    expect(await command(["verify", disk])).toMatchObject({ code: 0 });
  });
});

/** A file that takes every byte the disk has, and what comes free later. */
function fillUp(path: string) {
  const file = openSync(path, "a");
  const goOn = () => {
    for (let bytes = 1 << 16; bytes >= 1;) {
      try {
        writeSync(file, Buffer.alloc(bytes));
      } catch {
        bytes >>= 1;
      }
    }
  };
  goOn();
  return { goOn, close: () => closeSync(file) };
}

test("hidden-tab: a page that renews at its slowest keeps its window, one renewal lost and the next late", async () => {
  // A minute of a hidden page is two seconds here.
  const rules = { renewMsMax: 2_000, leaseMsDefault: 6_000 };
  const tacet = await startWithin(await folder(), recorders.origins, { rules });
  const pay = tacet.as("pay");
  const one = begin(recorders, 14);
  await pay("PUT", "/v1/calls/h1", { targets: one.targets });
  expect((await pay("POST", "/v1/calls/h1/pause", { windowId: "h1-w" })).status).toBe(200);
  for (const silentMs of [2_000, 4_000, 2_000]) {
    await sleep(silentMs);
    expect(await pay("POST", "/v1/windows/h1-w/renew")).toMatchObject({
      status: 200,
      body: { safeToCollect: true },
    });
    expect(one.heard()).toEqual(["paused", "paused"]);
  }
  // And without any, it ends.
  await until(one.heard, bothAre("recording"));

  const shorter = startWithin(await folder(), recorders.origins, {
    rules: { ...rules, leaseMsDefault: 5_999 },
  });
  await expect(shorter).rejects.toThrow(/leaseMsDefault.*three renewals/);
});

test("thundering-herd: everybody comes back at a moment of their own, hears the state, and holds up no pause", async () => {
  const served = await serve(await folder(), recorders);
  const pay = served.as("pay");
  const [one, two] = [begin(recorders, 15), begin(recorders, 16)];
  await pay("PUT", "/v1/calls/t1", { targets: one.targets });
  await pay("PUT", "/v1/calls/t2", { targets: two.targets });
  expect((await pay("POST", "/v1/calls/t1/pause", { windowId: "t1-w" })).status).toBe(200);
  const herd = Array.from({ length: 300 }, () => served.watch("pay"));
  const isSecured = ({ protection }: { protection: string }) => protection === "secured";
  await Promise.all(herd.map((desktop) => desktop.call("t1", isSecured)));
  const stopped = served.process.stop("SIGTERM");
  expect(new Set(await Promise.all(herd.map(({ closed }) => closed)))).toEqual(new Set([1012]));
  const hints = herd.map(comeBackMs);
  expect(new Set(hints).size).toBeGreaterThan(150);
  expect(Math.max(...hints)).toBeLessThanOrEqual(1_000);
  await stopped;

  const second = await served.again();
  const back = hints.map(async (ms) => {
    await sleep(ms);
    const desktop = second.watch("pay");
    const { windows } = await desktop.call("t1", isSecured);
    return { desktop, windows: windows.map(({ windowId }) => windowId) };
  });
  const paused = await second.as("pay")("POST", "/v1/calls/t2/pause", { windowId: "t2-w" });
  expect(paused.status).toBe(200);
  for (const { desktop, windows } of await Promise.all(back)) {
    expect(windows).toEqual(["t1-w"]);
    await desktop.call("t2", isSecured);
    desktop.close();
  }
});

function comeBackMs({ got }: Watching): number {
  const told = got.filter((message) => message.type === "hello" || message.type === "ping").at(-1);
  return told?.reconnectAfterMs ?? Number.NaN;
}

describe.each(["classic", "core"] as const)("a hub of kind %s", (push) => {
  /** Reads are a minute apart, unless said otherwise: what is known sooner was pushed, or asked for by a new connection. */
  async function pushed(desk = { guardMs: 60_000 }) {
    const tacet = await startWithin(await folder(), recorders.origins, {
      push,
      desk,
      rules: { confirmAgeMsMax: 200_000, leaseMsDefault: 300_000 },
    });
    const { anywherenow } = recorders;
    const one = begin(recorders, 17);
    const pay = tacet.as("pay");
    const targets = { anywherenow: one.targets.anywherenow };
    await pay("PUT", "/v1/calls/p1", { targets, attributes: { site: "york" } });
    await until(
      () => anywherenow.hub.standingCount,
      (count) => count === 1,
    );
    const paused = await pay("POST", "/v1/calls/p1/pause", { windowId: "p1-w" });
    expect(paused).toMatchObject({ status: 200, body: { safeToCollect: true } });
    const drifts = async () =>
      (await entriesOf(tacet.as("audit"), "&callId=p1")).filter(
        ({ detail, type }) => type === "RecorderReported" && detail?.["status"] === "recording",
      );
    const becomes = (protection: string) =>
      until(
        async () => (await pay("GET", "/v1/calls/p1")).body["protection"],
        (word) => word === protection,
      );
    const byHand = () => anywherenow.byHand(one.correlationId, "recording");
    return { ...tacet, anywherenow, one, drifts, becomes, byHand };
  }

  test("pushed drift: a recorder that is started by hand is unsecured within a round trip, and driven back", async () => {
    const { anywherenow, becomes, byHand, drifts } = await pushed();
    anywherenow.faults.set({ name: "ack-and-ignore" });
    byHand();
    await becomes("unsecured");
    expect((await drifts()).map(({ detail }) => detail?.["confirmedBy"])).toEqual(["pushed"]);
    anywherenow.faults.clear();
    await becomes("secured");
  });

  test("hub-drop: what was pushed while the connection was lost is asked for when it is back", async () => {
    const { anywherenow, byHand, drifts, logged, one } = await pushed();
    anywherenow.faults.set({ name: "hub-drop", times: 1, ms: 300 });
    byHand();
    expect(anywherenow.heard(one.correlationId)).toBe("recording");
    await until(
      () => anywherenow.heard(one.correlationId),
      (heard) => heard === "paused",
    );
    await until(
      () => anywherenow.hub.openedCount,
      (count) => count === 2,
    );
    const told = await until(drifts, (entries) => entries.length > 0);
    expect(told.map(({ detail }) => detail?.["confirmedBy"])).toEqual(["read_back"]);
    // And it is heard again: one connection in the place of the other.
    byHand();
    await until(drifts, (entries) => entries.length === 2);
    expect(anywherenow.hub.standingCount).toBe(1);
    expect(logged.join("\n")).not.toMatch(/token-|connection-|marked-/);
  });

  test("hub-silent: a hub that sends no events costs no more than the reads in between", async () => {
    const { anywherenow, becomes, byHand, drifts } = await pushed({ guardMs: 1_000 });
    anywherenow.faults.set({ name: "hub-silent" });
    byHand();
    const told = await until(drifts, (entries) => entries.length > 0);
    expect(told.map(({ detail }) => detail?.["confirmedBy"])).toEqual(["read_back"]);
    await becomes("secured");
    expect(anywherenow.hub.standingCount).toBe(1);
    anywherenow.faults.clear();
  });

  test("hub-malformed and hub-garbage: what nobody can read ends nothing, and the next event counts", async () => {
    const { anywherenow, becomes, byHand, drifts } = await pushed();
    anywherenow.faults.set({ name: "hub-malformed", times: 1 });
    // The pause of a person is not heard of; the start after it is.
    anywherenow.byHand(conversation(17).correlationId, "paused");
    anywherenow.faults.clear();
    byHand();
    await until(drifts, (entries) => entries.length === 1);
    await becomes("secured");
    // A frame that is no SignalR ends the connection: the next one begins with a read.
    anywherenow.faults.set({ name: "hub-garbage", times: 1 });
    byHand();
    await until(drifts, (entries) => entries.length === 2);
    await becomes("secured");
    expect(anywherenow.hub.openedCount).toBe(2);
  });
});

test("restored-backup: a log shorter than a head it once signed is refused", async () => {
  const place = await folder();
  const backup = await folder();
  const first = await startWithin(place, recorders.origins);
  await first.service.stop("test");
  await cp(join(place, "log", "control-log.sqlite"), join(backup, "control-log.sqlite"));
  const second = await startWithin(place, recorders.origins);
  await second.as("pay")("PUT", "/v1/calls/c1", { targets: conversation(5).targets });
  await second.service.stop("test");
  for (const name of await readdir(join(place, "log"))) expect(name).not.toMatch(/-wal$/);
  await cp(join(backup, "control-log.sqlite"), join(place, "log", "control-log.sqlite"));
  await expect(startWithin(place, recorders.origins)).rejects.toThrow(/signed/);
});
