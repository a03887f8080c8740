import { expect, test } from "vitest";
import { kit, registered } from "./kit.ts";

test("a recorder that says yes and goes on recording is never reported as safe", async () => {
  const k = await kit();
  await registered(k);
  k.rigs.main.ignoring = true;
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1", waitMs: 30 });
  expect(answer.status).toBe(424);
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({
    code: "not_secured",
    status: 424,
    type: "urn:tacet:problem:not_secured",
    safeToCollect: false,
    collectForMs: 0,
    windowId: "w-1",
    recorders: [{ recorderId: "main" }],
  });
});

test("the window stays open and driven, so asking again tells the truth of that moment", async () => {
  const k = await kit();
  await registered(k);
  k.rigs.main.down = true;
  const first = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1", waitMs: 10 });
  expect(first.status).toBe(424);
  k.rigs.main.down = false;
  const again = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect(again.status).toBe(200);
  expect(await k.entries("WindowOpened")).toHaveLength(1);
});

test("an optional recorder does not hold a pause up", async () => {
  const k = await kit();
  const targets = { main: { ref: "1" }, second: { ref: "1" } };
  await k.send("PUT", "/v1/calls/c1", "cti", { targets });
  k.rigs.second.ignoring = true;
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect(answer.status).toBe(200);
});

test("whoever goes away ends only the wait: the window is open all the same", async () => {
  const k = await kit();
  await registered(k);
  k.rigs.main.ignoring = true;
  const leave = new AbortController();
  const asked = k.raw(
    "/v1/calls/c1/pause",
    { method: "POST", headers: { "idempotency-key": "w-1" }, signal: leave.signal },
    "pay",
  );
  await expect.poll(async () => (await k.entries("WindowOpened")).length).toBe(1);
  leave.abort();
  expect((await asked).status).toBe(424);
  const call = await k.send("GET", "/v1/calls/c1", "cti");
  expect(call.body["windows"]).toMatchObject([{ windowId: "w-1", state: "open", own: false }]);
});
