/** The bounds of what the core keeps in memory, reached; and that no pause is refused for one. */
import { expect, test } from "vitest";
import type { Actor, TapSpec } from "../../src/control/call.ts";
import { newCall } from "../../src/control/call.ts";
import { DEFAULT_DESK_RULES, DEFAULT_RULES } from "../../src/control/commands.ts";
import type { CallEvent } from "../../src/control/events.ts";
import { Keeper } from "../../src/control/keeper.ts";
import { Kin, RESOURCE_COUNT_MAX } from "../../src/control/kin.ts";
import { Outage, WAITING_COUNT_MAX } from "../../src/control/outage.ts";
import type { Clock, ControlLog, RecorderPort } from "../../src/control/ports.ts";
import type { Sibling } from "../../src/control/siblings.ts";
import { memoryLog } from "../../src/log/memory.ts";

const PAGE: Actor = { id: "page", kind: "payment", owner: "page" };

const realClock: Clock = {
  now: () => Date.now(),
  random: Math.random,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const recorder: RecorderPort = {
  id: "hq",
  capabilities: {
    control: "pause",
    audio: "gap",
    status: true,
    survey: false,
    watch: false,
    evidence: false,
    runtimes: ["node"],
  },
  pause: () => Promise.resolve({ kind: "acknowledged" }),
  resume: () => Promise.resolve({ kind: "acknowledged" }),
  status: () => Promise.resolve({ kind: "observed", status: "recording" }),
};

const tapOf = (ref: string): TapSpec => ({
  tapId: `hq/${ref}`,
  recorderId: "hq",
  targetKey: ref,
  target: { ref },
  control: "pause",
  audio: "gap",
  required: true,
  absentIs: "unprotected",
  acceptAcknowledged: false,
});

async function keeping(sessionCountMax: number) {
  const log = memoryLog({ originBase: "tacet.test", clock: () => Date.now() });
  const keeper = new Keeper({
    clock: realClock,
    log,
    publisher: { publish: () => undefined },
    recorders: [{ port: recorder, rules: DEFAULT_DESK_RULES }],
    rules: () => ({
      rules: DEFAULT_RULES,
      whenLogFails: "refuse",
      logMsMax: 500,
      logRetryMs: 500,
    }),
    sessionCountMax,
  });
  await keeper.start();
  const register = (callId: string) =>
    keeper.execute("acme", callId, {
      type: "RegisterCall",
      by: PAGE,
      agentId: `agent of ${callId}`,
      taps: { mode: "only", specs: [tapOf(callId)] },
    });
  const pause = (callId: string) =>
    keeper.execute("acme", callId, {
      type: "OpenWindow",
      by: PAGE,
      windowId: `w-${callId}`,
      leaseMs: 60_000,
      taps: [tapOf(callId)],
    });
  return { keeper, register, pause };
}

test("calls at rest make room for new ones, and are read from the log when asked for", async () => {
  const { keeper, register } = await keeping(3);
  for (let at = 0; at < 12; at += 1) {
    expect((await register(`c${at}`)).kind).toBe("done");
    // Its baseline is in: the call rests.
    await keeper.waitFor("acme", `c${at}`, "baselined", 1_000);
  }
  for (let at = 0; at < 12; at += 1) {
    const view = await keeper.read("acme", `c${at}`);
    expect(view?.state.agentId).toBe(`agent of c${at}`);
  }
  await keeper.stop();
});

test("with as many busy calls as may be kept, registering one more is refused and a pause is not", async () => {
  const { keeper, pause, register } = await keeping(3);
  for (const callId of ["c1", "c2", "c3"]) expect((await pause(callId)).kind).toBe("done");
  expect((await register("c4")).kind).toBe("overloaded");
  expect((await register("c1")).kind).toBe("done");
  expect((await pause("c5")).kind).toBe("done");
  expect((await keeper.read("acme", "c5"))?.state.windows["w-c5"]?.state).toBe("open");
  await keeper.stop();
});

test("where so many names lead is remembered, those in use before all others", () => {
  const kin = new Kin(() => undefined);
  const used = {} as Sibling;
  kin.join("in use", used);
  kin.of("in use").reaches("channel 1", 0);
  for (let at = 0; at < RESOURCE_COUNT_MAX + 5; at += 1)
    kin.of(`t${at}`).reaches(`channel ${at}`, 0);
  expect(kin.of("in use").isRead()).toBe(true);
  expect(kin.of("t0").isRead()).toBe(false);
  expect(kin.of(`t${RESOURCE_COUNT_MAX + 4}`).isRead()).toBe(true);
  let known = 0;
  for (let at = 0; at < RESOURCE_COUNT_MAX + 5; at += 1) if (kin.of(`t${at}`).isRead()) known += 1;
  expect(known).toBe(RESOURCE_COUNT_MAX - 1);
});

test("while the log fails, so many facts wait; beyond it a recorder's troubles are left out first", () => {
  const spooled: CallEvent[] = [];
  const log = {
    spool: (_tenant, _callId, _version, events) => {
      spooled.push(...events);
      return Promise.resolve();
    },
  } as Partial<ControlLog> as ControlLog;
  const outage = new Outage({
    clock: { now: () => 1, random: () => 0, after: () => () => undefined },
    log,
    tenant: "acme",
    callId: "c1",
    durable: { state: newCall, position: 0 },
    events: [],
    retryMs: 1_000,
    isBlind: false,
    promised: false,
    written: () => undefined,
  });
  const failed = {
    type: "RecorderFailed",
    at: 1,
    tapId: "hq/r1",
    recorderId: "hq",
    turn: 0,
    outcome: "refused",
    reason: "session_lost",
    detail: "",
    attempts: 1,
  } as unknown as CallEvent;
  for (let at = 0; at < WAITING_COUNT_MAX + 50; at += 1) outage.add([failed]);
  expect(spooled).toHaveLength(WAITING_COUNT_MAX);
  // A window that was opened is never left out.
  const opened = {
    type: "WindowOpened",
    at: 2,
    by: PAGE,
    windowId: "w1",
    owner: "page",
    expiresAt: 60_000,
    expiresAtMax: 900_000,
    baselineAfter: 0,
    baselineBy: 100,
  } as unknown as CallEvent;
  outage.add([failed, opened]);
  expect(spooled).toHaveLength(WAITING_COUNT_MAX + 1);
  expect(outage.state.windows["w1"]?.state).toBe("open");
  outage.stop();
});
