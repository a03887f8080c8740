/** What is said of a window by what is heard in it, and where that is not enough. */
import { describe, expect, test } from "vitest";
import { makeCase, recordingOf, windowOf } from "../../../bench/evidence/cases.ts";
import {
  cut,
  digits,
  mix,
  noise,
  seeded,
  silence,
  speech,
  tone,
} from "../../../bench/evidence/synth.ts";
import { wavFile } from "../../../bench/evidence/wavFile.ts";
import type { Recording, WindowOnTap } from "../../../src/evidence/evidence.ts";
import { type Heard, hear } from "../../../src/evidence/sound/heard.ts";
import { judgeSound } from "../../../src/evidence/sound/judge.ts";

const RATE = 8_000;
const START = 1_700_000_000_000;
const EXACT = { clockMs: 0 };

async function heardIn(...channels: readonly Float32Array[]): Promise<Heard> {
  const heard = await hear([wavFile(channels, { rateHz: RATE })]);
  if (heard.kind === "unheard") throw new Error(heard.detail);
  return heard;
}

/** Twenty seconds of speech, silent from the 6th to the 12th. */
function muted(seed = 1): Float32Array {
  const out = speech(seeded(seed), 20_000, RATE);
  silence(out, 6_000, 12_000, RATE);
  return out;
}
const file = recordingOf(START, 20_000, 0);
const at = (fromMs: number, toMs: number, audio?: WindowOnTap["audio"]): WindowOnTap =>
  windowOf(START + fromMs, START + fromMs, START + toMs, audio);

async function verdictOf(
  channel: Float32Array | readonly Float32Array[],
  windows: readonly WindowOnTap[],
  { clockMs = 0, recording = file }: { clockMs?: number; recording?: Recording } = {},
) {
  const heard = await heardIn(...(Array.isArray(channel) ? channel : [channel as Float32Array]));
  return judgeSound(heard, recording, windows, { clockMs }).judgements;
}

test("a damaged MP3 is never called silent: what is broken is heard as silence", async () => {
  const heard = await heardIn(muted());
  const of = (change: Partial<Heard>) =>
    judgeSound({ ...heard, ...change }, file, [at(6_000, 12_000)], EXACT).judgements[0];
  expect(of({ codec: "mp3" })?.verdict).toBe("silent");
  expect(of({ codec: "mp3", truncated: true })).toMatchObject({
    verdict: "consistent",
    toleranceMs: 6_000,
  });
  // What a WAV lacks is its end.
  expect(of({ truncated: true })?.verdict).toBe("silent");
});

// The limit is generous: looked at anew for each shift, two hours of frames took many minutes.
test("two hours in which no window fits are judged all the same", { timeout: 60_000 }, () => {
  const durationMs = 2 * 3_600_000;
  const dice = seeded(7);
  const levels = Uint8Array.from({ length: durationMs / 20 }, () => 60 + Math.floor(dice() * 120));
  const heard: Heard = {
    kind: "heard",
    codec: "pcm16",
    sampleRateHz: RATE,
    channelCount: 2,
    durationMs,
    truncated: false,
    levels: [levels, levels],
    tones: [],
  };
  const windows = Array.from({ length: 20 }, (_, index) =>
    at(index * 300_000 + 10_000, index * 300_000 + 30_000),
  );
  const recording = recordingOf(START, durationMs, 5_000);
  const { judgements } = judgeSound(heard, recording, windows, { clockMs: 2_000 });
  expect(new Set(judgements.map(({ verdict }) => verdict))).toEqual(new Set(["suspect"]));
});

