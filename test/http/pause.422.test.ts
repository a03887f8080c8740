import { expect, test } from "vitest";
import { kit, registered } from "./kit.ts";

async function refusal(body: object, headers: Record<string, string> = {}) {
  const k = await kit();
  const answer = await k.send("POST", "/v1/calls/c1/pause", "cti", body, headers);
  expect(k.changes, "it changed something").toHaveLength(0);
  const { code, errors } = answer.body as { code: string; errors?: { path: string }[] };
  return [answer.status, code, errors?.map((one) => one.path)];
}

test("a required recorder without a target is named", async () => {
  expect(await refusal({ windowId: "w-1", targets: { second: { ref: "1" } } })).toEqual([
    422,
    "target_missing",
    ["/targets/main"],
  ]);
});

test("a recorder that is not configured is named", async () => {
  const targets = { main: { ref: "1" }, nope: { ref: "1" } };
  expect(await refusal({ windowId: "w-1", targets })).toEqual([
    422,
    "recorder_unknown",
    ["/targets/nope"],
  ]);
});

test("a recorder that policy does not use for this call is named", async () => {
  const k = await kit({
    parts: [
      { recorderId: "main", required: true, absentIs: "unprotected", acceptAcknowledged: false },
    ],
  });
  const targets = { main: { ref: "1" }, second: { ref: "1" } };
  const answer = await k.send("POST", "/v1/calls/c1/pause", "cti", { windowId: "w-1", targets });
  expect([answer.status, answer.body["code"]]).toEqual([422, "recorder_not_routed"]);
});

test("every problem of every target is named by path", async () => {
  const targets = { main: { ref: 5 }, second: { ref: "1", extra: true } };
  expect(await refusal({ windowId: "w-1", targets })).toEqual([
    422,
    "target_invalid",
    ["/targets/main/ref", "/targets/second/extra"],
  ]);
});

test("an Idempotency-Key and a windowId that differ are refused", async () => {
  const targets = { main: { ref: "1" } };
  expect(await refusal({ windowId: "w-1", targets }, { "idempotency-key": "w-2" })).toEqual([
    422,
    "ids_differ",
    undefined,
  ]);
});

test("a pause without any window id is refused", async () => {
  expect(await refusal({ targets: { main: { ref: "1" } } })).toEqual([
    422,
    "window_id_missing",
    undefined,
  ]);
});

test("a move that would leave a required recorder without a target is refused and lets nothing go", async () => {
  const k = await kit();
  await registered(k);
  const before = k.changes.length;
  const answer = await k.send("PUT", "/v1/calls/c1", "cti", { targets: {} });
  expect([answer.status, answer.body["code"]]).toEqual([422, "target_missing"]);
  expect(k.changes).toHaveLength(before);
});
