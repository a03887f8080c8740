/** What a call of very many windows costs: nothing that grows with their square. */
import { expect, test } from "vitest";
import { judgeByTime } from "../../src/evidence/byTime.ts";
import { lengthMs, union, within, without } from "../../src/evidence/stretches.ts";
import type { CallEvent } from "../../src/control/events.ts";
import type { WindowOnTap } from "../../src/evidence/evidence.ts";
import { toldBy } from "../../src/evidence/windows.ts";
import * as fc from "fast-check";
import { history } from "./history.ts";

const FAR = 1e12;

/** A call of so many windows of 50 ms, one every 100 ms. */
function eventsOf(count: number): readonly CallEvent[] {
  const events = [...history().registered(0).tap(0).baselined(1, "recording").events];
  const reported = (at: number, turn: number, status: "paused" | "recording"): CallEvent => ({
    type: "RecorderReported",
    tapId: "main:a",
    recorderId: "main",
    status,
    confirmedBy: "read_back",
    turn,
    goal: status,
    askedAt: at,
    attempts: 1,
    confirmDueBy: FAR,
    at,
  });
  for (let index = 0; index < count; index += 1) {
    const at = 100 * index + 10;
    const windowId = `w${index}`;
    events.push(
      {
        type: "WindowOpened",
        windowId,
        owner: "pay",
        expiresAt: FAR,
        expiresAtMax: FAR,
        baselineAfter: 0,
        baselineBy: at,
        confirmDueBy: FAR,
        at,
      },
      reported(at + 5, 2 * index + 1, "paused"),
      { type: "WindowClosed", windowId, confirmDueBy: FAR, at: at + 50 },
      reported(at + 60, 2 * index + 2, "recording"),
    );
  }
  return events;
}

test("a call of ten thousand windows is read and judged, each window by itself", () => {
  const count = 10_000;
  const { taps, windows } = toldBy(eventsOf(count));
  expect(windows).toHaveLength(count);
  const [tap] = taps;
  if (tap === undefined) throw new Error("no tap");
  const recording = {
    tapId: "main:a",
    recorderId: "main",
    recordingId: "r",
    startAt: 0,
    endAt: 100 * count,
    withinMs: 0,
    closed: true,
    replyDigest: "",
  };
  const judge = (durationMs: number, of: readonly WindowOnTap[] = windows) =>
    judgeByTime(
      { tap, windows: of, recordings: [{ ...recording, durationMs }] },
      { toleranceMs: 0 },
    );
  const fits = judge(55 * count);
  expect(new Set(fits.map(({ verdict }) => verdict))).toEqual(new Set(["consistent"]));
  const leaks = judge(55 * count + 1);
  expect(new Set(leaks.map(({ verdict }) => verdict))).toEqual(new Set(["suspect"]));
  // The last window's place comes after ten thousand gaps of 45 ms but one.
  expect(leaks.at(-1)?.ranges[0]?.toMs).toBeGreaterThan(55 * (count - 1));
});

test("stretches are taken from stretches, moment for moment", () => {
  const some = fc.array(
    fc.tuple(fc.nat(30), fc.nat(10)).map(([from, length]) => ({ from, to: from + length })),
    { maxLength: 6 },
  );
  const isIn = (all: readonly { from: number; to: number }[], at: number) =>
    all.some(({ from, to }) => from <= at && at < to);
  fc.assert(
    fc.property(some, some, (these, those) => {
      const left = without(these, those);
      for (let at = 0; at < 45; at += 1) {
        expect(isIn(left, at)).toBe(isIn(these, at) && !isIn(those, at));
        expect(isIn(union(these), at)).toBe(isIn(these, at));
        expect(isIn(within(these, { from: 5, to: 20 }), at)).toBe(
          isIn(these, at) && at >= 5 && at < 20,
        );
      }
      for (const [index, one] of left.entries()) {
        expect(one.to).toBeGreaterThan(one.from);
        expect(one.from).toBeGreaterThan(left[index - 1]?.to ?? -1);
      }
      expect(lengthMs(left)).toBe(left.reduce((sum, { from, to }) => sum + to - from, 0));
    }),
  );
});
