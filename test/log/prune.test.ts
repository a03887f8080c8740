import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readCheckpoint } from "../../src/log/checkpoint.ts";
import { placedDraft } from "../../src/log/retention.ts";
import { TILE_WIDTH } from "../../src/log/tiles.ts";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { PAYMENT, payment } from "./events.ts";
import {
  AT,
  atOf,
  before,
  change,
  eraseAll,
  pay as payCalls,
  rechecked,
  verified,
} from "./pruneRig.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

/** With heads over every seventh call. */
const pay = (log: NodeLog, from: number, to: number) => payCalls(log, from, to, 7);

test("old entries go by whole bundles, once an entry under a signed head says so; hashes stay, and every head ever signed still verifies", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 100);
  const leaves = await log.hashes("acme", 0, 0, TILE_WIDTH);
  const step = await log.prune("acme", before(60));
  expect(step).toEqual({ kind: "pruned", to: 512, entry: 1001 });
  expect(log.prunedTo("acme")).toBe(512);
  const [said] = (await log.read("acme", {}, 1000, 1)).entries;
  expect(said).toMatchObject({
    type: "EntriesPruned",
    actor: { id: "tacet", kind: "system" },
    detail: { from: 1, to: 512, months: 12, olderThan: atOf(60) },
  });
  expect(await log.prune("acme", before(60))).toEqual({ kind: "nothing", old: 600 });
  // Not a byte is gone before the head is signed.
  expect(await log.erase("acme")).toBe(true);
  expect(readCheckpoint((await log.signedHead("acme")) ?? "").size).toBeGreaterThanOrEqual(1001);
  expect((await verified(folder)).code).toBe(0);
  await eraseAll(log);
  expect(await log.hashes("acme", 0, 0, TILE_WIDTH)).toEqual(leaves);
  const { code, said: lines } = await verified(folder);
  expect(lines).toContain("INTACT, 1001 entries");
  expect(lines).toContain("up to 512 only hashes, as entries were pruned");
  expect(code).toBe(0);
  expect(await rechecked(folder)).toMatchObject([{ kind: "intact", prunedTo: 512, size: 1001 }]);
});

test("what was erased is in none of the log's files", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await log.append("acme", "c-gone-entirely", 0, payment("w-gone-entirely", AT - 1));
  await pay(log, 0, 100);
  await log.read("acme", { callId: "c-gone-entirely" }, 0, 1);
  await log.prune("acme", before(60));
  await eraseAll(log);
  await log.close();
  for (const name of readdirSync(folder)) {
    expect(`${name} ${readFileSync(join(folder, name), "latin1").includes("gone-entirely")}`).toBe(
      `${name} false`,
    );
  }
});

test("a call that is not over, or has an entry that is too young, keeps its entries and all behind them", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 30);
  const open = payment("w-open", atOf(30));
  await log.append("acme", "open", 0, open.slice(0, 5));
  await pay(log, 31, 100);
  expect(await log.prune("acme", before(90))).toMatchObject({ to: 256 });
  expect(await log.prune("acme", before(90))).toEqual({ kind: "call", callId: "open" });
  // It ends now: its newest entry is young.
  await log.append(
    "acme",
    "open",
    5,
    open.slice(5).map((event) => ({ ...event, at: atOf(100) })),
  );
  expect(await log.prune("acme", before(90))).toEqual({ kind: "call", callId: "open" });
  expect(await log.prune("acme", before(101))).toMatchObject({ kind: "pruned", to: 768 });
  await eraseAll(log);
  expect((await verified(folder)).code).toBe(0);
});

test("no entry behind the bound goes, whatever its age, and the newest never", async () => {
  const log = await openTestLog(temporaryFolder());
  await pay(log, 0, 60);
  expect(await log.prune("acme", before(60, 255))).toEqual({ kind: "nothing", old: 600 });
  expect(await log.prune("acme", before(60, 256))).toMatchObject({ to: 256 });
  expect(await log.prune("acme", before(1_000))).toMatchObject({ to: 512 });
  expect(await log.prune("acme", before(1_000))).toMatchObject({ kind: "nothing" });
});

