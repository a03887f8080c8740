/** What an operator's numbers say of retention: how far, how late, and by what. */
import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../src/control/ports.ts";
import { monthsBefore, type RetentionConfig } from "../../src/policy/configRetention.ts";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { createRetention } from "../../src/runtime/node/retention/index.ts";
import { overdueOf } from "../../src/runtime/node/retention/overdue.ts";
import { until } from "../service/client.ts";
import { PAYMENT, payment } from "./events.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const [MINUTE, DAY] = [60_000, 86_400_000];
const NOW = 1_795_312_000_000;
const OLD = monthsBefore(NOW, 14);
const EDGE = monthsBefore(NOW, 12);
const time = { now: NOW };
/** What waits for ten seconds and more waits for some ms: looks come one after the other. */
const clock: Clock = {
  now: () => time.now,
  random: Math.random,
  after(ms, run) {
    const timer = setTimeout(run, ms >= 10_000 ? 20 : ms);
    return () => clearTimeout(timer);
  },
};

interface Kept {
  readonly config?: RetentionConfig | undefined;
  readonly copied?: { to: number };
}

/** A hundred calls, a minute apart, of ten entries each. */
async function kept({ config = { months: 12, tenants: {} }, copied }: Kept = {}) {
  time.now = NOW;
  const log = await openTestLog(temporaryFolder(), { now: () => NOW });
  for (let call = 0; call < 100; call += 1) {
    await log.append("acme", `c${call}`, 0, payment(`w${call}`, OLD + call * MINUTE));
  }
  const retention = createRetention({ config, log, clock });
  onTestFinished(() => retention.stop());
  const register = new Registry();
  const begin = (over: Partial<NodeLog> = {}) =>
    retention.begin({
      log: { ...log, ...over },
      register,
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
      copiedTo: () => copied && { destination: "siem", position: copied.to },
      openIncidents: async () => [],
    });
  /** Of acme, without its own label: `name by` to value. */
  const numbers = async (): Promise<Readonly<Record<string, number>>> => {
    const text = await register.metrics();
    const lines = text.matchAll(/^tacet_(\w+)\{tenant="acme"(?:,by="(\w+)")?\} (\S+)$/gm);
    return Object.fromEntries(
      [...lines].map(([, name = "", by, value]) => [by === undefined ? name : by, Number(value)]),
    );
  };
  return { begin, log, numbers, retention };
}

const seconds = (ms: number) => ms / 1_000;

test("they say how far each log is pruned, how far past its time the oldest kept entry is, and what keeps it", async () => {
  const copied = { to: 300 };
  const { begin, log, numbers, retention } = await kept({ copied });
  begin();
  const byCopy = await until(numbers, (told) => "copy" in told);
  const first = (await log.read("acme", {}, 256, 1)).entries[0]?.at ?? 0;
  expect(byCopy).toEqual({ log_first_kept_position: 257, copy: seconds(EDGE - first) });
  expect(byCopy["copy"]).toBeGreaterThan(seconds(59 * DAY));

  const placed = await retention.place("acme", { by: PAYMENT, reason: "case 7", callId: "c60" });
  copied.to = Infinity;
  expect(placed.kind).toBe("placed");
  const byHold = await until(numbers, (told) => "legal_hold" in told);
  expect(byHold).toMatchObject({ log_first_kept_position: 513 });
  // One thing keeps it at a time: what did before is told no more.
  expect(Object.keys(byHold)).toHaveLength(2);

  const holdId = placed.kind === "placed" ? placed.hold.holdId : "";
  await retention.lift("acme", holdId, { by: PAYMENT, reason: "closed" });
  const atLast = await until(numbers, (told) => "bundle" in told);
  expect(atLast).toMatchObject({ log_first_kept_position: 769 });
});

test("what is kept grows older between two looks, and a scrape asks the log nothing", async () => {
  const { begin, log, numbers } = await kept({ copied: { to: 300 } });
  let readCount = 0;
  let isLooking = true;
  const over = Promise.withResolvers<void>();
  begin({
    read(...asked) {
      readCount += 1;
      return log.read(...asked);
    },
    // Once it is so far, no look ends any more.
    async prune(...asked) {
      if (isLooking) return await log.prune(...asked);
      await over.promise;
      return { kind: "nothing", old: 0 };
    },
  });
  const before = (await until(numbers, (told) => "copy" in told))["copy"] ?? 0;
  isLooking = false;
  await new Promise((resolve) => setTimeout(resolve, 200));
  time.now += 3 * DAY;
  const readBefore = readCount;
  const { copy = 0 } = await numbers();
  expect(copy - before).toBe(seconds(monthsBefore(time.now, 12) - EDGE));
  expect(readCount).toBe(readBefore);
  over.resolve();
});

test("a log that cannot be pruned is past its time for as long as it fails, whatever can be read of it", async () => {
  const { begin, numbers } = await kept();
  begin({
    prune: async () => ({ kind: "failed", detail: "disk I/O error" }),
    read: () => Promise.reject(new Error("disk I/O error")),
  });
  await until(numbers, (told) => "log" in told);
  time.now += 9 * DAY;
  // Looks go on meanwhile, and fail.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await numbers())["log"]).toBeGreaterThanOrEqual(seconds(9 * DAY));
});

test("of a log that is kept for ever nothing is past its time", async () => {
  const { log, numbers, retention } = await kept();
  const forever = createRetention({ config: undefined, log, clock });
  await retention.stop();
  onTestFinished(() => forever.stop());
  const register = new Registry();
  forever.begin({
    log,
    register,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    copiedTo: () => undefined,
    openIncidents: async () => [],
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const text = await register.metrics();
  expect(text).toContain('tacet_log_first_kept_position{tenant="acme"} 1');
  expect(text).not.toContain("tacet_retention_overdue_seconds{");
  expect(await numbers()).toEqual({});
});

test("entries that are young enough are not past their time, whatever would keep them", () => {
  const look = { since: NOW, keptFrom: EDGE + 1 };
  expect(overdueOf(look, EDGE, NOW)).toEqual({ by: "bundle", ms: 0 });
  const stop = { kind: "call", callId: "c" } as const;
  expect(overdueOf({ ...look, stop }, EDGE + 5 * DAY, NOW)).toEqual({
    by: "call",
    ms: 5 * DAY - 1,
  });
});
