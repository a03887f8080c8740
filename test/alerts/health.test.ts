import { array, assert, boolean, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { type Judged, judge, type Look, presumed, type Turn } from "../../src/alerts/health.ts";

const RULES = { failureCountMin: 2, successCountMin: 2 };
const look = (ok: boolean, at: number): Look => (ok ? { ok, at } : { ok, at, cause: `c${at}` });

function turnsOf(looks: readonly boolean[], rules = RULES): readonly Turn[] {
  let judged: Judged = presumed({ healthy: true });
  return looks.flatMap((ok, at) => {
    const next = judge(judged, look(ok, at), rules);
    judged = next.judged;
    return next.turn === undefined ? [] : [next.turn];
  });
}

test("a failure begins with the first bad look of its row, and ends with the first good one", () => {
  expect(turnsOf([true, false, false, false, true, false, true, true])).toEqual([
    { type: "down", since: 1, cause: "c2" },
    { type: "recovered", since: 1, until: 6, cause: "c2" },
  ]);
});

test("what flaps changes nothing", () => {
  expect(turnsOf([false, true, false, true, false, true])).toEqual([]);
});

test("failures and recoveries take turns, and none is without its row", () => {
  assert(
    property(
      array(boolean(), { maxLength: 60 }),
      integer({ min: 1, max: 4 }),
      integer({ min: 1, max: 4 }),
      (looks, failureCountMin, successCountMin) => {
        const turns = turnsOf(looks, { failureCountMin, successCountMin });
        turns.forEach((turn, index) => {
          expect(turn.type).toBe(index % 2 === 0 ? "down" : "recovered");
          const from = turn.type === "down" ? turn.since : turn.until;
          const count = turn.type === "down" ? failureCountMin : successCountMin;
          const row = looks.slice(from, from + count);
          expect(row).toEqual(Array.from({ length: count }, () => turn.type === "recovered"));
        });
      },
    ),
  );
});
