/** Logs that a restore put aside, as they are copied: all that can be read, each under its own origin. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import type { EntryDraft } from "../../src/log/entry.ts";
import { webhookCopySchema } from "../../src/policy/configCopies.ts";
import { CopyFailed, type Lines, type Parcel } from "../../src/runtime/node/copies/carrier.ts";
import { type Copier, startCopier } from "../../src/runtime/node/copies/copier.ts";
import { type CopiedLog, keptLogs } from "../../src/runtime/node/copies/kept.ts";
import { keptLogsIn } from "../../src/runtime/node/copies/keptRead.ts";
import { openPositions } from "../../src/runtime/node/copies/positions.ts";
import { until } from "../service/client.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const AT = 1_795_312_000_000;
const OLD = "tacet.example/acme";
const NEW = "tacet.example/~2/acme";
const clock = {
  now: () => AT + Math.floor(performance.now()),
  after(ms: number, run: () => void) {
    const timer = setTimeout(run, ms / 20);
    return () => clearTimeout(timer);
  },
  random: () => 0.5,
};

const facts = (count: number, tenant = "acme"): EntryDraft[] =>
  Array.from({ length: count }, (_, index) => ({
    at: AT,
    tenant,
    type: "Test",
    actor: { id: `caller-${index}`, kind: "system" },
    origin: { component: "test" },
    outcome: "success",
  }));

/** A log of 40 entries or more with a head over 30 of them, put aside; and its successor of 10. */
async function restored({ size = 40 } = {}) {
  const [first, folder] = [temporaryFolder(), temporaryFolder()];
  const old = await openTestLog(first);
  await old.enter(facts(30));
  await old.checkpoint("acme");
  await old.enter(facts(size - 30));
  const kept = join(folder, "predecessor-1");
  mkdirSync(kept);
  for (const name of readdirSync(first)) {
    if (/^control-log|^checkpoint|^keys?\.pub/.test(name) && !name.endsWith("-shm")) {
      copyFileSync(join(first, name), join(kept, name));
    }
  }
  const log = await openTestLog(folder, {
    generation: 2,
    signingKeyPath: join(first, "signing.key"),
  });
  await log.enter(facts(10));
  return { folder, kept, log };
}

function change(kept: string, sql: string): void {
  const db = new DatabaseSync(join(kept, "control-log.sqlite"));
  db.exec(sql);
  db.close();
}

interface Copied {
  isAway: boolean;
  readonly copier: Copier;
  readonly parcels: Parcel[];
  readonly positions: Map<string, number>;
  /** Positions of one log in the order in which they came. */
  of(origin: string): readonly number[];
}

function copying(
  { folder, log }: Awaited<ReturnType<typeof restored>>,
  positions: Map<string, number> = new Map(),
  logs?: () => readonly CopiedLog[],
): Copied {
  const parcels: Parcel[] = [];
  const place = { isAway: false };
  const kept = keptLogs({ logFolder: folder, clock, failed: () => undefined });
  const copier = startCopier({
    config: webhookCopySchema.parse({
      kind: "webhook",
      id: "archive",
      url: "https://archive.example/",
      secrets: ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="],
      batchCountMax: 10,
    }),
    carrier: {
      confirmMs: 0,
      async send(parcel) {
        if (place.isAway) throw new CopyFailed("lost");
        parcels.push(parcel);
      },
      confirm: () => Promise.resolve(),
      drop: () => undefined,
      close: () => Promise.resolve(),
    },
    log,
    kept: logs ?? kept.logs,
    clock,
    startFrom: (origin) => positions.get(origin) ?? 0,
    confirmed: (origin, position) => void positions.set(origin, position),
    told: { failed: () => undefined, sent: () => undefined },
  });
  onTestFinished(async () => {
    await copier.stop();
    await kept.stop();
  });
  const lines = () => parcels.filter((one): one is Lines => one.kind === "lines");
  return Object.assign(place, {
    copier,
    parcels,
    positions,
    of: (origin: string) =>
      lines()
        .filter((one) => one.origin === origin)
        .flatMap(({ from, items }) => items.map((_, index) => from + index)),
  });
}
const upTo = (count: number, from = 1): number[] =>
  Array.from({ length: count - from + 1 }, (_, index) => from + index);
const reached = async ({ positions }: Copied, origin: string, position: number) =>
  await until(
    () => positions.get(origin) ?? 0,
    (at) => at >= position,
  );

test("a log that was put aside is copied to its end, from where it was confirmed, with its own head", async () => {
  const copied = copying(await restored(), new Map([[OLD, 12]]));
  await reached(copied, OLD, 40);
  await reached(copied, NEW, 10);
  expect(copied.of(OLD)).toEqual(upTo(40, 13));
  expect(copied.of(NEW)).toEqual(upTo(10));
  const headOf = () => copied.parcels.find((one) => one.kind === "head" && one.origin === OLD);
  expect(await until(headOf, (head) => head !== undefined)).toMatchObject({ size: 30 });
});

test("how far a copy is behind counts the logs that were put aside", async () => {
  const copied = copying(await restored(), new Map([[NEW, 10]]));
  copied.isAway = true;
  const lag = () => copied.copier.standing().lag.entries;
  await until(lag, (entries) => entries === 40);
  copied.isAway = false;
  await until(lag, (entries) => entries === 0);
  expect(copied.of(OLD)).toEqual(upTo(40));
});

