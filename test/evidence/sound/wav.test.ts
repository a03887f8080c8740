/** WAV files as recorders write them, careful or not, in whatever pieces they come. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digits, mix, noise, seeded, silence, speech } from "../../../bench/evidence/synth.ts";
import { type WavOptions, wavFile } from "../../../bench/evidence/wavFile.ts";
import type { WavCodec } from "../../../src/evidence/sound/codec.ts";
import { type Heard, hear } from "../../../src/evidence/sound/heard.ts";
import { levelDb } from "../../../src/evidence/sound/levels.ts";

const RATE = 8_000;
const CODECS: readonly WavCodec[] = ["pcm8", "pcm16", "pcm24", "pcm32", "float32", "alaw", "mulaw"];

function sound(ms = 2_000, rateHz = RATE): Float32Array {
  const random = seeded(7);
  const out = speech(random, ms, rateHz);
  silence(out, 550, 1_000, rateHz);
  mix(out, digits({ keys: [1, 5, 9], toneMs: 60, pauseMs: 60, db: -15 }, rateHz), 600, rateHz);
  return out;
}

async function heardIn(pieces: Iterable<Uint8Array>): Promise<Heard> {
  const heard = await hear(pieces);
  if (heard.kind === "unheard") throw new Error(heard.detail);
  return heard;
}

function* inPieces(file: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < file.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield file.subarray(at, at + size);
    at += size;
  }
}

describe("the same sound is heard the same", () => {
  test.each(CODECS)("in %s, as far as the coding lets it be", async (codec) => {
    const channel = sound();
    const plain = await heardIn([wavFile([channel], { rateHz: RATE })]);
    const heard = await heardIn([wavFile([channel], { codec, rateHz: RATE })]);
    expect(heard).toMatchObject({ codec, sampleRateHz: RATE, channelCount: 1, durationMs: 2_000 });
    expect(heard.tones.length).toBe(plain.tones.length);
    for (const [index, level] of (plain.levels[0] ?? []).entries()) {
      // What is near a coding's own step cannot be told by it.
      if (levelDb(level) < -40) continue;
      expect(Math.abs(levelDb(heard.levels[0]?.[index] ?? 0) - levelDb(level))).toBeLessThan(2.5);
    }
  });

  test.each([8_000, 11_025, 16_000, 22_050, 44_100, 48_000])("at %i Hz", async (rateHz) => {
    const heard = await heardIn([wavFile([sound(2_000, rateHz)], { rateHz })]);
    expect(heard).toMatchObject({ sampleRateHz: rateHz, durationMs: 2_000 });
    expect(heard.levels[0]?.length).toBe(100);
    expect(heard.tones.length).toBe(3);
  });

  test("whatever pieces the file comes in", async () => {
    const files = CODECS.map((codec) => {
      const channels = [sound(600), noise(seeded(3), "white", 600, RATE, -30)];
      const before = [["LIST", 27] as const, ["fact", 4] as const];
      return wavFile(channels, { codec, rateHz: RATE, before });
    });
    const whole = await Promise.all(files.map((file) => heardIn([file])));
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: files.length - 1 }),
        fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 9 }),
        async (which, sizes) => {
          const file = files[which] ?? new Uint8Array(0);
          expect(await heardIn(inPieces(file, sizes))).toEqual(whole[which]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a file that a careless recorder wrote is heard all the same", () => {
  const rows: readonly (readonly [string, WavOptions])[] = [
    ["its size not filled in", { rateHz: RATE, dataSize: 0 }],
    ["its size as far as 32 bits go", { rateHz: RATE, dataSize: 0xffff_ffff }],
    [
      "chunks of odd size before the sound",
      {
        rateHz: RATE,
        before: [
          ["LIST", 3],
          ["fact", 5],
        ],
      },
    ],
    ["an empty chunk before the sound", { rateHz: RATE, before: [["junk", 0]] }],
    ["a chunk after the sound", { rateHz: RATE, after: [["LIST", 4_001]] }],
    ["its format extensible", { rateHz: RATE, extensible: true }],
    ["its format extensible, 24 bits", { rateHz: RATE, extensible: true, codec: "pcm24" }],
  ];
  test.each(rows)("%s", async (_, options) => {
    const heard = await heardIn([wavFile([sound()], options)]);
    expect(heard).toMatchObject({ durationMs: 2_000, truncated: false });
  });

  test("cut short, which is told", async () => {
    const file = wavFile([sound()], { rateHz: RATE });
    const heard = await heardIn([file.subarray(0, file.length - 8_001)]);
    expect(heard).toMatchObject({ durationMs: 1_500, truncated: true });
  });

  test("with half a sample at its end, which is left out", async () => {
    const heard = await heardIn([wavFile([sound(100)], { rateHz: RATE, dataSize: 1_599 })]);
    expect(heard.durationMs).toBe(100);
    expect(heard.truncated).toBe(false);
  });

  test("far from zero: a constant is no sound", async () => {
    const heard = await heardIn([
      wavFile([new Float32Array(RATE).fill(0.3)], { rateHz: RATE, codec: "pcm16" }),
    ]);
    expect(heard.levels[0]?.every((level) => level === 0)).toBe(true);
  });
});

describe("a file is heard whole or not at all", () => {
  const options = { rateHz: RATE };
  /** The chunks of a file with this sound: format and data. */
  const chunksOf = (channel: Float32Array, more: Partial<WavOptions> = {}) =>
    wavFile([channel], { ...options, ...more }).subarray(12);
  const dataOf = (channel: Float32Array, more: Partial<WavOptions> = {}) =>
    chunksOf(channel, more).subarray(24);
  const whole = sound();
  const [first, second] = [whole.subarray(0, 9_600), whole.subarray(9_600)];
  const list = (type: string, size: number) => {
    const head = Buffer.from(`LIST....${type}`);
    head.writeUInt32LE(size + 4, 4);
    return Buffer.concat([head, Buffer.alloc(size)]);
  };

  test.each<readonly [string, Uint8Array]>([
    ["at once", Buffer.alloc(0)],
    ["after other chunks", Buffer.concat([list("INFO", 30), list("adtl", 0)])],
    ["after the same format again", chunksOf(new Float32Array(0)).subarray(0, 24)],
  ])("sound in a second data chunk is heard as well, %s", async (_, between) => {
    const plain = await heardIn([wavFile([whole], options)]);
    const file = Buffer.concat([wavFile([first], options), between, dataOf(second)]);
    for (const sizes of [[file.length], [1], [7, 300]]) {
      expect(await heardIn(inPieces(file, sizes))).toEqual(plain);
    }
    const unsized = Buffer.concat([wavFile([first], options), dataOf(second, { dataSize: 0 })]);
    expect(await heardIn([unsized])).toEqual(plain);
    const third = Buffer.concat([file, dataOf(first)]);
    expect((await heardIn([third])).durationMs).toBe(3_200);
    const cut = await heardIn([file.subarray(0, -1_600)]);
    expect(cut).toMatchObject({ durationMs: 1_900, truncated: true });
  });

  test("of an odd number of bytes, whether or not a byte fills up", async () => {
    const eight = { codec: "pcm8" } as const;
    const [odd, rest] = [whole.subarray(0, 8_001), whole.subarray(8_001)];
    const file = wavFile([odd], { ...options, ...eight });
    for (const begun of [file, file.subarray(0, -1)]) {
      const heard = await heardIn([Buffer.concat([begun, dataOf(rest, eight)])]);
      expect(heard.durationMs).toBe(2_000);
    }
  });

  test.each<readonly [string, Uint8Array, string]>([
    ["another file", wavFile([second], options), "not_sound"],
    ["bytes that are no chunk", Buffer.from(second.buffer, 0, 4_000), "not_sound"],
    ["zeros, and then something", Buffer.from(`${"\0".repeat(40)}x`), "not_sound"],
    ["a chunk that breaks off", Buffer.from("note\xff\xff\0\0abc", "latin1"), "not_sound"],
    ["a chunk that breaks off in its name", list("INFO", 8).subarray(0, 10), "not_sound"],
    ["another format", chunksOf(second, { codec: "mulaw" }), "format_unknown"],
    ["another rate", chunksOf(second, { rateHz: 16_000 }), "format_unknown"],
    ["a list of pieces", list("wavl", 40), "codec_unknown"],
  ])("with %s behind its sound it is not judged by what is before", async (_, after, problem) => {
    const file = Buffer.concat([wavFile([first], options), after]);
    for (const sizes of [[file.length], [1]]) {
      expect(await hear(inPieces(file, sizes))).toMatchObject({ kind: "unheard", problem });
    }
  });

  test("with zeros up to the end of a block it is heard: they hold no sound", async () => {
    const file = Buffer.concat([wavFile([first], options), Buffer.alloc(4_001)]);
    for (const sizes of [[file.length], [1]]) {
      const heard = await heardIn(inPieces(file, sizes));
      expect(heard).toMatchObject({ durationMs: 1_200, truncated: false });
    }
  });
});

