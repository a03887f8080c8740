/** What can be read off a picture of recordings where nobody can point at it: on paper. */
import { expect, test } from "vitest";
import type { Judged } from "../../../src/evidence/sound/judge.ts";
import type { Heard } from "../../../src/evidence/sound/heard.ts";
import { picture } from "../../../src/evidence/sound/picture.ts";

const heard: Heard = {
  kind: "heard",
  codec: "pcm16",
  sampleRateHz: 8_000,
  channelCount: 1,
  durationMs: 10_000,
  truncated: false,
  levels: [new Uint8Array(500)],
  tones: [],
};
const recording = {
  recorderId: "vslogger",
  tapId: "vslogger/channel/5",
  recordingId: "MAIN.1",
  startAt: 0,
  withinMs: 20,
  closed: true,
  replyDigest: "00",
};
type Judgement = Judged["judgements"][number];
const judgement = (windowId: string, more: Partial<Judgement> = {}): Judgement => ({
  windowId,
  recorderId: recording.recorderId,
  tapId: recording.tapId,
  recordingId: recording.recordingId,
  by: "sound",
  verdict: "silent",
  ranges: [],
  toleranceMs: 300,
  ...more,
});
const suspect = {
  verdict: "suspect",
  cause: "sound",
  ranges: [
    { fromMs: 2_300, toMs: 4_000 },
    { fromMs: 5_000, toMs: 5_200 },
  ],
} as const;
/** The words that are drawn, without what only shows when somebody points at it. */
const drawn = (...judgements: readonly Judgement[]): string[] =>
  [
    ...picture("c1", [{ recording, heard, judged: { judgements, laid: [] } }]).matchAll(
      /<text [^>]*>([^<]+)<\/text>/g,
    ),
  ].map(([, words]) => words ?? "");

test("each window's verdict is written below its recording, the suspect one first", () => {
  const words = drawn(judgement("w1"), judgement("w2", suspect));
  const [first, second] = words.filter((one) => one.startsWith("window "));
  expect(first).toBe("window w2: suspect (sound), 2.3 s to 4.0 s and 1 more");
  expect(second).toBe("window w1: silent");
});

test("of many windows those that find no room are counted, and a suspect one is told first", () => {
  const words = drawn(judgement("w1"), judgement("w2"), judgement("w3", suspect));
  expect(words).toContain("window w3: suspect (sound), 2.3 s to 4.0 s and 1 more");
  expect(words).toContain("and 2 windows more");
});

test("a recording that no window reaches says so", () => {
  expect(drawn()).toContain("no window reaches it");
});

test("a second's mark at the right edge is not cut off", () => {
  const svg = picture("c1", [{ recording, heard, judged: { judgements: [], laid: [] } }]);
  expect(svg).toMatch(/x="1020" y="\d+" text-anchor="end">0:10</);
});