test("nothing that was pruned is in any answer, from the moment that an entry says so", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 100);
  await log.read("acme", { callId: "c3" }, 0, 1);
  await log.prune("acme", before(60));
  const looked = async () => {
    const from = async (filter: object, after = 0) =>
      (await log.read("acme", filter, after, 1000)).entries.map(({ position }) => position);
    expect((await from({}))[0]).toBe(513);
    expect((await from({}, 300))[0]).toBe(513);
    expect((await from({ from: AT }))[0]).toBe(513);
    expect(await from({ to: atOf(40) })).toEqual([]);
    expect(await from({ callId: "c3" })).toEqual([]);
    expect(await from({ callId: "c51" })).toEqual([513, 514, 515, 516, 517, 518, 519, 520]);
    const back = await log.readBack("acme", {}, 515, 10);
    expect(back.entries.map(({ position }) => position)).toEqual([514, 513]);
    expect(back.next).toBeUndefined();
    expect((await log.readBack("acme", { callId: "c3" }, 2_000, 10)).entries).toEqual([]);
    expect((await log.load("acme", "c3")).state.version).toBe(0);
    expect((await log.load("acme", "c51")).state.version).toBe(0);
    expect((await log.load("acme", "c60")).state.version).toBe(10);
  };
  await looked();
  await eraseAll(log);
  await looked();
});

test("a kill at any moment: the next start knows what may go, finishes it, and all verifies", async () => {
  const folder = temporaryFolder();
  const first = await openTestLog(folder);
  await pay(first, 0, 100);
  await first.prune("acme", before(60));
  await first.close();
  const second = await openTestLog(folder);
  expect(second.prunedTo("acme")).toBe(512);
  expect(await second.erase("acme")).toBe(true);
  await second.close();
  expect((await verified(folder)).code).toBe(0);
  const third = await openTestLog(folder);
  expect((await third.read("acme", {}, 0, 1)).entries[0]?.position).toBe(513);
  await eraseAll(third);
  expect(await third.erase("acme")).toBe(false);
  expect(await third.prune("acme", before(99))).toMatchObject({ to: 768 });
  await eraseAll(third);
  await third.close();
  expect((await verified(folder)).said).toContain("up to 768 only hashes");
});

test("what stays for good is still read: who signs, what was pruned, and legal holds", async () => {
  const log = await openTestLog(temporaryFolder());
  await pay(log, 0, 10);
  const order = { at: atOf(10), tenant: "acme", by: PAYMENT, reason: "case 7" };
  await log.enter([placedDraft(order, { holdId: "h1", firstKept: 1 })]);
  await pay(log, 11, 100);
  await log.prune("acme", before(60));
  await eraseAll(log);
  const { entries } = await log.read("acme", {}, 0, 2);
  expect(entries.map(({ position, type }) => [position, type])).toEqual([
    [101, "LegalHoldPlaced"],
    [513, "TapAdded"],
  ]);
  const found = (await log.read("acme", { type: "LegalHoldPlaced" }, 0, 10)).entries;
  expect(found.map(({ position }) => position)).toEqual([101]);
});

test("the search file made anew from a pruned log gives the same tree and finds the same", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 120);
  const above = await log.hashes("acme", 1, 0, 4);
  expect(above.length).toBe(128);
  await log.prune("acme", before(60));
  await eraseAll(log);
  await log.close();
  rmSync(join(folder, "search.sqlite"));
  const again = await openTestLog(folder);
  expect(await again.hashes("acme", 1, 0, 4)).toEqual(above);
  expect((await again.read("acme", { callId: "c70" }, 0, 20)).entries).toHaveLength(10);
  expect((await again.read("acme", { callId: "c7" }, 0, 20)).entries).toEqual([]);
});

