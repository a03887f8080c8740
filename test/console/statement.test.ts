/** The gap statement of one recording: who, why, from, to, confirmed how, and how to check it. */
import { expect, test } from "vitest";
import { statementOf } from "../../src/console/calls/statement.ts";
import type { Actor } from "../../src/control/call.ts";
import type { CallEvent } from "../../src/control/events.ts";
import { draftOfEvent } from "../../src/log/callEntries.ts";
import type { Entry } from "../../src/log/entry.ts";
import { emptyLog, sealAll } from "../../src/log/seal.ts";
import { IVR, SUPERVISOR, Told, tap } from "../control/given.ts";
import { opened, textOf } from "./opened.ts";

const A = tap("rec-a", "1");
/** A ticket of the shop's, for an agent. */
const AGENT: Actor = { id: "t-1", kind: "agent", owner: "shop", agentId: "a-204" };
const entriesOf = (events: readonly CallEvent[]): readonly Entry[] =>
  sealAll(
    events.map((event) => draftOfEvent("acme", "c-1", event)),
    emptyLog,
    "unknown",
  ).sealed.map(({ entry }) => entry);
const stated = (told: Told, now = 1_000_000) => {
  const statement = statementOf(entriesOf(told.events), A.tapId, now);
  if (statement === undefined) throw new Error("no statement");
  return statement;
};

test("a gap says who asked, why, from when to when, and how each end was confirmed", () => {
  const told = new Told().registered(A);
  told.when(1_000, {
    type: "OpenWindow",
    by: AGENT,
    windowId: "w1",
    leaseMs: 60_000,
    taps: [],
    reason: "card payment",
  });
  told.says(1_120, A.tapId, "paused");
  told.close(9_000, "w1", AGENT);
  told.says(9_300, A.tapId, "recording");
  const statement = stated(told);
  expect(statement.gaps).toEqual([
    {
      requests: [
        {
          windowId: "w1",
          askedAt: 1_000,
          by: { id: "t-1", kind: "agent" },
          owner: "shop",
          agentId: "a-204",
          reason: "card payment",
          ended: { how: "closed", at: 9_000, by: { id: "t-1", kind: "agent" } },
        },
      ],
      silentFrom: 1_120,
      silentHow: "read_back",
      until: 9_000,
      resumed: { how: "closed", at: 9_000, by: { id: "t-1", kind: "agent" } },
      recordsBy: 9_300,
      recordsHow: "read_back",
      drift: [],
      positions: [4, 5, 6, 7],
    },
  ]);
  expect(statement).toMatchObject({ silentMs: 7_880, notSilentMs: 120, lateMs: 300 });
});

test("windows that overlap, or follow before it records again, are one gap; the last one resumes it", () => {
  const told = new Told().registered(A);
  told.open(1_000, "w1");
  told.says(1_100, A.tapId, "paused");
  told.open(2_000, "w2", { by: IVR });
  told.close(3_000, "w1");
  told.close(4_000, "w2", IVR);
  told.open(4_050, "w3");
  told.says(4_150, A.tapId, "paused");
  told.close(5_000, "w3", SUPERVISOR);
  told.says(5_100, A.tapId, "recording");
  told.open(20_000, "w4");
  told.says(20_100, A.tapId, "paused");
  const { gaps } = stated(told, 30_000);
  expect(gaps.map(({ requests }) => requests.map(({ windowId }) => windowId))).toEqual([
    ["w1", "w2", "w3"],
    ["w4"],
  ]);
  expect(gaps[0]).toMatchObject({
    silentFrom: 1_100,
    until: 5_000,
    recordsBy: 5_100,
    resumed: { how: "closed", by: { id: "sue" } },
  });
  expect(gaps[1]).toMatchObject({ silentFrom: 20_100, resumed: { how: "open" } });
  expect(gaps[1]).not.toHaveProperty("until");
});

