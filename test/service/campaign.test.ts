/**
 * Many calls, many owners, faults and kills at moments that nobody chose, judged by what the
 * recorders' own journals say and by what was answered. The seed is told, so that the same choices
 * can be made again.
 */
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { type Answer, type Ask, until } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder } from "./process.ts";
import { firstHeads, serve } from "./serve.ts";
import { startWithin, stopServices } from "./within.ts";

vi.setConfig({ testTimeout: 90_000 });
afterEach(async () => {
  await stopServices();
  await cleanUp();
});
afterAll(closeRecorders);

const SEED = Number(process.env["TACET_SEED"] ?? Date.now() % 1_000_000);

/** Park and Miller's generator: 0 <= x < bound. */
function chance(seed: number) {
  let state = (seed % 2_147_483_646) + 1;
  const below = (bound: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % bound;
  };
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
  return { below, pick };
}

/** Those that are no lie about whether anything is recorded at all. */
const FAULTS = {
  anywherenow: [
    ...["ack-and-ignore", "applied-but-lost", "lost-and-not-applied", "slow", "hung-resume"],
    ...["error-in-200", "already-paused-is-error", "html-instead-of-json", "unreachable"],
    ...["not-permitted", "unauthorized"],
  ],
  vslogger: [
    ...["ack-and-ignore", "applied-but-lost", "lost-and-not-applied", "slow", "slow-reads"],
    ...["hung-resume", "error-in-200", "already-paused-is-error", "html-instead-of-json", "cut"],
    ...["cached", "unreachable", "hash-refused", "session-lost", "not-permitted"],
  ],
} as const;

type Conversation = ReturnType<typeof begin>;

function trouble(
  { anywherenow, vslogger }: Recorders,
  one: Conversation,
  dice: ReturnType<typeof chance>,
) {
  // A command that is given up lands within `settleMs`, or the configuration was wrong.
  const more = () => ({ times: 1 + dice.below(3), ms: 50 + dice.below(250) });
  anywherenow.faults.set({
    name: dice.pick(FAULTS.anywherenow),
    target: one.correlationId,
    ...more(),
  });
  vslogger.faults.set({ name: dice.pick(FAULTS.vslogger), target: one.channel, ...more() });
}

test(`whatever recorders do, nobody is told to collect unless all are silent, and all record in the end (seed ${SEED})`, async () => {
  const recorders = await startRecorders();
  const tacet = await startWithin(await folder(), recorders.origins, {
    rules: { confirmMsMax: 300, graceMs: 50 },
    desk: { commandMsMax: 200, statusMsMax: 200, resumeMsMax: 50, settleMs: 600 },
  });
  const owners = [tacet.as("pay"), tacet.as("ivr")];
  const [pay = tacet.as("pay")] = owners;
  let safe = 0;
  let unsafe = 0;

  async function play(number: number, dice: ReturnType<typeof chance>) {
    const one = begin(recorders, number);
    const path = `/v1/calls/c${number}`;
    const judged = ({ body, status }: Answer) => {
      expect(status).toBeLessThan(500);
      if (body["safeToCollect"] !== true) return void (unsafe += 1);
      safe += 1;
      expect(one.heard()).toEqual(["paused", "paused"]);
    };
    await pay("PUT", path, { targets: one.targets });
    const open: { windowId: string; owner: Ask }[] = [];
    for (let step = 0; step < 14; step += 1) {
      if (dice.below(3) === 0) trouble(recorders, one, dice);
      const last = dice.below(2) === 0 ? open.shift() : undefined;
      if (last === undefined) {
        const [windowId, owner] = [`w${number}-${step}`, dice.pick(owners)];
        const leaseMs = dice.pick([1_000, 60_000]);
        const paused = owner("POST", `${path}/pause`, {
          windowId,
          leaseMs,
          waitMs: dice.pick([0, 100, 700]),
        });
        open.push({ windowId, owner });
        judged(await paused);
      } else {
        judged(
          await last.owner("POST", `${path}/resume`, {
            windowId: last.windowId,
            waitMs: dice.pick([0, 50]),
          }),
        );
      }
      for (const { owner, windowId } of open) judged(await owner("GET", `/v1/windows/${windowId}`));
    }
    judged(await pay("POST", `${path}/end`, { waitMs: 0 }));
    await until(one.heard, (heard) => heard.every((word) => word === "recording"));
  }

  await Promise.all([10, 11, 12, 13, 14, 15].map((number) => play(number, chance(SEED + number))));
  expect(safe).toBeGreaterThan(0);
  expect(unsafe).toBeGreaterThan(0);
  expect(tacet.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
});

test(`killed at any moment, no answer that was given turns out untrue (seed ${SEED})`, async () => {
  const recorders = await startRecorders();
  const place = await folder();
  const dice = chance(SEED);
  let served = await serve(place, recorders, { rules: { graceMs: 50 } });
  let count = 0;
  for (const round of [1, 2, 3]) {
    const pay = served.as("pay");
    const calls = await Promise.all(
      [10, 11, 12].map(async (number) => {
        const one = begin(recorders, number);
        const path = `/v1/calls/c${number}-${round}`;
        await pay("PUT", path, { targets: one.targets });
        return { ...one, path, deadlines: new Map<string, unknown>(), closed: new Set<string>() };
      }),
    );
    const over = new AbortController();
    const { signal } = over;
    const playing = calls.map(async ({ closed, deadlines, heard, path }) => {
      const open: string[] = [];
      while (!signal.aborted) {
        const windowId = `w${(count += 1)}`;
        const paused = await pay("POST", `${path}/pause`, { windowId, leaseMs: 120_000 });
        expect([200, 424]).toContain(paused.status);
        if (paused.status === 200) expect(heard()).toEqual(["paused", "paused"]);
        deadlines.set(windowId, paused.body["expiresAt"]);
        open.push(windowId);
        const first = open.length > dice.below(4) ? open.shift() : undefined;
        if (first === undefined) continue;
        const resumed = await pay("POST", `/v1/windows/${first}/resume`, { waitMs: 0 });
        expect(resumed.status).toBeLessThan(300);
        closed.add(first);
      }
    });
    // Who was being answered hears no answer, which promises nothing.
    const ends = Promise.allSettled(playing).then((all) =>
      all.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : [])),
    );
    await firstHeads(place);
    await new Promise((resolve) => setTimeout(resolve, 100 + dice.below(400)));
    over.abort();
    await served.process.stop("SIGKILL");
    for (const reason of await ends) expect(reason).toMatch(/fetch failed|terminated/);
    expect(await command(["verify", join(place, "log")])).toMatchObject({ code: 0 });
    served = await served.again();
    for (const { closed, deadlines, path } of calls) {
      const { body } = await served.as("pay")("GET", path);
      const windows = body["windows"] as { windowId: string; state: string; expiresAt: number }[];
      const now = new Map(windows.map((window) => [window.windowId, window]));
      for (const [windowId, expiresAt] of deadlines) {
        const state = closed.has(windowId) ? "closed" : now.get(windowId)?.state;
        expect(now.get(windowId)).toMatchObject({ windowId, expiresAt, state });
      }
      await served.as("pay")("POST", `${path}/end`, { waitMs: 0 });
    }
    for (const { heard } of calls) {
      await until(heard, (words) => words.every((word) => word === "recording"));
    }
  }
});
