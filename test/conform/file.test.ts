/** How a finished recording is held against the silences of a run. */
import { describe, expect, test } from "vitest";
import type { RecordingEvidence } from "../../src/adapters/recorder.ts";
import type { AudioEffect } from "../../src/control/call.ts";
import { openBook, type Row } from "../../src/runtime/node/conform/checks.ts";
import type { Became, Given } from "../../src/runtime/node/conform/driver.ts";
import { type FileOptions, tryFile } from "../../src/runtime/node/conform/file.ts";
import { keepSilences } from "../../src/runtime/node/conform/silences.ts";
import { soundIn } from "../../src/runtime/node/conform/soundIn.ts";
import { hear } from "../../src/evidence/sound/heard.ts";

const START = 1_800_000_000_000;
const END = START + 60_000;

const given = (order: "pause" | "resume", sentAt: number): Given => ({
  order,
  outcome: { kind: "acknowledged" },
  sentAt,
  answeredAt: sentAt + 5,
});
const became = (at: number): Became => ({ kind: "confirmed", by: "read_back", at, afterMs: 10 });

/** Silent from 10 to 14 seconds, and from 20 to 21. */
function silencesOf() {
  const silences = keepSilences();
  for (const [from, to] of [
    [10_000, 14_000],
    [20_000, 21_000],
  ] as const) {
    silences.began(given("pause", START + from - 10), became(START + from));
    silences.ended(given("resume", START + to), became(START + to + 10));
  }
  return silences;
}

const recording = (over: Partial<RecordingEvidence> = {}): RecordingEvidence => ({
  recordingId: "r-1",
  startAt: START,
  endAt: END,
  durationMs: 60_000,
  withinMs: 10,
  closed: true,
  replyDigest: "00",
  ...over,
});

async function rowsOf(
  audio: AudioEffect,
  file: Partial<FileOptions["file"]>,
  silences = silencesOf(),
): Promise<ReadonlyMap<string, Row>> {
  const rows = new Map<string, Row>();
  const book = openBook(async (row) => void rows.set(row.id, row));
  const so = async () => ({ verdict: "shown", what: "" }) as const;
  for (const id of ["found", "pause_confirmed", "resume_confirmed", "ended"] as const) {
    await book.attempt(id, so);
  }
  await tryFile({
    driver: { pass: async () => undefined },
    book,
    silences,
    now: () => END,
    audio,
    over: { after: END - 50, at: END },
    byHandMsMax: 1_000,
    file: { recordingId: "call-1", ...file },
  });
  return rows;
}

const told = (...all: readonly RecordingEvidence[]) => ({ evidence: async () => all });
const heard = (sounds: readonly boolean[], durationMs = 60_000, soundsBetween = true) => ({
  hear: async () =>
    ({
      kind: "heard",
      bytes: 1,
      format: "WAV",
      durationMs,
      shiftMs: 0,
      sounds,
      soundsBetween,
    }) as const,
});

describe("a gap", () => {
  test("is shown where the file is shorter by what was silent", async () => {
    const rows = await rowsOf("gap", told(recording({ durationMs: 55_000 })));
    expect(rows.get("file_as_told")).toMatchObject({ verdict: "shown" });
    expect(rows.get("file")?.verdict).toBe("not_tried");
  });

  test.each([
    ["whole", 60_000],
    ["shorter by half of it", 57_500],
    ["shorter by twice as much", 50_000],
  ])("is not shown where the file is %s", async (_, durationMs) => {
    const rows = await rowsOf("gap", told(recording({ durationMs })));
    expect(rows.get("file_as_told")?.verdict).toBe("not_shown");
  });

  test("cannot be told where the vendor's times are no finer than the silence", async () => {
    const rows = await rowsOf("gap", told(recording({ durationMs: 55_000, withinMs: 2_000 })));
    expect(rows.get("file_as_told")?.verdict).toBe("not_tried");
  });

  test("is measured on the file where nothing tells of it but the operator", async () => {
    const file = { ...heard([], 55_000), began: { at: START, withinMs: 0 } };
    expect((await rowsOf("gap", file)).get("file_as_told")?.verdict).toBe("shown");
    const coarse = { ...file, began: { at: START, withinMs: 2_000 } };
    expect((await rowsOf("gap", coarse)).get("file_as_told")?.verdict).toBe("not_tried");
    const unknown = await rowsOf("gap", heard([], 55_000));
    expect(unknown.get("file_as_told")?.what).toContain("--began");
  });
});

