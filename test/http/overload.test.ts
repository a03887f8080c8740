/** What is turned away when there is too much to do, through HTTP; and that no pause ever is. */
import { expect, test } from "vitest";
import {
  createGate,
  DELAY_MS_MAX,
  type GateOptions,
  IN_FLIGHT_COUNT_MAX,
  QUIET_FACTOR,
  READ_ALLOWANCE,
  READ_ALLOWANCE_PER_S,
  shedCodes,
  TIERED,
  tierOf,
  WAITING_COUNT_MAX,
} from "../../src/http/gate.ts";
import { ALLOWANCE_COUNT_MAX, createAllowances } from "../../src/http/allowance.ts";
import { createPlaces } from "../../src/http/places.ts";
import { noMetrics } from "../../src/http/metrics.ts";
import type { Principal } from "../../src/policy/principal.ts";
import { kit, type Answer, type Kit } from "./kit.ts";

interface Steered {
  delayMs: number;
  now: number;
}

function gated(more: Partial<GateOptions> = {}) {
  const steered: Steered = { delayMs: 0, now: 1_000_000 };
  const shed: string[] = [];
  const gate = createGate({
    delayMs: () => steered.delayMs,
    clock: () => steered.now,
    metrics: { shed: (tier, reason) => void shed.push(`${tier} ${reason}`) },
    ...more,
  });
  return { steered, shed, gate };
}

const TARGETS = { targets: { main: { ref: "r1" } } };

async function registered(k: Kit): Promise<void> {
  expect((await k.send("PUT", "/v1/calls/c1", "pay", TARGETS)).status).toBe(201);
}

function expectShed(answer: Answer, code: string): void {
  expect(answer.body).toMatchObject({ code, type: `urn:tacet:problem:${code}` });
  const seconds = Number(answer.headers.get("retry-after"));
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(5);
}

const READS: readonly (readonly [string, string])[] = [
  ["/v1/calls", "cti"],
  ["/v1/calls/c1", "cti"],
  ["/v1/calls/c1/history", "audit"],
  ["/v1/log/entries", "audit"],
  ["/v1/log/checkpoint", "audit"],
  ["/v1/log/tile/0/000.p/1", "audit"],
  ["/v1/log/tile/entries/000.p/1", "audit"],
  ["/v1/log/receipt/1", "audit"],
  ["/v1/log/retention", "audit"],
  ["/v1/recorders", "cti"],
  ["/v1/events", "cti"],
  ["/openapi.json", "cti"],
];

test("every operation has a place in the order in which they are turned away", async () => {
  const k = await kit();
  const { paths } = await k.describe();
  const operations = Object.values(paths).flatMap((methods) =>
    Object.values(methods as Record<string, { operationId?: string }>).map(
      ({ operationId }) => operationId ?? "",
    ),
  );
  expect([...TIERED].toSorted()).toEqual([...operations, "describe"].toSorted());
});

test("what opens, renews or closes a window is never turned away, whatever there is to do", () => {
  const { gate, steered } = gated();
  steered.delayMs = Number.MAX_SAFE_INTEGER;
  for (const operationId of [
    "pauseCall",
    "pauseAgent",
    "resumeCall",
    "resumeWindow",
    "renewWindow",
    "readWindow",
    "endCall",
  ]) {
    for (let count = 0; count < 100_000; count += 1) {
      if (!gate.enter(tierOf(operationId)).ok) throw new Error(`${operationId} was turned away`);
    }
    expect(shedCodes[tierOf(operationId)]).toEqual([]);
  }
});

test("beyond capacity, reads and event streams get 503 and Retry-After while payments go on", async () => {
  const { gate, shed, steered } = gated();
  const k = await kit({ deps: { gate } });
  await registered(k);
  steered.delayMs = QUIET_FACTOR * DELAY_MS_MAX.read + 1;
  for (const [path, who] of READS) {
    const answer = await k.send("GET", path, who);
    expect([path, answer.status]).toEqual([path, 503]);
    expectShed(answer, "busy");
  }
  expect(shed).toHaveLength(READS.length);

  const paused = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect([paused.status, paused.body["safeToCollect"]]).toEqual([200, true]);
  expect((await k.send("POST", "/v1/windows/w-1/renew", "pay", {})).status).toBe(200);
  expect((await k.send("GET", "/v1/windows/w-1", "pay")).status).toBe(200);
  expect((await k.send("PUT", "/v1/calls/c2", "pay", TARGETS)).status).toBe(201);
  expect((await k.send("POST", "/v1/windows/w-1/resume", "pay", {})).status).toBeLessThan(300);
  expect((await k.send("POST", "/v1/calls/c1/end", "pay", {})).status).toBeLessThan(300);
  expect((await k.send("GET", "/readyz", undefined)).status).toBe(200);
});