describe("what cannot be heard is named", () => {
  const broken = (change: (file: Buffer) => void): Buffer => {
    const file = wavFile([sound(100)], { rateHz: RATE });
    change(file);
    return file;
  };
  const rows: readonly (readonly [string, Uint8Array, string])[] = [
    ["nothing at all", new Uint8Array(0), "not_sound"],
    ["three bytes", Buffer.from("RIF"), "not_sound"],
    ["a web page", Buffer.from("<!doctype html><title>Log in</title>"), "not_sound"],
    ["a header and no more", wavFile([new Float32Array(0)], { rateHz: RATE }), "no_sound"],
    ["no format", Buffer.from("RIFF\x24\0\0\0WAVEdata\x04\0\0\0abcd"), "not_sound"],
    ["GSM", broken((file) => file.writeUInt16LE(0x31, 20)), "codec_unknown"],
    ["12 bits", broken((file) => file.writeUInt16LE(12, 34)), "codec_unknown"],
    ["4 kHz", broken((file) => file.writeUInt32LE(4_000, 24)), "format_unknown"],
    ["96 kHz", broken((file) => file.writeUInt32LE(96_000, 24)), "format_unknown"],
    ["six channels", broken((file) => file.writeUInt16LE(6, 22)), "format_unknown"],
    ["no channel", broken((file) => file.writeUInt16LE(0, 22)), "format_unknown"],
    ["a frame of 7 bytes", broken((file) => file.writeUInt16LE(7, 32)), "not_sound"],
    ["MP3 without a decoder", Buffer.from([0xff, 0xfb, 0x90, 0x00, 0]), "codec_unknown"],
  ];
  test.each(rows)("%s", async (_, file, problem) => {
    expect(await hear([file])).toMatchObject({ kind: "unheard", problem });
  });

  test("a file longer than is heard is given up on the way", async () => {
    const file = wavFile([sound(3_000)], { rateHz: RATE });
    const heard = await hear(inPieces(file, [512]), { durationMsMax: 2_000 });
    expect(heard).toMatchObject({ kind: "unheard", problem: "too_long" });
  });

  test("no garbage makes it throw, and what it answers says what", async () => {
    const start = wavFile([sound(200)], { rateHz: RATE });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 600 }),
        fc.nat({ max: 60 }),
        fc.integer({ min: 1, max: 97 }),
        async (garbage, keep, size) => {
          const file = Buffer.concat([start.subarray(0, keep), garbage]);
          const heard = await hear(inPieces(file, [size]));
          if (heard.kind === "unheard") expect(heard.detail).not.toBe("");
          else expect(heard.durationMs).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});