test("an id whose call was pruned begins anew, and the log verifies", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 100);
  await log.prune("acme", before(60));
  await eraseAll(log);
  // Of c51 the last entries are still there; of c3 none.
  for (const callId of ["c51", "c3"]) {
    const events = payment(`again-${callId}`, atOf(200));
    expect(await log.append("acme", callId, 0, events)).toMatchObject({ kind: "appended" });
    expect((await log.load("acme", callId)).state.version).toBe(10);
  }
  await log.checkpoint("acme");
  expect((await verified(folder)).said).toContain("INTACT, 1021 entries");
  expect(await rechecked(folder)).toMatchObject([{ kind: "intact" }]);
});

test("an entry that is not what was written is not erased: it is evidence", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 100);
  change(folder, "UPDATE entries SET bytes = x'7b7d' WHERE tenant = 'acme' AND position = 300");
  await log.prune("acme", before(60));
  await expect(eraseAll(log)).rejects.toThrow("Entry 300 of acme is not what was written");
  expect((await verified(folder)).said).toContain("ENTRY 300 IS WRONG");
});

test.each([
  [
    "an entry erased that no entry prunes",
    "UPDATE entries SET bytes = x'', call_id = NULL, prev = NULL WHERE position = 700",
    "ENTRY 700 IS WRONG: it was erased, and no entry says that it was to be",
  ],
  [
    "the store's own note that more may go",
    "UPDATE entries SET bytes = x'', call_id = NULL, prev = NULL WHERE position BETWEEN 513 AND 768; UPDATE pruned SET upto = 768, erased = 768",
    "ENTRY 513 IS WRONG: it was erased, and no entry says that it was to be",
  ],
  [
    "the hash of one that was pruned",
    "UPDATE entries SET leaf = zeroblob(32) WHERE position = 9",
    "AN ENTRY FROM 1 TO 10 IS WRONG",
  ],
  ["one that was pruned, cut out", "DELETE FROM entries WHERE position = 9", "ENTRY 9 IS WRONG"],
  [
    "the entry that prunes, replaced by another",
    "UPDATE entries SET bytes = (SELECT bytes FROM entries WHERE position = 1000) WHERE position = 1001",
    "ENTRY 1001 IS WRONG",
  ],
])("found in a pruned log: %s", async (_, sql, finding) => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 100);
  await log.prune("acme", before(60));
  await eraseAll(log);
  await log.close();
  change(folder, sql);
  const { code, said } = await verified(folder);
  expect(said).toContain(finding);
  expect(code).toBe(1);
});

test("a pruning that goes past a legal hold is found, whoever signed it", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await pay(log, 0, 100);
  const order = { at: atOf(100), tenant: "acme", by: PAYMENT, reason: "case 7" };
  await log.enter([placedDraft(order, { holdId: "h1", firstKept: 200 })]);
  expect(await log.prune("acme", before(60, 199))).toEqual({ kind: "nothing", old: 600 });
  await log.prune("acme", before(60));
  await log.checkpoint("acme");
  const { code, said } = await verified(folder);
  expect(said).toContain("ENTRY 1002 IS WRONG: it prunes entries that a legal hold keeps");
  expect(code).toBe(1);
  expect(await rechecked(folder)).toMatchObject([{ kind: "bad_entry", position: 1002 }]);
});

test("a year's entries go in steps, each by an entry of its own", async () => {
  const log = await openTestLog(temporaryFolder());
  await pay(log, 0, 500);
  const steps: unknown[] = [];
  for (let more = true; more;) {
    const step = await log.prune("acme", before(490));
    steps.push(step.kind === "pruned" ? step.to : step.kind);
    more = step.kind === "pruned";
  }
  expect(steps).toEqual([4_096, 4_864, "nothing"]);
  const prunings = (await log.read("acme", {}, 5_000, 10)).entries.map(({ detail }) => detail);
  expect(prunings).toMatchObject([
    { from: 1, to: 4_096 },
    { from: 4_097, to: 4_864 },
  ]);
});

