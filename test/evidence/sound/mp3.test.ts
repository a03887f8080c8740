/** MP3 files, which Kazoo keeps: decoded as they come, and judged like any other. */
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { recordingOf, windowOf } from "../../../bench/evidence/cases.ts";
import { lame } from "../../../bench/evidence/installed.ts";
import { seeded, speech } from "../../../bench/evidence/synth.ts";
import { type Heard, hear } from "../../../src/evidence/sound/heard.ts";
import { mp3Header } from "../../../src/evidence/sound/mp3Frames.ts";
import { judgeSound } from "../../../src/evidence/sound/judge.ts";
import { withMp3 } from "../../../src/runtime/node/sound/mp3.ts";

/** Decoders that were made and not freed. */
let open = 0;
vi.mock("mpg123-decoder", async (original) => {
  const { MPEGDecoder } = await original<typeof import("mpg123-decoder")>();
  class Counted extends MPEGDecoder {
    constructor(options: ConstructorParameters<typeof MPEGDecoder>[0]) {
      super(options);
      open += 1;
      const { free } = this;
      this.free = () => {
        open -= 1;
        free();
      };
    }
  }
  return { MPEGDecoder: Counted };
});
afterEach(() => expect(open).toBe(0));

const read = (name: string): Buffer => readFileSync(new URL(`mp3/${name}.mp3`, import.meta.url));

async function heardIn(...pieces: readonly Uint8Array[]): Promise<Heard> {
  const heard = await withMp3((mp3) => hear(pieces, { mp3 }));
  if (heard.kind === "unheard") throw new Error(heard.detail);
  return heard;
}

/** Infinite where a sample is no number. */
const loudestIn = (pieces: readonly Uint8Array[]): Promise<number> =>
  withMp3((mp3) => {
    let loudest = 0;
    const reader = mp3({
      begin: () => undefined,
      samples: (channels) => {
        for (const value of channels.flatMap((values) => [...values])) {
          loudest = Math.max(loudest, Number.isFinite(value) ? Math.abs(value) : Infinity);
        }
      },
    });
    for (const piece of pieces) reader.push(piece);
    reader.end();
    return Promise.resolve(loudest);
  });

const START = 1_700_000_000_000;
const judged = (heard: Heard) =>
  judgeSound(
    heard,
    recordingOf(START, 10_000, 0),
    [windowOf(START + 4_000, START + 4_100, START + 7_900)],
    { clockMs: 1_000 },
  ).judgements[0];

test("a window that is silent before it is coded is silent after", async () => {
  const heard = await heardIn(read("silent-8k"));
  expect(heard).toMatchObject({ codec: "mp3", sampleRateHz: 8_000, channelCount: 1 });
  // Whole frames of 72 ms.
  expect(heard.durationMs).toBe(10_152);
  expect(heard.tones.length).toBe(3);
  expect(judged(heard)).toMatchObject({ verdict: "silent" });
});

test("a leak of 100 ms is found", async () => {
  const found = judged(await heardIn(read("leak-8k")));
  expect(found).toMatchObject({ verdict: "suspect", cause: "sound" });
  expect(found?.ranges.length).toBe(1);
  expect(Math.abs((found?.ranges[0]?.fromMs ?? 0) - 6_100)).toBeLessThan(300);
});

test("digits keyed in one of two channels inside the window are found", async () => {
  const heard = await heardIn(read("digits-44k-stereo"));
  expect(heard).toMatchObject({ sampleRateHz: 44_100, channelCount: 2 });
  expect(heard.tones.length).toBe(7);
  expect(judged(heard)).toMatchObject({ verdict: "suspect", cause: "tones" });
});