describe("on the corpus", () => {
  const COUNT = 120;

  test("no leak of 100 ms or more is missed, and no digital silence is suspect", async () => {
    const wrong: string[] = [];
    let leaks = 0;
    for (let index = 0; index < COUNT; index += 1) {
      const one = makeCase(5_000 + index, { rates: [8_000, 11_025, 16_000] });
      const heard = await hear([one.file()]);
      if (heard.kind === "unheard") throw new Error(heard.detail);
      const [judgement] = judgeSound(heard, one.recording, [one.window], one).judgements;
      const isSuspect = judgement?.verdict === "suspect";
      const expected = one.leak !== undefined || one.isCardOutside;
      if (one.leak !== undefined) leaks += 1;
      if (isSuspect !== expected) wrong.push(`${one.name}: ${judgement?.verdict ?? "none"}`);
    }
    expect(wrong).toEqual([]);
    expect(leaks).toBe(COUNT / 2);
  });
});

describe("silence in a file", () => {
  test("is silent where it is, and no more is claimed than the clocks let be known", async () => {
    const [one] = await verdictOf(muted(), [at(6_000, 12_000)]);
    expect(one).toMatchObject({ verdict: "silent", ranges: [], by: "sound", recordingId: "rec-1" });
    expect(one?.toleranceMs).toBe(100);
    // Half a second at the window's start, and a silence that goes on for as long after its end.
    const late = speech(seeded(1), 20_000, RATE);
    silence(late, 6_500, 12_500, RATE);
    const [other] = await verdictOf(late, [at(6_000, 12_000)], { clockMs: 1_000 });
    expect(other?.verdict).toBe("silent");
    expect(other?.toleranceMs).toBeGreaterThanOrEqual(500);
  });

  test("a leak at the very edge of a window is heard where the clocks are exact", async () => {
    for (const fromMs of [6_000, 11_850]) {
      const channel = muted();
      mix(channel, tone(440, 150, RATE, -30), fromMs, RATE);
      const [one] = await verdictOf(channel, [at(6_000, 12_000)], EXACT);
      expect(one).toMatchObject({ verdict: "suspect", cause: "sound" });
    }
  });

  test("ranges say where, to a tenth of a second, outwards", async () => {
    const channel = muted();
    mix(channel, tone(440, 250, RATE, -30), 7_330, RATE);
    mix(channel, tone(440, 250, RATE, -30), 10_130, RATE);
    const [one] = await verdictOf(channel, [at(6_000, 12_000)]);
    expect(one?.ranges).toEqual([
      { fromMs: 7_300, toMs: 7_600 },
      { fromMs: 10_100, toMs: 10_400 },
    ]);
  });

  test("ranges are as many as may be told, and cover all that was found", async () => {
    const channel = new Float32Array(120 * RATE);
    for (let atMs = 1_000; atMs < 119_000; atMs += 1_000) {
      mix(channel, tone(440, 200, RATE, -30), atMs, RATE);
    }
    const recording = recordingOf(START, 120_000, 0);
    const [one] = await verdictOf(channel, [at(500, 119_500)], { recording });
    expect(one?.verdict).toBe("suspect");
    expect(one?.ranges.length).toBeLessThanOrEqual(50);
    expect(one?.ranges[0]?.fromMs).toBe(1_000);
    expect(one?.ranges.at(-1)?.toMs).toBe(118_200);
  });

  test("one click is no sound", async () => {
    const channel = muted();
    channel[9 * RATE] = 0.9;
    expect(await verdictOf(channel, [at(6_000, 12_000)])).toMatchObject([{ verdict: "silent" }]);
  });

  test("a leak in one channel alone is found", async () => {
    for (const which of [0, 1]) {
      const channels = [muted(1), muted(2)];
      mix(channels[which] as Float32Array, tone(900, 200, RATE, -35), 8_000, RATE);
      const [one] = await verdictOf(channels, [at(6_000, 12_000)]);
      expect(one).toMatchObject({ verdict: "suspect", cause: "sound" });
    }
  });

  test("a steady tone through the whole window is no noise floor, though it is all there is", async () => {
    const steady = tone(440, 20_000, RATE, -25);
    expect(await verdictOf(steady, [at(6_000, 12_000)])).toMatchObject([{ verdict: "suspect" }]);
  });

  test("a steady sound is silence up to the line's own floor, and no louder", async () => {
    for (const [db, verdict] of [
      [-58, "silent"],
      [-52, "suspect"],
      [-46, "suspect"],
      [-42.5, "suspect"],
    ] as const) {
      const channel = muted();
      mix(channel, tone(440, 6_000, RATE, db), 6_000, RATE);
      const [one] = await verdictOf(channel, [at(6_000, 12_000)]);
      expect(one?.verdict, `${db} dBFS`).toBe(verdict);
    }
    const hissing = muted();
    mix(hissing, noise(seeded(2), "white", 20_000, RATE, -50), 0, RATE);
    const [one] = await verdictOf(hissing, [at(6_000, 12_000)]);
    expect(one).toMatchObject({ verdict: "silent" });
  });

  test("a loud hiss in the window is not taken for comfort noise", async () => {
    const channel = muted();
    mix(channel, noise(seeded(2), "white", 6_000, RATE, -40), 6_000, RATE);
    expect(await verdictOf(channel, [at(6_000, 12_000)])).toMatchObject([{ verdict: "suspect" }]);
  });

  test("a window that the file ends in is consistent at best: not all of it was heard", async () => {
    const short = cut(muted(), 0, 9_000, RATE);
    const [one] = await verdictOf(short, [at(6_000, 12_000)]);
    expect(one).toMatchObject({ verdict: "consistent" });
  });

  test("a window that is still open is judged to the file's end", async () => {
    const channel = cut(muted(), 0, 12_000, RATE);
    const open = { ...at(6_000, 12_000) };
    delete (open as { until?: number }).until;
    const recording = { ...recordingOf(START, 12_000, 0) };
    expect(await verdictOf(channel, [open], { recording })).toMatchObject([{ verdict: "silent" }]);
    mix(channel, tone(300, 200, RATE, -30), 11_000, RATE);
    expect(await verdictOf(channel, [open], { recording })).toMatchObject([{ verdict: "suspect" }]);
  });

  test("a window that never was confirmed silent is judged from its opening on", async () => {
    const unsecured = { ...at(4_000, 12_000) };
    delete (unsecured as { silentFrom?: number }).silentFrom;
    const [one] = await verdictOf(muted(), [unsecured]);
    expect(one).toMatchObject({ verdict: "suspect", cause: "sound" });
    expect(one?.ranges[0]?.fromMs).toBeLessThan(5_000);
    expect(one?.ranges.at(-1)?.toMs).toBe(6_000);
  });

  test("windows that the recording does not reach are not judged by it", async () => {
    expect(await verdictOf(muted(), [at(-9_000, -2_000), at(25_000, 30_000)])).toEqual([]);
    const other = { ...at(6_000, 12_000), tapId: "t2" };
    expect(await verdictOf(muted(), [other])).toEqual([]);
  });
});

