/** Pruning as it goes on beside a log, and the legal holds that end it; time runs fast. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../src/control/ports.ts";
import { type LegalHolds, placedDraft } from "../../src/log/retention.ts";
import {
  keptFor,
  monthsBefore,
  monthsOf,
  retentionSchema,
} from "../../src/policy/configRetention.ts";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { restoreLog } from "../../src/runtime/node/log/restore.ts";
import { createRetention, type RetentionOptions } from "../../src/runtime/node/retention/index.ts";
import { HOLD_COUNT_MAX, holdRooms } from "../../src/runtime/node/retention/legalHolds.ts";
import type { PruningOptions } from "../../src/runtime/node/retention/pruning.ts";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";
import { until } from "../service/client.ts";
import { PAYMENT, payment } from "./events.ts";
import { newestOf } from "./newest.ts";
import { clock, MINUTE, NOW, OLD, oldCalls } from "./retentionRig.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

async function oldLog(calls?: number): Promise<{ folder: string; log: NodeLog }> {
  const folder = temporaryFolder();
  return { folder, log: await oldCalls(folder, calls) };
}

/** What takes the place of a log that lost these entries, which a head had signed. */
async function cutAndRestored(folder: string, lost: string, now: number): Promise<NodeLog> {
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  db.exec(`DELETE FROM entries WHERE tenant = 'acme' AND ${lost}`);
  db.close();
  const order = { notes: [], empty: false, by: "ann", reason: "disk 4 failed" };
  await restoreLog({ folder, ...order, now: () => now });
  return await openTestLog(folder, { now: () => now });
}

type More = Partial<Pick<PruningOptions, "copiedTo" | "openIncidents">> & {
  readonly config?: RetentionOptions["config"];
};

function retaining(log: NodeLog, more: More = {}) {
  const { config = { months: 12, tenants: {} }, ...rest } = more;
  let id = 0;
  const retention = createRetention({ config, log, clock, ids: () => `h${(id += 1)}` });
  const warned: unknown[] = [];
  const note = (facts: unknown) => void warned.push(facts);
  const begin = () =>
    retention.begin({
      log,
      logger: { info: () => undefined, warn: note, error: note },
      copiedTo: () => undefined,
      openIncidents: async () => [],
      ...rest,
    });
  onTestFinished(() => retention.stop());
  return { retention, begin, warned };
}

const order = { by: PAYMENT, reason: "case 7" };

async function intact(folder: string): Promise<boolean> {
  const io = { out: () => undefined, err: () => undefined };
  return (await verifyCommand([folder], io)) === 0;
}

/** Until so much is pruned, and its bytes are gone. */
async function prunedTo(log: NodeLog, to: number): Promise<void> {
  await until(
    () => log.prunedTo("acme"),
    (at) => at >= to,
  );
}

test("by default entries are kept for twelve months; without a policy for ever", async () => {
  const { log } = await oldLog();
  const { begin, retention } = retaining(log, { config: retentionSchema.parse({}) });
  const forever = createRetention({ config: undefined, log, clock });
  expect(await forever.standing("acme")).toEqual({ prunedTo: 0, keptFrom: OLD, legalHolds: [] });
  begin();
  await prunedTo(log, 768);
  expect(await retention.standing("acme")).toMatchObject({
    months: 12,
    prunedTo: 768,
    legalHolds: [],
  });
});