describe("whatever comes, it is heard or named", () => {
  const file = read("silent-8k");

  test("the same, whatever pieces it comes in", async () => {
    const whole = await heardIn(file);
    for (const size of [1, 417, 5_000, 40_000]) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < file.length; at += size) pieces.push(file.subarray(at, at + size));
      expect(await heardIn(...pieces), `${size} bytes`).toEqual(whole);
    }
  });

  test("with a tag before it, whatever it holds", async () => {
    const whole = await heardIn(file);
    const size = 100_000;
    const tag = Buffer.alloc(10 + size, 0xff);
    tag.set([
      0x49,
      0x44,
      0x33,
      4,
      0,
      0,
      size >> 21,
      (size >> 14) & 127,
      (size >> 7) & 127,
      size & 127,
    ]);
    expect(await heardIn(tag, file)).toEqual(whole);
    read("digits-44k-stereo").copy(tag, 10, 0, size);
    expect(await heardIn(tag, file)).toEqual(whole);
  });

  test("with a first frame that only says how long the file is", async () => {
    const whole = await heardIn(file);
    // 24 kbit/s at 8 kHz, mono: 216 bytes, of which 4 are its header and 9 what follows it.
    const info = Buffer.alloc(216);
    file.copy(info, 0, 0, 4);
    info.write("Info", 13, "latin1");
    expect(await heardIn(info, file)).toEqual(whole);
  });

  test("cut short", async () => {
    const heard = await heardIn(file.subarray(0, file.length / 2));
    expect(Math.abs(heard.durationMs - 5_000)).toBeLessThan(400);
  });

  test("a hole in it is told", async () => {
    const middle = file.length >> 1;
    const holed = Buffer.from(file);
    holed.fill(0, middle, middle + 3_000);
    expect(await heardIn(holed)).toMatchObject({ truncated: true });
    expect(await heardIn(file)).toMatchObject({ truncated: false });
  });

  test("bytes between two frames are told, and leave the sound where it is", async () => {
    const garbage = Buffer.alloc(5_000, 0x55);
    const at = 216 * 60;
    const heard = await heardIn(file.subarray(0, at), garbage, file.subarray(at));
    expect(heard).toMatchObject({ truncated: true, durationMs: 10_152 });
    expect(heard.levels).toEqual((await heardIn(file)).levels);
  });

  test("a tag behind the last frame, and half a frame, are no loss", async () => {
    const whole = await heardIn(file);
    const tag = Buffer.alloc(128);
    tag.write("TAG", "latin1");
    expect(await heardIn(file, tag)).toEqual(whole);
    expect(await heardIn(file, file.subarray(0, 100))).toEqual(whole);
    // What looks like the start of a frame in the tag has none behind it.
    file.copy(tag, 30, 0, 4);
    expect(await heardIn(file, tag)).toEqual(whole);
  });

  test("a frame near the end that says it is longer than the file hides none behind it", async () => {
    const broken = Buffer.from(file);
    broken[216 * 138 + 2] = 0xe8;
    expect(await heardIn(broken)).toMatchObject({ truncated: true, durationMs: 10_152 - 72 });
  });

  test("what it says of its own ends trims nothing", async () => {
    // "Info", the number of frames, lame's name, and delay and padding of 4,095 samples each.
    const info = Buffer.alloc(216);
    file.copy(info, 0, 0, 4);
    info.write("Info", 13, "latin1");
    info.writeUInt32BE(1, 17);
    info.writeUInt32BE(141, 21);
    info.write("LAME3.100", 25, "latin1");
    info.fill(0xff, 46, 49);
    const { durationMs, levels } = await heardIn(file);
    expect(await heardIn(info, file)).toMatchObject({ durationMs, levels });
    // The first is skipped; the decoder sees the second.
    expect(await heardIn(info, info, file)).toMatchObject({ durationMs, levels });
  });

  test("a frame that cannot be decoded is told, and takes its time all the same", async () => {
    const broken = Buffer.from(file);
    // Its sound is said to be longer than there is room for: all of what follows the header.
    broken.fill(0xff, 216 * 60 + 4, 216 * 61);
    expect(await heardIn(broken)).toMatchObject({ truncated: true, durationMs: 10_152 });
  });

  test("a start that is missing is told where the first frame needs it", async () => {
    expect(await heardIn(file.subarray(216 * 60))).toMatchObject({ truncated: true });
  });

  test("garbage that begins as MP3 does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 0, maxLength: 30_000 }),
        fc.constantFrom([0xff, 0xfb, 0x90], [0x49, 0x44, 0x33], [0xff, 0xe3, 0x18]),
        async (garbage, start) => {
          const heard = await withMp3((mp3) => hear([Buffer.from(start), garbage], { mp3 }));
          if (heard.kind === "unheard") expect(heard.detail).not.toBe("");
        },
      ),
      { numRuns: 60 },
    );
  });

  test("frames whose sound is garbage take their time, and no more than it", async () => {
    const names = ["silent-8k", "digits-44k-stereo"];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.uint8Array({ minLength: 64, maxLength: 2_000 }),
        async (name, garbage) => {
          const first = read(name).subarray(0, 4);
          const header = mp3Header(first, 0);
          if (header === undefined) throw new Error("no MP3");
          const frame = Buffer.alloc(header.bytes, garbage);
          first.copy(frame);
          const count = 100;
          const frames = Array.from({ length: count }, () => frame);
          const loudest = await loudestIn(frames);
          const heard = await heardIn(...frames);
          expect(loudest).toBeLessThanOrEqual(1);
          const ms = (count * header.samples * 1_000) / header.sampleRateHz;
          expect(heard.durationMs).toBe(Math.round(ms));
        },
      ),
      { numRuns: 40 },
    );
  });

  test("a source that breaks off leaves no decoder behind", async () => {
    function* source() {
      yield file.subarray(0, 5_000);
      throw new Error("gone");
    }
    await expect(withMp3((mp3) => hear(source(), { mp3 }))).rejects.toThrow("gone");
  });

  test("two rates in one file", async () => {
    const heard = await withMp3((mp3) => hear([file, read("digits-44k-stereo")], { mp3 }));
    expect(heard).toMatchObject({ kind: "unheard", problem: "format_unknown" });
  });
});

