import { expect, test } from "vitest";
import { kit, registered } from "./kit.ts";

test("a resume is answered with what holds then, and is never safe to collect", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  const answer = await k.send("POST", "/v1/windows/w-1/resume", "pay");
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    protection: "recording",
    safeToCollect: false,
    openWindows: 0,
  });
  expect(k.rigs.main.truth.get("ch-c1")).toBe("recording");
});

test("the first of two resumes leaves the other window secured", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-2" });
  const answer = await k.send("POST", "/v1/calls/c1/resume", "pay", { windowId: "w-1" });
  expect(answer.body).toMatchObject({
    protection: "secured",
    safeToCollect: false,
    openWindows: 1,
  });
  const other = await k.send("GET", "/v1/windows/w-2", "pay");
  expect(other.body["safeToCollect"]).toBe(true);
});

test("202 says that recorders have yet to confirm", async () => {
  const k = await kit({ rules: { confirmMsMax: 5_000 } });
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  k.rigs.main.ignoring = true;
  const answer = await k.send("POST", "/v1/calls/c1/resume", "pay", {
    windowId: "w-1",
    waitMs: 10,
  });
  expect([answer.status, answer.body["protection"]]).toEqual([202, "resuming"]);
});

test("without an id the caller's only window is closed, again and again with the same answer", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  await k.send("POST", "/v1/calls/c1/pause", "pay2", { windowId: "w-2" });
  for (const _ of [1, 2]) {
    const answer = await k.send("POST", "/v1/calls/c1/resume", "pay");
    expect([answer.status, answer.body["windowId"]]).toEqual([200, "w-1"]);
  }
  const call = await k.send("GET", "/v1/calls/c1", "cti");
  expect(call.body["windows"]).toMatchObject([
    { windowId: "w-1", state: "closed" },
    { windowId: "w-2", state: "open" },
  ]);
});

test("without an id and with several windows the caller is told which", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-2" });
  const answer = await k.send("POST", "/v1/calls/c1/resume", "pay");
  expect([answer.status, answer.body["code"]]).toEqual([409, "window_ambiguous"]);
  expect(answer.body["windowIds"]).toEqual(["w-1", "w-2"]);
});

test("without an id and without any window there is nothing to close", async () => {
  const k = await kit();
  await registered(k);
  const answer = await k.send("POST", "/v1/calls/c1/resume", "pay");
  expect([answer.status, answer.body["code"]]).toEqual([404, "window_unknown"]);
});

test("nobody closes another's window, but a supervisor does, and it is entered as theirs", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  const foreign = await k.send("POST", "/v1/windows/w-1/resume", "pay2");
  expect([foreign.status, foreign.body["code"]]).toEqual([409, "window_owned_by_another"]);
  const closed = await k.send("POST", "/v1/calls/c1/resume", "sue");
  expect([closed.status, closed.body["windowId"]]).toEqual([200, "w-1"]);
  const [entry] = await k.entries("WindowClosed");
  expect(entry?.actor.id).toBe("sue");
});
