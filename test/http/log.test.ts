import { readCheckpoint } from "../../src/log/checkpoint.ts";
import { expect, test } from "vitest";
import { kit, registered } from "./kit.ts";

const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; position: number });

test("entries come a page at a time, each once and in order", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w-1" });
  const positions: number[] = [];
  let after: string | null = "0";
  while (after !== null) {
    const page = await k.send("GET", `/v1/log/entries?callId=c1&limit=2&after=${after}`, "audit");
    expect(page.headers.get("content-type")).toContain("application/x-ndjson");
    positions.push(...lines(page.text).map((entry) => entry.position));
    after = page.headers.get("tacet-next");
  }
  const all = (await k.entries()).filter((entry) => entry.callId === "c1");
  expect(positions).toEqual(all.map((entry) => entry.position));
  expect(positions.length).toBeGreaterThan(3);
});

test("filters choose entries, and reading is entered once a minute", async () => {
  const k = await kit();
  await registered(k);
  for (const type of ["CallRegistered", "TapAdded"]) {
    const page = await k.send("GET", `/v1/log/entries?type=${type}`, "audit");
    expect(lines(page.text).map((entry) => entry.type)).toEqual([type]);
  }
  expect(await k.entries("LogRead")).toMatchObject([
    { actor: { id: "audit", kind: "auditor" }, detail: { filter: { type: "CallRegistered" } } },
  ]);
});

test("however many read the checkpoint of a log that grows, few heads are signed, and each covers what was there", async () => {
  const k = await kit();
  await registered(k);
  const { checkpoint } = k.log;
  let signedCount = 0;
  k.log.checkpoint = async (tenant) => {
    signedCount += 1;
    return await checkpoint(tenant);
  };
  let callCount = 1;
  const read = async () => {
    callCount += 1;
    await registered(k, `c${callCount}`);
    const size = k.log.size("acme");
    const { text } = await k.send("GET", "/v1/log/checkpoint", "audit");
    expect(readCheckpoint(text).size).toBeGreaterThanOrEqual(size);
  };
  await read();
  await Promise.all(Array.from({ length: 20 }, read));
  expect(signedCount).toBe(2);
});

test("the checkpoint is the log's own signed head, and reading it is entered", async () => {
  const k = await kit();
  await registered(k);
  const answer = await k.send("GET", "/v1/log/checkpoint", "audit");
  expect(answer.text.startsWith("tacet.test/acme\n")).toBe(true);
  expect(await k.entries("LogRead")).toHaveLength(1);
});