test("registrations and tickets go later than reads, and pauses still get through", async () => {
  const { gate, steered } = gated();
  const k = await kit({ deps: { gate } });
  await registered(k);
  steered.delayMs = QUIET_FACTOR * DELAY_MS_MAX.registration + 1;
  const put = await k.send("PUT", "/v1/calls/c2", "pay", TARGETS);
  expect(put.status).toBe(503);
  expectShed(put, "busy");
  const ticket = await k.send("POST", "/v1/tickets", "pay", { use: "events" });
  expect(ticket.status).toBe(503);
  // The pause makes its call known by itself.
  const body = { windowId: "w-2", ...TARGETS, targets: { main: { ref: "r2" } } };
  const paused = await k.send("POST", "/v1/calls/c3/pause", "pay", body);
  expect([paused.status, paused.body["safeToCollect"]]).toEqual([200, true]);
});

test("while a pause is being answered, reads are turned away sooner than while none is", () => {
  const { gate, steered } = gated();
  steered.delayMs = DELAY_MS_MAX.read + 1;
  const read = gate.enter("read");
  expect(read.ok).toBe(true);
  const pause = gate.enter("window");
  expect([gate.enter("read").ok, gate.enter("registration").ok]).toEqual([false, true]);
  steered.delayMs = DELAY_MS_MAX.registration + 1;
  expect(gate.enter("registration").ok).toBe(false);
  if (pause.ok) pause.leave();
  expect(gate.enter("registration").ok).toBe(true);
});

test("when there is less to do again, everything is served again", async () => {
  const { gate, steered } = gated();
  const k = await kit({ deps: { gate } });
  await registered(k);
  steered.delayMs = QUIET_FACTOR * DELAY_MS_MAX.registration + 1;
  expect((await k.send("GET", "/v1/calls/c1", "cti")).status).toBe(503);
  steered.delayMs = DELAY_MS_MAX.read;
  expect((await k.send("GET", "/v1/calls/c1", "cti")).status).toBe(200);
  expect((await k.send("GET", "/v1/calls", "cti")).status).toBe(200);
});

test("as many reads are answered at once as may be, and each that is over makes room", async () => {
  const { gate, shed } = gated({ inFlightCountMax: { search: 2 } });
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const k = await kit({ deps: { gate } });
  const { live } = k.keeper;
  k.keeper.live = async (...asked) => {
    await held;
    return live.apply(k.keeper, asked);
  };
  const first = [k.send("GET", "/v1/calls", "cti"), k.send("GET", "/v1/calls", "sue")];
  await Promise.resolve();
  const third = await k.send("GET", "/v1/calls", "cti");
  expect(third.status).toBe(503);
  expectShed(third, "busy");
  expect(shed).toEqual(["search busy"]);
  release();
  const statuses = (await Promise.all(first)).map(({ status }) => status);
  expect(statuses).toEqual([200, 200]);
  expect((await k.send("GET", "/v1/calls", "cti")).status).toBe(200);
});

test.each(["search", "read", "subscription", "registration"] as const)(
  "no more of tier %s are in flight than its constant says",
  (tier) => {
    const { gate } = gated();
    const entered = Array.from({ length: IN_FLIGHT_COUNT_MAX[tier] }, () => gate.enter(tier));
    expect(entered.every(({ ok }) => ok)).toBe(true);
    expect(gate.enter(tier).ok).toBe(false);
    const [one] = entered;
    if (one?.ok === true) one.leave();
    expect(gate.enter(tier).ok).toBe(true);
  },
);

test("a pause that cannot be waited for is durable and driven all the same", async () => {
  const { gate, shed } = gated({ waitingCountMax: 1 });
  const k = await kit({ deps: { gate } });
  await registered(k);
  await k.send("PUT", "/v1/calls/c2", "pay", { targets: { main: { ref: "r2" } } });
  k.rigs.main.ignoring = true;
  const waiting = k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1", waitMs: 1_500 });
  await expect.poll(() => k.changes.some(({ callId }) => callId === "c1")).toBe(true);
  await expect.poll(async () => (await k.entries("WindowOpened")).length).toBe(1);
  k.rigs.main.ignoring = false;
  k.rigs.main.down = true;
  const second = await k.send("POST", "/v1/calls/c2/pause", "pay", {
    windowId: "w-2",
    waitMs: 1_500,
  });
  expect(second.status).toBe(424);
  expect(second.body).toMatchObject({ code: "not_secured", safeToCollect: false });
  expect(second.headers.get("retry-after")).not.toBeNull();
  expect(shed).toEqual(["window wait"]);
  expect((await k.entries("WindowOpened")).map(({ windowId }) => windowId)).toContain("w-2");
  k.rigs.main.down = false;
  await expect.poll(() => k.rigs.main.truth.get("r2")).toBe("paused");
  expect((await waiting).status).toBe(200);
});