describe("a recorder's clock that is off", () => {
  const shifted = (ms: number): Recording => ({ ...file, startAt: START + ms });

  test.each([-900, -400, 400, 900])("by %i ms is found from the file itself", async (ms) => {
    const recording = shifted(ms);
    const options = { recording, clockMs: 1_000 };
    const [one] = await verdictOf(muted(), [at(6_000, 12_000)], options);
    expect(one).toMatchObject({ verdict: "silent" });
  });

  test("by more than is allowed is suspect, and so is a silence that is too short", async () => {
    const far = await verdictOf(muted(), [at(6_000, 12_000)], {
      recording: shifted(1_500),
      clockMs: 1_000,
    });
    expect(far).toMatchObject([{ verdict: "suspect", cause: "sound" }]);
    const long = await verdictOf(muted(), [at(6_000, 13_000)], { clockMs: 1_000 });
    expect(long).toMatchObject([{ verdict: "suspect", cause: "sound" }]);
  });

  test("is one clock: two windows cannot be shifted apart", async () => {
    const channel = speech(seeded(4), 20_000, RATE);
    silence(channel, 3_000, 7_000, RATE);
    silence(channel, 12_600, 16_600, RATE);
    const [one, other] = await verdictOf(
      channel,
      [at(3_600, 7_600), { ...at(12_000, 16_000), windowId: "w2" }],
      { clockMs: 1_000 },
    );
    expect([one?.verdict, other?.verdict]).toContain("suspect");
  });

  test("is found where all windows are silent, not where one of them is", async () => {
    const channel = speech(seeded(4), 20_000, RATE);
    silence(channel, 3_000, 8_000, RATE);
    silence(channel, 12_600, 16_600, RATE);
    const judged = await verdictOf(
      channel,
      [at(3_100, 7_000), { ...at(12_000, 16_000), windowId: "w2" }],
      { clockMs: 1_000 },
    );
    expect(judged.map(({ verdict }) => verdict)).toEqual(["silent", "silent"]);
  });

  test("leaves short windows consistent: a pause between words may pass for one", async () => {
    const channel = speech(seeded(4), 20_000, RATE);
    silence(channel, 6_000, 7_000, RATE);
    const [one] = await verdictOf(channel, [at(6_000, 7_000)], { clockMs: 1_000 });
    expect(one).toMatchObject({ verdict: "consistent", toleranceMs: 1_000 });
  });
});

