/** A window against a recording, by the recording's own times. */
import { describe, expect, test } from "vitest";
import { judgeByTime } from "../../src/evidence/byTime.ts";
import type { Recording, TapInCall, WindowOnTap } from "../../src/evidence/evidence.ts";

const RULES = { toleranceMs: 500 };
const tapOf = (audio: TapInCall["audio"], more: Partial<TapInCall> = {}): TapInCall => ({
  tapId: "main:a",
  recorderId: "main",
  target: { reference: "a" },
  control: "pause",
  audio,
  from: 0,
  to: 100_000,
  wasSeen: true,
  ...more,
});
const windowOf = (tap: TapInCall, more: Partial<WindowOnTap> = {}): WindowOnTap => ({
  windowId: "w",
  tapId: tap.tapId,
  recorderId: tap.recorderId,
  targetKey: "a",
  target: tap.target,
  control: tap.control,
  audio: tap.audio,
  openedAt: 20_000,
  silentFrom: 20_000,
  until: 30_000,
  recordsBy: 30_000,
  drift: [],
  ...more,
});
const recording = (more: Partial<Recording> = {}): Recording => ({
  tapId: "main:a",
  recorderId: "main",
  recordingId: "r",
  startAt: 0,
  endAt: 100_000,
  durationMs: 90_000,
  withinMs: 100,
  closed: true,
  replyDigest: "0".repeat(64),
  ...more,
});
function judged(
  audio: TapInCall["audio"],
  window: Partial<WindowOnTap>,
  ...recordings: Partial<Recording>[]
) {
  const tap = tapOf(audio);
  const all = recordings.map((one, index) => recording({ recordingId: `r${index}`, ...one }));
  return judgeByTime({ tap, windows: [windowOf(tap, window)], recordings: all }, RULES);
}

describe("a gap", () => {
  test("fits a file that is shorter by the window, give or take what is stated", () => {
    expect(judged("gap", {}, { durationMs: 90_800 })).toMatchObject([
      { verdict: "consistent", by: "time", recordingId: "r0", toleranceMs: 1_600, ranges: [] },
    ]);
  });

  test("does not fit a file that is not shorter: where the window would be is told", () => {
    expect(judged("gap", {}, { durationMs: 100_000 })).toMatchObject([
      {
        verdict: "suspect",
        cause: "not_shortened",
        ranges: [{ fromMs: 19_400, toMs: 31_400 }],
      },
    ]);
  });

  test("does not fit a file that is shorter by too little", () => {
    expect(judged("gap", {}, { durationMs: 90_801 })).toMatchObject([
      { verdict: "suspect", cause: "not_shortened" },
    ]);
  });

  test("that is longer than the window, by another's pause, is nobody's leak", () => {
    expect(judged("gap", {}, { durationMs: 50_000 })).toMatchObject([{ verdict: "consistent" }]);
    // What else is missing could hide all of the window.
    const [short] = judged("gap", {}, { durationMs: 85_000 });
    expect(short).toMatchObject({ verdict: "consistent", toleranceMs: 10_000 });
  });

  test("counts two windows that overlap once, and places in the file come after earlier gaps", () => {
    const tap = tapOf("gap");
    const windows = [
      windowOf(tap),
      windowOf(tap, { windowId: "v", openedAt: 25_000, silentFrom: 25_000, until: 35_000 }),
      windowOf(tap, { windowId: "u", openedAt: 60_000, silentFrom: 60_000, until: 70_000 }),
    ].map((one) => ({ ...one, recordsBy: one.until === 70_000 ? 70_000 : 35_000 }));
    const fits = recording({ durationMs: 75_000 });
    const verdicts = judgeByTime({ tap, windows, recordings: [fits] }, RULES);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(Array(3).fill("consistent"));
    const leaks = recording({ durationMs: 85_000 });
    const found = judgeByTime({ tap, windows, recordings: [leaks] }, RULES);
    // 60 s into the call, 15 s of which are not in the file.
    expect(found[2]?.ranges).toEqual([{ fromMs: 44_400, toMs: 56_400 }]);
  });

  test("states what a slow confirmation and a slow resume let pass", () => {
    const slow = { openedAt: 18_000, recordsBy: 33_000 };
    expect(judged("gap", slow, { durationMs: 85_000 })).toMatchObject([
      { verdict: "consistent", toleranceMs: 6_600 },
    ]);
  });

  test("in a file whose length is not told is not judged by it: all of it might be heard", () => {
    const { durationMs: _, ...untold } = recording();
    const tap = tapOf("gap");
    const found = judgeByTime({ tap, windows: [windowOf(tap)], recordings: [untold] }, RULES);
    expect(found).toMatchObject([{ verdict: "consistent", toleranceMs: 10_000 }]);
  });
});

