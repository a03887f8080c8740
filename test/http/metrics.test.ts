import { expect, test } from "vitest";
import { noMetrics, observeChanges, type Metrics } from "../../src/http/metrics.ts";
import { kit, registered } from "./kit.ts";

test("what is measured follows what happened: outcomes, drift, retries, open windows, unsecured time", async () => {
  const told: Record<string, number> = {};
  const add = (name: string, by: number) => (told[name] = (told[name] ?? 0) + by);
  const metrics: Metrics = {
    ...noMetrics,
    pauseAnswered: (outcome) => add(outcome, 1),
    drifted: (recorderId) => add(`drift ${recorderId}`, 1),
    retried: (recorderId, count) => add(`retry ${recorderId}`, count),
    recorderSecured: (recorderId) => add(`secured ${recorderId}`, 1),
    windowsOpen: (change) => add("open", change),
    unsecured: (seconds) => add("unsecured", seconds),
  };
  const k = await kit({ deps: { metrics } });
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  k.rigs.main.ignoring = true;
  k.rigs.main.truth.set("ch-c1", "recording");
  const ask = () => k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1", waitMs: 0 });
  await expect.poll(async () => (await ask()).status).toBe(424);
  k.rigs.main.ignoring = false;
  await expect.poll(async () => (await ask()).status).toBe(200);
  await k.send("POST", "/v1/calls/c1/resume", "pay", { windowId: "w-1" });
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });

  k.changes.forEach(observeChanges(metrics));
  expect(told["secured"]).toBeGreaterThanOrEqual(2);
  expect(told["not_secured"]).toBeGreaterThanOrEqual(1);
  expect(told["gone"]).toBe(1);
  expect(told["drift main"]).toBe(1);
  expect(told["secured main"]).toBeGreaterThanOrEqual(2);
  expect(told["unsecured"]).toBeGreaterThan(0);
  expect(told["open"]).toBe(0);
});

test("what an earlier process summed up is not counted again, and what it left is counted now", async () => {
  const told: Record<string, number> = {};
  const add = (name: string, by: number) => (told[name] = (told[name] ?? 0) + by);
  const metrics: Metrics = {
    ...noMetrics,
    windowsOpen: (change) => add("open", change),
    unsecured: (seconds) => add("unsecured", seconds),
    calls: (word, change) => add(word, change),
  };
  const k = await kit();
  await registered(k);
  k.rigs.main.ignoring = true;
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1", waitMs: 0 });
  await expect.poll(() => k.changes.at(-1)?.state.settlement.kind).toBe("overdue");
  await new Promise((resolve) => setTimeout(resolve, 20));
  k.rigs.main.ignoring = false;
  await expect.poll(() => k.changes.at(-1)?.state.settlement.kind).toBe("settled");
  const left = k.changes.at(-1);
  if (left === undefined || left.state.unsecuredMs === 0) throw new Error("it was unsecured");
  const observe = observeChanges(metrics);
  observe.known(left);
  expect(told).toEqual({ open: 1, secured: 1 });
  observe({ ...left, state: { ...left.state, unsecuredMs: left.state.unsecuredMs + 500 } });
  expect(told["unsecured"]).toBe(0.5);
  // Nor where it was at rest when this process began, and is seen only now.
  observeChanges({ ...metrics, windowsOpen() {}, calls() {} })(left);
  expect(told["unsecured"]).toBe(0.5);
  await k.send("POST", "/v1/calls/c1/resume", "pay", { windowId: "w-1" });
  await k.send("POST", "/v1/calls/c1/end", "pay", {});
  k.changes.slice(k.changes.indexOf(left) + 1).forEach(observe);
  await expect.poll(() => k.changes.at(-1)?.state.endedAt).toBeDefined();
  observe(k.changes.at(-1) ?? left);
  const { unsecured: _, ...gauges } = told;
  expect(Object.values(gauges).every((count) => count === 0)).toBe(true);
});
