/** Keyed digits: found, counted, and never told apart. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordingOf, windowOf } from "../../../bench/evidence/cases.ts";
import {
  between,
  digits,
  mix,
  noise,
  seeded,
  silence,
  speech,
  tone,
} from "../../../bench/evidence/synth.ts";
import { wavFile } from "../../../bench/evidence/wavFile.ts";
import { type Heard, hear } from "../../../src/evidence/sound/heard.ts";
import { judgeSound } from "../../../src/evidence/sound/judge.ts";
import { tonesTold } from "../../../src/evidence/sound/keyed.ts";
import { picture } from "../../../src/evidence/sound/picture.ts";
import { soundReport } from "../../../src/evidence/sound/report.ts";

const RATE = 8_000;

async function heardIn(channels: readonly Float32Array[], rateHz = RATE): Promise<Heard> {
  const heard = await hear([wavFile(channels, { rateHz })]);
  if (heard.kind === "unheard") throw new Error(heard.detail);
  return heard;
}

describe("every digit is counted", () => {
  const rates = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000];
  const cases = rates.flatMap((rateHz) => [-10, -20, -30].map((db) => [db, rateHz] as const));
  test.each(cases)("at %i dBFS and %i Hz, from 40 ms on", async (db, rateHz) => {
    const random = seeded(rateHz + db);
    for (const toneMs of [40, 50, 100]) {
      const keys = Array.from({ length: 16 }, (_, key) => key);
      const pauseMs = between(random, 40, 80);
      const out = noise(random, "white", 3_500, rateHz, -60);
      const twistDb = between(random, -6, 6);
      mix(out, digits({ keys, toneMs, pauseMs, db, twistDb }, rateHz), 300 * random(), rateHz);
      expect((await heardIn([out], rateHz)).tones.length, `${toneMs} ms`).toBe(16);
    }
  });

  test("in the channel it is in, while the other one speaks", async () => {
    for (const quiet of [0, 1]) {
      const random = seeded(quiet);
      const channels = [speech(random, 3_000, RATE), speech(random, 3_000, RATE)];
      const one = channels[quiet] as Float32Array;
      one.fill(0);
      mix(one, digits({ keys: [4, 4, 7, 2], toneMs: 70, pauseMs: 70, db: -25 }, RATE), 800, RATE);
      expect((await heardIn(channels)).tones.length).toBe(4);
    }
  });

  test("once, where both channels hold it", async () => {
    const one = new Float32Array(2 * RATE);
    mix(one, digits({ keys: [1, 1, 1], toneMs: 80, pauseMs: 60, db: -20 }, RATE), 400, RATE);
    expect((await heardIn([one, one.map((value) => value / 3)])).tones.length).toBe(3);
  });

  test("up to a bound", async () => {
    const keys = Array.from({ length: 20 }, (_, key) => key % 16);
    const file = wavFile([digits({ keys, toneMs: 60, pauseMs: 60, db: -20 }, RATE)], {
      rateHz: RATE,
    });
    const heard = await hear([file], { toneCountMax: 7 });
    expect(heard).toMatchObject({ kind: "heard" });
    expect(heard.kind === "heard" && heard.tones.length).toBe(7);
  });

  test("between words", async () => {
    const out = speech(seeded(5), 8_000, RATE);
    silence(out, 2_000, 3_000, RATE);
    mix(out, digits({ keys: [9, 8, 7], toneMs: 90, pauseMs: 90, db: -30 }, RATE), 2_200, RATE);
    expect((await heardIn([out])).tones.length).toBe(3);
  });
});

describe("what is no digit is not counted", () => {
  test("speech", async () => {
    for (let seed = 0; seed < 12; seed += 1) {
      const rateHz = seed % 2 === 0 ? 8_000 : 22_050;
      expect((await heardIn([speech(seeded(seed), 20_000, rateHz)], rateHz)).tones).toEqual([]);
    }
  });

  const others: readonly (readonly [string, readonly number[]])[] = [
    ["a single tone of a low group", [770]],
    ["a dial tone", [350, 440]],
    ["a busy tone", [480, 620]],
    ["a fax", [1_100]],
    ["a tone and its octave", [697, 1_394]],
    ["two tones of one group", [697, 941]],
  ];
  test.each(others)("%s", async (_, tones) => {
    const out = new Float32Array(2 * RATE);
    for (const hz of tones) mix(out, tone(hz, 500, RATE, -20), 500, RATE);
    expect((await heardIn([out])).tones).toEqual([]);
  });

  test("a digit of 26 ms, wherever it begins", async () => {
    for (let startMs = 0; startMs < 10; startMs += 0.5) {
      const out = new Float32Array(RATE);
      mix(
        out,
        digits({ keys: [1, 2, 3], toneMs: 26, pauseMs: 104, db: -15 }, RATE),
        100 + startMs,
        RATE,
      );
      expect((await heardIn([out])).tones, `${startMs} ms`).toEqual([]);
    }
  });

  test("three tones, two of them of one group and nearly as loud", async () => {
    for (const hz of [
      [1_336, 697, 941],
      [770, 1_209, 1_477],
    ] as const) {
      const out = new Float32Array(2 * RATE);
      for (const [index, one] of hz.entries()) {
        mix(out, tone(one, 300, RATE, [-20, -28, -30][index] ?? -20), 500, RATE);
      }
      expect((await heardIn([out])).tones, `${hz[0]} Hz`).toEqual([]);
    }
  });
});

test("a report and a picture are the same, whichever digits were keyed", async () => {
  const told = async (keys: readonly number[]): Promise<string> => {
    const channel = speech(seeded(1), 12_000, RATE);
    silence(channel, 3_000, 9_000, RATE);
    const keyed = digits({ keys, toneMs: 75, pauseMs: 65, db: -18 }, RATE);
    mix(channel, keyed, 4_300, RATE);
    const heard = await heardIn([channel]);
    const recording = recordingOf(1_000_000, 12_000, 0);
    const window = windowOf(1_003_000, 1_003_100, 1_008_900);
    const judged = judgeSound(heard, recording, [window], { clockMs: 500 });
    const report = soundReport(heard, recording, judged, "0".repeat(64));
    expect(report.judgements[0]).toMatchObject({ verdict: "suspect", cause: "tones" });
    return JSON.stringify(report) + picture("c1", [{ recording, heard, judged }]);
  };
  const first = await told([4, 5, 3, 9, 1, 4, 8, 8, 0, 3, 4, 3, 6, 4, 6, 7]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 15 }), { minLength: 16, maxLength: 16 }),
      async (keys) => {
        expect(await told(keys)).toBe(first);
      },
    ),
    { numRuns: 25 },
  );
});

test("a picture has a plain band where digits were keyed, and no waveform", async () => {
  const channel = speech(seeded(1), 10_000, RATE);
  mix(
    silenced(channel),
    digits({ keys: [1, 2, 3], toneMs: 80, pauseMs: 90, db: -18 }, RATE),
    4_000,
    RATE,
  );
  const heard = await heardIn([channel]);
  const recording = recordingOf(1_000_000, 10_000, 0);
  const drawn = picture("c1", [{ recording, heard, judged: { judgements: [], laid: [] } }]);
  const columns = [...drawn.matchAll(/M([\d.]+) /g)].map(([, x]) => Number(x));
  expect(columns.length).toBeGreaterThan(20);
  // 1,000 wide, from 20 on: ten seconds.
  expect(columns.filter((x) => x >= 420 && x < 470)).toEqual([]);
  expect(drawn).toMatch(
    /class="keys"[^>]*><title>keyed digits: 3\.9 s|class="keys"[^>]*><title>keyed digits: 4\.0 s/,
  );
});

const silenced = (channel: Float32Array): Float32Array => {
  silence(channel, 3_900, 4_700, RATE);
  return channel;
};

test("what is told has no range for a single digit, and no pause between two", () => {
  const tones = [0, 130, 300, 390, 5_000, 40_000].map((fromMs) => ({ fromMs, toMs: fromMs + 60 }));
  expect(tonesTold(tones)).toEqual({
    count: 6,
    ranges: [
      { fromMs: 0, toMs: 5_100 },
      { fromMs: 40_000, toMs: 40_100 },
    ],
  });
});
