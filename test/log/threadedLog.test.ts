/** The log in its own thread keeps every promise of the log, and keeps nobody waiting. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { newCall } from "../../src/control/call.ts";
import { fold } from "../../src/control/evolve.ts";
import type { EntryDraft } from "../../src/log/entry.ts";
import { openThreadedLog } from "../../src/runtime/node/log/threadedLog.ts";
import { payment } from "./events.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const AT = 1_795_312_000_000;
const given = { originBase: "tacet.example", now: () => AT, ballastBytes: 0 };
const started: EntryDraft = {
  at: AT,
  tenant: "system",
  type: "LogStarted",
  actor: { id: "tacet", kind: "system" },
  origin: { component: "runtime" },
  outcome: "success",
};

async function threaded(folder: string, options: object = {}) {
  const log = await openThreadedLog({ folder, ...given, ...options });
  onTestFinished(() => log.close().catch(() => undefined));
  return log;
}

/** A log whose disk stands still while `shut`. */
async function gated(folder: string) {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const entry = new URL("./slowThread.ts", import.meta.url);
  const log = await threaded(folder, { entry, gate });
  const open = () => {
    Atomics.store(gate, 0, 0);
    Atomics.notify(gate, 0);
  };
  onTestFinished(open);
  return { log, shut: () => Atomics.store(gate, 0, 1), open };
}

const spoolOf = (folder: string) => {
  const path = join(folder, "spool.ndjson");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};

