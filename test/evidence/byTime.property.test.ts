/**
 * A recorder whose every moment is known, with windows that overlap as they like, slow and late
 * confirmations, taps that join late and clocks that differ: what it truly recorded against what is
 * judged of it.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { goal } from "../../src/control/conclude.ts";
import { judgeByTime } from "../../src/evidence/byTime.ts";
import type { Judgement, Recording, Stretch } from "../../src/evidence/evidence.ts";
import { lengthMs, union, within, without } from "../../src/evidence/stretches.ts";
import { toldBy } from "../../src/evidence/windows.ts";
import { history } from "./history.ts";

const TOLERANCE_MS = 800;
const RUN_COUNT = Number(process.env["RUN_COUNT"] ?? 1_000);
const CALL: Stretch = { from: 0, to: 200_000 };

const moment = (max: number) => fc.integer({ min: 0, max });
const world = fc.record({
  windows: fc.array(
    fc.record({ openedAt: moment(170_000), lengthMs: fc.integer({ min: 200, max: 40_000 }) }),
    { minLength: 1, maxLength: 4 },
  ),
  joinsAt: fc.oneof(fc.constant(0), moment(120_000)),
  confirmMs: fc.integer({ min: 10, max: 4_000 }),
  resumeMs: fc.integer({ min: 10, max: 4_000 }),
  /** At which part of these it took effect. */
  effect: fc.double({ min: 0, max: 1, noNaN: true }),
  /** Whether, and for how long from its confirmation, it records in a window unseen. */
  leak: fc.option(
    fc.record({
      window: moment(3),
      afterMs: moment(20_000),
      ms: fc.integer({ min: 1, max: 30_000 }),
    }),
    { nil: undefined },
  ),
  cuts: fc.array(moment(200_000), { maxLength: 3 }),
  clockMs: fc.integer({ min: -TOLERANCE_MS, max: TOLERANCE_MS }),
  withinMs: fc.integer({ min: 0, max: 500 }),
  noise: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 60, maxLength: 60 }),
});
type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

interface Mark {
  readonly at: number;
  readonly what: "open" | "close" | "tap" | "effect" | "settle";
  readonly id: string;
}

/** Plays the world through the core's own state: what is silent, and what the log was told. */
function played(w: World) {
  const h = history().registered(0);
  const queue: Mark[] = [{ at: w.joinsAt, what: "tap", id: "" }];
  const add = (mark: Mark): void => {
    queue.splice(queue.findLastIndex(({ at }) => at <= mark.at) + 1, 0, mark);
  };
  w.windows.forEach(({ lengthMs: ms, openedAt }, index) => {
    add({ at: openedAt, what: "open", id: `w${index}` });
    add({ at: openedAt + ms, what: "close", id: `w${index}` });
  });
  queue.sort((a, b) => a.at - b.at);
  const silences: Stretch[] = [];
  let silentSince: number | undefined;
  let isJoined = false;
  let command = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { at, id, what } = next;
    const before = goal(h.state());
    // A command that was overtaken by another never takes effect, and confirms nothing.
    const isCurrent = id === String(command);
    if (what === "open") h.opened(at, id);
    if (what === "close") h.closed(at, id);
    if (what === "settle" && isCurrent) {
      h.reported(at, before === "paused" ? "paused" : "recording");
    }
    if (what === "effect" && isCurrent && before === "paused") silentSince ??= at;
    if (what === "effect" && isCurrent && before === "recording" && silentSince !== undefined) {
      silences.push({ from: silentSince, to: at });
      silentSince = undefined;
    }
    if (what === "tap") {
      isJoined = true;
      h.tap(at).baselined(at, "recording");
    }
    const now = goal(h.state());
    const isAsked = what === "tap" ? now === "paused" : isJoined && before !== now;
    if (!isAsked) continue;
    command += 1;
    const ms = now === "paused" ? w.confirmMs : w.resumeMs;
    add({ at: at + Math.floor(ms * w.effect), what: "effect", id: String(command) });
    add({ at: at + ms, what: "settle", id: String(command) });
  }
  if (silentSince !== undefined) silences.push({ from: silentSince, to: CALL.to + 10_000 });
  return { told: toldBy(h.ending(CALL.to + 20_000).events), silences: union(silences) };
}

function recordingsOf(w: World, audio: "gap" | "new_file", recorded: readonly Stretch[]) {
  const noise = [...w.noise];
  const off = (): number => Math.round((noise.pop() ?? 0) * w.withinMs);
  const edges = [CALL.from, ...w.cuts.toSorted((a, b) => a - b), CALL.to];
  const parts = edges.slice(1).map((to, index) => ({ from: edges[index] ?? 0, to }));
  const spans = audio === "gap" ? parts : [...within(recorded, CALL)];
  return spans
    .filter(({ from, to }) => to > from)
    .slice(0, 18)
    .map((span, index): Recording & { readonly span: Stretch } => ({
      tapId: "main:a",
      recorderId: "main",
      recordingId: `r${index}`,
      startAt: span.from + w.clockMs + off(),
      endAt: span.to + w.clockMs + off(),
      durationMs: Math.max(0, lengthMs(within(recorded, span)) + off()),
      withinMs: w.withinMs,
      closed: true,
      replyDigest: "",
      span,
    }));
}