test("as many wait for a confirmation as the constant says, and places come back", async () => {
  const { gate, shed } = gated();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const asked: number[] = [];
  const wait = () =>
    gate.wait(3_000, (ms) => {
      asked.push(ms);
      return ms === 0 ? Promise.resolve() : held;
    });
  const all = Array.from({ length: WAITING_COUNT_MAX }, wait);
  await wait();
  expect(asked.filter((ms) => ms === 3_000)).toHaveLength(WAITING_COUNT_MAX);
  expect(asked.at(-1)).toBe(0);
  expect(shed).toEqual(["window wait"]);
  release();
  await Promise.all(all);
  await wait();
  expect(asked.at(-1)).toBe(3_000);
});

test("one noisy reader is told 429 and when to come back, and takes nothing from others", async () => {
  const { gate, shed, steered } = gated();
  const k = await kit({ deps: { gate } });
  await registered(k);
  for (let spent = 0; spent < READ_ALLOWANCE; spent += 20) {
    expect((await k.send("GET", "/v1/calls", "cti")).status).toBe(200);
  }
  const tooMany = await k.send("GET", "/v1/calls", "cti");
  expect(tooMany.status).toBe(429);
  expectShed(tooMany, "reads_limit_reached");
  expect(shed).toEqual(["search allowance"]);
  expect((await k.send("GET", "/v1/calls/c1", "cti")).status).toBe(429);
  // Its payments and everybody else's reads go on.
  const paused = await k.send("POST", "/v1/calls/c1/pause", "cti", { windowId: "w-1" });
  expect(paused.status).toBe(200);
  expect((await k.send("GET", "/v1/calls", "sue")).status).toBe(200);
  steered.now += (20 / READ_ALLOWANCE_PER_S) * 1_000;
  expect((await k.send("GET", "/v1/calls", "cti")).status).toBe(200);
});

test("what cannot be afforded costs nothing, and a clock that steps back gives nothing", () => {
  const time = { now: 10_000 };
  const allowances = createAllowances({ clock: () => time.now, unitsMax: 10, unitsPerS: 2 });
  expect(allowances.spend("a", 8)).toBe(0);
  expect(allowances.spend("a", 4)).toBe(1_000);
  expect(allowances.spend("a", 2)).toBe(0);
  time.now -= 5_000;
  expect(allowances.spend("a", 1)).toBe(500);
});

test("allowances are remembered of so many principals, the ones that asked last", () => {
  const allowances = createAllowances({ clock: () => 0, unitsMax: 10, unitsPerS: 1 });
  for (let index = 0; index < ALLOWANCE_COUNT_MAX + 10; index += 1) {
    allowances.spend(`p-${index}`, 10);
  }
  expect(allowances.count()).toBe(ALLOWANCE_COUNT_MAX);
  expect(allowances.spend(`p-${ALLOWANCE_COUNT_MAX + 9}`, 1)).toBeGreaterThan(0);
  expect(allowances.spend("p-0", 1)).toBe(0);
});

test("agents that share their backend's credential each have an allowance of their own", () => {
  const { gate } = gated();
  const desk = (agentId: string): Principal => ({
    tenant: "acme",
    id: "pay",
    kind: "agent",
    owner: "api_key:pay",
    scopes: new Set(),
    credential: "ticket",
    agentId,
  });
  for (let spent = 0; spent < READ_ALLOWANCE; spent += 20) gate.spend(desk("a-1"), "search");
  expect(gate.spend(desk("a-1"), "read")?.code).toBe("reads_limit_reached");
  expect(gate.spend(desk("a-2"), "read")).toBeUndefined();
});

test("a principal's places for event streams come back one by one, and each only once", () => {
  const places = createPlaces(2);
  const give = places.take("a");
  places.take("a");
  expect([places.has("a"), places.has("b")]).toEqual([false, true]);
  give();
  give();
  expect(places.has("a")).toBe(true);
  places.take("a");
  expect(places.has("a")).toBe(false);
});

test("without a measure of how busy it is, nothing is turned away for that", () => {
  const gate = createGate({ clock: () => 0, metrics: noMetrics });
  expect(gate.enter("search").ok).toBe(true);
});
