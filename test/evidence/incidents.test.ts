/** Incidents over a log: durable before they are told, the same after a restart, one a recording. */
import { afterEach, describe, expect, test } from "vitest";
import type { ControlOutcome, Clock } from "../../src/control/ports.ts";
import type { Said, Suspicion } from "../../src/evidence/incident.ts";
import { memoryLog } from "../../src/log/memory.ts";
import {
  countOpen,
  createIncidents,
  type IncidentsOptions,
} from "../../src/runtime/node/incidents.ts";
import { TURN_COUNT_MAX } from "../../src/runtime/node/incidentRoom.ts";
import { Registry } from "prom-client";
import type { AlertSink } from "../../src/alerts/alert.ts";

const suspicion = (more: Partial<Suspicion> = {}): Suspicion => ({
  tenant: "acme",
  callId: "c1",
  recorderId: "main",
  recordingId: "r1",
  windowIds: ["w1"],
  by: "time",
  cause: "drift",
  ranges: [],
  ...more,
});
const SUE: Said = {
  by: { id: "sue", kind: "supervisor", owner: "sue" },
  text: "deleted in the recorder, and the routing was mended",
};

/** Time that tests move; timers run in order as it passes. */
function handClock() {
  let now = 1_000;
  const timers = new Set<{ at: number; run: () => void }>();
  const clock: Clock = {
    now: () => now,
    random: () => 0.5,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  return {
    clock,
    async pass(ms: number) {
      now += ms;
      for (const timer of [...timers]) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.run();
      }
      await settled();
    },
  };
}
const settled = async () => {
  for (let index = 0; index < 50; index += 1) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function rig(
  options: Partial<IncidentsOptions> = {},
  log = memoryLog({ originBase: "t", clock: () => 0 }),
) {
  const time = handClock();
  let id = log.size("acme");
  const said: string[] = [];
  const say = (_: unknown, sentence: string) => void said.push(sentence);
  const incidents = createIncidents({
    log,
    clock: time.clock,
    ids: () => `i${++id}`,
    flag: false,
    witness: () => undefined,
    logger: { error: say, warn: say },
    ...options,
  });
  stops.push(() => incidents.stop());
  const types = async () =>
    (await log.read("acme", {}, 0, 1_000)).entries.map(({ type, outcome }) => `${type} ${outcome}`);
  return { ...time, incidents, log, said, types };
}

describe("a suspicion", () => {
  test("opens an incident that is in the log before its id is told", async () => {
    const { incidents, log } = rig();
    const id = await incidents.suspect(suspicion());
    const { entries } = await log.read("acme", { incidentId: id ?? "" }, 0, 10);
    expect(entries).toMatchObject([
      {
        type: "IncidentOpened",
        outcome: "failure",
        callId: "c1",
        recorderId: "main",
        actor: { id: "tacet", kind: "system" },
        detail: {
          incidentId: id,
          recordingId: "r1",
          windowIds: ["w1"],
          cause: "drift",
          by: "time",
        },
      },
    ]);
    expect(incidents.of("acme", "c1")).toMatchObject([{ incidentId: id, state: "open" }]);
  });

  test("told twice at once, or a hundred times, gives one incident and one entry", async () => {
    const { incidents, types } = rig();
    const ids = await Promise.all(
      Array.from({ length: 100 }, () => incidents.suspect(suspicion())),
    );
    expect(new Set(ids).size).toBe(1);
    expect(await types()).toEqual(["IncidentOpened failure"]);
  });

  test("that says more adds to the open one; another recording has its own", async () => {
    const { incidents, types } = rig();
    const first = await incidents.suspect(suspicion());
    const more = suspicion({ cause: "sound", by: "sound", ranges: [{ fromMs: 5, toMs: 9 }] });
    expect(await incidents.suspect(more)).toBe(first);
    expect(await incidents.suspect(suspicion({ recordingId: "r2" }))).not.toBe(first);
    expect(await incidents.suspect(suspicion({ recorderId: "second" }))).not.toBe(first);
    expect(await types()).toEqual([
      "IncidentOpened failure",
      "IncidentGrew failure",
      "IncidentOpened failure",
      "IncidentOpened failure",
    ]);
    expect(await incidents.find("acme", first ?? "")).toMatchObject({
      causes: ["drift", "sound"],
      ranges: [{ fromMs: 5, toMs: 9 }],
    });
  });

  test("is not told as taken where the log took nothing, and is taken when told again", async () => {
    const { incidents, log, types } = rig();
    log.fail(true);
    expect(await incidents.suspect(suspicion())).toBeUndefined();
    expect(incidents.of("acme", "c1")).toEqual([]);
    log.fail(false);
    const id = await incidents.suspect(suspicion());
    expect(incidents.of("acme", "c1")).toMatchObject([{ incidentId: id }]);
    expect(await types()).toEqual(["IncidentOpened failure"]);
  });

  test("whose entry failed and is there all the same opens no second incident", async () => {
    const log = memoryLog({ originBase: "t", clock: () => 0 });
    let lies = true;
    const enter: typeof log.enter = async (drafts) => {
      const entered = await log.enter(drafts);
      return lies ? { kind: "failed", detail: "nobody knows" } : entered;
    };
    const { incidents, types } = rig({ log: { ...log, enter } }, log);
    expect(await incidents.suspect(suspicion())).toBeUndefined();
    lies = false;
    expect(await incidents.suspect(suspicion())).toBe("i1");
    expect(await types()).toEqual(["IncidentOpened failure"]);
  });

  test("beyond as many as may be open is not taken, until one is closed", async () => {
    const { incidents, said } = rig({ openCountMax: 2 });
    const first = await incidents.suspect(suspicion());
    await incidents.suspect(suspicion({ recordingId: "r2" }));
    const third = suspicion({ recordingId: "r3" });
    expect(await incidents.suspect(third)).toBeUndefined();
    expect(said.join()).toMatch(/too many incidents/);
    await incidents.close("acme", first ?? "", SUE);
    expect(await incidents.suspect(third)).toBeDefined();
  });
});

describe("an incident", () => {
  test("is noted and closed by people, each as an entry in their name, and then no more", async () => {
    const { incidents, log, types } = rig();
    const id = (await incidents.suspect(suspicion())) ?? "";
    const noted = await incidents.note("acme", id, {
      ...SUE,
      text: "heard it",
      foundCause: "late stop",
    });
    expect(noted).toMatchObject({ kind: "done", incident: { foundCause: "late stop" } });
    expect(await incidents.close("acme", id, SUE)).toMatchObject({
      kind: "done",
      incident: { state: "closed", notes: [{ text: "heard it" }, { text: SUE.text, by: "sue" }] },
    });
    expect(await incidents.close("acme", id, SUE)).toMatchObject({ kind: "closed" });
    expect(await incidents.note("acme", id, SUE)).toMatchObject({ kind: "closed" });
    expect(await incidents.note("acme", "i9", SUE)).toEqual({ kind: "unknown" });
    expect(await types()).toEqual([
      "IncidentOpened failure",
      "IncidentNoted success",
      "IncidentClosed success",
    ]);
    const { entries } = await log.read("acme", { type: "IncidentClosed" }, 0, 10);
    expect(entries).toMatchObject([
      { callId: "c1", actor: { id: "sue", kind: "supervisor" }, detail: { note: SUE.text } },
    ]);
  });

  test("of a tenant is nobody else's", async () => {
    const { incidents } = rig();
    const id = (await incidents.suspect(suspicion())) ?? "";
    expect(await incidents.find("globex", id)).toBeUndefined();
    expect(await incidents.note("globex", id, SUE)).toEqual({ kind: "unknown" });
    expect((await incidents.list("globex", { after: 0, limit: 10 })).incidents).toEqual([]);
  });

  test("that was closed is not opened again by what it said, and by more a new one names it", async () => {
    const { incidents } = rig();
    const first = (await incidents.suspect(suspicion())) ?? "";
    await incidents.close("acme", first, SUE);
    expect(await incidents.suspect(suspicion())).toBe(first);
    const second = await incidents.suspect(suspicion({ cause: "tones", by: "sound" }));
    expect(second).not.toBe(first);
    expect(await incidents.find("acme", second ?? "")).toMatchObject({
      state: "open",
      earlier: first,
      causes: ["tones"],
    });
    expect(await incidents.find("acme", first)).toMatchObject({ state: "closed" });
  });

  test("is the same after a restart, open or closed", async () => {
    const { incidents, log } = rig();
    const open = (await incidents.suspect(suspicion())) ?? "";
    const closed = (await incidents.suspect(suspicion({ recordingId: "r2" }))) ?? "";
    await incidents.suspect(suspicion({ windowIds: ["w7"] }));
    await incidents.close("acme", closed, { ...SUE, foundCause: "a test" });
    const before = await incidents.list("acme", { after: 0, limit: 10 });
    const again = rig({}, log).incidents;
    expect(await again.list("acme", { after: 0, limit: 10 })).toEqual(before);
    expect(await again.suspect(suspicion({ windowIds: ["w7"] }))).toBe(open);
    expect(before.incidents).toHaveLength(2);
  });

  test("keeps as many notes as may be, and can still be closed", async () => {
    const { incidents } = rig();
    const id = (await incidents.suspect(suspicion())) ?? "";
    for (let count = 0; count < 500; count += 1) await incidents.note("acme", id, SUE);
    expect(await incidents.note("acme", id, SUE)).toEqual({ kind: "full" });
    expect(await incidents.close("acme", id, SUE)).toMatchObject({ kind: "done" });
  });
});

test("of a recording that two calls share, each call names the one incident, also after a restart", async () => {
  const { incidents, log } = rig();
  const id = (await incidents.suspect(suspicion())) ?? "";
  expect(await incidents.suspect(suspicion({ callId: "c2", windowIds: ["w2"] }))).toBe(id);
  await incidents.suspect(suspicion({ callId: "c3", recordingId: "r3" }));
  for (const { list, of } of [incidents, rig({}, log).incidents]) {
    for (const callId of ["c1", "c2"]) {
      const { incidents: named } = await list("acme", { after: 0, limit: 10, callId });
      expect(named).toMatchObject([{ incidentId: id, callId: "c1", windowIds: ["w1", "w2"] }]);
      expect(of("acme", callId)).toEqual(named);
    }
  }
});

describe("closed incidents that memory has no more", () => {
  async function many() {
    const made = rig({ closedCountMax: 3 });
    const ids: string[] = [];
    for (let index = 0; index < 10; index += 1) {
      const of = { recordingId: `r${index}`, callId: `c${index % 2}` };
      ids.push((await made.incidents.suspect(suspicion(of))) ?? "");
      if (index !== 4) await made.incidents.close("acme", ids[index] ?? "", SUE);
    }
    return { ...made, ids };
  }

  test("are found, listed by page, and still not opened again by what they said", async () => {
    const { ids, incidents, types } = await many();
    expect(incidents.of("acme", "c0").length).toBeLessThan(5);
    expect(await incidents.find("acme", ids[0] ?? "")).toMatchObject({
      state: "closed",
      recordingId: "r0",
    });
    const listed: string[] = [];
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = await incidents.list("acme", { after, limit: 3 });
      expect(page.incidents.length).toBeLessThanOrEqual(3);
      listed.push(...page.incidents.map(({ incidentId }) => incidentId));
      after = page.next;
    }
    expect(listed).toEqual(ids);
    const count = (await types()).length;
    expect(await incidents.suspect(suspicion({ recordingId: "r0", callId: "c0" }))).toBe(ids[0]);
    expect(await types()).toHaveLength(count);
    const more = suspicion({ recordingId: "r0", callId: "c0", cause: "tones" });
    expect(await incidents.find("acme", (await incidents.suspect(more)) ?? "")).toMatchObject({
      earlier: ids[0],
    });
  });

  test("are listed by state, recorder and call", async () => {
    const { ids, incidents } = await many();
    const of = async (asked: object) =>
      (await incidents.list("acme", { after: 0, limit: 100, ...asked })).incidents.map(
        ({ incidentId }) => incidentId,
      );
    expect(await of({ state: "open" })).toEqual([ids[4]]);
    expect(await of({ state: "closed" })).toEqual(ids.filter((_, index) => index !== 4));
    expect(await of({ callId: "c1" })).toEqual(ids.filter((_, index) => index % 2 === 1));
    expect(await of({ recorderId: "second" })).toEqual([]);
    expect(await incidents.note("acme", ids[0] ?? "", SUE)).toMatchObject({ kind: "closed" });
  });
});

