/** The auditor's kit as one file: what is in it, what it is not made of, and who waits for whom. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { unzipSync } from "fflate";
import { beforeAll, expect, test } from "vitest";
import { checkKit } from "../../client/kit/check.ts";
import type { KitAsked, KitOffer } from "../../src/console/deps.ts";
import { createReadings } from "../../src/log/readings.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import {
  KIT_COUNT_MAX,
  KIT_MS_MAX,
  kitOffice,
  STILL_MS_MAX,
} from "../../src/runtime/node/kit/office.ts";
import { kitFiles } from "../../src/runtime/node/kit/files.ts";
import { KIT_ENTRY_COUNT_MAX, NoKit } from "../../src/runtime/node/kit/noKit.ts";
import { openKit } from "../../src/runtime/node/kit/source.ts";
import { zipOf } from "../../src/runtime/node/kit/zip.ts";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";
import { payment } from "./events.ts";
import { AT, filesIn, makeKit, writeLog } from "./kitFolder.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const CALLS = 80;
const MINUTE = 60_000;
let log = "";
let key = "";

beforeAll(async () => {
  log = join(mkdtempSync(join(tmpdir(), "tacet-archive-")), "log");
  key = await writeLog(log, CALLS);
  return () => rmSync(dirname(log), { recursive: true, force: true });
});

const failures: unknown[] = [];
const nobody = createReadings(() => AT);
const office = (folder = log, clock: Parameters<typeof kitOffice>[0]["clock"] = nodeClock()) =>
  kitOffice({ folder, clock, readings: nobody, onError: (error) => void failures.push(error) });
const asked = (more: Partial<KitAsked> = {}): KitAsked => ({
  tenant: "acme",
  name: "kit",
  ...more,
});

function given(offer: KitOffer) {
  if (offer.kind === "none") throw new Error(offer.why);
  return offer;
}
const bytesOf = async (offer: KitOffer) =>
  new Uint8Array(await new Response(given(offer).file).arrayBuffer());
const unpacked = async (offer: KitOffer) =>
  new Map(Object.entries(unzipSync(await bytesOf(offer))));

/** Every file below a folder, by its path. */
function filesBelow(folder: string): Map<string, Buffer> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  return new Map(
    found.map((one) => {
      const path = join(one.parentPath, one.name);
      return [path.slice(folder.length + 1), readFileSync(path)] as const;
    }),
  );
}

function copyOf(folder: string): string {
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}
function change(folder: string, file: string, sql: string): void {
  const db = new DatabaseSync(join(folder, file));
  db.exec(sql);
  db.close();
}

test.each([
  { what: "the whole log", wish: {} },
  { what: "some minutes", wish: { from: AT + 40 * MINUTE, to: AT + 45 * MINUTE } },
])("of $what it holds, to the byte, the files that tacet kit writes", async ({ wish }) => {
  const out = join(temporaryFolder(), "kit");
  const times = Object.entries(wish).flatMap(([name, at]) => [
    `--${name}`,
    new Date(at).toISOString(),
  ]);
  expect(await makeKit(log, out, "--tenant", "acme", ...times)).toMatchObject({ code: 0 });
  const files = await unpacked(await office()(asked(wish)));
  const written = filesBelow(out);
  expect([...files.keys()].toSorted()).toEqual(
    [...written.keys()].map((path) => `kit/${path}`).toSorted(),
  );
  for (const [path, bytes] of written)
    expect(Buffer.from(files.get(`kit/${path}`) ?? []), path).toEqual(bytes);
  expect(failures).toEqual([]);
});