test("a lease that ran out, a call that ended, and a drift are said as what they are", () => {
  const expired = new Told({ leaseMsMax: 5_000, atLeaseEnd: "resume" }).registered(A);
  expired.open(1_000, "w1", { leaseMs: 5_000 });
  expired.says(1_100, A.tapId, "paused");
  expired.says(3_000, A.tapId, "recording");
  expired.says(3_200, A.tapId, "paused");
  for (const at of [6_000, 8_000]) expired.pass(at);
  expired.says(8_100, A.tapId, "recording");
  expect(stated(expired).gaps).toMatchObject([
    {
      resumed: { how: "expired", by: { id: "tacet" } },
      drift: [{ from: 3_000, to: 3_200 }],
      recordsBy: 8_100,
    },
  ]);
  const ended = new Told().registered(A);
  ended.open(1_000, "w1");
  ended.says(1_100, A.tapId, "paused");
  ended.end(2_000);
  expect(stated(ended).gaps).toMatchObject([
    { until: 2_000, resumed: { how: "ending", by: { id: "page" } } },
  ]);
  const moved = new Told().registered(A);
  moved.open(1_000, "w1");
  moved.says(1_100, A.tapId, "paused");
  moved.register(2_000, [tap("rec-b", "2")]);
  moved.baseline(2_010, "rec-b/2");
  moved.says(2_100, "rec-b/2", "paused");
  expect(stated(moved).gaps).toMatchObject([{ resumed: { how: "left" } }]);
});

test("what was never confirmed silent is said so, and a tap of no call has no statement", () => {
  const told = new Told().registered(A);
  told.open(1_000, "w1");
  told.pass(60_000);
  const { gaps, silentMs } = stated(told);
  expect(gaps[0]).not.toHaveProperty("silentFrom");
  expect(silentMs).toBe(0);
  expect(statementOf(entriesOf(told.events), "rec-z/9", 0)).toBeUndefined();
});

const PATH = "/console/calls/c-1/statement/rec-a%2F1";

test("the page names the entries, the signed head they are under, and how to check them", async () => {
  const { call, log, who } = await opened();
  const told = new Told().secured(A);
  told.close(9_000, "w1");
  told.says(9_300, A.tapId, "recording");
  await call("c-1", told.events);
  const { status, text } = await who.get(PATH);
  const said = textOf(text);
  expect(status).toBe(200);
  expect(said).toContain("Gap 1: window w1");
  expect(said).toMatch(
    /w1 page \(payment\) none 1970-01-01 00:00:00.100 UTC 1970-01-01 00:00:09.000 UTC/,
  );
  expect(said).toContain(
    "Confirmed silent from 1970-01-01 00:00:00.120 UTC (read back from the recorder)",
  );
  expect(said).toContain(
    "Silence no longer asked for from 1970-01-01 00:00:09.000 UTC , closed by page (payment)",
  );
  expect(said).toContain("Entries 4–7");
  expect(said).toContain("Nothing was deleted");
  expect(text).toContain((await log.checkpoint("acme")).split("\n")[2]);
  expect(said).toContain("/v1/log/entries?callId=c-1");
  expect(said).toContain("Ann Auditor (ann)");
});

test("no statement is made of a search that lags, of a log that is away, or of no such recording", async () => {
  const { call, reads, who } = await opened();
  const told = new Told().secured(A);
  await call("c-1", told.events);
  expect((await who.get("/console/calls/c-1/statement/rec-z%2F9")).status).toBe(404);
  reads.between = (page) => ({ ...page, indexedTo: 2 });
  const behind = textOf((await who.get(PATH)).text);
  expect(behind).toContain("a statement made now could lack something");
  expect(behind).not.toContain("Gap 1");
  reads.failing = true;
  expect((await who.get(PATH)).text).toContain("The log cannot be read now.");
});

test("a recorder that only testifies, and one without a window, are said not to be interrupted", async () => {
  const { call, who } = await opened();
  const told = new Told();
  told.register(0, [A, tap("rec-w", "9", { control: "none" })]);
  await call("c-1", told.events);
  expect((await who.get(PATH)).text).toContain("It was not interrupted by tacet.");
  expect((await who.get("/console/calls/c-1/statement/rec-w%2F9")).text).toContain(
    "It only testifies.",
  );
});
