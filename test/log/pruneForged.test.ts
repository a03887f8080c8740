/** Whoever can write to a pruned log's file, or answers in its name, is found or changes nothing. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { canonical } from "../../src/log/canonical.ts";
import { placedDraft, liftedDraft } from "../../src/log/retention.ts";
import { TILE_WIDTH } from "../../src/log/tiles.ts";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { restoreLog } from "../../src/runtime/node/log/restore.ts";
import { sourcesAt } from "../../src/runtime/node/log/sources.ts";
import { verifyOne } from "../../src/runtime/node/verifyOne.ts";
import { PAYMENT, payment } from "./events.ts";
import { AT, atOf, before, change, eraseAll, pay, rechecked, verified } from "./pruneRig.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const ORDER = { at: AT, tenant: "acme", by: PAYMENT, reason: "case 7" };

/** Entries 1 and 2 place a hold and lift it again; entries up to 512 are pruned. */
async function prunedLog(): Promise<{ folder: string; log: NodeLog }> {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await log.enter([placedDraft(ORDER, { holdId: "h1", firstKept: 1 }), liftedDraft(ORDER, "h1")]);
  await pay(log, 0, 100);
  await log.prune("acme", before(60));
  await log.checkpoint("acme");
  return { folder, log };
}

const ERASE = "UPDATE entries SET bytes = x'', call_id = NULL, prev = NULL WHERE position";

test.each([
  [
    "an entry erased that was to stay for good",
    `${ERASE} = 1; DELETE FROM kept WHERE position = 1`,
    "ENTRY 1 IS WRONG: it was erased, and was to stay for good",
  ],
  [
    "the file's own note moved on",
    "UPDATE pruned SET upto = 768",
    "ENTRY 1003 IS WRONG: it does not prune entries up to 768, as is noted beside the entries",
  ],
  [
    "the file's own note moved back",
    "UPDATE pruned SET upto = 256",
    "ENTRY 1003 IS WRONG: it prunes more than is noted beside the entries",
  ],
  [
    "the file's own note gone",
    "DELETE FROM pruned",
    "ENTRY 1003 IS WRONG: it prunes more than is noted beside the entries",
  ],
  [
    "a call's first entry that names none, and is none",
    "UPDATE entries SET prev = NULL WHERE position = 513",
    "ENTRY 513 IS WRONG: it names another entry before it in its call",
  ],
])("found in a pruned log: %s", async (_, sql, finding) => {
  const { folder, log } = await prunedLog();
  await eraseAll(log);
  await log.close();
  change(folder, sql);
  expect((await verified(folder)).said).toContain(finding);
  const position = Number(/\d+/.exec(finding)?.[0]);
  expect(await rechecked(folder)).toMatchObject([{ kind: "bad_entry", position }]);
});

test("found in a pruned log: a call cut off from its earlier life, of which nothing was pruned", async () => {
  const { folder, log } = await prunedLog();
  await log.append("acme", "c70", 10, payment("again", atOf(110)));
  await log.checkpoint("acme");
  await log.close();
  expect((await verified(folder)).said).toContain("INTACT");
  change(folder, "UPDATE entries SET prev = 0 WHERE position = 1004");
  const finding = "ENTRY 1004 IS WRONG: it names another entry before it in its call";
  expect((await verified(folder)).said).toContain(finding);
  expect(await rechecked(folder)).toMatchObject([{ kind: "bad_entry", position: 1004 }]);
});

test("nothing is erased by the word of the file's own note, which no entry bears out", async () => {
  const { folder, log } = await prunedLog();
  await log.close();
  change(folder, "UPDATE pruned SET upto = 768");
  const again = await openTestLog(folder);
  await expect(again.erase("acme")).rejects.toThrow("entries up to 768 of acme may go, and entry");
  change(folder, "UPDATE pruned SET upto = 512");
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  const gone = db.prepare("SELECT count(*) AS count FROM entries WHERE length(bytes) = 0").get();
  db.close();
  expect(gone).toEqual({ count: 0 });
});

