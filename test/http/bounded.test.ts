import { expect, test } from "vitest";
import { boundedEntries } from "../../src/http/bounded.ts";
import { memoryLog } from "../../src/log/memory.ts";
import { kit, registered } from "./kit.ts";

test("repeated denials become one counted entry a minute, and the first is entered at once", async () => {
  const k = await kit();
  await registered(k);
  for (let at = 0; at < 5; at += 1) {
    k.time.now += 1_000;
    await k.send("GET", "/v1/log/entries", "pay");
  }
  expect(await k.entries("AccessDenied")).toHaveLength(1);
  await k.flushBounded();
  expect(await k.entries("AccessDenied"), "the minute is not over").toHaveLength(1);
  k.time.now += 60_000;
  await k.flushBounded();
  const entries = await k.entries("AccessDenied");
  expect(entries).toHaveLength(2);
  expect(entries[1]).toMatchObject({
    reason: "scope_missing",
    actor: { id: "pay" },
    detail: { count: 4, from: 1_001_000, to: 1_005_000 },
  });
  await k.flushBounded(true);
  expect(await k.entries("AccessDenied"), "nothing is counted twice").toHaveLength(2);
});

test("other actors and other reasons are entered for themselves", async () => {
  const k = await kit();
  await registered(k, "c1", "a-ann");
  await k.send("GET", "/v1/log/entries", "pay");
  await k.send("GET", "/v1/log/entries", "pay2");
  await k.send("POST", "/v1/calls/c1/pause", "ann", { windowId: "w-1", targets: {} });
  const seen = (await k.entries("AccessDenied")).map(({ actor, reason }) => [actor.id, reason]);
  expect(seen).toEqual([
    ["pay", "scope_missing"],
    ["pay2", "scope_missing"],
    ["ann", "targets_not_allowed"],
  ]);
});

test("a flood of different strangers stays bounded, in memory and in the log", async () => {
  const log = memoryLog({ originBase: "tacet.test", clock: () => 1 });
  const bounded = boundedEntries(log, () => 1);
  for (let at = 0; at < 3_000; at += 1) {
    await bounded.enter({
      tenant: "system",
      type: "AccessDenied",
      actor: { id: "unauthenticated", kind: "system" },
      origin: { component: "http", ip: `192.0.${at >> 8}.${at & 255}` },
      outcome: "denied",
      reason: "not_authenticated",
    });
  }
  await bounded.flush(true);
  const { entries } = await log.read("system", {}, 0, 1_000);
  expect(log.size("system")).toBe(1_002);
  expect(entries).toHaveLength(1_000);
  const { entries: last } = await log.read("system", {}, 1_001, 10);
  expect(last[0]).toMatchObject({ actor: { id: "many" }, detail: { count: 1_999 } });
});

test("a log that cannot be written neither breaks a denial nor makes it an access", async () => {
  const k = await kit();
  k.log.fail(true);
  const answer = await k.send("GET", "/v1/log/entries", "pay");
  expect(answer.status).toBe(403);
  expect(k.logged.map((one) => one.sentence)).toContain(
    "a fact of the http face could not be entered",
  );
});
