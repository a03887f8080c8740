/** MP3 files, which Kazoo keeps: decoded as they come, and judged like any other. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordingOf, windowOf } from "../../../bench/evidence/cases.ts";
import { type Heard, hear } from "../../../src/evidence/sound/heard.ts";
import { judgeSound } from "../../../src/evidence/sound/judge.ts";
import { mp3Decoding } from "../../../src/runtime/node/sound/mp3.ts";

const read = (name: string): Buffer => readFileSync(new URL(`mp3/${name}.mp3`, import.meta.url));
const MINIMP3 = new URL("../../../src/runtime/node/sound/minimp3/", import.meta.url);

async function heardIn(...pieces: readonly Uint8Array[]): Promise<Heard> {
  const heard = await hear(pieces, { mp3: mp3Decoding });
  if (heard.kind === "unheard") throw new Error(heard.detail);
  return heard;
}
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

  test("garbage that begins as MP3 does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 0, maxLength: 30_000 }),
        fc.constantFrom([0xff, 0xfb, 0x90], [0x49, 0x44, 0x33], [0xff, 0xe3, 0x18]),
        async (garbage, start) => {
          const heard = await hear([Buffer.from(start), garbage], { mp3: mp3Decoding });
          if (heard.kind === "unheard") expect(heard.detail).not.toBe("");
        },
      ),
      { numRuns: 60 },
    );
  });

  test("two rates in one file", async () => {
    const heard = await hear([file, read("digits-44k-stereo")], { mp3: mp3Decoding });
    expect(heard).toMatchObject({ kind: "unheard", problem: "format_unknown" });
  });
});

describe("the decoder", () => {
  test("can touch nothing but its own memory", () => {
    const module = new WebAssembly.Module(readFileSync(new URL("decoder.wasm", MINIMP3)));
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });

  const compiler = (): boolean => {
    try {
      const told = execFileSync("clang", ["--version"], { encoding: "utf8", stdio: "pipe" });
      execFileSync("wasm-ld", ["--version"], { stdio: "ignore" });
      return told.startsWith("Debian clang version 14.");
    } catch {
      return false;
    }
  };
  test.skipIf(!compiler())("is what its script makes, to the byte", () => {
    const folder = mkdtempSync(join(tmpdir(), "tacet-minimp3-"));
    try {
      const made = join(folder, "decoder.wasm");
      execFileSync(new URL("build.sh", MINIMP3).pathname, [made], { stdio: "pipe" });
      expect(readFileSync(made).equals(readFileSync(new URL("decoder.wasm", MINIMP3)))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