describe("the recorder's own record", () => {
  function marking(answers: ControlOutcome[]) {
    const asked: [string, string][] = [];
    const flag = (recordingId: string, note: string) => {
      asked.push([recordingId, note]);
      return Promise.resolve<ControlOutcome>(answers.shift() ?? { kind: "acknowledged" });
    };
    return { asked, witness: (id: string) => (id === "main" ? { flag } : undefined) };
  }

  test("is marked after the incident is entered, in tacet's words, and that is entered", async () => {
    const { asked, witness } = marking([]);
    const { incidents, log, types } = rig({ flag: true, witness });
    const id = (await incidents.suspect(suspicion())) ?? "";
    await settled();
    expect(asked).toEqual([["r1", `tacet: incident ${id}`]]);
    expect(await types()).toEqual(["IncidentOpened failure", "RecordingFlagged success"]);
    const { entries } = await log.read("acme", { type: "RecordingFlagged" }, 0, 10);
    expect(entries).toMatchObject([
      { callId: "c1", recorderId: "main", detail: { incidentId: id } },
    ]);
    expect(await incidents.find("acme", id)).toMatchObject({ flagged: true });
  });

  test("is tried again until it is marked, and failures are one entry", async () => {
    const { asked, witness } = marking([
      { kind: "unreachable" },
      { kind: "refused", reason: "not_permitted", detail: "the vendor's own words" },
      { kind: "in_doubt" },
    ]);
    const { incidents, log, pass, types } = rig({ flag: true, witness });
    const id = (await incidents.suspect(suspicion())) ?? "";
    await settled();
    expect(await incidents.find("acme", id)).toMatchObject({ flagged: false });
    for (let tries = 0; tries < 12 && asked.length < 4; tries += 1) await pass(60_000);
    await settled();
    expect(asked).toHaveLength(4);
    expect(await types()).toEqual([
      "IncidentOpened failure",
      "RecordingFlagged failure",
      "RecordingFlagged success",
    ]);
    expect(JSON.stringify((await log.read("acme", {}, 0, 10)).entries)).not.toContain(
      "vendor's own",
    );
    await pass(10_000_000);
    expect(asked).toHaveLength(4);
  });

  test("that was not marked before a stop is marked after the start", async () => {
    const first = marking([{ kind: "unreachable" }]);
    const { incidents, log } = rig({ flag: true, witness: first.witness });
    await incidents.suspect(suspicion());
    await settled();
    await incidents.stop();
    const second = marking([]);
    const again = rig({ flag: true, witness: second.witness }, log);
    again.incidents.begin(["acme"]);
    await settled();
    expect(second.asked).toHaveLength(1);
    const third = marking([]);
    rig({ flag: true, witness: third.witness }, log).incidents.begin(["acme"]);
    await settled();
    expect(third.asked).toEqual([]);
  });

  test("is left alone where it is not asked for, where it cannot be, and once it is closed", async () => {
    const off = marking([]);
    await rig({ flag: false, witness: off.witness }).incidents.suspect(suspicion());
    const other = marking([]);
    const made = rig({ flag: true, witness: other.witness });
    await made.incidents.suspect(suspicion({ recorderId: "second" }));
    const slow = marking([{ kind: "unreachable" }]);
    const closing = rig({ flag: true, witness: slow.witness });
    const id = (await closing.incidents.suspect(suspicion())) ?? "";
    await settled();
    await closing.incidents.close("acme", id, SUE);
    await closing.pass(10_000_000);
    expect([off.asked.length, other.asked.length, slow.asked.length]).toEqual([0, 0, 1]);
  });
});