describe("a new file", () => {
  const before = { endAt: 19_800, durationMs: 19_800 };
  const after = { startAt: 30_100, endAt: 100_000, durationMs: 69_900 };
  test("on either side of the window fits", () => {
    expect(judged("new_file", {}, before, after).map(({ verdict }) => verdict)).toEqual([
      "consistent",
      "consistent",
    ]);
  });

  test("may reach into it by what clocks may differ by", () => {
    const found = judged(
      "new_file",
      {},
      { ...before, endAt: 20_600 },
      { ...after, startAt: 29_400 },
    );
    expect(found.map(({ toleranceMs, verdict }) => [verdict, toleranceMs])).toEqual([
      ["consistent", 1_200],
      ["consistent", 1_200],
    ]);
  });

  test("that reaches further is suspect there", () => {
    expect(judged("new_file", {}, { ...before, endAt: 21_000, durationMs: 21_000 })).toMatchObject([
      { verdict: "suspect", cause: "overlaps", ranges: [{ fromMs: 19_400, toMs: 21_000 }] },
    ]);
  });

  test("that begins and ends inside it is suspect however short", () => {
    const short = { startAt: 24_000, endAt: 24_200, durationMs: 200 };
    expect(judged("new_file", {}, short)).toMatchObject([{ verdict: "suspect" }]);
  });

  test("whose end is not told is suspect only where it begins inside", () => {
    const { endAt: _, durationMs: __, ...open } = recording();
    const tap = tapOf("new_file");
    const judge = (startAt: number) =>
      judgeByTime({ tap, windows: [windowOf(tap)], recordings: [{ ...open, startAt }] }, RULES);
    expect(judge(25_000)).toMatchObject([{ verdict: "suspect" }]);
    expect(judge(5_000)).toMatchObject([{ verdict: "consistent", toleranceMs: 10_000 }]);
  });
});

describe("silence", () => {
  test("in a file of the call's length is all that time can say", () => {
    expect(judged("silence", {}, { durationMs: 99_800 })).toMatchObject([
      { verdict: "consistent", toleranceMs: 10_000 },
    ]);
  });

  test("is missing from a file that is shorter", () => {
    expect(judged("silence", {}, { durationMs: 90_000 })).toMatchObject([
      { verdict: "missing", cause: "shortened", recordingId: "r0" },
    ]);
  });
});

describe("what the log itself says", () => {
  test.each(["gap", "silence", "new_file", "unknown"] as const)(
    "drift makes a recording of audio %s suspect there, whatever its length",
    (audio) => {
      const drift = [{ from: 24_000, to: 26_000 }];
      const [found] = judged(audio, { drift }, { durationMs: 100_000 });
      expect(found).toMatchObject({ verdict: "suspect", cause: "drift" });
      const at = audio === "gap" ? 20_000 : 24_000;
      expect(found?.ranges).toEqual([{ fromMs: at - 600, toMs: at + 2_600 }]);
    },
  );

  test("drift at a recording's very edge is in it, or in the next: clocks leave that open", () => {
    const drift = [{ from: 20_000, to: 20_300 }];
    const before = { endAt: 20_100, durationMs: 20_100 };
    const after = { startAt: 29_900, durationMs: 70_100 };
    expect(judged("new_file", { drift }, before, after)).toMatchObject([
      { verdict: "suspect", cause: "drift", ranges: [{ fromMs: 19_400, toMs: 20_100 }] },
      { verdict: "consistent" },
    ]);
    const late = { endAt: 19_700, durationMs: 19_700 };
    expect(judged("new_file", { drift }, late)).toMatchObject([
      { verdict: "suspect", ranges: [{ fromMs: 19_100, toMs: 19_700 }] },
    ]);
  });

  test("a window that was never secured makes a recording through it suspect", () => {
    const tap = tapOf("gap");
    const { silentFrom: _, ...never } = windowOf(tap);
    const found = judgeByTime({ tap, windows: [never], recordings: [recording()] }, RULES);
    expect(found).toMatchObject([{ verdict: "suspect", cause: "not_secured" }]);
  });

  test("a window that was never secured, and in which nothing was recorded, is consistent", () => {
    const tap = tapOf("gap");
    const { silentFrom: _, ...never } = windowOf(tap);
    const recordings = [recording({ startAt: 40_000, durationMs: 60_000 })];
    const found = judgeByTime({ tap, windows: [never], recordings }, RULES);
    expect(found).toMatchObject([{ verdict: "consistent" }]);
  });

  test("an optional recorder that was late while it was safe to collect is suspect there", () => {
    const exposed = [{ from: 20_000, to: 25_000 }];
    const late = { silentFrom: 25_000, exposed };
    expect(judged("gap", late, { durationMs: 95_000 })).toMatchObject([
      { verdict: "suspect", cause: "not_secured", ranges: [{ fromMs: 19_400, toMs: 25_600 }] },
    ]);
    const barely = { silentFrom: 20_400, exposed: [{ from: 20_000, to: 20_400 }] };
    expect(judged("gap", barely, {})).toMatchObject([{ verdict: "consistent" }]);
  });
});