describe("silence", () => {
  test("is shown where nothing is heard in the stretches and something elsewhere", async () => {
    const rows = await rowsOf("silence", { ...told(recording()), ...heard([false, false]) });
    expect(rows.get("file_as_told")?.verdict).toBe("shown");
    expect(rows.get("file")?.what).toBe("1 bytes, WAV, 60.0 s");
  });

  test("is not shown where anything is heard in one of them", async () => {
    const rows = await rowsOf("silence", { ...told(recording()), ...heard([false, true]) });
    expect(rows.get("file_as_told")).toMatchObject({
      verdict: "not_shown",
      what: "sound is heard in 1 of 2 silenced stretches",
    });
  });

  test("is not claimed of a call on which nobody spoke, nor of a file nobody heard", async () => {
    const quiet = { ...told(recording()), ...heard([false, false], 60_000, false) };
    expect((await rowsOf("silence", quiet)).get("file_as_told")?.verdict).toBe("not_tried");
    expect((await rowsOf("silence", told(recording()))).get("file_as_told")?.verdict).toBe(
      "not_tried",
    );
  });
});

describe("a new file", () => {
  const first = recording({ endAt: START + 10_000 });
  const second = recording({ recordingId: "r-2", startAt: START + 14_000, endAt: START + 20_000 });
  const third = recording({ recordingId: "r-3", startAt: START + 21_000 });

  test("is shown where no recording lies over a silence", async () => {
    const rows = await rowsOf("new_file", told(first, second, third));
    expect(rows.get("file_as_told")?.what).toBe("3 recordings, 0 of them over a silence");
    expect(rows.get("file_as_told")?.verdict).toBe("shown");
  });

  test("is not shown where one does", async () => {
    const rows = await rowsOf("new_file", told(first, recording({ startAt: START + 14_000 })));
    expect(rows.get("file_as_told")?.verdict).toBe("not_shown");
  });
});

test("a recording that stays open, or is not known, is said and not judged", async () => {
  let now = END;
  const rows = new Map<string, Row>();
  const book = openBook(async (row) => void rows.set(row.id, row));
  for (const id of ["found", "pause_confirmed", "resume_confirmed", "ended"] as const) {
    await book.attempt(id, async () => ({ verdict: "shown", what: "" }));
  }
  await tryFile({
    driver: { pass: async (ms) => void (now += ms) },
    book,
    silences: silencesOf(),
    now: () => now,
    audio: "gap",
    over: { after: END - 50, at: END },
    byHandMsMax: 1_000,
    file: { recordingId: "x", ...told(recording({ closed: false })) },
  });
  expect(rows.get("file")?.what).toContain("it is not closed, 30 s after");
  expect(rows.get("file_as_told")?.verdict).toBe("not_tried");
});

/** 8 kHz, 16 bit, mono: a tone, silent from `from` to `to` but for a leak of `leakMs` within. */
function wav(seconds: number, from: number, to: number, leakMs: number): Uint8Array {
  const samples = new Int16Array(seconds * 8_000);
  for (const index of samples.keys()) {
    const ms = index / 8;
    const leaks = ms >= (from + to) / 2 && ms < (from + to) / 2 + leakMs;
    if ((ms >= from && ms < to && !leaks) || from === 0) continue;
    samples[index] = Math.round(8_000 * Math.sin((2 * Math.PI * 440 * index) / 8_000));
  }
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer)]);
}

/** The file's silence by the clocks, which are `offMs` off. */
const stretch = (offMs = 0) => ({
  askedMs: 1_990 + offMs,
  fromMs: 2_000 + offMs,
  toMs: 4_000 + offMs,
});

async function soundOf(bytes: Uint8Array, offMs = 0) {
  const told = await hear([bytes]);
  if (told.kind !== "heard") throw new Error(told.detail);
  return soundIn(told, bytes.length, [stretch(offMs)], 0);
}

test.each([
  ["silent", 0, [false]],
  ["a leak of 100 ms", 100, [true]],
] as const)("in a file a stretch with %s is told as it is", async (_, leakMs, sounds) => {
  expect(await soundOf(wav(6, 2_000, 4_000, leakMs))).toMatchObject({
    format: "WAV (pcm16), 8000 Hz, mono",
    durationMs: 6_000,
    sounds,
    soundsBetween: true,
  });
});

test("a clock that is a second off moves the stretches, and hides no leak", async () => {
  const silent = await soundOf(wav(6, 2_000, 4_000, 0), -1_000);
  expect(silent.sounds).toEqual([false]);
  expect(Math.abs(silent.shiftMs - 1_000)).toBeLessThan(100);
  expect((await soundOf(wav(6, 2_000, 4_000, 100), -1_000)).sounds).toEqual([true]);
});

test("a call that is silent throughout is not taken for one that was silenced", async () => {
  expect((await soundOf(wav(6, 0, 6_000, 0))).soundsBetween).toBe(false);
});
