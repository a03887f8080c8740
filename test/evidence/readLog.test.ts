/** How much of the log is looked at for evidence, and what is done where there is more. */
import { expect, test } from "vitest";
import type { Entry } from "../../src/log/entry.ts";
import { lookBack } from "../../src/runtime/node/evidence/lookBack.ts";
import { CallTooLong } from "../../src/evidence/desk.ts";
import { readKnown, type Reads } from "../../src/runtime/node/evidence/read.ts";
import { history } from "./history.ts";
import { AT, rig } from "./rig.ts";

const entry = (position: number, more: Partial<Entry>): Entry => ({
  v: 1,
  position,
  at: position,
  clock: "unknown",
  tenant: "t",
  type: "CallEnded",
  actor: { id: "tacet", kind: "system" },
  origin: { component: "core" },
  outcome: "success",
  salt: "",
  ...more,
});

/** A log of `count` entries, made as they are asked for. */
const logOf = (count: number, made: (position: number) => Partial<Entry>): Reads => ({
  size: () => count,
  read(_tenant, filter, after, limit) {
    const last = Math.min(count, after + limit);
    const entries: Entry[] = [];
    for (let position = after + 1; position <= last; position += 1) {
      const one = entry(position, made(position));
      if (filter.type === undefined || filter.type === one.type) entries.push(one);
    }
    return Promise.resolve({ entries, indexedTo: count, ...(last < count ? { next: last } : {}) });
  },
});
const clock = {
  now: () => 0,
  random: () => 0,
  after(_ms: number, run: () => void) {
    queueMicrotask(run);
    return () => {};
  },
};

test("of more ended calls than are kept at a start, the newest are found", async () => {
  const log = logOf(100_500, (position) => ({ callId: `c${position}` }));
  const { ended } = await lookBack(log, clock, "t", 0);
  expect(ended.size).toBe(100_000);
  expect([ended.has("c500"), ended.has("c501"), ended.has("c100500")]).toEqual([false, true, true]);
});

test("a call of more entries than are looked at is an error, not half a call", async () => {
  const log = logOf(50_001, () => ({ callId: "c", type: "LogRead" }));
  await expect(readKnown(log, "t", "c")).rejects.toBeInstanceOf(CallTooLong);
  const fits = logOf(50_000, () => ({ callId: "c", type: "LogRead" }));
  expect(await readKnown(fits, "t", "c")).toBeUndefined();
});

test("other calls' entries that are not indexed yet make no call too long, and are read in part by nobody", async () => {
  const behind = (count: number): Reads => {
    const log = logOf(count, () => ({ callId: "other", type: "LogRead" }));
    return {
      ...log,
      async read(tenant, filter, after, limit) {
        if (filter.callId !== undefined) return { entries: [], indexedTo: 0 };
        return await log.read(tenant, filter, after, limit);
      },
    };
  };
  const reading = readKnown(behind(50_001), "t", "c");
  await expect(reading).rejects.toThrow("not indexed");
  await expect(reading).rejects.not.toBeInstanceOf(CallTooLong);
  expect(await readKnown(behind(50_000), "t", "c")).toBeUndefined();
});

test("what the search file has not got yet is read entry by entry", async () => {
  const r = rig({ testifies: false });
  await r.play(history().registered(AT).tap(AT));
  // The search file is behind: it knows of the first entry alone.
  const behind: Reads = {
    size: r.log.size,
    async read(tenant, filter, after, limit) {
      const page = await r.log.read(tenant, filter, after, limit);
      if (filter.callId === undefined) return page;
      const entries = page.entries.filter(({ position }) => position <= 1);
      return { entries, indexedTo: 1 };
    },
  };
  const known = await readKnown(behind, "t", "c");
  expect(known?.told.taps).toHaveLength(1);
  expect(await readKnown(behind, "t", "another")).toBeUndefined();
});