/** What a log may live through, in any order. */
const kind = <K extends string>(name: K) => ({ kind: fc.constant(name) });
const deed = fc.oneof(
  { weight: 4, arbitrary: fc.record({ ...kind("pay"), calls: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ ...kind("prune"), share: fc.double({ min: 0, max: 1.5, noNaN: true }) }),
  },
  { weight: 2, arbitrary: fc.record({ ...kind("leave open"), events: fc.constantFrom(3, 5, 8) }) },
  {
    weight: 2,
    arbitrary: fc.record({ ...kind("erase"), bundles: fc.integer({ min: 1, max: 4 }) }),
  },
  fc.record({ ...kind("end one"), which: fc.nat() }),
  fc.record({ ...kind("again"), which: fc.nat() }),
  fc.record(kind("sign")),
  fc.record(kind("kill")),
);

test("whatever is written, pruned, erased and killed in whatever order: every head that was signed verifies, no call that goes on loses an event, and no old one comes back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 8, maxLength: 30 }), async (deeds) => {
      const folder = temporaryFolder();
      let log = await openTestLog(folder);
      let call = 0;
      /** Calls that are not over, and how many events each has. */
      const open = new Map<string, number>();
      const over: string[] = [];
      await pay(log, call, (call += 5));
      for (const one of deeds) {
        if (one.kind === "pay") {
          for (let n = 0; n < one.calls; n += 1) over.push(`c${call + n}`);
          await pay(log, call, (call += one.calls));
        } else if (one.kind === "leave open") {
          const events = payment(`w${call}`, atOf(call)).slice(0, one.events);
          await log.append("acme", `c${call}`, 0, events);
          open.set(`c${call}`, one.events);
          call += 1;
        } else if (one.kind === "end one" && open.size > 0) {
          const callId = [...open.keys()][one.which % open.size] as string;
          const version = open.get(callId) ?? 0;
          const rest = payment(callId.replace("c", "w"), atOf(call)).slice(version);
          expect(await log.append("acme", callId, version, rest)).toMatchObject({
            kind: "appended",
          });
          open.delete(callId);
          over.push(callId);
        } else if (one.kind === "again" && over.length > 0) {
          const callId = over[one.which % over.length] as string;
          const { version } = (await log.load("acme", callId)).state;
          const events = payment(`again-${call}`, atOf(call));
          expect(await log.append("acme", callId, version, events)).toMatchObject({
            kind: "appended",
          });
          call += 1;
        } else if (one.kind === "prune") {
          const step = await log.prune("acme", before(Math.floor(call * one.share)));
          expect(step.kind).not.toBe("failed");
        } else if (one.kind === "erase") {
          for (let n = 0; n < one.bundles; n += 1) await log.erase("acme");
        } else if (one.kind === "sign") await log.checkpoint("acme");
        else if (one.kind === "kill") {
          await log.close();
          log = await openTestLog(folder);
        }
        const prunedTo = log.prunedTo("acme");
        const { entries } = await log.read("acme", {}, prunedTo, 1);
        expect(entries[0]?.position).toBe(prunedTo + 1);
        for (const [callId, version] of open) {
          expect((await log.load("acme", callId)).state.version).toBe(version);
          const found = (await log.read("acme", { callId }, 0, 100)).entries;
          expect(found).toHaveLength(version);
        }
      }
      await log.checkpoint("acme");
      const { code, said } = await verified(folder);
      expect(said).toContain("INTACT");
      expect(code).toBe(0);
      expect(await rechecked(folder)).toMatchObject([{ kind: "intact" }]);
      await log.close();
    }),
    { numRuns: 30, interruptAfterTimeLimit: 60_000 },
  );
}, 120_000);