test("what was unpacked is what tacet verify takes, with the log's key", async () => {
  const folder = temporaryFolder();
  for (const [path, bytes] of await unpacked(await office()(asked()))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  const said: string[] = [];
  const io = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  expect(await verifyCommand([join(folder, "kit"), "--key", key], io)).toBe(0);
  expect(said.join()).toContain("INTACT");
});

test.each([
  [
    "an entry's bytes",
    "UPDATE entries SET bytes = CAST(replace(bytes, 'acme', 'acmf') AS BLOB) WHERE position = 40",
  ],
  ["an entry and its leaf", "UPDATE entries SET leaf = zeroblob(32) WHERE position = 40"],
  ["an entry that is gone", "DELETE FROM entries WHERE position = 40"],
])("of a log in which %s changed no kit is begun", async (_what, sql) => {
  const folder = copyOf(log);
  change(folder, "control-log.sqlite", sql);
  expect(await office(folder)(asked())).toEqual({ kind: "none", why: "changed" });
});

test.each([
  ["of another moment", "CAST(replace(bytes, '\"at\":', '\"at\":9') AS BLOB)"],
  ["no entry any more", "CAST('{}' AS BLOB)"],
  ["empty", "zeroblob(0)"],
])("an entry that is %s leads to no kit of other days", async (_what, sql) => {
  const folder = copyOf(log);
  // The first that is looked at, and in none of these days.
  const middle = Math.floor((1 + CALLS * 10 + 2) / 2);
  change(
    folder,
    "control-log.sqlite",
    `UPDATE entries SET bytes = ${sql} WHERE position = ${middle}`,
  );
  const days = { from: AT + 70 * MINUTE, to: AT + 75 * MINUTE };
  expect(await office(folder)(asked(days))).toEqual({ kind: "none", why: "changed" });
});

test("the tree that stands ready beside the log is used, and not believed", async () => {
  const whole = await bytesOf(await office()(asked({ to: AT + 5 * MINUTE })));
  for (const sql of [
    "UPDATE nodes SET hash = zeroblob(32) WHERE number = 0",
    "DELETE FROM nodes WHERE number = 0",
  ]) {
    const folder = copyOf(log);
    change(folder, "search.sqlite", sql);
    const files = await unpacked(await office(folder)(asked({ to: AT + 5 * MINUTE })));
    expect(files).toEqual(new Map(Object.entries(unzipSync(whole))));
  }
});

test("why there is none is told: no entry then, no head yet, a log that is not there", async () => {
  const make = office();
  expect(await make(asked({ from: AT + 999 * CALLS * MINUTE }))).toEqual({
    kind: "none",
    why: "nothing",
  });
  expect(await make(asked({ tenant: "globex" }))).toEqual({ kind: "none", why: "failed" });
  const unsigned = copyOf(log);
  for (const name of ["checkpoint-acme.txt", "checkpoints-acme.log"]) rmSync(join(unsigned, name));
  expect(await office(unsigned)(asked())).toEqual({ kind: "none", why: "unsigned" });
  expect(await office(temporaryFolder())(asked())).toEqual({ kind: "none", why: "failed" });
  const size = KIT_ENTRY_COUNT_MAX + 1;
  const checkpoint = { origin: "a/b", size, root: new Uint8Array(32), extensions: [] };
  const head = { head: { checkpoint, signedBy: [] }, note: "", others: [], keys: [] };
  const source = { ...head, tenant: "b", db: undefined as never, first: 1, last: size };
  await expect(kitFiles(source)).rejects.toThrow(
    expect.objectContaining({ reason: "too_many" }) as NoKit,
  );
});

test("of a log that was pruned the kit begins where the entries do, and still comes to the signed root", async () => {
  const folder = temporaryFolder();
  const pruned = await openTestLog(folder);
  for (let call = 0; call < 100; call += 1) {
    await pruned.append("acme", `c${call}`, 0, payment(`w${call}`, AT + call * MINUTE));
  }
  await pruned.checkpoint("acme");
  const old = { olderThan: AT + 60 * MINUTE, months: 12, last: 1_000 };
  expect(await pruned.prune("acme", old)).toMatchObject({ to: 512 });
  const make = office(folder);
  // From the word that they may go, not from their going.
  await pruned.checkpoint("acme");
  for (const erases of [false, true]) {
    for (let more = erases; more; more = await pruned.erase("acme")) continue;
    for (const wish of [{}, { from: AT + 2 * MINUTE }]) {
      const offer = given(await make(asked(wish)));
      expect([offer.first, offer.last]).toEqual([513, 1001]);
      const kit = temporaryFolder();
      for (const [path, bytes] of await unpacked(offer)) {
        mkdirSync(dirname(join(kit, path)), { recursive: true });
        writeFileSync(join(kit, path), bytes);
      }
      const checked = await checkKit(filesIn(join(kit, "kit")), undefined, () => undefined);
      expect(checked).toMatchObject({ signature: "by this key", from: 513, to: 1001 });
    }
  }
  expect(await make(asked({ to: AT + 2 * MINUTE }))).toEqual({ kind: "none", why: "nothing" });
  await pruned.close();
});

test("of more bytes than one file may hold no kit is begun", async () => {
  const source = await openKit({ folder: log, tenant: "acme" });
  try {
    const kit = await kitFiles(source);
    kit.hold();
    expect(() => kit.hold(10_000)).toThrow(
      expect.objectContaining({ reason: "too_large" }) as NoKit,
    );
  } finally {
    source.db.close();
  }
});

test("a tenant has one kit made at a time, and all tenants so many", async () => {
  const make = office();
  const first = given(await make(asked()));
  expect(await make(asked())).toEqual({ kind: "none", why: "busy" });
  first.cancel();
  const second = given(await make(asked()));
  await new Response(second.file).arrayBuffer();
  const third = given(await make(asked()));
  await third.file.cancel();
  const open = Array.from({ length: KIT_COUNT_MAX }, (_, index) =>
    make(asked({ tenant: `t${index}` })),
  );
  expect(await make(asked())).toEqual({ kind: "none", why: "busy" });
  await Promise.all(open);
  given(await make(asked())).cancel();
});

test("where no thread can be started that is told, and the next may try", async () => {
  failures.length = 0;
  const after = () => {
    throw new Error("no timer");
  };
  const make = office(log, { now: Date.now, after });
  expect(await make(asked())).toEqual({ kind: "none", why: "failed" });
  expect(await make(asked())).toEqual({ kind: "none", why: "failed" });
  expect(failures).toHaveLength(2);
});

test.each([
  ["takes nothing", STILL_MS_MAX, "nobody takes the kit"],
  ["takes too long", KIT_MS_MAX, "took too long"],
])("a kit whose taker %s is given up, and its place is free", async (_what, ms, said) => {
  const timers = new Map<() => void, number>();
  const after = (afterMs: number, run: () => void) => {
    timers.set(run, afterMs);
    return () => void timers.delete(run);
  };
  const make = office(log, { now: Date.now, after });
  const { file } = given(await make(asked()));
  const reader = file.getReader();
  expect((await reader.read()).value?.length).toBeGreaterThan(0);
  const [due] = [...timers].filter(([, afterMs]) => afterMs === ms);
  due?.[0]();
  await expect(reader.read()).rejects.toThrow(said);
  expect(timers.size).toBe(0);
  given(await make(asked())).cancel();
});

test("no more is read than the next block needs", () => {
  let read = 0;
  const parts = function* (): Generator<Uint8Array> {
    for (; read < 1_000; read += 1) yield crypto.getRandomValues(new Uint8Array(10_000));
  };
  const options = { blockBytes: 50_000, folder: "kit", madeAt: 0 };
  const blocks = zipOf([{ path: "entries.ndjson", parts: parts() }], options);
  for (let count = 1; count <= 10; count += 1) {
    const { value } = blocks.next();
    expect(value?.length).toBeLessThan(400_000);
    expect(read).toBeLessThan(count * 25);
  }
});

test("of very many heads the newest is taken, and five hundred spread over the others", async () => {
  const folder = copyOf(log);
  const path = join(folder, "checkpoints-acme.log");
  const real = readFileSync(path, "utf8");
  const [, , root = "", , signature = ""] = real.split("\n");
  const others = Array.from({ length: 5_000 }, (_, index) =>
    ["tacet.example/acme", index + 1, root, "", signature, "", ""].join("\n"),
  );
  writeFileSync(path, others.join("") + real);
  const files = await unpacked(await office(folder)(asked()));
  const heads = Buffer.from(files.get("kit/checkpoints.txt") ?? []).toString();
  const sizes = [...heads.matchAll(/^tacet\.example\/acme\n(\d+)$/gm)].map(([, size]) =>
    Number(size),
  );
  expect(sizes.length).toBeGreaterThan(400);
  expect(sizes.length).toBeLessThanOrEqual(500);
  expect(sizes[0]).toBe(1);
  expect(Buffer.from(files.get("kit/checkpoint") ?? []).toString()).toBe(
    readFileSync(join(folder, "checkpoint-acme.txt"), "utf8"),
  );
});