function tried(w: World, audio: "gap" | "new_file") {
  const { silences, told } = played(w);
  const windows = told.windows.map((window) => ({ ...window, audio }));
  const [tap] = told.taps;
  if (tap === undefined) throw new Error("no tap");
  const leaks = (w.leak === undefined ? [] : [w.leak]).flatMap(({ afterMs, ms, window }) => {
    const one = windows[window % Math.max(1, windows.length)];
    if (one?.silentFrom === undefined) return [];
    return [{ from: one.silentFrom + afterMs, to: one.silentFrom + afterMs + ms }];
  });
  const recorded = union([...without([CALL], silences), ...within(leaks, CALL)]);
  const recordings = recordingsOf(w, audio, recorded);
  const judgements = judgeByTime(
    { tap: { ...tap, audio }, windows, recordings },
    { toleranceMs: TOLERANCE_MS },
  );
  /** What was recorded of what the log calls silent, in one window and one recording. */
  const leaked = ({ recordingId, windowId }: Judgement): number => {
    const window = windows.find((one) => one.windowId === windowId);
    const span = recordings.find((one) => one.recordingId === recordingId)?.span;
    if (window?.silentFrom === undefined || span === undefined) return 0;
    const claimed = { from: window.silentFrom, to: window.until ?? CALL.to };
    return lengthMs(within(within(recorded, claimed), span));
  };
  /** Where in the file, as it truly is, lies what leaked of what the log calls silent. */
  const placesOfLeak = ({ recordingId, windowId }: Judgement): readonly Stretch[] => {
    const span = recordings.find((one) => one.recordingId === recordingId)?.span;
    if (span === undefined) return [];
    const window = windows.find((one) => one.windowId === windowId);
    if (window?.silentFrom === undefined) return [];
    const claimed = { from: window.silentFrom, to: window.until ?? CALL.to };
    const inFile = (at: number) => lengthMs(within(recorded, { from: span.from, to: at }));
    return leaks
      .flatMap((leak) => within(within([leak], claimed), span))
      .map(({ from, to }) => ({ from: inFile(from), to: inFile(to) }));
  };
  return { judgements, leaked, placesOfLeak, windows };
}

/** Whether some of them lies further than `ms` from every range. */
const lacks = (places: readonly Stretch[], ranges: Judgement["ranges"], ms: number): boolean => {
  const told = ranges.map(({ fromMs, toMs }) => ({ from: fromMs - ms, to: toMs + ms }));
  return lengthMs(without(places, told)) > 0;
};

test.each(["gap", "new_file"] as const)(
  "%s: nothing is suspect where nothing leaked, whatever clocks and rounding do",
  (audio) => {
    fc.assert(
      fc.property(world, (w) => {
        const { judgements, windows } = tried({ ...w, leak: undefined }, audio);
        const suspect = judgements.filter(({ verdict }) => verdict === "suspect");
        // A window that was never confirmed is suspect by the log's own word.
        const wrong = suspect.filter(
          ({ windowId }) =>
            windows.find((one) => one.windowId === windowId)?.silentFrom !== undefined,
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: RUN_COUNT },
    );
  },
);

test.each(["gap", "new_file"] as const)(
  "%s: no leak longer than what is stated is called consistent",
  (audio) => {
    let seen = 0;
    fc.assert(
      fc.property(world, (w) => {
        const { judgements, leaked } = tried(w, audio);
        for (const one of judgements) {
          if (leaked(one) <= one.toleranceMs) continue;
          seen += 1;
          expect(one.verdict).toBe("suspect");
        }
      }),
      { numRuns: RUN_COUNT },
    );
    expect(seen).toBeGreaterThan(100);
  },
);

test.each(["gap", "new_file"] as const)("%s: a leak lies in the ranges that are told", (audio) => {
  let seen = 0;
  fc.assert(
    fc.property(world, (w) => {
      const { judgements, leaked, placesOfLeak } = tried(w, audio);
      for (const one of judgements) {
        if (leaked(one) <= one.toleranceMs) continue;
        const places = placesOfLeak(one);
        seen += 1;
        const all = judgements.filter(({ recordingId }) => recordingId === one.recordingId);
        const ranges = all.flatMap((other) => other.ranges);
        // A file's end, where ranges end, is told with the recorder's own rounding.
        const isLacking = lacks(places, ranges, 1 + w.withinMs);
        expect([isLacking, places, ranges]).toEqual([false, places, ranges]);
      }
    }),
    { numRuns: RUN_COUNT },
  );
  expect(seen).toBeGreaterThan(100);
});