test("open incidents are counted by tenant", async () => {
  const { incidents } = rig();
  const id = (await incidents.suspect(suspicion())) ?? "";
  await incidents.suspect(suspicion({ recordingId: "r2" }));
  await incidents.close("acme", id, SUE);
  const register = new Registry();
  countOpen(register, incidents);
  expect(await register.metrics()).toContain('tacet_incidents_open{tenant="acme"} 1');
});

test("a log whose search file is far behind is not read whole; suspicions wait for it", async () => {
  const log = memoryLog({ originBase: "t", clock: () => 0 });
  let behind = true;
  const size = (tenant: string) => log.size(tenant) + (behind ? 1_000_000 : 0);
  const made = rig({ log: { ...log, size } }, log);
  made.incidents.begin(["acme"]);
  expect(await made.incidents.suspect(suspicion())).toBeUndefined();
  await expect(made.incidents.find("acme", "i1")).rejects.toMatchObject({
    code: "log_unavailable",
  });
  behind = false;
  await made.pass(5_000);
  expect(made.incidents.openCounts()).toEqual(new Map([["acme", 0]]));
  expect(await made.incidents.suspect(suspicion())).toBe("i1");
});

test("whoever is alerted is told of an incident while it is open, also by the next process", async () => {
  const told: unknown[] = [];
  const sink: AlertSink = {
    raise: (alert) => void told.push(["raise", alert]),
    resolve: (condition, at) => void told.push(["resolve", condition, at]),
  };
  const { incidents, log, pass } = rig({ sink });
  const incidentId = (await incidents.suspect(suspicion())) ?? "";
  await incidents.suspect(suspicion({ cause: "sound" }));
  const alert = { kind: "incident_open", tenant: "acme", incidentId };
  const raised = ["raise", { ...alert, recorderId: "main", since: 1_000 }];
  expect(told).toEqual([raised]);
  rig({ sink }, log).incidents.begin(["acme"]);
  await settled();
  expect(told).toEqual([raised, raised]);
  await pass(500);
  await incidents.close("acme", incidentId, SUE);
  expect(told.slice(2)).toEqual([["resolve", alert, 1_500]]);
  rig({ sink }, log).incidents.begin(["acme"]);
  await settled();
  expect(told.slice(3)).toEqual([["resolve", alert, 1_500]]);
});

