/** What a day's entries tell of its windows. Times are seconds of one day. */
import { expect, test } from "vitest";
import type { CallEvent } from "../../src/control/events.ts";
import { draftOfEvent } from "../../src/log/callEntries.ts";
import type { Entry, EntryDraft } from "../../src/log/entry.ts";
import {
  CALL_COUNT_MAX,
  EXCEPTION_COUNT_MAX,
  openDay,
  OUTCOMES,
} from "../../src/console/watch/day.ts";
import { DAY_COUNT_MAX, days } from "../../src/console/watch/days.ts";

const START = Date.parse("2026-11-22T00:00:00Z");
const at = (s: number) => START + s * 1_000;
const TAP = {
  tapId: "main ref",
  recorderId: "main",
  targetKey: "ref",
  target: { ref: "ref" },
  control: "pause",
  audio: "gap",
  required: true,
  absentIs: "unprotected",
  acceptAcknowledged: false,
} as const;

function story(callId: string) {
  const registered = (s: number): CallEvent[] => [
    { type: "CallRegistered", at: at(s), attributes: {} },
    { type: "TapAdded", at: at(s), tap: TAP, confirmDueBy: at(s + 3), baselineBy: at(s) },
    {
      type: "TapBaselined",
      at: at(s),
      tapId: TAP.tapId,
      recorderId: "main",
      status: "recording",
      askedAt: at(s),
    },
  ];
  const opened = (s: number, windowId = `w-${callId}`): CallEvent => ({
    type: "WindowOpened",
    at: at(s),
    windowId,
    owner: "pay",
    expiresAt: at(s + 60),
    expiresAtMax: at(s + 900),
    baselineAfter: 0,
    baselineBy: at(s),
    confirmDueBy: at(s + 3),
  });
  const reported = (
    s: number,
    status: "paused" | "recording",
    turn: number,
    goal: "paused" | "recording",
  ): CallEvent => ({
    type: "RecorderReported",
    at: at(s),
    tapId: TAP.tapId,
    recorderId: "main",
    status,
    confirmedBy: "read_back",
    turn,
    goal,
    askedAt: at(s),
    attempts: 1,
    confirmDueBy: at(s + 3),
  });
  const overdue = (s: number, goal: "paused" | "recording"): CallEvent => ({
    type: "ConfirmationOverdue",
    at: at(s),
    goal,
    tapIds: [TAP.tapId],
  });
  const closed = (s: number, windowId = `w-${callId}`): CallEvent => ({
    type: "WindowClosed",
    at: at(s),
    windowId,
    confirmDueBy: at(s + 3),
  });
  return { registered, opened, reported, overdue, closed };
}

let position = 0;
const sealed = (draft: EntryDraft): Entry => ({
  ...draft,
  v: 1,
  position: (position += 1),
  clock: "synced",
  salt: "AAAAAAAAAAAAAAAAAAAAAA",
});
function told(callId: string, events: readonly CallEvent[], day = openDay()) {
  for (const event of events) day.take(sealed(draftOfEvent("acme", callId, event)));
  return day;
}
const counted = (windows: Partial<Record<(typeof OUTCOMES)[number], number>>) => ({
  ...Object.fromEntries(OUTCOMES.map((one) => [one, 0])),
  ...windows,
});

test("a window that was secured in time counts as that, with its time and nothing else", () => {
  const { closed, opened, registered, reported } = story("c1");
  const events = [...registered(0), opened(10), reported(12, "paused", 1, "paused"), closed(40)];
  const { counts, exceptions, securedAfterMs, unsecuredMs, windows } = told("c1", events).figures();
  expect(windows).toEqual(counted({ secured: 1 }));
  expect(securedAfterMs).toEqual({ median: 2_000, worst: 2_000 });
  expect(unsecuredMs).toBe(2_000);
  expect(exceptions).toEqual([]);
  expect(Object.values(counts).every((count) => count === 0)).toBe(true);
});

test("late, never and withdrawn are told apart, and each that was not secured is an exception", () => {
  const day = openDay();
  const late = story("late");
  told(
    "late",
    [
      ...late.registered(0),
      late.opened(10),
      late.overdue(13, "paused"),
      late.reported(20, "paused", 1, "paused"),
      late.closed(40),
    ],
    day,
  );
  const never = story("never");
  told(
    "never",
    [...never.registered(0), never.opened(10), never.overdue(13, "paused"), never.closed(40)],
    day,
  );
  const gone = story("gone");
  told("gone", [...gone.registered(0), gone.opened(10), gone.closed(11)], day);
  const { counts, exceptions, securedAfterMs, windows } = day.figures();
  expect(windows).toEqual(counted({ late: 1, not_secured: 1, withdrawn: 1 }));
  expect(counts.not_secured).toBe(2);
  expect(exceptions.map(({ callId, kind }) => [callId, kind])).toEqual([
    ["late", "not_secured"],
    ["never", "not_secured"],
  ]);
  expect(exceptions[0]).toMatchObject({ windowIds: ["w-late"], recorderIds: ["main"], at: at(13) });
  expect(securedAfterMs).toEqual({ median: 10_000, worst: 10_000 });
});

