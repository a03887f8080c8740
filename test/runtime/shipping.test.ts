/** What is said of signed heads that do not reach where they are shipped to. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../src/control/ports.ts";
import type { Entry } from "../../src/log/entry.ts";
import type { Config } from "../../src/policy/config.ts";
import { startCustody } from "../../src/runtime/node/custody.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { type ShipOptions, startShipping } from "../../src/runtime/node/log/ship.ts";

const AT = 1_795_312_000_000;

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "tacet-ship-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that stands still until it is set. Timers come soon, however long they were to be. */
function handClock(): Clock & { at: number } {
  const clock = {
    at: AT,
    now: () => clock.at,
    random: () => 0,
    after(_ms: number, run: () => void) {
      const timer = setTimeout(run, 2);
      return () => clearTimeout(timer);
    },
  };
  return clock;
}

test("a place that takes no heads is told of once, after a minute, and once that it is over; a moment's trouble is not", async () => {
  const folder = temporary();
  writeFileSync(join(folder, "checkpoint-acme.txt"), "head 1");
  const clock = handClock();
  const told: string[] = [];
  const puts: string[] = [];
  let away = true;
  const shipping = startShipping({
    folder,
    clock,
    destinations: [
      {
        name: "notary",
        async put(note) {
          puts.push(note);
          if (away) throw new Error("status 500");
        },
        close: () => Promise.resolve(),
      },
    ],
    failed: (name, { since, why }) => void told.push(`failed ${name} ${since - AT} ${why}`),
    recovered: (name, { since }) => void told.push(`recovered ${name} ${since - AT}`),
  } satisfies ShipOptions);
  onTestFinished(() => shipping.stop());
  /** Time passes, and it is tried again. */
  const triedAgain = async (ms: number) => {
    const before = puts.length;
    clock.at += ms;
    await expect.poll(() => puts.length, { timeout: 20_000 }).toBeGreaterThan(before);
  };
  const standing = () => shipping.standings()[0];

  // A moment's trouble.
  await expect.poll(() => standing()?.failure?.why, { timeout: 20_000 }).toBe("status 500");
  away = false;
  await triedAgain(30_000);
  await expect.poll(() => standing()?.failure, { timeout: 20_000 }).toBeUndefined();
  expect(told).toEqual([]);

  // One that lasts.
  away = true;
  writeFileSync(join(folder, "checkpoint-acme.txt"), "head two");
  await expect.poll(() => standing()?.failure?.since, { timeout: 20_000 }).toBe(AT + 30_000);
  await triedAgain(59_000);
  expect(told).toEqual([]);
  await triedAgain(60_000);
  await triedAgain(60_000);
  await expect.poll(() => told.length, { timeout: 20_000 }).toBe(1);
  away = false;
  await triedAgain(60_000);
  await expect.poll(() => told.length, { timeout: 20_000 }).toBe(2);
  expect(told).toEqual(["failed notary 30000 status 500", "recovered notary 30000"]);
  expect(standing()).toMatchObject({ waitingCount: 0, lagMs: 0 });
});

test("heads that do not reach their place for a minute are an entry, and so is that they do again", async () => {
  const folder = temporary();
  const away = join(temporary(), "not-there-yet");
  // A minute passes in half a second.
  const began = performance.now();
  const clock: Clock = {
    now: () => AT + (performance.now() - began) * 120,
    random: () => 0.5,
    after(ms, run) {
      const timer = setTimeout(run, ms / 120);
      return () => clearTimeout(timer);
    },
  };
  const log = await openLog({
    folder,
    originBase: "tacet.example",
    now: () => AT,
    ballastBytes: 0,
  });
  onTestFinished(() => log.close());
  await log.enter([
    {
      at: AT,
      tenant: "acme",
      type: "Test",
      actor: { id: "t", kind: "system" },
      origin: { component: "test" },
      outcome: "success",
    },
  ]);
  await log.checkpoint("acme");
  const hours = 10 * 3_600_000;
  const settings = { folder, recheckMs: hours, fullRecheckMs: hours };
  const config = { log: { ...settings, ship: { folders: [away], webhooks: [] } } };
  const quiet = () => undefined;
  const custody = startCustody({
    config: config as unknown as Config,
    log,
    clock,
    clockWatch: { state: () => "unknown", first: Promise.resolve(), stop: quiet },
    logger: { info: quiet, warn: quiet, error: quiet },
    sink: { raise: quiet, resolve: quiet },
    register: new Registry(),
  });
  onTestFinished(() => custody.stop());
  const entered = async (type: string): Promise<readonly Entry[]> =>
    (await log.read("system", {}, 0, 100)).entries.filter((entry) => entry.type === type);
  const one = async (type: string) => {
    await expect.poll(() => entered(type), { timeout: 30_000 }).toHaveLength(1);
    return (await entered(type))[0];
  };
  expect(await one("CheckpointShippingFailed")).toMatchObject({
    outcome: "failure",
    origin: { component: "custody" },
    detail: { destination: "folder-1", why: "ENOENT" },
  });
  expect(await entered("CheckpointShippingRecovered")).toEqual([]);
  mkdirSync(away);
  expect(await one("CheckpointShippingRecovered")).toMatchObject({
    outcome: "success",
    detail: { destination: "folder-1", why: "ENOENT" },
  });
  expect(await entered("CheckpointShippingFailed")).toHaveLength(1);
});
