/**
 * What tiles and receipts cost on a long log: `node bench/tiles.ts [entries]`, a million where none are
 * named. Prints figures; judges nothing.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReceipts } from "../src/http/receipts.ts";
import { emptyLog, sealAll } from "../src/log/seal.ts";
import { rootFromTiles } from "../src/log/tilesProof.ts";
import { rootOf } from "../src/log/tree.ts";
import { unpackHashes } from "../src/log/tiles.ts";
import { openDatabase, prepare } from "../src/runtime/node/log/database.ts";
import { openThreadedLog } from "../src/runtime/node/log/threadedLog.ts";

const AT = 1_795_312_000_000;
const GROUP = 10_000;
const ASKED = 500;
const count = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), "tacet-tiles-"));
const options = { folder, originBase: "tacet.example", now: () => AT, ballastBytes: 0 };

// A log of the right form, then its entries at once: the writer would take minutes.
await (await openThreadedLog(options)).close();
const db = openDatabase(join(folder, "control-log.sqlite"));
const sql = prepare(db);
let end = emptyLog;
for (let from = 0; from < count; from += GROUP) {
  const drafts = Array.from({ length: Math.min(GROUP, count - from) }, (_, index) => ({
    at: AT + from + index,
    tenant: "acme",
    type: "LogRead",
    actor: { id: "audit", kind: "auditor" as const },
    origin: { component: "http", ip: "192.0.2.7" },
    outcome: "read",
    reason: "entries",
    detail: { filter: { type: "WindowOpened" }, note: "about as long as an entry is in use" },
  }));
  const done = sealAll(drafts, end, "synced");
  end = done.end;
  sql.begin.run();
  for (const { bytes, entry, leaf } of done.sealed) {
    sql.insertEntry.run("acme", entry.position, bytes, leaf, null, null);
  }
  sql.commit.run();
}
db.close();
console.log(`${count} entries, ${size("control-log.sqlite")} MB`);

const log = await timed("start", () => openThreadedLog(options));
const read = async (level: number, index: number, width: number) =>
  unpackHashes(await log.hashes("acme", level, index * 256, width), width);
await timed("first tile of level 1: the tree above the entries is filled", () => read(1, 0, 256));
const root = await timed("root from tiles", () => rootFromTiles(count, read));
console.log(
  `the root is ${Buffer.compare(root, rootOf(end.tree)) === 0 ? "the log's" : "ANOTHER"}`,
);
await timed("head", () => log.checkpoint("acme"));
const receipts = createReceipts(log);
const anywhere = () => 1 + Math.floor(Math.random() * count);
await each("receipt", async () => {
  await receipts.of("acme", anywhere(), 0);
});
await each("tile of level 0", async () => {
  await read(0, Math.floor(anywhere() / 256 / 2), 256);
});
await each("tile of level 1", async () => {
  await read(1, Math.floor(Math.floor(count / 65_536) * Math.random()), 256);
});
await each("bundle", async () => {
  await log.bundle("acme", Math.floor(anywhere() / 256 / 2) * 256, 256);
});
await log.close();
console.log(`search file: ${size("search.sqlite")} MB`);
rmSync(folder, { recursive: true });

function size(name: string): string {
  return (statSync(join(folder, name)).size / 1e6).toFixed(1);
}

async function timed<T>(what: string, run: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const came = await run();
  console.log(`${what}: ${(performance.now() - from).toFixed(0)} ms`);
  return came;
}

async function each(what: string, run: () => Promise<void>): Promise<void> {
  const took: number[] = [];
  for (let index = 0; index < ASKED; index += 1) {
    const from = performance.now();
    await run();
    took.push(performance.now() - from);
  }
  took.sort((a, b) => a - b);
  const at = (share: number) => (took[Math.floor((ASKED - 1) * share)] ?? 0).toFixed(2);
  console.log(`${what}: median ${at(0.5)} ms, p99 ${at(0.99)} ms`);
}
