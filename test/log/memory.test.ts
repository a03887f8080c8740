import { expect, test } from "vitest";
import { memoryLog } from "../../src/log/memory.ts";
import { readCheckpoint } from "../../src/log/checkpoint.ts";
import { payment } from "./events.ts";

test("the memory log keeps a store's promises but durability", async () => {
  const log = memoryLog({ originBase: "tacet.example", clock: () => 5 });
  const events = payment("pay-1", 1000);
  const first = await log.append("acme", "c1", 0, events.slice(0, 4));
  expect(first).toEqual({ kind: "appended", positions: [1, 2, 3, 4] });
  expect(await log.append("acme", "c1", 0, events)).toEqual({ kind: "conflict" });
  expect(await log.unrested()).toEqual([{ tenant: "acme", callId: "c1" }]);
  expect(await log.callOfWindow("acme", "pay-1")).toBe("c1");
  await log.append("acme", "c1", 4, events.slice(4));
  expect(await log.unrested()).toEqual([]);
  expect(await log.live("acme", 10, "newest")).toEqual([]);
  expect((await log.load("acme", "c1")).state.version).toBe(10);
  const page = await log.read("acme", { windowId: "pay-1" }, 0, 1);
  expect(page.entries.map(({ type }) => type)).toEqual(["WindowOpened"]);
  expect(page.next).toBe(4);
  const newest = await log.readBack("acme", {}, log.size("acme") + 1, 3);
  expect(newest.entries.map(({ position }) => position)).toEqual([10, 9, 8]);
  const older = await log.readBack("acme", { agentId: "a-204" }, newest.next ?? 0, 10);
  expect(older.entries.map(({ type }) => type)).toEqual(["CallRegistered"]);
  expect(older.next).toBeUndefined();
  expect(readCheckpoint(await log.checkpoint("acme"))).toMatchObject({
    origin: "tacet.example/acme",
    size: 10,
  });
  log.fail(true);
  expect(await log.append("acme", "c2", 0, events)).toMatchObject({ kind: "failed" });
  expect(log.healthy()).toBe(false);
});
