/**
 * A disk that stands still: another program holds the log's file, so that every write waits. What
 * keeps recorders silent does not wait with it.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { asking, until } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder } from "./process.ts";
import { serve } from "./serve.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(cleanUp);
afterAll(closeRecorders);

/** Every write of the log waits from now until `letGo`, two seconds at most, and then fails. */
function stall(place: string): { letGo(): void } {
  const db = new DatabaseSync(join(place, "log", "control-log.sqlite"), { timeout: 5_000 });
  onTestFinished(() => db.close());
  db.exec("BEGIN IMMEDIATE");
  return { letGo: () => db.exec("ROLLBACK") };
}

test("while the log's file stands still a pause goes out, drift is driven back, and nobody is told safe", async () => {
  const place = await folder();
  const log = { retryMs: 50, writeMsMax: 100 };
  const served = await serve(place, recorders, { log, whenLogFails: "refuse" });
  const pay = served.as("pay");
  const [old, fresh] = [begin(recorders, 20), begin(recorders, 21)];
  for (const [callId, { targets }] of [
    ["old", old],
    ["fresh", fresh],
  ] as const) {
    expect((await pay("PUT", `/v1/calls/${callId}`, { targets })).status).toBe(201);
  }
  expect((await pay("POST", "/v1/calls/old/pause", { windowId: "w1" })).status).toBe(200);

  const { letGo } = stall(place);
  const asked = pay("POST", "/v1/calls/fresh/pause", { windowId: "w2", waitMs: 10_000 });
  let answered = false;
  void asked.then(() => (answered = true));
  await until(fresh.heard, ([one, two]) => one === "paused" && two === "paused");
  const writesWait = !answered;
  // Somebody's hand, and the guard that sees it: its entry waits, its command does not.
  recorders.anywherenow.byHand(old.correlationId, "recording");
  expect((await asking(served.url)("GET", "/healthz")).status).toBe(200);
  await until(old.heard, ([one, two]) => one === "paused" && two === "paused");
  const window = await pay("GET", "/v1/windows/w1");
  expect(window.body["safeToCollect"]).not.toBe(true);
  letGo();
  expect(writesWait).toBe(true);

  const first = await asked;
  expect(first.body["safeToCollect"] === true).toBe(first.status === 200);
  for (const [callId, windowId] of [
    ["old", "w1"],
    ["fresh", "w2"],
  ]) {
    await until(
      () => pay("POST", `/v1/calls/${callId}/pause`, { windowId }),
      ({ status }) => status === 200,
    );
  }
  await served.process.stop();
  expect(await command(["verify", join(place, "log")])).toMatchObject({ code: 0 });
});

test("a call that nobody registered is silenced too, by its targets, behind writes that wait", async () => {
  const place = await folder();
  const log = { retryMs: 50, writeMsMax: 100 };
  const served = await serve(place, recorders, { log, whenLogFails: "refuse" });
  const pay = served.as("pay");
  const first = begin(recorders, 22);
  const second = begin(recorders, 23);
  const { letGo } = stall(place);
  const { targets } = first;
  // The log's thread stands still from here on: it cannot even say that it knows no second call.
  const waiting = pay("POST", "/v1/calls/first/pause", { windowId: "w1", targets });
  await until(first.heard, ([one, two]) => one === "paused" && two === "paused");
  const asked = pay("POST", "/v1/calls/second/pause", {
    windowId: "w2",
    targets: second.targets,
  });
  await until(second.heard, ([one, two]) => one === "paused" && two === "paused");
  letGo();
  for (const answer of [await waiting, await asked]) {
    expect(answer.body["safeToCollect"] === true).toBe(answer.status === 200);
  }
  for (const [callId, windowId] of [
    ["first", "w1"],
    ["second", "w2"],
  ]) {
    const path = `/v1/calls/${callId}/pause`;
    await until(
      () => pay("POST", path, { windowId }),
      ({ status }) => status === 200,
    );
    await pay("POST", `/v1/calls/${callId}/resume`, { windowId });
  }
  await until(first.heard, ([one, two]) => one === "recording" && two === "recording");
  await until(second.heard, ([one, two]) => one === "recording" && two === "recording");
});
