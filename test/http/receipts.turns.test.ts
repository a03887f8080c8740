/** Heads signed for receipts and readers: bounded over all tenants, and one tenant starves no other. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ALL_HEADS_MS_MIN, HEADS_AT_ONCE_MAX } from "../../src/http/headTurns.ts";
import { createHeads, HEAD_MS_MIN, type Heads, TURN_MS_MAX } from "../../src/http/heads.ts";
import { createReceipts, type Receipts, receiptsOf } from "../../src/http/receipts.ts";
import { formatCheckpoint, readCheckpoint } from "../../src/log/checkpoint.ts";
import { memoryLog } from "../../src/log/memory.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

interface World {
  readonly heads: Heads;
  readonly receipts: Receipts;
  readonly signed: string[];
  /** Asks for the receipt of an entry that no head covers yet. */
  newest(tenant: string, waitMsMax?: number): Promise<string>;
}

/** Logs of one entry each, and a head that is made at once: what is signed takes no time of its own. */
async function world(): Promise<World> {
  const log = memoryLog({ originBase: "tacet.example", clock: () => 1 });
  const actor = { id: "t", kind: "system" } as const;
  const origin = { component: "t" };
  await log.enter([{ at: 1, tenant: "t", type: "T", actor, origin, outcome: "success" }]);
  const [head, leaf] = [await log.checkpoint("t"), await log.hashes("t", 0, 0, 1)];
  const signed: string[] = [];
  const made = new Map<string, string>();
  const of = {
    size: () => 1,
    signedHead: (tenant: string) => Promise.resolve(made.get(tenant)),
    hashes: () => Promise.resolve(leaf),
    checkpoint(tenant: string) {
      signed.push(tenant);
      made.set(tenant, head);
      return Promise.resolve(head);
    },
  };
  const heads = createHeads(of);
  const receipts = createReceipts(of, heads);
  return {
    heads,
    receipts,
    signed,
    async newest(tenant, waitMsMax = Infinity) {
      made.delete(tenant);
      return (await receipts.of(tenant, 1, waitMsMax)).kind;
    },
  };
}

/** Asks again and again, from so many places at once, until it is told to stop. */
function asking(w: World, tenant: string, at = 1): { stop(): void } {
  const over = new AbortController();
  const ask = async () => {
    while (!over.signal.aborted) {
      await w.newest(tenant);
      await new Promise((done) => setTimeout(done, 10));
    }
  };
  for (let count = 0; count < at; count += 1) void ask();
  return { stop: () => over.abort() };
}
const names = (count: number) => Array.from({ length: count }, (_, index) => `t${index}`);
const countOf = (signed: readonly string[], tenant: string) =>
  signed.filter((one) => one === tenant).length;

test("of all tenants together so many heads are signed in a while, and each tenant has its share", async () => {
  const w = await world();
  const all = names(40).map((tenant) => asking(w, tenant, tenant === "t0" ? 20 : 1));
  await vi.advanceTimersByTimeAsync(60_000);
  const most = HEADS_AT_ONCE_MAX + 60_000 / ALL_HEADS_MS_MIN;
  expect(w.signed.length).toBeLessThanOrEqual(most);
  expect(w.signed.length).toBeGreaterThan(most * 0.95);
  const shares = names(40).map((tenant) => countOf(w.signed, tenant));
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2);
  for (const one of all) one.stop();
  await vi.advanceTimersByTimeAsync(TURN_MS_MAX);
});

test("a tenant that asks without end has one head a second, and keeps nobody waiting", async () => {
  const w = await world();
  const greedy = asking(w, "greedy", 50);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(countOf(w.signed, "greedy")).toBeLessThanOrEqual(10_000 / HEAD_MS_MIN + 1);
  const before = performance.now();
  const other = w.newest("other", 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(await other).toBe("receipt");
  expect(performance.now() - before).toBe(0);
  greedy.stop();
  await vi.advanceTimersByTimeAsync(TURN_MS_MAX);
});

test("nobody waits without end for a turn, and a turn that came too late serves whoever asks again", async () => {
  const w = await world();
  const tenants = names(HEADS_AT_ONCE_MAX + (2 * TURN_MS_MAX) / ALL_HEADS_MS_MIN);
  const all = Promise.all(tenants.map(async (tenant) => await w.newest(tenant)));
  await vi.advanceTimersByTimeAsync(TURN_MS_MAX);
  const told = await all;
  expect(told[0]).toBe("receipt");
  expect(told.at(-1)).toBe("late");
  await vi.advanceTimersByTimeAsync(TURN_MS_MAX);
  expect(w.signed).toEqual(tenants);
  expect((await w.receipts.of(tenants.at(-1) ?? "", 1, 0)).kind).toBe("receipt");
});

test("a pause takes no turn that it will not wait for", async () => {
  const w = await world();
  const taken = Promise.all(names(HEADS_AT_ONCE_MAX + 5).map((tenant) => w.newest(tenant)));
  await vi.advanceTimersByTimeAsync(0);
  expect(await w.newest("paused", 100)).toBe("late");
  await vi.advanceTimersByTimeAsync(TURN_MS_MAX);
  await taken;
  expect(w.signed).not.toContain("paused");
  const paused = w.newest("paused", 100);
  await vi.advanceTimersByTimeAsync(0);
  expect(await paused).toBe("receipt");
});

test("readers of the head share one row with receipts, and each has one signed after it asked", async () => {
  const root = new Uint8Array(32);
  let [size, signedCount] = [0, 0];
  let head: string | undefined;
  const heads = createHeads({
    size: () => size,
    signedHead: () => Promise.resolve(head),
    checkpoint() {
      signedCount += 1;
      head = `${formatCheckpoint({ origin: "t", size, root })}\n\u2014 t AAAAAAAA\n`;
      return Promise.resolve(head);
    },
  });
  const over = new AbortController();
  let toldCount = 0;
  /** What is read is entered, so that each finds a log that has grown. */
  const poll = async (ask: () => Promise<string | undefined>) => {
    while (!over.signal.aborted && toldCount < 1_000) {
      const askedAt = (size += 1);
      expect(readCheckpoint((await ask()) ?? "").size).toBeGreaterThanOrEqual(askedAt);
      toldCount += 1;
    }
  };
  const all = Array.from({ length: 20 }, () => poll(() => heads.newest("t")));
  all.push(poll(() => heads.next("t", Infinity)));
  await vi.advanceTimersByTimeAsync(10 * HEAD_MS_MIN);
  over.abort();
  await vi.advanceTimersByTimeAsync(TURN_MS_MAX);
  await Promise.all(all);
  expect(signedCount).toBeLessThanOrEqual(12);
  expect(toldCount).toBeGreaterThan(21 * 9);
  // With nothing entered since, the newest is told at once.
  const before = signedCount;
  for (let count = 0; count < 5; count += 1) await heads.newest("t");
  expect(signedCount).toBe(before);
});

test("whoever makes receipts of one log shares its bounds", () => {
  const log = memoryLog({ originBase: "tacet.example", clock: () => 1 });
  const other = memoryLog({ originBase: "tacet.example", clock: () => 1 });
  expect(receiptsOf(log)).toBe(receiptsOf(log));
  expect(receiptsOf(other)).not.toBe(receiptsOf(log));
});
