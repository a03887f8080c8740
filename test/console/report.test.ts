/** The report of a period: what it counts is what happened, and it says on what it rests. */
import { expect, test } from "vitest";
import { readCheckpoint } from "../../src/log/checkpoint.ts";
import { registered } from "../http/kit.ts";
import { csrfOf, watchRig, words } from "./watchRig.ts";

const today = (now: number) => new Date(now).toISOString().slice(0, 10);

async function withTwoCalls() {
  const rig = await watchRig();
  for (const [callId, ignoring] of [
    ["good", false],
    ["bad", true],
  ] as const) {
    rig.k.rigs.main.ignoring = ignoring;
    await registered(rig.k, callId);
    const body = { windowId: `w-${callId}`, waitMs: 200 };
    const answer = await rig.k.send("POST", `/v1/calls/${callId}/pause`, "pay", body);
    expect(answer.status).toBe(ignoring ? 424 : 200);
  }
  await expect.poll(async () => (await rig.k.entries("ConfirmationOverdue")).length).toBe(1);
  rig.time.now = Date.now();
  return rig;
}

test("counts, exceptions and figures of the days asked for, with each exception's entry and call", async () => {
  const rig = await withTwoCalls();
  const day = today(rig.time.now);
  const person = await rig.signedIn();
  const text = words(await person.get(`/console/report?from=${day}&to=${day}`));
  expect(text).toContain(`acme, from ${day} to ${day}`);
  expect(text).toMatch(/Never secured 1 /);
  expect(text).toMatch(/Not secured 1 /);
  const [overdue] = await rig.k.entries("ConfirmationOverdue");
  expect(text).toContain(`${overdue?.position} `);
  expect(text).toMatch(/Not secured bad w-bad/);
  expect(text).toContain("nobody");
});

test("it rests on a signed head, which is under every figure, and its reading is entered", async () => {
  const rig = await withTwoCalls();
  const person = await rig.signedIn();
  const seen = await person.get("/console/report");
  const note = /<pre><code>([\s\S]*?)<\/code>/.exec(seen.text)?.[1] ?? "";
  const head = readCheckpoint(note.replaceAll("&#39;", "'").replaceAll("&#x2F;", "/"));
  const overdue = await rig.k.entries("ConfirmationOverdue");
  expect(head.size).toBeGreaterThanOrEqual(overdue[0]?.position ?? Infinity);
  expect(words(seen)).toContain("tacet verify FOLDER");
  const reads = await rig.k.entries("LogRead");
  expect(reads.map(({ reason }) => reason)).toContain("report");
});

test("a day's review is named, and that its counts have changed since", async () => {
  const rig = await withTwoCalls();
  const day = today(rig.time.now);
  const person = await rig.signedIn();
  const page = await person.get(`/console/exceptions?day=${day}`);
  const seen = /name="seen" value="([^"]*)"/.exec(page.text)?.[1] ?? "";
  const form = { csrf: csrfOf(page), day, seen, note: "looked" };
  await person.post("/console/exceptions/review", form);
  const reviewed = words(await person.get(`/console/report?from=${day}&to=${day}`));
  expect(reviewed).not.toContain("nobody");
  expect(reviewed).not.toContain("counts changed since");
  await registered(rig.k, "worse");
  const body = { windowId: "w-worse", waitMs: 200 };
  await rig.k.send("POST", "/v1/calls/worse/pause", "pay", body);
  await expect.poll(async () => (await rig.k.entries("ConfirmationOverdue")).length).toBe(2);
  rig.time.now += 60_000;
  const later = words(await person.get(`/console/report?from=${day}&to=${day}`));
  expect(later).toContain("counts changed since");
});

test.each([
  "from=x&to=y",
  "from=2026-02-30&to=2026-03-01",
  "from=2020-01-01&to=2026-01-01",
  "to=2999-01-01&from=2998-12-31",
  "from=2026-03-02&to=2026-03-01",
])("a period that cannot be is said so, and the last week is shown: %s", async (query) => {
  const rig = await watchRig();
  const person = await rig.signedIn();
  const text = words(await person.get(`/console/report?${query}`));
  expect(text).toContain("longer than 31 days");
  expect(text).toContain(today(rig.time.now));
});

test("whoever may not read the log gets no report", async () => {
  const rig = await watchRig();
  const person = await rig.signedIn({ scopes: new Set(["events:read"]) });
  expect((await person.get("/console/report")).status).toBe(403);
});