test("while the log hangs, so many changes wait for their turn, and the next are refused", async () => {
  const log = memoryLog({ originBase: "t", clock: () => 0 });
  let hangs = true;
  let wake = (): void => undefined;
  const awake = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const enter: typeof log.enter = async (drafts) => {
    if (hangs) await awake;
    return await log.enter(drafts);
  };
  const { incidents, pass, types } = rig({ log: { ...log, enter } }, log);
  const each = Array.from({ length: TURN_COUNT_MAX + 1 }, () => incidents.suspect(suspicion()));
  expect(await each.at(-1)).toBeUndefined();
  expect(await incidents.note("acme", "i1", SUE)).toEqual({ kind: "log_failed" });
  await settled();
  // Given up after a while: what it left behind is not known before it has answered.
  await pass(10_000);
  expect(await Promise.all(each)).toEqual(each.map(() => undefined));
  await expect(incidents.find("acme", "i1")).rejects.toMatchObject({ code: "log_unavailable" });
  hangs = false;
  wake();
  await settled();
  expect(await incidents.suspect(suspicion())).toBe("i1");
  expect(await types()).toEqual(["IncidentOpened failure"]);
});

test("an entry that came too late to be told is made good: flagged and alerted, or given up", async () => {
  const log = memoryLog({ originBase: "t", clock: () => 0 });
  let hold: Promise<void> | undefined;
  const enter: typeof log.enter = async (drafts) => {
    await hold;
    return await log.enter(drafts);
  };
  const told: unknown[] = [];
  const sink: AlertSink = {
    raise: (alert) => void told.push(["raise", alert.kind]),
    resolve: (condition) => void told.push(["resolve", condition.kind]),
  };
  const marked: string[] = [];
  let answer: ControlOutcome = { kind: "unreachable" };
  const flag = (recordingId: string) => {
    marked.push(recordingId);
    return Promise.resolve(answer);
  };
  const options = { flag: true, sink, witness: () => ({ flag }) };
  const { incidents, pass } = rig({ ...options, log: { ...log, enter } }, log);
  const late = async <T>(run: () => Promise<T>): Promise<T> => {
    const wake = Promise.withResolvers<void>();
    hold = wake.promise;
    const asked = run();
    await settled();
    await pass(10_000);
    const came = await asked;
    hold = undefined;
    wake.resolve();
    await settled();
    await pass(5_000);
    return came;
  };
  expect(await late(() => incidents.suspect(suspicion()))).toBeUndefined();
  expect(told).toEqual([["raise", "incident_open"]]);
  expect(marked).toEqual(["r1"]);
  expect(await late(() => incidents.close("acme", "i1", SUE))).toEqual({ kind: "log_failed" });
  expect(told.at(-1)).toEqual(["resolve", "incident_open"]);
  const asked = marked.length;
  answer = { kind: "acknowledged" };
  await pass(4_000_000);
  expect(marked.length).toBe(asked);
});

