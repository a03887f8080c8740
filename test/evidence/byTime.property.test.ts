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

/** Plays the world through the core's own state: what is silent, and what the log was told. */
function played(w: World) {
  const h = history().registered(0);
  const marks = w.windows.flatMap(({ lengthMs: ms, openedAt }, index) => [
    { at: openedAt, what: "open" as const, id: `w${index}` },
    { at: openedAt + ms, what: "close" as const, id: `w${index}` },
  ]);
  const tap = { at: w.joinsAt, what: "tap" as const, id: "" };
  const queue: { at: number; what: "open" | "close" | "tap" | "settle"; id: string }[] = [
    tap,
    ...marks,
  ].toSorted((a, b) => a.at - b.at);
  const silences: Stretch[] = [];
  let silentSince: number | undefined;
  let isJoined = false;
  let settling = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { at, id, what } = next;
    const before = goal(h.state());
    if (what === "tap") {
      isJoined = true;
      h.tap(at).baselined(at, "recording");
    } else if (what === "open") h.opened(at, id);
    else if (what === "close") h.closed(at, id);
    else if (id === String(settling)) {
      h.reported(at, before === "paused" ? "paused" : "recording");
    }
    const now = goal(h.state());
    if (!isJoined || (before === now && what !== "tap") || (what === "tap" && now === "recording"))
      continue;
    settling += 1;
    const ms = now === "paused" ? w.confirmMs : w.resumeMs;
    const last = queue.findLastIndex((one) => one.at <= at + ms);
    queue.splice(last + 1, 0, { at: at + ms, what: "settle", id: String(settling) });
    const effectAt = at + Math.floor(ms * w.effect);
    // What took effect is what the next command finds.
    const undone = queue.find((one, index) => index <= last && one.what !== "tap" && flips(h, one));
    if (undone !== undefined && undone.at < effectAt) continue;
    if (now === "paused") silentSince ??= effectAt;
    else if (silentSince !== undefined) {
      silences.push({ from: silentSince, to: effectAt });
      silentSince = undefined;
    }
  }
  if (silentSince !== undefined) silences.push({ from: silentSince, to: CALL.to + 10_000 });
  return { told: toldBy(h.ending(CALL.to + 20_000).events), silences: union(silences) };
}

/** Whether this close or open changes what the call asks for. */
function flips(h: ReturnType<typeof history>, { id, what }: { id: string; what: string }): boolean {
  const open = Object.entries(h.state().windows).filter(([, one]) => one.state !== "closed");
  if (what === "open") return open.length === 0;
  return what === "close" && open.length === 1 && open[0]?.[0] === id;
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
  return { judgements, leaked, windows };
}

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
      { numRuns: 3_000 },
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
      { numRuns: 3_000 },
    );
    expect(seen).toBeGreaterThan(100);
  },
);