test("without a policy nothing is pruned, and what an earlier one allowed is still erased", async () => {
  const { folder, log } = await oldLog();
  const asked = { olderThan: NOW, months: 12, last: 300 };
  await log.prune("acme", asked);
  const forever = createRetention({ config: undefined, log, clock });
  onTestFinished(() => forever.stop());
  forever.begin({
    log,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    copiedTo: () => undefined,
    openIncidents: async () => [],
  });
  await until(
    () => newestOf(folder, "SELECT erased FROM pruned"),
    (erased) => erased === 256,
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(log.prunedTo("acme")).toBe(256);
  expect(await intact(folder)).toBe(true);
});

test("a legal hold keeps its call and all behind it until it is lifted, and both are entries with who and why", async () => {
  const { folder, log } = await oldLog();
  const { begin, retention } = retaining(log);
  const placed = await retention.place("acme", { ...order, callId: "c30" });
  expect(placed).toEqual({
    kind: "placed",
    hold: {
      holdId: "h1",
      placedAt: NOW,
      by: "shop",
      reason: "case 7",
      firstKept: 301,
      callId: "c30",
    },
  });
  begin();
  await prunedTo(log, 256);
  await until(
    async () => (await retention.standing("acme")).stoppedBy,
    (stop) => stop !== undefined,
  );
  expect(await retention.standing("acme")).toMatchObject({
    prunedTo: 256,
    keptFrom: OLD + 25 * MINUTE + 22,
    legalHolds: [{ holdId: "h1", firstKept: 301 }],
    stoppedBy: { kind: "legal_hold", holdId: "h1" },
  });
  const lifted = await retention.lift("acme", "h1", { by: PAYMENT, reason: "closed" });
  expect(lifted).toMatchObject({ kind: "lifted", hold: { holdId: "h1" } });
  await prunedTo(log, 768);
  expect((await retention.standing("acme")).legalHolds).toEqual([]);
  const entries = (await log.read("acme", { from: NOW }, 0, 100)).entries;
  const told = entries.filter(({ type }) => type.startsWith("LegalHold"));
  expect(told).toMatchObject([
    { type: "LegalHoldPlaced", reason: "case 7", actor: { id: "shop" } },
    { type: "LegalHoldLifted", reason: "closed", actor: { id: "shop" } },
  ]);
  await retention.stop();
  expect(await intact(folder)).toBe(true);
});

test("a hold is known again after a restart, by the log alone", async () => {
  const { folder, log } = await oldLog();
  const first = retaining(log);
  await first.retention.place("acme", { ...order, since: OLD + 50 * MINUTE });
  await first.retention.place("acme", order);
  await first.retention.lift("acme", "h2", { by: PAYMENT, reason: "closed" });
  await log.close();
  const again = await openTestLog(folder, { now: () => NOW });
  const second = retaining(again);
  second.begin();
  await prunedTo(again, 256);
  await until(
    async () => (await second.retention.standing("acme")).stoppedBy,
    (stop) => stop !== undefined,
  );
  expect(await second.retention.standing("acme")).toMatchObject({
    prunedTo: 256,
    legalHolds: [{ holdId: "h1", firstKept: 501, since: OLD + 50 * MINUTE }],
    stoppedBy: { kind: "legal_hold", holdId: "h1" },
  });
});

test("a hold on a call that the log does not know is refused, and one on what is to come stands", async () => {
  const { log } = await oldLog(3);
  const { retention } = retaining(log);
  expect(await retention.place("acme", { ...order, callId: "nobody" })).toEqual({
    kind: "call_unknown",
  });
  expect(await retention.place("acme", { ...order, since: NOW + MINUTE })).toMatchObject({
    hold: { firstKept: 31 },
  });
  // Of both the earlier counts.
  const both = { ...order, callId: "c2", since: OLD + MINUTE };
  expect(await retention.place("acme", both)).toMatchObject({ hold: { firstKept: 11 } });
  expect(await retention.lift("acme", "nobody", order)).toEqual({ kind: "unknown" });
});

test("an incident that nobody closed keeps its call; a copy keeps what it does not have yet", async () => {
  const { log } = await oldLog();
  let open = [{ incident: { incidentId: "i1", callId: "c40" }, position: 990 }];
  let position = 700;
  const { begin, retention } = retaining(log, {
    openIncidents: async () => open,
    copiedTo: () => ({ destination: "siem", position }),
  });
  begin();
  const stopped = async (kind: string) =>
    await until(
      () => retention.standing("acme"),
      ({ stoppedBy }) => stoppedBy?.kind === kind,
    );
  expect(await stopped("open_incident")).toMatchObject({
    prunedTo: 256,
    stoppedBy: { kind: "open_incident", incidentId: "i1" },
  });
  open = [];
  expect(await stopped("copy")).toMatchObject({
    prunedTo: 512,
    stoppedBy: { kind: "copy", destination: "siem" },
  });
  position = 1_000;
  await prunedTo(log, 768);
});

test("incidents or holds that cannot be read keep everything", async () => {
  const { log } = await oldLog();
  const { begin, retention, warned } = retaining(log, {
    openIncidents: async () => {
      throw new Error("the search file is being made anew");
    },
  });
  begin();
  await until(
    () => warned.length,
    (count) => count > 1,
  );
  expect(log.prunedTo("acme")).toBe(0);
  expect((await retention.standing("acme")).stoppedBy).toEqual({ kind: "log" });
});

test("as many legal holds as may stand, and no more", async () => {
  const { log } = await oldLog(3);
  const drafts = Array.from({ length: HOLD_COUNT_MAX }, (_, index) =>
    placedDraft({ ...order, at: NOW, tenant: "acme" }, { holdId: `x${index}`, firstKept: 1 }),
  );
  await log.enter(drafts);
  const { retention } = retaining(log);
  expect(await retention.place("acme", order)).toEqual({ kind: "full" });
  await retention.lift("acme", "x7", order);
  expect(await retention.place("acme", order)).toMatchObject({ kind: "placed" });
});

test("while the log hangs, so many wait for their turn, and the next are refused", async () => {
  const { log } = await oldLog(3);
  let release = (): void => undefined;
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  const room = holdRooms({ log, clock, ids: () => "h" })("acme");
  const waits = Array.from({ length: 100 }, () => room.inTurn(() => hanging));
  await expect(room.inTurn(async (holds: LegalHolds) => holds)).rejects.toThrow("too many wait");
  release();
  await Promise.all(waits);
  expect((await room.inTurn(async (holds: LegalHolds) => holds)).standing()).toEqual([]);
});

test("a hold whose entry the log did not take is not told, and nothing is pruned until the log says what became of it", async () => {
  const { log } = await oldLog();
  let enter: NodeLog["enter"] = () => new Promise(() => undefined);
  const failing: NodeLog = { ...log, enter: (drafts) => enter(drafts) };
  const { begin, retention } = retaining(failing);
  expect(await retention.place("acme", order)).toEqual({ kind: "log_failed" });
  begin();
  await until(
    async () => await retention.standing("acme").catch(() => undefined),
    (standing) => standing === undefined,
  );
  expect(log.prunedTo("acme")).toBe(0);
  enter = (drafts) => log.enter(drafts);
});

test("a log that takes another's place keeps what a legal hold kept there, by the same person's word", async () => {
  const { folder, log } = await oldLog();
  const { retention } = retaining(log);
  await retention.place("acme", { ...order, callId: "c30" });
  await retention.place("acme", { ...order, reason: "case 8" });
  await retention.lift("acme", "h2", { by: PAYMENT, reason: "closed" });
  await log.close();
  // Cut off behind the holds, and a head had signed it.
  const successor = await cutAndRestored(folder, "position > 1002", NOW);
  const again = retaining(successor);
  const { legalHolds } = await again.retention.standing("acme");
  // Its lifting was lost with the end of the log, so the second stands too.
  expect(legalHolds).toMatchObject([
    { holdId: "h1", by: "shop", reason: "case 7", callId: "c30", firstKept: 1 },
    { holdId: "h2", by: "shop", reason: "case 8", firstKept: 1 },
  ]);
  const { entries } = await successor.read("acme", { type: "LegalHoldPlaced" }, 0, 10);
  expect(entries[0]).toMatchObject({
    actor: { kind: "payment" },
    origin: { component: "restore" },
  });
  await successor.checkpoint("acme");
  expect(await intact(folder)).toBe(true);
});

test("a hold that is carried from log to log keeps the moment at which it was placed", async () => {
  const { folder, log } = await oldLog(3);
  await retaining(log).retention.place("acme", order);
  await log.append("acme", "later", 0, payment("w-later", NOW));
  await log.checkpoint("acme");
  await log.close();
  for (const now of [NOW + 500, NOW + 1_000]) {
    const last = "position = (SELECT max(position) FROM entries WHERE tenant = 'acme')";
    const successor = await cutAndRestored(folder, last, now);
    const [copy] = (await successor.read("acme", { type: "LegalHoldPlaced" }, 0, 10)).entries;
    expect(copy).toMatchObject({ at: now, detail: { at: NOW, firstKept: 1 } });
    // Something behind it, to be cut off.
    await successor.append("acme", `later-${now}`, 0, payment(`w-${now}`, now));
    await successor.checkpoint("acme");
    await successor.close();
  }
});

test("a start whose clock is far beyond the log's newest entry prunes nothing for a day", async () => {
  const { folder, log } = await oldLog();
  await log.close();
  const waits = async (now: number) => {
    const opened = await openTestLog(folder, { now: () => now });
    const asked: number[] = [];
    const warned: unknown[] = [];
    const waiting: Clock = {
      ...clock,
      now: () => now,
      after(ms) {
        asked.push(ms);
        return () => undefined;
      },
    };
    const retention = createRetention({
      config: { months: 12, tenants: {} },
      log: opened,
      clock: waiting,
    });
    retention.begin({
      log: opened,
      logger: { info: () => undefined, warn: () => void warned.push(1), error: () => undefined },
      copiedTo: () => undefined,
      openIncidents: async () => [],
    });
    await retention.stop();
    await opened.close();
    return [asked, warned.length];
  };
  const newest = OLD + 99 * MINUTE + 41;
  expect(await waits(newest + 30 * 86_400_000)).toEqual([[10_000], 0]);
  expect(await waits(newest + 32 * 86_400_000)).toEqual([[86_400_000], 1]);
});

test("months are the calendar's, a shorter month's last day where there is none, and the system's log is kept longest", () => {
  const utc = (text: string) => Date.parse(`${text}Z`);
  expect(monthsBefore(utc("2026-11-22T10:00:00"), 12)).toBe(utc("2025-11-22T10:00:00"));
  expect(monthsBefore(utc("2028-02-29T23:59:59"), 12)).toBe(utc("2027-02-28T23:59:59"));
  expect(monthsBefore(utc("2026-03-31T00:00:00"), 13)).toBe(utc("2025-02-28T00:00:00"));
  const config = { months: 12, tenants: { brokerage: { months: 84 } } };
  const of = (tenant: string) => monthsOf(config, tenant, "system");
  expect([of("acme"), of("brokerage"), of("system")]).toEqual([12, 84, 84]);
  expect(keptFor(config)).toBe("entries of the log are erased after 12 months (brokerage: 84)");
  expect(keptFor(undefined)).toContain("is kept for good");
});