test("a legal hold that only an unsigned entry lifts goes on in the log that takes the place", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await log.enter([placedDraft(ORDER, { holdId: "h1", firstKept: 1 })]);
  await pay(log, 0, 3);
  await log.close();
  const forged = canonical({
    ...(await readOne(folder)),
    position: 32,
    type: "LegalHoldLifted",
    detail: { holdId: "h1" },
  });
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  const insert = db.prepare("INSERT INTO entries VALUES ('acme', 32, ?, zeroblob(32), NULL, NULL)");
  insert.run(Buffer.from(forged));
  db.close();
  const options = { folder, notes: [], empty: false, by: "ann", reason: "disk 4 failed" };
  await restoreLog({ ...options, now: () => atOf(200) });
  const successor = await openTestLog(folder, { now: () => atOf(200) });
  const { entries } = await successor.read("acme", { type: "LegalHoldPlaced" }, 0, 10);
  expect(entries).toMatchObject([{ detail: { holdId: "h1", firstKept: 1 } }]);
});

async function readOne(folder: string): Promise<object> {
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  const row = db.prepare("SELECT bytes FROM entries WHERE position = 1").get();
  db.close();
  return JSON.parse(Buffer.from((row as { bytes: Uint8Array }).bytes).toString()) as object;
}

/** A service that answers from this log, and does something before each answer. */
function serving(log: NodeLog, meanwhile: (path: string) => Promise<void> = async () => undefined) {
  return async (asked: string | URL | Request): Promise<Response> => {
    const url = new URL(asked instanceof Request ? asked.url : asked);
    await meanwhile(url.pathname);
    if (url.pathname === "/v1/log/checkpoint") {
      const headers = { "tacet-key": log.verifierKey };
      return new Response(await log.checkpoint("acme"), { headers });
    }
    if (url.pathname === "/v1/log/entries") {
      const { entries, next } = await log.read(
        "acme",
        {},
        Number(url.searchParams.get("after")),
        300,
      );
      const headers = {
        "tacet-pruned-to": String(log.prunedTo("acme")),
        ...(next === undefined ? {} : { "tacet-next": String(next) }),
      };
      return new Response(entries.map((one) => `${canonical(one)}\n`).join(""), { headers });
    }
    const index = Number(url.pathname.split("/").at(-1));
    const hashes = await log.hashes("acme", 0, index * TILE_WIDTH, TILE_WIDTH);
    return new Response(hashes as BodyInit);
  };
}

async function byUrl(fetch: ReturnType<typeof serving>): Promise<string> {
  const { sources } = await sourcesAt("https://tacet.example", { fetch });
  const [source] = sources;
  if (source === undefined) throw new Error("no source");
  return (await verifyOne(source, { notes: [], trusted: [] })).lines.join("\n");
}

test("a service whose log is pruned while it is verified is asked again, and not called wrong", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 100);
  let count = 0;
  const fetching = serving(log, async (path) => {
    if (path !== "/v1/log/entries" || (count += 1) !== 2) return;
    await log.prune("acme", before(60));
    await eraseAll(log);
  });
  await expect(byUrl(fetching)).rejects.toThrow("was pruned while it was read: run this again");
  expect(await byUrl(serving(log))).toContain("INTACT");
});

test("a service that hides entries by the word of no entry is found", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 100);
  const lying: NodeLog = {
    ...log,
    prunedTo: () => 512,
    read: (tenant, filter, after, limit) => log.read(tenant, filter, Math.max(after, 512), limit),
  };
  expect(await byUrl(serving(lying))).toContain(
    "ENTRY 1 IS WRONG: it was erased, and no entry says that it was to be",
  );
});

test("a service that leaves out what stays for good, or gives other hashes, is found", async () => {
  const { log } = await prunedLog();
  await eraseAll(log);
  expect(await byUrl(serving(log))).toContain("INTACT, 1003 entries");
  const hiding: NodeLog = {
    ...log,
    read: (tenant, filter, after, limit) => log.read(tenant, filter, Math.max(after, 1), limit),
  };
  expect(await byUrl(serving(hiding))).toContain(
    "ENTRY 1 IS WRONG: it was erased, and was to stay",
  );
  const others: NodeLog = { ...log, hashes: async () => new Uint8Array(32 * TILE_WIDTH) };
  expect(await byUrl(serving(others))).toContain("IS WRONG: an entry is not the one");
});
