import { LogUnavailable } from "../../src/control/within.ts";
import { expect, test } from "vitest";
import { kit, registered } from "./kit.ts";

test("without a log nothing is safe, and the pause has gone out all the same", async () => {
  const k = await kit();
  await registered(k);
  k.log.fail(true);
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect([answer.status, answer.body["code"]]).toEqual([503, "log_unavailable"]);
  expect(answer.body["safeToCollect"]).toBe(false);
  expect(answer.headers.get("retry-after")).toBe("1");
  await expect.poll(() => k.rigs.main.truth.get("ch-c1")).toBe("paused");
  const ready = await k.send("GET", "/readyz", undefined);
  expect([ready.status, ready.body["code"]]).toEqual([503, "not_ready"]);
});

test("where policy chose to protect without a log, a confirmed silence is safe and has no position", async () => {
  const k = await kit({ whenLogFails: "protect" });
  await registered(k);
  k.log.fail(true);
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect(answer.status).toBe(200);
  expect(answer.body["safeToCollect"]).toBe(true);
  expect(answer.body["log"]).toEqual({ origin: "tacet.test/acme" });
});

test("where policy chose to protect without a log, an unconfirmed silence is not safe", async () => {
  const k = await kit({ whenLogFails: "protect" });
  await registered(k);
  k.log.fail(true);
  k.rigs.main.ignoring = true;
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1", waitMs: 30 });
  expect(answer.status).toBe(424);
  expect(answer.body["safeToCollect"]).toBe(false);
});

test("nothing is resumed until the resume is in the log", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  k.log.fail(true);
  const answer = await k.send("POST", "/v1/calls/c1/resume", "pay", { windowId: "w-1" });
  expect([answer.status, answer.body["code"]]).toEqual([503, "log_unavailable"]);
  expect(k.rigs.main.truth.get("ch-c1")).toBe("paused");
});

test("a stop opens no new windows", async () => {
  const k = await kit();
  await registered(k);
  await k.keeper.stop();
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect([answer.status, answer.body["code"]]).toEqual([503, "stopping"]);
  expect(answer.body["safeToCollect"]).toBe(false);
});

test("what nobody expected is answered 500 and tells nothing of the inside", async () => {
  const k = await kit({
    deps: {
      authenticate: () => Promise.reject(new Error("secret inside /etc/tacet")),
    },
  });
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect(answer.status).toBe(500);
  expect(answer.body["code"]).toBe("internal");
  expect(answer.text).not.toContain("secret");
});

test("a window that was safe is not while its call holds facts that the log could not take", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  k.log.fail(true);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-2" });
  const answer = await k.send("GET", "/v1/windows/w-1", "pay");
  expect([answer.status, answer.body["code"]]).toEqual([503, "log_unavailable"]);
  expect(answer.body["safeToCollect"]).toBe(false);
  k.log.fail(false);
  await expect.poll(async () => (await k.send("GET", "/v1/windows/w-1", "pay")).status).toBe(200);
});

test("what cannot be read from the log now is answered 503, to be asked again", async () => {
  const k = await kit();
  await registered(k);
  k.deps.calls.read = () =>
    Promise.reject(new LogUnavailable("the log did not answer in its time"));
  const answer = await k.send("GET", "/v1/calls/c1", "pay");
  expect([answer.status, answer.body["code"]]).toEqual([503, "log_unavailable"]);
  expect(answer.headers.get("retry-after")).not.toBeNull();
});
