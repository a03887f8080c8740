import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { type Failure, type Recheck, startRecheck } from "../../src/runtime/node/log/recheck.ts";
import { recheckAll } from "../../src/runtime/node/log/recheckPass.ts";
import { payment } from "./events.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const AT = 1_795_312_000_000;

async function pay(log: NodeLog, from: number, to: number): Promise<void> {
  for (let call = from; call < to; call += 1) {
    await log.append("acme", `c${call}`, 0, payment(`w${call}`, AT + call * 60_000));
  }
  await log.checkpoint("acme");
}

interface Watched extends Recheck {
  readonly verified: number[];
  readonly failed: Failure[];
  readonly recovered: string[];
  readonly broken: string[];
}

function watched(folder: string): Watched {
  const [verified, failed, recovered, broken]: [number[], Failure[], string[], string[]] = [
    [],
    [],
    [],
    [],
  ];
  const recheck = startRecheck({
    folder,
    now: () => AT,
    told: {
      verified: (_, { size }) => void verified.push(size),
      failed: (_, failure) => void failed.push(failure),
      recovered: (tenant) => void recovered.push(tenant),
      broken: (problem) => void broken.push(problem),
      mended: () => undefined,
    },
  });
  return { ...recheck, verified, failed, recovered, broken };
}

const change = (folder: string, sql: string) => {
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  db.exec(sql);
  db.close();
};

test("while it is written: all of it once, then what is new, from where the last reading ended", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 70);
  const recheck = watched(folder);
  await recheck.run(true);
  expect(recheck.standings()).toEqual([{ tenant: "acme", ok: true, position: 700, at: AT }]);
  await pay(log, 70, 130);
  await recheck.run(false);
  expect(recheck.standings()).toMatchObject([{ ok: true, position: 1300 }]);
  // The reading from the start is told; those of what is new are not, so that they may be many.
  expect(recheck.verified).toEqual([700]);
  // What was read before is not read again until the next whole reading.
  change(folder, "UPDATE entries SET bytes = x'7b7d' WHERE position = 5");
  await recheck.run(false);
  expect(recheck.failed).toEqual([]);
  await recheck.run(true);
  expect(recheck.failed).toEqual([{ cause: "bad_entry", position: 5, since: AT }]);
  expect(recheck.broken).toEqual([]);
});

const flipped =
  "UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"acme\"', '\"acmf\"') AS BLOB)";
test.each([
  [
    "an entry's bytes",
    `${flipped} WHERE tenant = 'acme' AND position = 311`,
    { cause: "bad_entry", position: 311 },
  ],
  [
    "the hash beside an entry",
    "UPDATE entries SET leaf = zeroblob(32) WHERE tenant = 'acme' AND position = 311",
    { cause: "bad_entry", position: 311 },
  ],
  [
    "an entry taken out",
    "DELETE FROM entries WHERE tenant = 'acme' AND position = 311",
    { cause: "bad_entry", position: 311 },
  ],
  [
    "the last entries cut off",
    "DELETE FROM entries WHERE tenant = 'acme' AND position > 390",
    { cause: "cut", position: 391 },
  ],
  [
    "a call's chain led past an entry",
    "UPDATE entries SET prev = 311 WHERE tenant = 'acme' AND position = 313",
    { cause: "bad_entry", position: 313 },
  ],
  [
    "an entry filed under another call",
    "UPDATE entries SET call_id = 'c1' WHERE tenant = 'acme' AND position = 311",
    { cause: "bad_entry", position: 311 },
  ],
])("%s is found, is told once, and over when all is whole again", async (_, sql, failure) => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 40);
  const recheck = watched(folder);
  await recheck.run(true);
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  db.exec("CREATE TABLE was AS SELECT * FROM entries");
  db.exec(sql);
  await recheck.run(true);
  await recheck.run(false);
  await recheck.run(true);
  expect(recheck.failed).toEqual([{ ...failure, since: AT }]);
  expect(recheck.standings()).toMatchObject([{ ok: false, failure }]);
  expect(recheck.recovered).toEqual([]);
  db.exec("DELETE FROM entries; INSERT INTO entries SELECT * FROM was; DROP TABLE was");
  db.close();
  await recheck.run(true);
  expect(recheck.recovered).toEqual(["acme"]);
  expect(recheck.standings()).toMatchObject([{ ok: true }]);
});

test("an entry rewritten with its hash is found by the head that was signed, in new entries too", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 10);
  const recheck = watched(folder);
  await recheck.run(true);
  await pay(log, 10, 20);
  const { leafHash } = await import("../../src/log/tree.ts");
  const { canonicalBytes } = await import("../../src/log/canonical.ts");
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  const row = db
    .prepare("SELECT bytes FROM entries WHERE tenant = 'acme' AND position = 150")
    .get();
  const entry = JSON.parse(new TextDecoder().decode(row?.["bytes"] as Uint8Array)) as object;
  const bytes = canonicalBytes({ ...entry, outcome: "other" });
  db.prepare("UPDATE entries SET bytes = ?, leaf = ? WHERE tenant = 'acme' AND position = 150").run(
    bytes,
    leafHash(bytes),
  );
  db.close();
  await recheck.run(false);
  expect(recheck.failed).toEqual([{ cause: "bad_span", position: 101, since: AT }]);
});

test("a head that was changed is found", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 5);
  const path = join(folder, "checkpoints-acme.log");
  writeFileSync(path, readFileSync(path, "utf8").replace("\n50\n", "\n49\n"));
  const recheck = watched(folder);
  await recheck.run(true);
  expect(recheck.failed).toEqual([{ cause: "bad_head", since: AT }]);
});

test("a log that cannot be opened is told as that, and a stop ends a reading under way", async () => {
  const nowhere = watched(join(temporaryFolder(), "none"));
  await nowhere.run(true);
  expect(nowhere.broken).toHaveLength(1);
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 200);
  const recheck = watched(folder);
  const running = recheck.run(true);
  await recheck.stop();
  await running;
  expect(recheck.broken).toEqual([]);
  await recheck.run(true);
  expect(recheck.standings()).toEqual([]);
});

test("it rests after each slice, and no slice holds the file: a write goes on beside it", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 60);
  const rests: number[] = [];
  for await (const one of recheckAll({ folder, marks: new Map() }, (ms) => {
    rests.push(ms);
    // Between two slices the whole file can be locked.
    change(folder, "BEGIN EXCLUSIVE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  })) {
    expect(one.verified.kind).toBe("intact");
  }
  expect(rests.length).toBe(3);
});

test("of so many calls the newest entry is kept in mind; of others an entry has to lead to its own call", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  const calls = ["c0", "c1", "c2"];
  for (const call of calls) await log.append("acme", call, 0, payment(call, AT).slice(0, 5));
  for (const call of calls) await log.append("acme", call, 5, payment(call, AT).slice(5));
  await log.checkpoint("acme");
  const read = async (callCountMax: number) => {
    const work = { folder, marks: new Map(), callCountMax };
    for await (const { verified } of recheckAll(work, () => undefined)) return verified;
    return undefined;
  };
  // The first call's sixth entry passes over its fifth.
  change(folder, "UPDATE entries SET prev = 4 WHERE position = 16");
  expect(await read(3)).toMatchObject({ kind: "bad_entry", position: 16 });
  expect(await read(2)).toMatchObject({ kind: "intact" });
  // And leads to another call.
  change(folder, "UPDATE entries SET prev = 10 WHERE position = 16");
  expect(await read(2)).toMatchObject({ kind: "bad_entry", position: 16 });
});
