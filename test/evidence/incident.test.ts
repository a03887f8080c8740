/** What happens to an incident, and what may follow what. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cause, FileRange } from "../../src/evidence/evidence.ts";
import type { Incident, Suspicion } from "../../src/evidence/incident.ts";
import { openBook } from "../../src/evidence/incidentBook.ts";
import { draftOfFact, factOfEntry } from "../../src/evidence/incidentEntries.ts";
import {
  follow,
  type IncidentFact,
  isKnown,
  joined,
  RANGE_COUNT_MAX,
  suspectedOf,
  WINDOW_COUNT_MAX,
} from "../../src/evidence/incidentFacts.ts";

const CALL = "c1";
const opened = (incidentId = "i1", more: object = {}): IncidentFact => ({
  type: "IncidentOpened",
  incidentId,
  at: 10,
  callId: CALL,
  recorderId: "main",
  recordingId: "r1",
  windowIds: ["w1"],
  cause: "sound",
  by: "sound",
  ranges: [{ fromMs: 100, toMs: 300 }],
  ...more,
});
const grew = (more: object = {}): IncidentFact => ({
  type: "IncidentGrew",
  incidentId: "i1",
  at: 20,
  callId: CALL,
  windowIds: ["w2"],
  cause: "tones",
  by: "sound",
  ranges: [{ fromMs: 250, toMs: 400 }],
  ...more,
});
const said = (type: "IncidentNoted" | "IncidentClosed", text: string, more: object = {}) =>
  ({ type, incidentId: "i1", at: 30, callId: CALL, who: "sue", text, ...more }) as IncidentFact;
const flagged = (done: boolean): IncidentFact => ({
  type: "RecordingFlagged",
  incidentId: "i1",
  at: 40,
  callId: CALL,
  done,
});
const fold = (...facts: IncidentFact[]): Incident | undefined =>
  facts.reduce<Incident | undefined>(follow, undefined);

describe("an incident", () => {
  test("is open from its first suspicion to its closing note, and grows in between", () => {
    const incident = fold(
      opened(),
      grew(),
      said("IncidentNoted", "looked", { foundCause: "late" }),
    );
    expect(incident).toEqual({
      incidentId: "i1",
      state: "open",
      openedAt: 10,
      callId: CALL,
      recorderId: "main",
      recordingId: "r1",
      windowIds: ["w1", "w2"],
      causes: ["sound", "tones"],
      ranges: [{ fromMs: 100, toMs: 400 }],
      notes: [{ at: 30, by: "sue", text: "looked" }],
      foundCause: "late",
    });
    const closed = follow(incident, said("IncidentClosed", "deleted in the recorder"));
    expect(closed).toMatchObject({ state: "closed", closedAt: 30, foundCause: "late" });
    expect(closed?.notes.at(-1)?.text).toBe("deleted in the recorder");
  });

  test("stays closed: nothing but the mark on the record changes it after", () => {
    const closed = fold(opened(), said("IncidentClosed", "done"));
    for (const fact of [
      grew(),
      opened(),
      said("IncidentNoted", "x"),
      said("IncidentClosed", "y"),
    ]) {
      expect(follow(closed, fact)).toEqual(closed);
    }
    expect(follow(closed, flagged(true))?.flagged).toBe(true);
  });

  test("does not begin with anything but its opening", () => {
    for (const fact of [grew(), said("IncidentNoted", "x"), flagged(true)]) {
      expect(fold(fact)).toBeUndefined();
    }
  });

  test("that was marked once is marked, whatever a later try came to", () => {
    expect(fold(opened(), flagged(false))?.flagged).toBe(false);
    expect(fold(opened(), flagged(false), flagged(true), flagged(false))?.flagged).toBe(true);
  });
});

describe("what is known already", () => {
  const suspicion = (more: Partial<Suspicion> = {}): Suspicion => ({
    tenant: "acme",
    callId: CALL,
    recorderId: "main",
    recordingId: "r1",
    windowIds: ["w1"],
    by: "sound",
    cause: "sound",
    ranges: [{ fromMs: 120, toMs: 200 }],
    ...more,
  });
  const incident = fold(opened()) as Incident;

  test("is the same window, cause and range, or a part of it", () => {
    expect(isKnown(incident, suspicion())).toBe(true);
    expect(isKnown(incident, suspicion({ windowIds: ["w1", "w2"] }))).toBe(false);
    expect(isKnown(incident, suspicion({ cause: "tones" }))).toBe(false);
    expect(isKnown(incident, suspicion({ ranges: [{ fromMs: 0, toMs: 110 }] }))).toBe(false);
    expect(isKnown(incident, suspicion({ ranges: [] }))).toBe(true);
  });

  const ranges = fc.array(
    fc.tuple(fc.nat(5_000), fc.nat(300)).map(([fromMs, ms]) => ({ fromMs, toMs: fromMs + ms })),
    { maxLength: 300 },
  );

  test("whatever was told is known, however often it is told and in whatever order", () => {
    fc.assert(
      fc.property(fc.array(ranges, { minLength: 1, maxLength: 5 }), (told) => {
        let now = fold(opened()) as Incident;
        for (const [index, one] of told.entries()) {
          const next = suspicion({ windowIds: [`w${index}`], ranges: one });
          now = follow(now, grew({ ...suspectedOf(next) })) as Incident;
          expect(isKnown(now, next)).toBe(true);
        }
        for (const one of told)
          expect(isKnown(now, suspicion({ ranges: one, windowIds: [] }))).toBe(true);
      }),
    );
  });

  test("ranges are in order and apart, cover what was told, and are as many as may be", () => {
    fc.assert(
      fc.property(ranges, (told) => {
        const whole = joined(told);
        expect(whole.length).toBeLessThanOrEqual(RANGE_COUNT_MAX);
        whole.forEach((range, index) => {
          const before = whole[index - 1];
          if (before !== undefined) expect(before.toMs).toBeLessThan(range.fromMs);
        });
        const isIn = (ms: number, all: readonly FileRange[]) =>
          all.some(({ fromMs, toMs }) => ms >= fromMs && ms < toMs);
        for (const { fromMs, toMs } of told) {
          if (toMs > fromMs) expect(isIn(fromMs, whole) && isIn(toMs - 1, whole)).toBe(true);
        }
      }),
    );
    const many = Array.from({ length: 500 }, (_, at) => ({ fromMs: at * 10, toMs: at * 10 + 5 }));
    expect(joined(many)).toHaveLength(RANGE_COUNT_MAX);
    expect(joined(many).at(-1)?.toMs).toBe(4_995);
  });

  test("so many windows are named; beyond them nothing new is told of windows", () => {
    const ids = Array.from({ length: WINDOW_COUNT_MAX + 5 }, (_, at) => `w-${at}`);
    const full = fold(opened("i1", suspectedOf(suspicion({ windowIds: ids })))) as Incident;
    expect(full.windowIds).toHaveLength(WINDOW_COUNT_MAX);
    expect(isKnown(full, suspicion({ windowIds: ids, ranges: [] }))).toBe(true);
  });
});

describe("a fact", () => {
  const cause = fc.constantFrom<Cause>("drift", "sound", "tones", "overlaps");
  const text = fc.string({ minLength: 1, maxLength: 20 });
  const range = fc.record({ fromMs: fc.nat(), toMs: fc.nat() });
  const suspected = { windowIds: fc.array(text), cause, ranges: fc.array(range) };
  const happened = { incidentId: text, at: fc.nat(), callId: text };
  const by = fc.constantFrom("time" as const, "sound" as const);
  const facts: fc.Arbitrary<IncidentFact> = fc.oneof(
    fc.record(
      {
        type: fc.constant("IncidentOpened" as const),
        ...happened,
        ...suspected,
        by,
        recorderId: fc.constant("main"),
        recordingId: fc.constant("r1"),
        earlier: text,
      },
      {
        requiredKeys: [
          "type",
          "incidentId",
          "at",
          "callId",
          "windowIds",
          "cause",
          "by",
          "ranges",
          "recorderId",
          "recordingId",
        ],
      },
    ),
    fc.record({ type: fc.constant("IncidentGrew" as const), ...happened, ...suspected, by }),
    fc.record(
      {
        type: fc.constantFrom("IncidentNoted" as const, "IncidentClosed" as const),
        ...happened,
        who: fc.constant("sue"),
        text,
        foundCause: text,
      },
      { requiredKeys: ["type", "incidentId", "at", "callId", "who", "text"] },
    ),
    fc.record({ type: fc.constant("RecordingFlagged" as const), ...happened, done: fc.boolean() }),
  );

  test("comes back from its entry as it was", () => {
    fc.assert(
      fc.property(facts, (fact) => {
        const actor = { id: "sue", kind: "supervisor", owner: "sue" } as const;
        const draft = draftOfFact(fact, {
          tenant: "acme",
          recorderId: "main",
          recordingId: "r1",
          ...("who" in fact ? { by: actor } : {}),
        });
        const raised = { ...draft, at: fact.at + 5, detail: { ...draft.detail, at: fact.at } };
        expect(factOfEntry(draft)).toEqual(fact);
        expect(factOfEntry(raised)).toEqual(fact);
      }),
    );
  });

  test("is not made of an entry of another kind or form", () => {
    const draft = draftOfFact(opened(), { tenant: "acme", recorderId: "main", recordingId: "r1" });
    expect(factOfEntry({ ...draft, type: "CallEnded" })).toBeUndefined();
    expect(factOfEntry({ ...draft, detail: {} })).toBeUndefined();
    const { recorderId: _, ...without } = draft;
    expect(factOfEntry(without)).toBeUndefined();
  });
});

describe("a book", () => {
  test("keeps every open incident and the closed ones that were closed last", () => {
    const book = openBook(2);
    for (let index = 1; index <= 6; index += 1) {
      book.take(opened(`i${index}`, { recordingId: `r${index}`, callId: `c${index}` }), index);
    }
    for (const index of [5, 1, 3]) {
      const closing = said("IncidentClosed", "done", { incidentId: `i${index}` });
      book.take(closing, 10 + index);
    }
    expect(book.all().map(({ incident }) => incident.incidentId)).toEqual([
      "i1",
      "i2",
      "i3",
      "i4",
      "i6",
    ]);
    expect([book.openCount(), book.forgets()]).toEqual([3, true]);
    expect(book.ofRecording("main", "r5")).toBeUndefined();
    expect(book.ofCall("c5")).toEqual([]);
    expect(book.ofCall("c3").map(({ state }) => state)).toEqual(["closed"]);
  });

  test("forgets an incident under every call that named it", () => {
    const book = openBook(0);
    book.take(opened("i1"), 1);
    book.take(grew({ callId: "c9" }), 2);
    expect(book.ofCall("c9")).toHaveLength(1);
    book.take(said("IncidentClosed", "done"), 3);
    expect([book.ofCall("c9"), book.ofCall(CALL)]).toEqual([[], []]);
  });

  test("names the newest incident of a recording, not one before", () => {
    const book = openBook();
    book.take(opened("i1"), 1);
    book.take(said("IncidentClosed", "done"), 2);
    book.take(opened("i2", { earlier: "i1" }), 3);
    expect(book.ofRecording("main", "r1")?.incident).toMatchObject({
      incidentId: "i2",
      state: "open",
      earlier: "i1",
    });
    expect(book.ofCall(CALL)).toHaveLength(2);
  });
});
