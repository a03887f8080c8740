import { expect, test } from "vitest";
import { kit, registered } from "./kit.ts";

const code = (answer: { status: number; body: Record<string, unknown> }) => [
  answer.status,
  answer.body["code"],
];

test("a closed window stays closed, and its late pause is refused", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  await k.send("POST", "/v1/calls/c1/resume", "pay", { windowId: "w-1" });
  const late = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect(code(late)).toEqual([409, "window_closed"]);
  expect(late.body["safeToCollect"]).toBe(false);
});

test("a resume that overtakes its pause forestalls it", async () => {
  const k = await kit();
  await registered(k);
  const early = await k.send("POST", "/v1/calls/c1/resume", "pay", { windowId: "w-1" });
  expect(early.status).toBe(200);
  const late = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect(code(late)).toEqual([409, "window_closed"]);
});

test("a window id of one call is refused on another, even when both ask at once", async () => {
  const k = await kit();
  await registered(k, "c1");
  await registered(k, "c2");
  const both = await Promise.all(
    ["c1", "c2"].map((callId) =>
      k.send("POST", `/v1/calls/${callId}/pause`, "pay", { windowId: "w-1" }),
    ),
  );
  expect(both.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  const loser = both.find((answer) => answer.status === 409);
  expect(loser?.body["code"]).toBe("window_of_another_call");
  const winner = both.find((answer) => answer.status === 200)?.body["callId"];
  const later = await k.send("POST", `/v1/calls/${winner === "c1" ? "c2" : "c1"}/pause`, "pay", {
    windowId: "w-1",
  });
  expect(code(later)).toEqual([409, "window_of_another_call"]);
});

test("nobody collects on another principal's window", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  const taken = await k.send("POST", "/v1/calls/c1/pause", "pay2", { windowId: "w-1" });
  expect(code(taken)).toEqual([409, "window_owned_by_another"]);
  expect(taken.body["safeToCollect"]).toBe(false);
  const read = await k.send("GET", "/v1/windows/w-1", "sue");
  expect(code(read)).toEqual([409, "window_owned_by_another"]);
});

test("an ended call opens no windows", async () => {
  const k = await kit();
  await registered(k);
  const end = await k.send("POST", "/v1/calls/c1/end", "cti");
  expect([end.status, end.body["protection"]]).toEqual([200, "ended"]);
  const answer = await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  expect(code(answer)).toEqual([409, "call_ended"]);
});

test("an agent with several calls is told which", async () => {
  const k = await kit();
  await registered(k, "c1", "a-ann");
  await registered(k, "c2", "a-ann");
  const answer = await k.send("POST", "/v1/agents/a-ann/pause", "pay", { windowId: "w-1" });
  expect(code(answer)).toEqual([409, "agent_ambiguous"]);
  expect((answer.body["callIds"] as string[]).toSorted()).toEqual(["c1", "c2"]);
});

test("one conversation too many found for an agent is refused rather than guessed", async () => {
  const found = ["204", "205"].map((ref) => ({
    recorderId: "main",
    target: { ref },
    targetKey: ref,
  }));
  const k = await kit({ located: { kind: "located", targets: found } });
  const answer = await k.send("POST", "/v1/agents/a-ann/pause", "pay", { windowId: "w-1" });
  expect(code(answer)).toEqual([409, "agent_ambiguous"]);
  expect(k.changes).toHaveLength(0);
});

test("a lease that ended is not renewed into safety", async () => {
  const k = await kit({ rules: { graceMs: 5_000, leaseMsMax: 30 } });
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  await expect
    .poll(async () => code(await k.send("GET", "/v1/windows/w-1", "pay")))
    .toEqual([409, "window_closed"]);
  const renewed = await k.send("POST", "/v1/windows/w-1/renew", "pay");
  expect(code(renewed)).toEqual([409, "window_closed"]);
});

test("a window id that is known to be another call's is refused although the log hangs", async () => {
  const k = await kit();
  await registered(k, "c1");
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  Object.assign(k.log, { load: () => new Promise<never>(() => {}) });
  const targets = { main: { ref: "ch-c9" } };
  const answer = await k.send("POST", "/v1/calls/c9/pause", "pay", { windowId: "w-1", targets });
  expect(code(answer)).toEqual([409, "window_of_another_call"]);
  expect(k.rigs.main.truth.get("ch-c9")).toBeUndefined();
});
