/** Pruning where something fails, is late, or comes between: the log goes on, and nothing is lost. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openOutboxFile } from "../../src/runtime/node/alerts/outboxFile.ts";
import { confirmedTo } from "../../src/runtime/node/copies/positions.ts";
import { openForReading, prepare } from "../../src/runtime/node/log/database.ts";
import { readBackPage } from "../../src/runtime/node/log/read.ts";
import { kitFiles } from "../../src/runtime/node/kit/files.ts";
import { openKit } from "../../src/runtime/node/kit/source.ts";
import { liftedDraft, placedDraft } from "../../src/log/retention.ts";
import type { NodeLog, OpenLogOptions } from "../../src/runtime/node/log/openLog.ts";
import { PAYMENT, payment } from "./events.ts";
import { AT, atOf, before, eraseAll, pay, verified } from "./pruneRig.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

/** Ten entries a call. */
async function paid(
  folder: string,
  options: Partial<OpenLogOptions> = {},
  calls = 100,
): Promise<NodeLog> {
  const log = await openTestLog(folder, options);
  await pay(log, 0, calls);
  return log;
}

const positions = async (log: NodeLog, filter: object, limit: number): Promise<number[]> =>
  (await log.read("acme", filter, 0, limit)).entries.map(({ position }) => position);

test("what a filter finds goes on behind all that was pruned and is not erased yet", async () => {
  const log = await paid(temporaryFolder());
  await positions(log, { type: "CallRegistered" }, 1);
  await log.prune("acme", before(60));
  expect(await positions(log, { type: "CallRegistered" }, 2)).toEqual([521, 531]);
  expect(await positions(log, { callId: "c51" }, 1)).toEqual([513]);
  expect(await positions(log, { type: "CallEnded" }, 1_000)).toHaveLength(49);
});

test("however much of it was pruned", async () => {
  const log = await paid(temporaryFolder(), {}, 260);
  const filter = { recorderId: "vslogger-hq" };
  await positions(log, filter, 1);
  expect((await log.read("acme", { ...filter, to: atOf(230) }, 0, 1_000)).next).toBeDefined();
  expect(await log.prune("acme", before(240))).toMatchObject({ to: 2_304 });
  expect((await positions(log, filter, 1))[0]).toBeGreaterThan(2_304);
});

test("what stays for good is in no answer for a time that ends before it", async () => {
  const log = await openTestLog(temporaryFolder());
  const order = { at: atOf(0), tenant: "acme", by: PAYMENT, reason: "case 7" };
  await log.enter([placedDraft(order, { holdId: "h1", firstKept: 1 })]);
  await log.enter([liftedDraft({ ...order, at: atOf(40) }, "h1")]);
  for (let call = 41; call < 100; call += 1) {
    await log.append("acme", `c${call}`, 0, payment(`w${call}`, atOf(call)));
  }
  await log.prune("acme", before(90));
  expect(await positions(log, { to: atOf(40) }, 10)).toEqual([1]);
  expect(await positions(log, { to: atOf(41) }, 10)).toEqual([1, 2]);
});

test("what is pruned and erased while a page is looked for is not in it, and the page comes", async () => {
  const folder = temporaryFolder();
  const log = await paid(folder);
  await log.prune("acme", before(60));
  await eraseAll(log);
  await log.close();
  const db = openForReading(join(folder, "control-log.sqlite"));
  let prunedTo = 0;
  const search = {
    indexedTo: () => 1_001,
    caughtUp: async () => undefined,
    async findBack() {
      prunedTo = 512;
      return [521, 511];
    },
  };
  const from = { sql: prepare(db), pruner: { prunedTo: () => prunedTo }, search };
  const asked = { tenant: "acme", filter: { type: "CallRegistered" }, before: 2_000, limit: 10 };
  const { entries } = await readBackPage(from as never, 1_001, asked);
  db.close();
  expect(entries.map(({ position }) => position)).toEqual([521]);
});

test("a pruning that failed and was applied all the same is known at once, and goes on", async () => {
  const folder = temporaryFolder();
  let isFailing = false;
  const afterCommit = () => {
    if (isFailing) throw new Error("the disk did not answer");
  };
  const log = await paid(folder, { faults: { afterCommit } });
  isFailing = true;
  // What is queued is written without a fault; the entry itself is what fails.
  const step = await log.prune("acme", before(60));
  isFailing = false;
  expect(step).toEqual({ kind: "pruned", to: 512, entry: 1001 });
  expect(await positions(log, {}, 1)).toEqual([513]);
  await eraseAll(log);
  expect(await positions(log, {}, 1)).toEqual([513]);
  expect(await log.prune("acme", before(99))).toMatchObject({ kind: "pruned", to: 768 });
  await log.checkpoint("acme");
  expect((await verified(folder)).said).toContain("INTACT");
});

test("once it is erased, it is in none of the files while the log goes on, either", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await log.append("acme", "c-gone-entirely", 0, payment("w-gone-entirely", AT - 1));
  for (let call = 0; call < 100; call += 1) {
    await log.append("acme", `c${call}`, 0, payment(`w${call}`, atOf(call)));
  }
  await log.read("acme", { callId: "c-gone-entirely" }, 0, 1);
  // Whoever reads is not waited for, and it is tried again.
  const reader = new DatabaseSync(join(folder, "control-log.sqlite"), { readOnly: true });
  reader.exec("BEGIN; SELECT count(*) FROM entries");
  await log.prune("acme", before(60));
  await eraseAll(log);
  const began = performance.now();
  expect(await log.erase("acme")).toBe(false);
  expect(performance.now() - began).toBeLessThan(1_500);
  reader.close();
  expect(await log.erase("acme")).toBe(false);
  for (const name of readdirSync(folder)) {
    const has = readFileSync(join(folder, name), "latin1").includes("gone-entirely");
    expect(`${name} ${has}`).toBe(`${name} false`);
  }
});

test("an alert that is over leaves nothing of its call in its file", () => {
  const path = join(temporaryFolder(), "alerts.sqlite");
  const file = openOutboxFile(path);
  const alert = { kind: "unconfirmed", tenant: "acme", callId: "c-gone-entirely", since: AT };
  const open = { alert, at: AT } as never;
  file.write([{ type: "open", key: "c-gone-entirely", open }], new Map());
  file.write([{ type: "close", key: "c-gone-entirely" }], new Map());
  file.close();
  expect(readFileSync(path, "latin1")).not.toContain("gone-entirely");
});

test("a kit whose entries are pruned while it is made is not there, and the log is not called changed", async () => {
  const folder = temporaryFolder();
  const log = await paid(folder);
  const source = await openKit({ folder, tenant: "acme" });
  try {
    const kit = await kitFiles(source);
    await log.prune("acme", before(60));
    await eraseAll(log);
    expect(() => kit.hold()).toThrow("were pruned meanwhile");
  } finally {
    source.db.close();
  }
});

test("a copy that is said to be beyond this log has nothing of it", () => {
  const known = { of: () => 700 };
  const of = (size: number) => confirmedTo(known, "siem", { origin: "tacet.example/acme", size });
  expect([of(699), of(700), of(900)]).toEqual([0, 700, 700]);
});