describe("keyed digits", () => {
  const keyed = (count: number, atMs: number, from = muted()): Float32Array => {
    const keys = Array.from({ length: count }, (_, index) => index % 10);
    silence(from, atMs - 100, atMs + count * 150, RATE);
    mix(from, digits({ keys, toneMs: 70, pauseMs: 80, db: -25 }, RATE), atMs, RATE);
    return from;
  };

  test("inside a window are suspect, be it one", async () => {
    const [one] = await verdictOf(keyed(1, 8_000), [at(6_000, 12_000)]);
    expect(one).toMatchObject({ verdict: "suspect", cause: "tones" });
  });

  test("between a window's opening and its confirmation are suspect too", async () => {
    const window = windowOf(START + 3_000, START + 6_000, START + 12_000);
    const [one] = await verdictOf(keyed(3, 4_000), [window]);
    expect(one).toMatchObject({ verdict: "suspect", cause: "tones" });
  });

  test("outside are suspect from twelve in a row on, as a card number has", async () => {
    for (const [count, verdict] of [
      [4, "silent"],
      [11, "silent"],
      [12, "suspect"],
      [19, "suspect"],
    ] as const) {
      const [one] = await verdictOf(keyed(count, 1_500), [at(6_000, 12_000)]);
      expect(one?.verdict, `${count} digits`).toBe(verdict);
    }
  });

  test("of a card after the window are told with the window that is nearest", async () => {
    const channel = speech(seeded(1), 20_000, RATE);
    silence(channel, 1_000, 4_000, RATE);
    silence(channel, 6_000, 12_000, RATE);
    const windows = [{ ...at(1_000, 4_000), windowId: "w0" }, at(6_000, 12_000)];
    const [first, second] = await verdictOf(keyed(16, 15_000, channel), windows);
    expect(first).toMatchObject({ windowId: "w0", verdict: "silent" });
    expect(second).toMatchObject({ verdict: "suspect", cause: "tones" });
    expect(second?.ranges[0]?.fromMs).toBe(15_000);
  });
});

