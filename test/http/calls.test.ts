import { expect, test } from "vitest";
import { kit, registered, type Kit } from "./kit.ts";

test("registering answers 201 with what the target was, and once more 200", async () => {
  const k = await kit();
  const body = { targets: { main: { ref: "1" } }, attributes: { queue: "sales" } };
  const first = await k.send("PUT", "/v1/calls/c1", "cti", body);
  expect([first.status, first.body["protection"]]).toEqual([201, "recording"]);
  expect(first.body["recorders"]).toMatchObject([{ recorderId: "main", status: "recording" }]);
  const again = await k.send("PUT", "/v1/calls/c1", "cti", body);
  expect(again.status).toBe(200);
});

test("a move silences the new target before the old one is let go", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  const moved = await k.send("PUT", "/v1/calls/c1", "cti", { targets: { main: { ref: "new" } } });
  expect(moved.status).toBe(200);
  await expect.poll(() => k.rigs.main.truth.get("new")).toBe("paused");
  await expect.poll(() => k.rigs.main.truth.get("ch-c1")).toBe("recording");
  const window = await k.send("GET", "/v1/windows/w-1", "pay");
  expect(window.body["safeToCollect"]).toBe(true);
});

test("ending a call lets go what tacet silenced", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  const ended = await k.send("POST", "/v1/calls/c1/end", "cti");
  expect([ended.status, ended.body["protection"]]).toEqual([200, "ended"]);
  expect(k.rigs.main.truth.get("ch-c1")).toBe("recording");
});

test("the list is filtered by protection and agent, and an agent's holds their own calls", async () => {
  const k = await kit();
  await registered(k, "c1", "a-ann");
  await registered(k, "c2", "a-bob");
  await registered(k, "c3");
  await k.send("POST", "/v1/calls/c2/pause", "pay", { windowId: "w-1" });
  const ids = async (query: string, who: string) => {
    const answer = await k.send("GET", `/v1/calls${query}`, who);
    return (answer.body["calls"] as { callId: string }[]).map((call) => call.callId).toSorted();
  };
  expect(await ids("", "cti")).toEqual(["c1", "c2", "c3"]);
  expect(await ids("?protection=secured", "cti")).toEqual(["c2"]);
  expect(await ids("?agentId=a-bob", "cti")).toEqual(["c2"]);
  expect(await ids("", "ann")).toEqual(["c1"]);
  expect((await k.send("GET", "/v1/calls?limit=2", "cti")).body["more"]).toBe(true);
});

test("a call's history is its entries, and reading it is entered", async () => {
  const k = await kit();
  await registered(k);
  const history = await k.send("GET", "/v1/calls/c1/history", "cti");
  const types = (history.body["entries"] as { type: string }[]).map((entry) => entry.type);
  expect(types).toContain("CallRegistered");
  expect(await k.entries("LogRead")).toMatchObject([{ reason: "history", actor: { id: "cti" } }]);
});

test("a failed registration changes nothing and says why", async () => {
  const k = await kit();
  k.log.fail(true);
  const answer = await k.send("PUT", "/v1/calls/c1", "cti", {});
  expect([answer.status, answer.body["code"]]).toEqual([503, "log_unavailable"]);
});

/** Calls with `queue: "cards"` need the second recorder too. */
function stricterForCards(k: Kit) {
  const { routing } = k.deps.policy;
  k.deps.policy.routing = (tenant, attributes) => {
    const usual = routing(tenant, attributes);
    const recorders = usual.recorders.map((one) => ({ ...one, required: true }));
    return attributes["queue"] === "cards" ? { ...usual, recorders } : usual;
  };
}

test("attributes that require a recorder without a target are refused while a window is open", async () => {
  const k = await kit();
  stricterForCards(k);
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  const moved = await k.send("PUT", "/v1/calls/c1", "cti", { attributes: { queue: "cards" } });
  expect([moved.status, moved.body["code"]]).toEqual([422, "target_missing"]);
  expect(moved.body["recorderIds"]).toEqual(["second"]);
  const call = await k.send("GET", "/v1/calls/c1", "cti");
  expect(call.body["attributes"]).toEqual({});
});

test("a window opened after policy changed goes by what policy says then", async () => {
  const k = await kit();
  const targets = { main: { ref: "1" }, second: { ref: "1" } };
  await k.send("PUT", "/v1/calls/c1", "cti", { targets });
  const { routing } = k.deps.policy;
  k.deps.policy.routing = (...asked) => {
    const usual = routing(...asked);
    return { ...usual, recorders: usual.recorders.map((one) => ({ ...one, required: true })) };
  };
  k.rigs.second.ignoring = true;
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", {
    windowId: "w-1",
    waitMs: 100,
  });
  expect([answer.status, answer.body["safeToCollect"]]).toEqual([424, false]);
});