test("what of it cannot be read is said once a stretch, and all that can be read is sent", async () => {
  const world = await restored();
  change(
    world.kept,
    "DELETE FROM entries WHERE position BETWEEN 5 AND 14; UPDATE entries SET bytes = x'7b7d' WHERE position = 20; UPDATE entries SET bytes = (SELECT bytes FROM entries WHERE position = 3) WHERE position = 25",
  );
  const copied = copying(world);
  await reached(copied, OLD, 40);
  const items = copied.parcels.flatMap((one) => (one.kind === "lines" ? one.items : []));
  const unreadable = items.flatMap((item) => (item.kind === "unreadable" ? [item.text] : []));
  expect(unreadable.map((text) => (JSON.parse(text) as { data: object }).data)).toEqual([
    { origin: OLD, position: 5, to: 14 },
    { origin: OLD, position: 20 },
    { origin: OLD, position: 25 },
  ]);
  const [gone, read] = [upTo(14, 5), copied.of(OLD)];
  expect(read).toEqual(upTo(40).filter((position) => position === 5 || !gone.includes(position)));
});

test("a log that was put aside and ends before what is confirmed is not sent again", async () => {
  const copied = copying(await restored(), new Map([[OLD, 55]]));
  await reached(copied, NEW, 10);
  await until(
    () => copied.parcels.some((one) => one.origin === OLD),
    (isThere) => isThere,
  );
  expect(copied.of(OLD)).toEqual([]);
  expect(copied.copier.standing().lag.entries).toBe(0);
});

test("one that cannot be read any more, or not in time, keeps the log that is written from nothing", async () => {
  const world = await restored();
  let hangs = false;
  const slow = {
    ...clock,
    after(ms: number, run: () => void) {
      if (ms < 10_000) return clock.after(ms, run);
      if (!hangs) {
        // A thread takes its real time to start, on a busy machine more than a twentieth of this.
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      }
      queueMicrotask(run);
      return () => undefined;
    },
  };
  const known = keptLogs({ logFolder: world.folder, clock: slow, failed: () => undefined });
  onTestFinished(() => known.stop());
  const [old] = await until(known.logs, (logs) => logs.length > 0);
  const read = () => old?.read("acme", {}, 0, 1);
  const notRead = { message: "log_not_read", how: { refused: true } };
  expect((await read())?.entries).toHaveLength(1);
  hangs = true;
  await expect(read()).rejects.toMatchObject(notRead);
  hangs = false;
  expect((await read())?.entries).toHaveLength(1);
  hangs = true;
  await expect(read()).rejects.toMatchObject(notRead);
  for (const name of readdirSync(world.kept)) {
    if (name.startsWith("control-log")) writeFileSync(join(world.kept, name), "no database");
  }
  hangs = false;
  await expect(read()).rejects.toMatchObject(notRead);
  const copied = copying(world, new Map(), known.logs);
  await world.log.enter(facts(200));
  await reached(copied, NEW, 210);
  expect(copied.of(OLD)).toEqual([]);
  expect(copied.copier.standing()).toMatchObject({ lag: { entries: 40 } });
});

test("files that nobody may write to are read, and a folder without a database has nothing to read", async () => {
  const { folder, kept } = await restored();
  for (const name of readdirSync(kept)) chmodSync(join(kept, name), 0o400);
  mkdirSync(join(folder, "predecessor-2"));
  expect(keptLogsIn(folder)).toMatchObject({
    logs: [
      { origin: OLD, tenant: "acme", size: 40, prunedTo: 0, head: expect.stringContaining(OLD) },
    ],
    unread: [],
  });
});

test("one that cannot be opened is told of by name, and the others are copied", async () => {
  const { folder } = await restored();
  mkdirSync(join(folder, "predecessor-2"));
  writeFileSync(join(folder, "predecessor-2", "control-log.sqlite"), "no database");
  const told: string[] = [];
  const kept = keptLogs({ logFolder: folder, clock, failed: (name) => void told.push(name) });
  onTestFinished(() => kept.stop());
  const logs = await until(kept.logs, (found) => found.length > 0);
  expect(logs.map((one) => one.origin("acme"))).toEqual([OLD]);
  expect(told).toEqual(["predecessor-2"]);
});

test("positions of logs that were put aside are kept for as long as their destination is", async () => {
  const path = join(temporaryFolder(), "copies.json");
  const options = { path, clock, failed: () => undefined };
  const before = await openPositions({ ...options, destinations: ["a", "b"] });
  before.set("a", OLD, 12);
  before.set("b", OLD, 7);
  await before.stop();
  const after = await openPositions({ ...options, destinations: ["a"] });
  after.set("a", NEW, 3);
  await after.stop();
  const last = await openPositions({ ...options, destinations: ["a", "b"] });
  expect([last.of("a", OLD), last.of("a", NEW), last.of("b", OLD)]).toEqual([12, 3, 0]);
});

test("of a file that is damaged in its midst, what is before and behind that is sent", async () => {
  const world = await restored({ size: 6_000 });
  const path = join(world.kept, "control-log.sqlite");
  change(world.kept, "PRAGMA wal_checkpoint(TRUNCATE)");
  const bytes = readFileSync(path);
  const half = Math.floor(bytes.length / 2);
  bytes.fill(0xff, half, half + 40_960);
  writeFileSync(path, bytes);
  const copied = copying(world);
  await reached(copied, OLD, 6_000);
  const items = copied.parcels.flatMap((one) =>
    one.kind === "lines" && one.origin === OLD ? one.items : [],
  );
  const read = items.flatMap((item) => (item.kind === "entry" ? [item.entry.position] : []));
  expect([read[0], read.at(-1)]).toEqual([1, 6_000]);
  expect(read.length).toBeGreaterThan(5_500);
  expect(read.length).toBeLessThan(6_000);
});