test("a recorder that starts again in a window is drift, one that does not start after it is stalled", () => {
  const { closed, opened, overdue, registered, reported } = story("c1");
  const day = told("c1", [
    ...registered(0),
    opened(10),
    reported(11, "paused", 1, "paused"),
    reported(20, "recording", 1, "paused"),
    reported(22, "paused", 1, "paused"),
    closed(40),
    overdue(43, "recording"),
    reported(50, "recording", 2, "recording"),
  ]);
  const { counts, exceptions, unrecordedMs, unsecuredMs, windows } = day.figures();
  expect(windows).toEqual(counted({ drifted: 1 }));
  expect(counts).toMatchObject({ drifted: 1, stalled: 1, not_secured: 0 });
  expect(exceptions[0]).toMatchObject({ kind: "drifted", recorderIds: ["main"] });
  expect(unsecuredMs).toBe(3_000);
  expect(unrecordedMs).toBe(10_000);
});

test("a window that opens while its call is not secured is late like the one before it", () => {
  const { closed, opened, overdue, registered, reported } = story("c1");
  const day = told("c1", [
    ...registered(0),
    opened(10),
    overdue(13, "paused"),
    opened(14, "w-second"),
    reported(15, "paused", 1, "paused"),
    closed(40),
    closed(41, "w-second"),
  ]);
  expect(day.figures().windows).toEqual(counted({ late: 2 }));
});

test("an expired window and a recorder that others had paused are exceptions", () => {
  const { opened, registered, reported } = story("c1");
  const [call, tap] = registered(0) as [CallEvent, CallEvent];
  const day = told("c1", [
    call,
    tap,
    {
      type: "TapBaselined",
      at: at(0),
      tapId: TAP.tapId,
      recorderId: "main",
      status: "paused",
      askedAt: at(0),
    },
    opened(10),
    reported(11, "paused", 1, "paused"),
    { type: "WindowExpired", at: at(70), windowId: "w-c1", releaseAt: at(72) },
  ]);
  const { counts, exceptions, windows } = day.figures();
  expect(windows).toEqual(counted({ secured: 1 }));
  expect(counts).toMatchObject({ expired: 1, paused_by_other: 1 });
  expect(exceptions.find(({ kind }) => kind === "expired")).toMatchObject({ windowIds: ["w-c1"] });
});

test("a window is suspect once for each recording, however often it is judged", () => {
  const day = openDay();
  const judged = (recordingId: string, by: string, reason = "suspect") =>
    sealed({
      at: at(100),
      tenant: "acme",
      type: "WindowJudged",
      callId: "c1",
      windowId: "w1",
      recorderId: "main",
      actor: { id: "tacet", kind: "system" },
      origin: { component: "evidence" },
      outcome: "failure",
      reason,
      detail: { recordingId, by },
    });
  for (const one of [
    judged("r1", "time"),
    judged("r1", "sound"),
    judged("r2", "time"),
    judged("r3", "time", "consistent"),
  ])
    day.take(one);
  expect(day.figures().counts.suspect).toBe(2);
  expect(day.figures().exceptions.map((one) => one.recordingId)).toEqual(["r1", "r2"]);
});

test("a window that is open still is not yet anything else, and exceptions kept are bounded", () => {
  const { opened, registered } = story("c1");
  expect(told("c1", [...registered(0), opened(10)]).figures().windows).toEqual(
    counted({ open: 1 }),
  );
  const day = openDay();
  for (let index = 0; index <= EXCEPTION_COUNT_MAX; index += 1) {
    const one = story(`c${index}`);
    told(`c${index}`, [...one.registered(0), one.opened(1), one.overdue(4, "paused")], day);
  }
  expect(day.figures().exceptions).toHaveLength(EXCEPTION_COUNT_MAX);
  expect(day.figures().counts.not_secured).toBe(EXCEPTION_COUNT_MAX + 1);
});

test("of more calls than are kept, those heard of last stay; a window that is open keeps its call", () => {
  const day = openDay();
  const { opened, registered } = story("first");
  told("first", [...registered(0), opened(1)], day);
  for (let index = 0; index <= CALL_COUNT_MAX; index += 1)
    told(`c${index}`, [{ type: "CallRegistered", at: at(2), attributes: {} }], day);
  expect(day.knows("first")).toBe(true);
  expect(day.knows("c0")).toBe(false);
  expect(day.knows(`c${CALL_COUNT_MAX}`)).toBe(true);
});

test("the figures of so many days are kept, and the one asked for longest ago is read again", async () => {
  let readCount = 0;
  const log = {
    async read() {
      readCount += 1;
      return { entries: [], indexedTo: 0 };
    },
  };
  const reader = days(log, () => START);
  const named = (index: number) => new Date(START - index * 86_400_000).toISOString().slice(0, 10);
  for (let index = 2; index < DAY_COUNT_MAX + 2; index += 1)
    await reader.read("acme", [named(index)]);
  expect(readCount).toBe(DAY_COUNT_MAX);
  await reader.read("acme", [named(2)]);
  expect(readCount).toBe(DAY_COUNT_MAX);
  await reader.read("acme", [named(DAY_COUNT_MAX + 2)]);
  await reader.read("acme", [named(3)]);
  expect(readCount).toBe(DAY_COUNT_MAX + 2);
});