test("what is appended and entered through it is what a log in the same thread then reads", async () => {
  const folder = temporaryFolder();
  const log = await threaded(folder, { clockState: () => "synced" });
  const events = payment("w1", AT);
  expect(log.tenants()).toEqual([]);
  const [first, other, clash] = await Promise.all([
    log.append("acme", "c1", 0, events.slice(0, 4)),
    log.append("acme", "c2", 0, events.slice(0, 1)),
    log.append("acme", "c1", 3, events.slice(4)),
  ]);
  expect(first).toEqual({ kind: "appended", positions: [1, 2, 3, 4] });
  expect(other).toEqual({ kind: "appended", positions: [5] });
  expect(clash).toEqual({ kind: "conflict" });
  expect(await log.enter([started, { ...started, tenant: "acme" }])).toEqual({
    kind: "entered",
    positions: [1, 6],
  });
  expect([log.size("acme"), log.size("system"), log.size("none")]).toEqual([6, 1, 0]);
  expect(log.tenants().toSorted()).toEqual(["acme", "system"]);
  expect((await log.load("acme", "c1")).state).toEqual(fold(events.slice(0, 4)));
  expect(await log.load("acme", "c9")).toEqual({ state: newCall, position: 0 });
  expect(await log.callOfWindow("acme", "w1")).toBe("c1");
  expect(await log.live("acme", 9, "newest", "a-204")).toEqual(["c2", "c1"]);
  const page = await log.read("acme", {}, 0, 10);
  expect(page.entries.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(page.entries[0]?.clock).toBe("synced");
  expect(await log.checkpoint("acme")).toMatch(/^tacet.example\/acme\n6\n/);
  expect(log.origin("acme b")).toBe("tacet.example/acme%20b");
  await log.close();
  expect(await log.append("acme", "c1", 4, events.slice(4))).toMatchObject({ kind: "failed" });

  const again = await openTestLog(folder);
  expect((await again.load("acme", "c1")).state).toEqual(fold(events.slice(0, 4)));
  expect(again.size("acme")).toBe(6);
});

test("why it cannot be opened comes through with its code", async () => {
  const folder = temporaryFolder();
  await openTestLog(folder);
  await expect(threaded(folder)).rejects.toMatchObject({
    code: "log_locked",
    message: expect.stringContaining("Another process writes the log"),
  });
});

test("a disk that hangs stops no timer and no read of anything else, and is told as unhealthy", async () => {
  const folder = temporaryFolder();
  const { log, open, shut } = await gated(folder);
  const events = payment("w1", AT);
  await log.append("acme", "c1", 0, events.slice(0, 1));
  shut();
  let done = false;
  const hanging = log.append("acme", "c1", 1, events.slice(1, 4)).then((result) => {
    done = true;
    return result;
  });
  let beats = 0;
  const timer = setInterval(() => (beats += 1), 20);
  await expect.poll(() => log.healthy(), { timeout: 15_000 }).toBe(false);
  clearInterval(timer);
  expect(beats).toBeGreaterThan(50);
  expect(done).toBe(false);
  // What goes out meanwhile is spooled without waiting for it.
  await log.spool("acme", "c1", 1, events.slice(1, 4));
  expect(spoolOf(folder)).toContain("WindowOpened");
  open();
  expect(await hanging).toMatchObject({ kind: "appended" });
  expect(log.healthy()).toBe(true);
  await expect.poll(() => spoolOf(folder)).toBe("");
}, 30_000);

test("the spool keeps what the log has not caught up with, in order, for the next start", async () => {
  const folder = temporaryFolder();
  const log = await threaded(folder);
  const events = payment("w1", AT);
  await log.append("acme", "c1", 0, events.slice(0, 1));
  await Promise.all([
    log.spool("acme", "c1", 1, events.slice(1, 2)),
    log.spool("acme", "c1", 2, events.slice(2, 4)),
    log.spool("acme", "c2", 0, events.slice(0, 1)),
  ]);
  await log.append("acme", "c1", 1, events.slice(1, 4));
  await log.append("acme", "c3", 0, events.slice(0, 1));
  expect(spoolOf(folder).split("\n")).toHaveLength(4);
  await log.close();
  const again = await threaded(folder);
  expect(again.despooled).toBe(1);
  expect((await again.load("acme", "c2")).state).toEqual(fold(events.slice(0, 1)));
  expect((await again.load("acme", "c1")).state).toEqual(fold(events.slice(0, 4)));
  expect(spoolOf(folder)).toBe("");
});

test("a full disk that took half of a line does not spoil the next one", async () => {
  const folder = temporaryFolder();
  const log = await threaded(folder);
  const events = payment("w1", AT);
  // Nothing can be written where a folder stands.
  mkdirSync(join(folder, "spool.ndjson"));
  await log.spool("acme", "c1", 0, events.slice(0, 4));
  rmdirSync(join(folder, "spool.ndjson"));
  writeFileSync(join(folder, "spool.ndjson"), '{"tenant":"acme","callId":"c1","expec');
  await log.spool("acme", "c2", 0, events.slice(0, 4));
  await log.close();
  const again = await threaded(folder);
  expect((await again.load("acme", "c2")).state).toEqual(fold(events.slice(0, 4)));
});

test("a fault in the thread is an error of the process, not a log that is silent for ever", async () => {
  const folder = temporaryFolder();
  const broken = join(folder, "broken.ts");
  writeFileSync(broken, "throw new Error('broken');\n");
  await expect(threaded(folder, { entry: new URL(`file://${broken}`) })).rejects.toThrow("broken");
});

test("a thread that has ended leaves nobody waiting", async () => {
  const folder = temporaryFolder();
  const entry = join(folder, "endless.ts");
  const module = new URL("../../src/runtime/node/log/serveThread.ts", import.meta.url);
  writeFileSync(
    entry,
    `import { parentPort, workerData } from "node:worker_threads";
    import { serveThread } from "${module.href}";
    await serveThread(parentPort, workerData, { beforeCommit: () => process.exit(0) });\n`,
  );
  const log = await threaded(folder, { entry: new URL(`file://${entry}`) });
  const events = payment("w1", AT);
  const appended = log.append("acme", "c1", 0, events.slice(0, 1));
  expect(await appended).toMatchObject({ kind: "failed" });
  await expect(log.load("acme", "c1")).rejects.toThrow("ended");
  expect(log.healthy()).toBe(false);
  await expect(log.close()).rejects.toThrow("ended");
});
