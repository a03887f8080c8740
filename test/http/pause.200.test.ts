import { expect, test } from "vitest";
import { kit, registered } from "./kit.ts";

test("a pause is answered 200 and safe only once the required recorder has shown that it is silent", async () => {
  const k = await kit();
  await registered(k);
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", {
    windowId: "w-1",
    leaseMs: 60_000,
  });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    callId: "c1",
    windowId: "w-1",
    protection: "secured",
    safeToCollect: true,
    recorders: [{ recorderId: "main", required: true, status: "paused", confirmedBy: "read_back" }],
    log: { origin: "tacet.test/acme" },
  });
  expect(answer.body["collectForMs"]).toBeGreaterThan(0);
  expect(answer.body["collectForMs"]).toBeLessThanOrEqual(60_000);
  expect(k.rigs.main.truth.get("ch-c1")).toBe("paused");
});

test("the Idempotency-Key names the window, and asking again opens no second one", async () => {
  const k = await kit();
  await registered(k);
  const headers = { "idempotency-key": "w-1" };
  const first = await k.send("POST", "/v1/calls/c1/pause", "pay", undefined, headers);
  const again = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" }, headers);
  const quoted = { "idempotency-key": '"w-1"' };
  const third = await k.send("POST", "/v1/calls/c1/pause", "pay", undefined, quoted);
  expect([first.status, again.status, third.status]).toEqual([200, 200, 200]);
  expect(await k.entries("WindowOpened")).toHaveLength(1);
});

test("a pause that names targets makes an unknown call known", async () => {
  const k = await kit();
  const body = { windowId: "w-1", targets: { main: { ref: "7" } }, agentId: "a-ann" };
  const answer = await k.send("POST", "/v1/calls/c9/pause", "pay", body);
  expect(answer.status).toBe(200);
  const call = await k.send("GET", "/v1/calls/c9", "cti");
  expect(call.body).toMatchObject({ agentId: "a-ann", protection: "secured" });
});

test("renewing and reading a window answer as a pause does", async () => {
  const k = await kit();
  await registered(k);
  const opened = await k.send("POST", "/v1/calls/c1/pause", "pay", {
    windowId: "w-1",
    leaseMs: 5_000,
  });
  const renewed = await k.send("POST", "/v1/windows/w-1/renew", "pay", { leaseMs: 50_000 });
  expect(renewed.status).toBe(200);
  expect(renewed.body["safeToCollect"]).toBe(true);
  expect(Number(renewed.body["expiresAt"])).toBeGreaterThan(Number(opened.body["expiresAt"]));
  const read = await k.send("GET", "/v1/windows/w-1", "pay");
  expect(read.status).toBe(200);
  k.rigs.main.ignoring = true;
  k.rigs.main.truth.set("ch-c1", "recording");
  await expect.poll(async () => (await k.send("GET", "/v1/windows/w-1", "pay")).status).toBe(424);
});

test("the sandbox marks every answer, refusals too", async () => {
  const k = await kit({ sandbox: true });
  await registered(k);
  for (const answer of [
    await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" }),
    await k.send("POST", "/v1/calls/c1/pause", undefined, { windowId: "w-1" }),
    await k.send("GET", "/healthz", undefined),
    await k.send("GET", "/nowhere", undefined),
  ]) {
    expect(answer.headers.get("tacet-sandbox")).toBe("true");
    expect(answer.body["sandbox"]).toBe(true);
  }
});

test("an agent's page that knows only the agent pauses the agent's one call", async () => {
  const k = await kit();
  await registered(k, "c1", "a-ann");
  const answer = await k.send("POST", "/v1/agents/a-ann/pause", "ann", { windowId: "w-1" });
  expect(answer.status).toBe(200);
  expect(answer.body["callId"]).toBe("c1");
});

test("an agent's call that nobody registered is found by the recorders, and the same call again", async () => {
  const targets = [{ recorderId: "main", target: { ref: "204" }, targetKey: "204" }];
  const k = await kit({ located: { kind: "located", targets } });
  const first = await k.send("POST", "/v1/agents/a-ann/pause", "pay", { windowId: "w-1" });
  expect(first.status).toBe(200);
  expect(first.body["callId"]).toMatch(/^agent-a-ann-[0-9a-f]{16}$/);
  const second = await k.send("POST", "/v1/agents/a-ann/pause", "pay", { windowId: "w-2" });
  expect(second.body["callId"]).toBe(first.body["callId"]);
});