const code = lame();
describe.skipIf(code === undefined)("every rate that MP3 has, in mono and in stereo", () => {
  const rates = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
  test.each(rates)("%i Hz", async (rateHz) => {
    for (const channelCount of [1, 2]) {
      const channels = Array.from({ length: channelCount }, (_, seed) =>
        speech(seeded(seed + 1), 3_000, rateHz),
      );
      const heard = await heardIn(code?.(channels, rateHz) ?? Buffer.alloc(0));
      expect(heard).toMatchObject({ sampleRateHz: rateHz, channelCount, truncated: false });
      // Whole frames, and at most two more for what the coder delays.
      expect(heard.durationMs).toBeGreaterThanOrEqual(3_000);
      expect(heard.durationMs).toBeLessThan(3_000 + 3 * 72);
    }
  });
});

describe("frames", () => {
  const header = (...bytes: readonly number[]) => mp3Header(new Uint8Array(bytes), 0);

  test("are as long as the standard says", () => {
    // 144 * 128000 / 44100 = 417.9; 72 * 8000 / 24000; 72 * 160000 / 8000; 144 * 320000 / 32000.
    expect(header(0xff, 0xfb, 0x90, 0x00)?.bytes).toBe(417);
    expect(header(0xff, 0xfb, 0x92, 0x00)?.bytes).toBe(418);
    expect(header(0xff, 0xf3, 0x14, 0x00)?.bytes).toBe(24);
    expect(header(0xff, 0xe3, 0xe8, 0x00)?.bytes).toBe(1_440);
    expect(header(0xff, 0xfb, 0xe8, 0x00)?.bytes).toBe(1_440);
  });

  test("are none with what the standard reserves, or of free format, or another layer", () => {
    const none = [
      [0xfe, 0xfb, 0x90, 0x00],
      [0xff, 0xdb, 0x90, 0x00],
      [0xff, 0xeb, 0x90, 0x00],
      [0xff, 0xfd, 0x90, 0x00],
      [0xff, 0xfb, 0x00, 0x00],
      [0xff, 0xfb, 0xf0, 0x00],
      [0xff, 0xfb, 0x9c, 0x00],
      [0xff, 0xfb, 0x90, 0x02],
    ];
    for (const bytes of none) expect(header(...bytes), String(bytes)).toBeUndefined();
  });
});
