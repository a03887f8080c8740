/** The ear that judges real recordings: on files made here, of which everything is known. */
import { expect, test } from "vitest";
import { gaps, heardIn, RAMP, silences } from "./sound.ts";

const RATE = 8_000;
const PERIOD_MS = RAMP.steps.length * RAMP.stepMs;

/** The ramp from `fromMs` to `toMs` of a call, with what `kept` says of each sample. */
function file(fromMs: number, toMs: number, kept: (ms: number) => "as_is" | "silent" | "gone") {
  const samples: number[] = [];
  let phase = 0;
  for (let index = 0; index < (toMs * RATE) / 1_000; index += 1) {
    const ms = (index * 1_000) / RATE;
    const hz = RAMP.steps[Math.floor((ms % PERIOD_MS) / RAMP.stepMs)] ?? 0;
    phase += (2 * Math.PI * hz) / RATE;
    if (ms < fromMs || kept(ms) === "gone") continue;
    samples.push(kept(ms) === "silent" ? 0 : Math.round(6_000 * Math.sin(phase)));
  }
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.write("data", 36, "latin1");
  const body = Buffer.alloc(2 * samples.length);
  samples.forEach((sample, index) => body.writeInt16LE(sample, 2 * index));
  return Buffer.concat([head, body]);
}
const near = (ms: number) => expect.closeTo(ms, -2);
const between = (from: number, to: number) => (ms: number) => ms >= from && ms < to;

test("nothing is missing where nothing was taken", () => {
  const heard = heardIn(file(430, 14_000, () => "as_is"));
  expect(silences(heard)).toEqual([]);
  expect(gaps(heard, 430)).toEqual([]);
  expect(heard.durationMs).toBe(13_570);
});

test("silence is found where it is, and is no gap", () => {
  const isSilent = between(2_000, 3_500);
  const heard = heardIn(file(0, 6_000, (ms) => (isSilent(ms) ? "silent" : "as_is")));
  expect(silences(heard)).toEqual([{ from: 2_000, to: 3_500 }]);
  expect(gaps(heard, 0)).toEqual([]);
});

test.each([
  [1_000, 2_500],
  [1_230, 2_570],
  [9_200, 10_700],
  [700, 4_900],
  // A service that is killed and started again on a busy machine takes its time.
  [700, 9_400],
])("what is gone from %i to %i ms is found there, within a step", (from, to) => {
  const isGone = between(from, to);
  const heard = heardIn(file(0, 14_000, (ms) => (isGone(ms) ? "gone" : "as_is")));
  const [gap, ...more] = gaps(heard, 0);
  expect(more).toEqual([]);
  expect(Math.abs((gap?.from ?? 0) - from)).toBeLessThanOrEqual(RAMP.stepMs);
  expect(Math.abs((gap?.to ?? 0) - to)).toBeLessThanOrEqual(RAMP.stepMs);
});

test("two gaps are two, and a leak between them is not overheard", () => {
  const [one, other] = [between(1_000, 2_000), between(2_300, 3_300)];
  const heard = heardIn(file(0, 5_000, (ms) => (one(ms) || other(ms) ? "gone" : "as_is")));
  expect(gaps(heard, 0).length).toBe(2);
});

test("a recording that begins with a gap shows it, for it is known when it began", () => {
  const isGone = between(600, 2_000);
  const heard = heardIn(file(600, 4_000, (ms) => (isGone(ms) ? "gone" : "as_is")));
  expect(gaps(heard, 600)).toEqual([{ from: 0, to: near(1_400) }]);
});

// As a real one begins: some milliseconds of noise, and the pause before a tenth of a second is over.
test.each([40, 60, 80, 100])(
  "noise and %i ms of sound before a gap are no second gap",
  (soundMs) => {
    const isGone = between(2_020 + soundMs, 3_560);
    const bytes = file(2_020, 5_000, (ms) => (isGone(ms) ? "gone" : "as_is"));
    for (let sample = 0; sample < 80; sample += 1) {
      bytes.writeInt16LE(sample % 3 === 0 ? 8 : -8, 44 + 2 * sample);
    }
    const [gap, ...more] = gaps(heardIn(bytes), 2_020);
    expect(more).toEqual([]);
    expect(gap?.from).toBeLessThanOrEqual(soundMs + RAMP.stepMs);
    expect(Math.abs((gap?.to ?? 0) - 1_540)).toBeLessThanOrEqual(RAMP.stepMs);
  },
);