test("what the search file has not got to yet is read entry by entry", async () => {
  const { incidents, log } = rig();
  const first = (await incidents.suspect(suspicion())) ?? "";
  const second = (await incidents.suspect(suspicion({ recordingId: "r2" }))) ?? "";
  await incidents.close("acme", first, SUE);
  const read: typeof log.read = async (tenant, filter, after, limit) => {
    const page = await log.read(tenant, filter, after, limit);
    if (Object.keys(filter).length === 0) return page;
    return { entries: page.entries.filter(({ position }) => position <= 1), indexedTo: 1 };
  };
  const again = rig({ log: { ...log, read } }, log).incidents;
  const { incidents: all } = await again.list("acme", { after: 0, limit: 10 });
  expect(all.map(({ incidentId, state }) => [incidentId, state])).toEqual([
    [first, "closed"],
    [second, "open"],
  ]);
});

test("a log that cannot be read is looked at again, and said once", async () => {
  const log = memoryLog({ originBase: "t", clock: () => 0 });
  let broken = true;
  const read: typeof log.read = (...args) =>
    broken ? Promise.reject(new Error("damaged")) : log.read(...args);
  const made = rig({ log: { ...log, read } }, log);
  made.incidents.begin(["acme"]);
  await settled();
  for (let tries = 0; tries < 5; tries += 1) await made.pass(2_000);
  expect(made.said).toEqual(["the incidents could not be read from the log yet"]);
  expect(made.incidents.openCounts()).toEqual(new Map());
  broken = false;
  await made.pass(2_000);
  expect(made.incidents.openCounts()).toEqual(new Map([["acme", 0]]));
});
