/** The log's own tiles: hashes of every level and bundles, from memory and from a folder alike. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { memoryLog } from "../../src/log/memory.ts";
import { canonicalBytes } from "../../src/log/canonical.ts";
import { readCheckpoint } from "../../src/log/checkpoint.ts";
import type { EntryDraft } from "../../src/log/entry.ts";
import type { LogStore } from "../../src/log/store.ts";
import { packBundle, unpackBundle, unpackHashes } from "../../src/log/tiles.ts";
import { joined, rootFromTiles } from "../../src/log/tilesProof.ts";
import { leafHash } from "../../src/log/tree.ts";
import { openThreadedLog } from "../../src/runtime/node/log/threadedLog.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const AT = 1_795_312_000_000;
const draft = (index: number, more: object = {}): EntryDraft => ({
  at: AT,
  tenant: "acme",
  type: "DesktopShown",
  actor: { id: "a-1", kind: "agent" },
  origin: { component: "http" },
  outcome: "success",
  detail: { index, ...more },
});

async function fill(log: LogStore, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1_000) {
    const length = Math.min(1_000, count - from);
    const drafts = Array.from({ length }, (_, index) => draft(from + index));
    const entered = await log.enter(drafts);
    if (entered.kind !== "entered") throw new Error(entered.detail);
  }
}

async function hashesOf(log: LogStore, level: number, from: number, count: number) {
  const bytes = await log.hashes("acme", level, from, count);
  return unpackHashes(bytes, bytes.length / 32);
}

async function rootOf(log: LogStore, size: number) {
  return await rootFromTiles(size, (level, index, width) =>
    hashesOf(log, level, index * 256, width),
  );
}

const threaded = async (folder: string) => {
  const options = { folder, originBase: "tacet.example", now: () => AT, ballastBytes: 0 };
  const log = await openThreadedLog(options);
  onTestFinished(() => log.close());
  return log;
};

test.each([
  ["in memory", async () => memoryLog({ originBase: "tacet.example", clock: () => AT })],
  ["in a folder", () => openTestLog(temporaryFolder())],
  ["in its own thread", () => threaded(temporaryFolder())],
])("%s, tiles hash to the signed head, and bundles to the tiles", async (_, open) => {
  const log: LogStore = await open();
  await fill(log, 1_300);
  expect(await log.signedHead("nobody")).toBeUndefined();
  const head = readCheckpoint(await log.checkpoint("acme"));
  expect(readCheckpoint((await log.signedHead("acme")) ?? "")).toEqual(head);
  await fill(log, 1);
  // Nothing is signed by asking.
  expect(readCheckpoint((await log.signedHead("acme")) ?? "").size).toBe(1_300);
  expect(await rootOf(log, head.size)).toEqual(head.root);
  const leaves = await hashesOf(log, 0, 1_024, 256);
  const entries = unpackBundle(await log.bundle("acme", 1_024, 256), 256);
  expect(entries.map(leafHash)).toEqual(leaves);
  expect(await hashesOf(log, 1, 0, 256)).toHaveLength(5);
  expect(await hashesOf(log, 2, 0, 256)).toEqual([]);
  expect((await log.hashes("nobody", 0, 0, 256)).length).toBe(0);
  expect((await log.bundle("acme", 5_000, 256)).length).toBe(0);
  const [page] = (await log.read("acme", {}, 1_024, 1)).entries;
  expect(entries[0]).toEqual(canonicalBytes(page));
});

test("the tree above the leaves is filled behind the log, and a search file that lacks it gets it", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await fill(log, 66_000);
  await log.read("acme", { actor: "nobody" }, 0, 1);
  const head = readCheckpoint(await log.checkpoint("acme"));
  expect(await hashesOf(log, 1, 0, 256)).toHaveLength(256);
  const [high] = await hashesOf(log, 2, 0, 256);
  expect(high).toEqual(joined(await hashesOf(log, 1, 0, 256)));
  await log.close();

  const search = join(folder, "search.sqlite");
  for (const spoil of [
    () => rmSync(search),
    () => {
      const db = new DatabaseSync(search);
      db.exec("DROP TABLE nodes");
      db.close();
    },
    () => undefined,
  ]) {
    spoil();
    const again = await openTestLog(folder);
    expect(await hashesOf(again, 2, 0, 256)).toEqual([high]);
    expect(await rootOf(again, head.size)).toEqual(head.root);
    await again.close();
  }
});

test("an entry that no bundle could hold is refused by itself; one of the largest size stands", async () => {
  const log = await openTestLog(temporaryFolder());
  await log.enter([draft(0)]);
  const [entry] = (await log.read("acme", {}, 0, 1)).entries;
  const rest = 65_535 - canonicalBytes(entry).length - ',"x":""'.length;
  const [large, largest] = await Promise.all([
    log.enter([draft(1, { x: "x".repeat(rest + 1) })]),
    log.enter([draft(1, { x: "x".repeat(rest) })]),
  ]);
  expect(large).toMatchObject({ kind: "failed", detail: expect.stringContaining("too large") });
  expect(largest).toEqual({ kind: "entered", positions: [2] });
  expect(log.healthy()).toBe(true);
  expect(unpackBundle(await log.bundle("acme", 0, 256), 2)[1]).toHaveLength(65_535);
});

test("where an entry is gone from the file, what follows never stands in its place", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await fill(log, 40);
  const leaves = await hashesOf(log, 0, 0, 40);
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  db.exec("DELETE FROM entries WHERE tenant = 'acme' AND position IN (1, 2, 21)");
  db.close();
  expect(await hashesOf(log, 0, 0, 40)).toEqual([]);
  expect(await hashesOf(log, 0, 2, 38)).toEqual(leaves.slice(2, 20));
  expect(unpackBundle(await log.bundle("acme", 2, 38), 18).map(leafHash)).toEqual(
    leaves.slice(2, 20),
  );
});

test("a bundle never goes beyond a tile, and asking for none gives none", async () => {
  const log = await openTestLog(temporaryFolder());
  await fill(log, 600);
  expect(await log.bundle("acme", 0, 10_000)).toEqual(await log.bundle("acme", 0, 256));
  expect(await log.bundle("acme", 0, 0)).toEqual(packBundle([]));
  expect(await log.hashes("acme", 0, 0, 10_000)).toHaveLength(256 * 32);
  expect(await log.hashes("acme", 0, 599, 256)).toHaveLength(32);
});
