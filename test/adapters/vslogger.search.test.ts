/**
 * What VSLogger's search is asked and how its answer is read, by the vendor's document.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { isOf, overlaps, questionsFor } from "../../src/adapters/vslogger/find.ts";
import {
  readRecording,
  readRecordingId,
  recordingIdOf,
  testimonyOf,
} from "../../src/adapters/vslogger/recording.ts";
import type { VsloggerRecording } from "../../src/adapters/vslogger/recording.ts";
import { drawOf, readPage, searchOf } from "../../src/adapters/vslogger/search.ts";
import type { Search } from "../../src/adapters/vslogger/search.ts";
import { SIGHTED_COUNT_MAX, sightings } from "../../src/adapters/vslogger/sightings.ts";
import { requestOf } from "../../src/adapters/vslogger/wire.ts";

const plainSearch: Search = { dataset: "MAIN", page: 0, pageSize: 100 };
const record = {
  record_id: "20150325203042_005_0",
  archive_id: "MAIN",
  record_type: "VSL",
  session_id: "s-1",
  channel: 5,
  ch_name: "Line 5",
  start_tm: 1_427_315_442_972,
  end_tm: 1_427_315_502_972,
  duration: 60_000,
  modified: 0,
  closed: 1,
  flag: 0,
  direction: 1,
  agent_id: "a-1",
  extension: "410",
  note: "",
  rec_ss: 1_427_919_442_972,
  rec_hh: "1f236849455ad2347",
};
const told = readRecording(record) as VsloggerRecording;

describe("a search", () => {
  test("is a POST with its hash in the query and every documented parameter in the form", () => {
    const search: Search = {
      dataset: "NET",
      channels: [0, 1, 10],
      from: 1_427_315_442_972.5,
      to: 1_427_319_442_972,
      page: 2,
      pageSize: 50,
      and: [
        { fld: "note", val: "test", op: "contains" },
        { fld: "callerid", val: "+44", op: "equals" },
      ],
      or: [
        { fld: "sessionid", val: "4efa7d29eb9f47c8aa615f3b74de22d5", op: "equals" },
        { fld: "dialed", val: "1", op: "contains" },
      ],
      accessDays: 30,
    };
    const request = requestOf("https://r.example/api/v1", searchOf(search), { ss: "1", hh: "ab" });
    expect(request.method).toBe("POST");
    expect(request.url).toBe("https://r.example/api/v1?res=recordings&ss=1&hh=ab");
    expect(Object.fromEntries(new URLSearchParams(request.body))).toEqual({
      draw: String(drawOf(search)),
      dataset: "NET",
      channels: "[0,1,10]",
      from: "1427315442972",
      to: "1427319442972",
      page: "2",
      pagesize: "50",
      andparams:
        '[{"fld":"note","val":"test","op":"contains"},{"fld":"callerid","val":"+44","op":"equals"}]',
      orparams:
        '[{"fld":"sessionid","val":"4efa7d29eb9f47c8aa615f3b74de22d5","op":"equals"},{"fld":"dialed","val":"1","op":"contains"}]',
      hrefexp: "30",
    });
  });

  test("leaves out what is optional, and never asks with an empty list of channels", () => {
    const { form } = searchOf(plainSearch);
    expect(Object.keys(form ?? {}).toSorted()).toEqual(["dataset", "draw", "page", "pagesize"]);
    // @ts-expect-error: an empty list would be answered with nothing
    const empty: Search = { ...plainSearch, channels: [] };
    expect(empty.channels).toEqual([]);
  });

  test("has a draw of 1 to 2^31-1 made of the question: the same again, another for another", () => {
    const draws = Array.from({ length: 1_000 }, (_, page) => drawOf({ ...plainSearch, page }));
    for (const draw of draws) {
      expect(Number.isInteger(draw)).toBe(true);
      expect(draw).toBeGreaterThanOrEqual(1);
      expect(draw).toBeLessThan(2 ** 31);
    }
    expect(new Set(draws).size).toBe(draws.length);
    expect(drawOf({ ...plainSearch })).toBe(drawOf(plainSearch));
    for (const other of [
      { channels: [5] as const },
      { dataset: "NET" as const },
      { from: 1 },
      { to: 1 },
      { or: [{ fld: "recordid", val: "x", op: "equals" }] as const },
      { and: [{ fld: "recordid", val: "x", op: "equals" }] as const },
    ]) {
      expect(drawOf({ ...plainSearch, ...other })).not.toBe(drawOf(plainSearch));
    }
  });
});

describe("a page of the answer", () => {
  const page = {
    draw: drawOf(plainSearch),
    totalcount: 1,
    page: 0,
    pagesize: 100,
    records: [record],
  };

  test("is read with its numbers as numbers or as text", () => {
    expect(readPage(page, plainSearch)).toEqual({ totalCount: 1, records: [told] });
    const texts = { ...page, draw: String(page.draw), totalcount: "1", page: "0" };
    expect(readPage(texts, plainSearch)).toEqual({ totalCount: 1, records: [told] });
  });

  test.each([
    ["another question's draw", { draw: page.draw + 1 }],
    ["no draw", { draw: undefined }],
    ["another page", { page: 1 }],
    ["no totalcount", { totalcount: undefined }],
    ["a totalcount below zero", { totalcount: -1 }],
    ["no list of records", { records: {} }],
    ["a record that is none", { records: [record, "x"] }],
  ])("is none with %s", (_words, over) => {
    expect(readPage({ ...page, ...over }, plainSearch)).toEqual(expect.any(String));
  });

  test("is none where a number is a list in a list, however deep", () => {
    const deep: unknown = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
    for (const name of ["draw", "page", "totalcount"]) {
      const isRead = typeof readPage({ ...page, [name]: deep }, plainSearch) !== "string";
      expect(isRead).toBe(false);
    }
  });

  test("is none where there is no data at all", () => {
    expect(readPage("", plainSearch)).toEqual(expect.any(String));
    expect(readPage(null, plainSearch)).toEqual(expect.any(String));
  });
});

describe("a recording", () => {
  test("is named by archive, record and type, and by nothing else", () => {
    expect(recordingIdOf(told)).toBe("MAIN.20150325203042_005_0.VSL");
    expect(readRecordingId("MAIN.20150325203042_005_0.VSL")).toEqual({
      archiveId: "MAIN",
      recordId: "20150325203042_005_0",
      recordType: "VSL",
    });
    for (const other of ["", "MAIN.x", "MAIN.x.VSL.1.2", "../x.y.z", "A B.x.VSL", "MAIN..VSL"]) {
      expect(readRecordingId(other)).toBeUndefined();
    }
  });

  test("testifies with its times in ms, and that it is closed and unmodified", () => {
    expect(testimonyOf(told, 9e12, "d1")).toEqual({
      recordingId: "MAIN.20150325203042_005_0.VSL",
      startAt: 1_427_315_442_972,
      endAt: 1_427_315_502_972,
      durationMs: 60_000,
      withinMs: 1_000,
      closed: true,
      modified: false,
      replyDigest: "d1",
    });
  });

  test("that goes on ends when that was told, and has no duration yet", () => {
    const open = readRecording({ ...record, closed: 0, end_tm: 0, duration: 0 });
    if (open === undefined) throw new Error("unreadable");
    const testimony = testimonyOf(open, 1_427_315_500_000.7, "d");
    expect(testimony).toMatchObject({ closed: false, endAt: 1_427_315_500_000 });
    expect(testimony).not.toHaveProperty("durationMs");
    // The recorder's clock is ahead of ours.
    expect(testimonyOf(open, 5, "d").endAt).toBe(open.startAt);
  });

  test.each([
    [{ end_tm: record.end_tm + 1, duration: 60_001 }, 1],
    [{ end_tm: record.end_tm + 8, duration: 60_008 }, 10],
    [{ end_tm: record.end_tm + 1, duration: 60_100 }, 100],
    [{ end_tm: record.end_tm + 1, duration: 60_000 }, 1_000],
    [{ start_tm: 1_427_315_442_000, duration: 60_001 }, 1_000],
    // What goes on has told its start alone.
    [{ closed: 0, end_tm: 0, duration: 0 }, 1],
  ])("tells by its own times how they are rounded: %j is within %i ms", (over, withinMs) => {
    const one = readRecording({ ...record, ...over });
    if (one === undefined) throw new Error("unreadable");
    expect(testimonyOf(one, 9e12, "d").withinMs).toBe(withinMs);
  });

  test("tells of changed audio only where the recorder tells it", () => {
    expect(readRecording({ ...record, modified: 1 })).toMatchObject({ modified: true });
    expect(readRecording({ ...record, modified: undefined })).not.toHaveProperty("modified");
  });

  test("without an end or a duration is told without", () => {
    const { end_tm: _end, duration: _duration, ...rest } = record;
    const bare = readRecording(rest);
    if (bare === undefined) throw new Error("unreadable");
    const testimony = testimonyOf(bare, 9e12, "d");
    expect(testimony).not.toHaveProperty("endAt");
    expect(testimony).not.toHaveProperty("durationMs");
  });

  test.each([
    ["name", { record_id: "" }],
    ["name without dots", { record_id: "a.b" }],
    ["archive", { archive_id: null }],
    ["type", { record_type: undefined }],
    ["channel", { channel: "x" }],
    ["start", { start_tm: null }],
    ["start after 1970", { start_tm: 0 }],
    ["word on whether it is closed", { closed: undefined }],
    ["word that can be read on whether it is closed", { closed: 2 }],
    ["end after its start", { end_tm: record.start_tm - 1 }],
  ])("is none without a %s", (_words, over) => {
    expect(readRecording({ ...record, ...over })).toBeUndefined();
  });

  test("opens with rec_ss and rec_hh where both are told and divide no address", () => {
    expect(told.access).toEqual({ ss: "1427919442972", hh: "1f236849455ad2347" });
    for (const over of [{ rec_ss: undefined }, { rec_hh: undefined }, { rec_hh: "a.b" }]) {
      expect(readRecording({ ...record, ...over })?.access).toBeUndefined();
    }
  });
});

describe("which recordings are a target's", () => {
  const sip = { sipCallId: "call-1@host", hw: "siprec" } as const;
  const from = record.start_tm;
  const to = record.end_tm;
  const on7 = { channel: 7, sessionId: "s-7", from, to };

  test("is asked by channel, extension or session id; by agent all are looked through", () => {
    expect(questionsFor({ channel: 5 }, [on7])).toEqual([{ channels: [5] }]);
    expect(questionsFor({ extension: "410" }, [])).toEqual([
      { and: [{ fld: "extension", val: "410", op: "equals" }] },
    ]);
    expect(questionsFor({ sessionId: "s-1" }, [])).toEqual([
      { and: [{ fld: "sessionid", val: "s-1", op: "equals" }] },
    ]);
    expect(questionsFor(sip, [])).toEqual([
      { and: [{ fld: "sessionid", val: "call-1@host", op: "equals" }] },
    ]);
    expect(questionsFor({ agentId: "a-1" }, [])).toEqual([{}]);
    expect(questionsFor({ agentId: "a-1" }, [on7])).toEqual([{ channels: [7] }]);
  });

  test("is asked by the session and the channels it was seen on, too", () => {
    const on5 = { channel: 5, sessionId: undefined, from, to };
    expect(questionsFor(sip, [on7, on5])).toEqual([
      {
        or: [
          { fld: "sessionid", val: "call-1@host", op: "equals" },
          { fld: "sessionid", val: "s-7", op: "equals" },
        ],
      },
      { channels: [5, 7] },
    ]);
  });

  test("is told again from each recording, whatever the search made of its parameters", () => {
    expect(isOf(told, { channel: 5 }, [])).toBe(true);
    expect(isOf(told, { channel: 6 }, [])).toBe(false);
    expect(isOf(told, { extension: "410" }, [])).toBe(true);
    expect(isOf(told, { extension: "41" }, [])).toBe(false);
    expect(isOf(told, { agentId: "a-1" }, [])).toBe(true);
    expect(isOf(told, { agentId: "a-2" }, [])).toBe(false);
    expect(isOf(told, { sessionId: "s-1" }, [])).toBe(true);
    expect(isOf(told, { sessionId: "s-2" }, [])).toBe(false);
    expect(isOf(told, sip, [])).toBe(false);
  });

  test("another conversation on the channel is told apart by its session", () => {
    const seen = [{ channel: 5, sessionId: "s-2", from: to + 5_000, to: to + 9_000 }];
    expect(isOf(told, { channel: 5 }, seen)).toBe(false);
    expect(isOf({ ...told, sessionId: "s-2" }, { channel: 5 }, seen)).toBe(true);
    // No session id, so nothing to tell it apart by.
    expect(isOf({ ...told, sessionId: "" }, { channel: 5 }, seen)).toBe(true);
    const nameless = seen.map((one) => ({ ...one, sessionId: undefined }));
    expect(isOf(told, { channel: 5 }, nameless)).toBe(true);
  });

  test("a recording of its own channel while it was seen there is its own, whatever its session", () => {
    const seen = [{ channel: 5, sessionId: "s-2", from: from + 5, to: from + 5 }];
    expect(isOf(told, sip, seen)).toBe(true);
    expect(isOf(told, { extension: "999" }, seen)).toBe(true);
    expect(isOf(told, sip, [{ ...seen[0]!, channel: 6 }])).toBe(false);
    expect(isOf(told, sip, [{ ...seen[0]!, from: to + 1, to: to + 2 }])).toBe(false);
  });

  test("what goes on has no end, and what tells none lasts as long as it says", () => {
    const late = { from: to + 60_000, to: to + 70_000 };
    expect(overlaps(told, late)).toBe(false);
    expect(overlaps(told, { from: to, to: to + 1 })).toBe(true);
    const { endAt: _end, ...endless } = told;
    expect(overlaps({ ...endless, closed: false }, late)).toBe(true);
    expect(overlaps(endless, late)).toBe(false);
    expect(overlaps({ ...endless, durationMs: 200_000 }, late)).toBe(true);
  });
});

describe("sightings", () => {
  test("go on while channel and session stay, and begin anew where they change", () => {
    const seen = sightings();
    seen.saw("k", 5, "s-1", 10);
    seen.saw("k", 5, "s-1", 20);
    seen.saw("k", 6, "s-1", 30);
    seen.saw("k", 6, "", 40);
    expect(seen.of("k")).toEqual([
      { channel: 6, sessionId: undefined, from: 40, to: 40 },
      { channel: 6, sessionId: "s-1", from: 30, to: 30 },
      { channel: 5, sessionId: "s-1", from: 10, to: 20 },
    ]);
    expect(seen.of("other")).toEqual([]);
  });

  test("are bounded: the newest of one target, the newest targets", () => {
    const seen = sightings();
    for (let at = 0; at < 20; at += 1) seen.saw("k", at, "", at);
    expect(seen.of("k").map(({ channel }) => channel)).toEqual([19, 18, 17, 16, 15, 14, 13, 12]);
    for (let at = 0; at < SIGHTED_COUNT_MAX; at += 1) seen.saw(`k${at}`, 5, "", at);
    expect(seen.of("k")).toEqual([]);
    expect(seen.of("k0")).toHaveLength(1);
  });
});
