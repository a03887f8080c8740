/** The search file comes back by itself from whatever keeps it from being filled. */
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { leafHash } from "../../src/log/tree.ts";
import { openDatabase, prepare, type Statements } from "../../src/runtime/node/log/database.ts";
import { openSearch, type Search } from "../../src/runtime/node/log/search.ts";

let folder: string;
let path: string;
let db: DatabaseSync;
let sql: Statements;
let search: Search | undefined;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  folder = await mkdtemp(join(tmpdir(), "tacet-search-"));
  path = join(folder, "search.sqlite");
  db = openDatabase(join(folder, "control-log.sqlite"));
  sql = prepare(db);
});
afterEach(async () => {
  await search?.close();
  search = undefined;
  db.close();
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

function wrote(tenant: string, count: number): void {
  for (let position = 1; position <= count; position += 1) {
    const actor = { id: "tacet", kind: "system" };
    put(tenant, position, { position, type: "LogRead", actor, origin: { component: "http" } });
  }
}
function put(tenant: string, position: number, entry: object): void {
  const bytes = Buffer.from(JSON.stringify(entry));
  sql.insertEntry.run(tenant, position, bytes, leafHash(bytes), null, null);
}

/** SQLite's own error, as a log that is busy or damaged answers it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error("planted"), { errcode });
}
/** The statement, but for what `plant` throws. */
const planted = (statement: StatementSync, plant: (tenant: unknown) => void): StatementSync =>
  ({
    all(...of: Parameters<StatementSync["all"]>) {
      plant(of[0]);
      return statement.all(...of);
    },
  }) as StatementSync;

const foundOf = (tenant: string) => search?.find(tenant, ["t:LogRead"], 0, 1_000) ?? [];
const countOf = async (tenant: string) => (await foundOf(tenant)).length;

/** A time passes, and whatever it set going gets its turns. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 100; turn += 1) await new Promise((done) => setImmediate(done));
}
const RETRY_MS = 5_000;

test("an error while one log's tree is grown leaves no other log's entries unindexed", async () => {
  wrote("a", 40);
  wrote("b", 300);
  search = openSearch(path, sql, () => ["a"]);
  const other = new DatabaseSync(path);
  other.exec(
    "CREATE TRIGGER planted BEFORE INSERT ON nodes BEGIN SELECT RAISE(ABORT, 'planted'); END",
  );
  // `a` is indexed and not yet written to the file when it comes.
  const filling = search.caughtUp();
  await search.growTree("b");
  await filling;
  expect(await countOf("a")).toBe(0);
  other.exec("DROP TRIGGER planted");
  other.close();
  await pass(RETRY_MS);
  expect(await countOf("a")).toBe(40);
  expect(search.nodes("b", 1, 0, 1)).toHaveLength(1);
});

test("an error that passes is tried again by itself, also where it hides which logs there are", async () => {
  wrote("a", 40);
  wrote("b", 40);
  let isBusy = true;
  const busy = () => {
    if (isBusy) throw sqliteError(5);
  };
  const log = { ...sql, entriesAfter: planted(sql.entriesAfter, busy) };
  let asked = 0;
  search = openSearch(path, log, () => {
    asked += 1;
    busy();
    return ["a", "b"];
  });
  await pass(60_000);
  expect(asked).toBeGreaterThan(1);
  // No more often than it may be tried.
  expect(asked).toBeLessThanOrEqual(60_000 / RETRY_MS + 1);
  isBusy = false;
  await pass(RETRY_MS);
  expect([await countOf("a"), await countOf("b")]).toEqual([40, 40]);
});

test("a log that cannot be read keeps no other out of the index, and the file is kept", async () => {
  wrote("a", 40);
  wrote("b", 40);
  let isDamaged = true;
  const damaged = (tenant: unknown) => {
    if (isDamaged && tenant === "a") throw sqliteError(11);
  };
  const log = { ...sql, entriesAfter: planted(sql.entriesAfter, damaged) };
  search = openSearch(path, log, () => ["a", "b"]);
  const { ino } = statSync(path);
  await pass(3 * RETRY_MS);
  expect([await countOf("a"), await countOf("b")]).toEqual([0, 40]);
  expect(statSync(path).ino).toBe(ino);
  isDamaged = false;
  await pass(RETRY_MS);
  expect(await countOf("a")).toBe(40);
});

test("a damaged file that cannot be made anew yet is made anew later", async () => {
  wrote("a", 40);
  search = openSearch(path, sql, () => ["a"]);
  const other = new DatabaseSync(path);
  other.exec("DROP TABLE words");
  other.close();
  for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
  mkdirSync(join(path, "in the way"), { recursive: true });
  await pass(RETRY_MS + 500);
  await expect(foundOf("a")).rejects.toThrow();
  rmSync(path, { recursive: true });
  await pass(2 * RETRY_MS);
  expect(existsSync(path)).toBe(true);
  expect(await countOf("a")).toBe(40);
});

test("a tree in a file that is found damaged is filled again, though nobody writes or searches", async () => {
  wrote("a", 300);
  search = openSearch(path, sql, () => ["a"]);
  await pass(1_000);
  const other = new DatabaseSync(path);
  other.exec("DROP TABLE nodes");
  other.close();
  expect(search.nodes("a", 1, 0, 1)).toEqual([]);
  await pass(1_000);
  expect(search.nodes("a", 1, 0, 1)).toHaveLength(1);
  expect(await countOf("a")).toBe(300);
});

test("what is no entry any more keeps nothing behind it from being found", async () => {
  wrote("a", 10);
  put("a", 11, { position: 11, type: "LogRead" });
  put("a", 12, []);
  wrote("b", 10);
  search = openSearch(path, sql, () => ["a", "b"]);
  await pass(1_000);
  expect([await countOf("a"), await countOf("b")]).toEqual([10, 10]);
  expect(search.indexedTo("a")).toBe(12);
});