describe("recordings", () => {
  const none = (more: Partial<TapInCall>) => {
    const tap = tapOf("gap", more);
    return judgeByTime({ tap, windows: [windowOf(tap)], recordings: [] }, RULES);
  };
  test("whose end nobody told, begun before the call was known, is the call's own", () => {
    const { endAt: _e, durationMs: _d, ...open } = recording({ startAt: -60_000 });
    const tap = tapOf("unknown", { control: "none", wasSeen: false });
    const told = judgeByTime({ tap, windows: [windowOf(tap)], recordings: [open] }, RULES);
    expect(told).toMatchObject([{ verdict: "consistent", recordingId: "r" }]);
  });

  test("that spans all of a call shorter than the clocks may differ is the call's own", () => {
    const tap = tapOf("silence", { from: 20_000, to: 20_400 });
    const window = windowOf(tap, { openedAt: 20_050, silentFrom: 20_060, until: 20_300 });
    const whole = recording({ startAt: 0, endAt: 40_000, durationMs: 40_000 });
    const told = judgeByTime({ tap, windows: [window], recordings: [whole] }, RULES);
    expect(told).toMatchObject([{ verdict: "consistent", recordingId: "r" }]);
  });

  test("where one should be and none is: missing", () => {
    const [found] = none({});
    expect(found).toMatchObject({ verdict: "missing", windowId: "w" });
    expect(found).not.toHaveProperty("recordingId");
  });

  test("of a witness that only testifies should always be", () => {
    expect(none({ control: "none", wasSeen: false })).toMatchObject([{ verdict: "missing" }]);
  });

  test("of a target that the recorder never had need not be", () => {
    expect(none({ wasSeen: false })).toMatchObject([{ verdict: "consistent" }]);
  });

  test("of the conversations before and after the call are not judged", () => {
    const earlier = { startAt: -90_000, endAt: 400, durationMs: 90_400 };
    const later = { startAt: 99_600, endAt: 190_000, durationMs: 90_400 };
    expect(judged("gap", {}, earlier, {}, later).map(({ recordingId }) => recordingId)).toEqual([
      "r1",
    ]);
  });

  test("a window that is open yet is not judged", () => {
    const tap = tapOf("gap");
    const { until: _, ...open } = windowOf(tap);
    expect(judgeByTime({ tap, windows: [open], recordings: [recording()] }, RULES)).toEqual([]);
  });

  test("time alone never says silent, and unknown audio stays unknown", () => {
    expect(judged("unknown", {}, { durationMs: 100_000 })).toMatchObject([
      { verdict: "consistent", toleranceMs: 10_000 },
    ]);
  });

  test("a tap that was left and came back has one judgement a window: the worst", () => {
    const tap = tapOf("gap");
    const windows = [
      windowOf(tap, { until: 24_000, recordsBy: 24_000 }),
      windowOf(tap, { silentFrom: 26_000, drift: [{ from: 27_000, to: 28_000 }] }),
    ];
    const recordings = [recording({ durationMs: 92_000 })];
    const found = judgeByTime({ tap, windows, recordings }, RULES);
    expect(found).toMatchObject([{ windowId: "w", verdict: "suspect", cause: "drift" }]);
  });
});