describe("a gap", () => {
  const gapped = (leftMs = 0): Float32Array => {
    const whole = speech(seeded(3), 20_000, RATE);
    const [before, after] = [cut(whole, 0, 6_000 + leftMs, RATE), cut(whole, 12_000, 20_000, RATE)];
    const out = new Float32Array(before.length + after.length);
    out.set(before);
    out.set(after, before.length);
    return out;
  };
  const gap = at(6_000, 12_000, "gap");
  const over = { ...gap, recordsBy: START + 12_000 };

  test("is consistent where the file is shorter by the window", async () => {
    expect(await verdictOf(gapped(), [gap], { clockMs: 500 })).toMatchObject([
      { verdict: "consistent", ranges: [] },
    ]);
  });

  test("that is too short is suspect, at the splice", async () => {
    const [one] = await verdictOf(gapped(2_000), [gap], { clockMs: 500 });
    expect(one).toMatchObject({ verdict: "suspect", cause: "not_shortened" });
    expect(one?.ranges[0]?.fromMs).toBeLessThanOrEqual(6_000);
    expect(one?.ranges[0]?.toMs).toBeGreaterThanOrEqual(8_000);
  });

  test("that was not cut at all is suspect, unless it is silent", async () => {
    const whole = speech(seeded(3), 20_000, RATE);
    const [leaked] = await verdictOf(whole, [gap], { clockMs: 500 });
    expect(leaked).toMatchObject({ verdict: "suspect", cause: "not_shortened" });
    const [quiet] = await verdictOf(muted(), [gap], { clockMs: 500 });
    expect(quiet).toMatchObject({ verdict: "silent" });
  });

  test("with a keyed digit at its splice is suspect", async () => {
    const channel = gapped();
    silence(channel, 5_700, 6_100, RATE);
    mix(channel, digits({ keys: [5, 5], toneMs: 70, pauseMs: 80, db: -20 }, RATE), 5_750, RATE);
    const [one] = await verdictOf(channel, [gap], { clockMs: 500 });
    expect(one).toMatchObject({ verdict: "suspect", cause: "tones" });
  });

  test("in a recording whose end nobody tells is consistent: its length says nothing", async () => {
    const recording = { ...file };
    delete (recording as { endAt?: number }).endAt;
    const [one] = await verdictOf(speech(seeded(3), 20_000, RATE), [over], { recording });
    expect(one).toMatchObject({ verdict: "consistent", toleranceMs: 6_000 });
  });

  test("in a file that broke off, or lacks more, is consistent, and all of it may be heard", async () => {
    const leaked = cut(speech(seeded(3), 20_000, RATE), 0, 14_000, RATE);
    const whole = await heardIn(leaked);
    const heard = { ...whole, truncated: true };
    for (const one of [heard, { ...whole, durationMs: 10_000 }]) {
      const { judgements } = judgeSound(one, file, [over], { clockMs: 500 });
      expect(judgements).toMatchObject([{ verdict: "consistent", toleranceMs: 6_000 }]);
    }
    // Where silence was due, what was lost by chance is not taken for what was cut.
    const { judgements } = judgeSound(heard, file, [at(6_000, 12_000)], { clockMs: 500 });
    expect(judgements).toMatchObject([{ verdict: "suspect", cause: "sound" }]);
  });

  test("where silence was due is consistent, as there is nothing to hear", async () => {
    const [one] = await verdictOf(gapped(), [at(6_000, 12_000)], { clockMs: 500 });
    expect(one).toMatchObject({ verdict: "consistent" });
  });
});

describe("a new file", () => {
  const part = (fromMs: number, toMs: number) => ({
    channel: cut(speech(seeded(6), 20_000, RATE), fromMs, toMs, RATE),
    recording: { ...recordingOf(START + fromMs, toMs - fromMs, 0) },
  });
  const window = at(6_000, 12_000, "new_file");

  test("that ends at the window, or begins after it, is consistent", async () => {
    for (const [fromMs, toMs] of [
      [0, 6_100],
      [11_900, 20_000],
    ] as const) {
      const { channel, recording } = part(fromMs, toMs);
      const judged = await verdictOf(channel, [window], { recording, clockMs: 500 });
      expect(judged.every(({ verdict }) => verdict === "consistent")).toBe(true);
    }
  });

  test("that reaches into the window is suspect where it sounds, whatever its end says", async () => {
    const { channel, recording } = part(0, 8_000);
    const liar = { ...recording, endAt: START + 6_100 };
    const [one] = await verdictOf(channel, [window], { recording: liar, clockMs: 500 });
    expect(one).toMatchObject({ verdict: "suspect", cause: "overlaps" });
    expect(one?.ranges[0]?.fromMs).toBeGreaterThanOrEqual(6_400);
    silence(channel, 6_000, 8_000, RATE);
    const [quiet] = await verdictOf(channel, [window], { recording: liar, clockMs: 500 });
    expect(quiet).toMatchObject({ verdict: "silent" });
  });
});
