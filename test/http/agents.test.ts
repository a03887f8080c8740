import { expect, test } from "vitest";
import { kit, registered } from "./kit.ts";

const target = (ref: string) => ({ recorderId: "main", target: { ref }, targetKey: ref });
const pause = "/v1/agents/a-ann/pause";

test("an agent without any live call is told so, and nothing is registered", async () => {
  const k = await kit();
  const answer = await k.send("POST", pause, "pay", { windowId: "w-1" });
  expect([answer.status, answer.body["code"]]).toEqual([404, "call_unknown"]);
  expect(answer.body["safeToCollect"]).toBe(false);
  expect(k.changes).toHaveLength(0);
});

test("an agent that policy's directory does not list is not looked for", async () => {
  const k = await kit({ located: { kind: "located", targets: [target("204")] } });
  const answer = await k.send("POST", "/v1/agents/a-bob/pause", "pay", { windowId: "w-1" });
  expect([answer.status, answer.body["code"]]).toEqual([404, "call_unknown"]);
});

test("recorders that cannot be asked are not taken for an agent without a call", async () => {
  const k = await kit({ located: { kind: "unavailable" } });
  const answer = await k.send("POST", pause, "pay", { windowId: "w-1" });
  expect([answer.status, answer.body["code"]]).toEqual([503, "locate_unavailable"]);
  expect(answer.headers.get("retry-after")).toBe("1");
});

test("a conversation that is registered under another name is paused under that name", async () => {
  const k = await kit({ located: { kind: "located", targets: [target("ch-c1")] } });
  await registered(k, "c1");
  const answer = await k.send("POST", pause, "pay", { windowId: "w-1" });
  expect([answer.status, answer.body["callId"]]).toEqual([200, "c1"]);
});

test("a new conversation on a line whose last one has ended is another call", async () => {
  const k = await kit({ located: { kind: "located", targets: [target("204")] } });
  const first = String((await k.send("POST", pause, "pay", { windowId: "w-1" })).body["callId"]);
  await k.send("POST", `/v1/calls/${first}/end`, "cti");
  const next = await k.send("POST", pause, "pay", { windowId: "w-2" });
  expect(next.status).toBe(200);
  expect(next.body["callId"]).not.toBe(first);
});

test("an ended call is not the agent's live one", async () => {
  const k = await kit();
  await registered(k, "c1", "a-ann");
  await registered(k, "c2", "a-ann");
  await k.send("POST", "/v1/calls/c1/end", "cti");
  const answer = await k.send("POST", pause, "pay", { windowId: "w-1" });
  expect([answer.status, answer.body["callId"]]).toEqual([200, "c2"]);
});

const never = () => new Promise<never>(() => {});

test("a log that hangs holds up no pause of a conversation that recorders find", async () => {
  const k = await kit({ located: { kind: "located", targets: [target("204")] } });
  Object.assign(k.log, { load: never, live: never, callOfWindow: never, append: never });
  void k.send("POST", pause, "pay", { windowId: "w-1" });
  await expect.poll(() => k.rigs.main.truth.get("204")).toBe("paused");
});

test("while the log cannot say which calls an agent has, none of them is safe, and the known one is silent", async () => {
  const k = await kit();
  await registered(k, "c1", "a-ann");
  Object.assign(k.log, { live: never });
  const answer = await k.send("POST", pause, "pay", { windowId: "w-1" });
  expect(k.rigs.main.truth.get("ch-c1")).toBe("paused");
  expect([answer.status, answer.body["code"]]).toEqual([503, "log_unavailable"]);
  expect(answer.body["safeToCollect"]).toBe(false);
});
