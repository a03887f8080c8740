/**
 * How fast files are heard on one core, and what memory that takes: `npm run evidence:speed`.
 * `--minutes N` (10) of sound a file, `--rounds N` (3): the median and the worst are printed.
 * `--memory` hears two hours of WAV and of MP3 in pieces and prints memory every ten minutes.
 */
import { parseArgs } from "node:util";
import type { Codec } from "../../src/evidence/sound/codec.ts";
import { hear } from "../../src/evidence/sound/heard.ts";
import { judgeSound } from "../../src/evidence/sound/judge.ts";
import { withMp3 } from "../../src/runtime/node/sound/mp3.ts";
import { recordingOf, windowOf } from "./cases.ts";
import { lame } from "./installed.ts";
import { digits, mix, noise, seeded, silence, speech } from "./synth.ts";
import { wavFile } from "./wavFile.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
    memory: { type: "boolean", default: false },
  },
});
const PIECE_BYTES = 65_536;
const MINUTE_MS = 60_000;
const MB = 2 ** 20;

if (values.memory) {
  await memory("pcm16", 48_000);
  await memory("mp3", 44_100);
} else await speed();

function sound(rateHz: number, seed: number): Float32Array {
  const out = speech(seeded(seed), MINUTE_MS, rateHz);
  mix(out, noise(seeded(seed), "white", MINUTE_MS, rateHz, -60), 0, rateHz);
  silence(out, 20_000, 40_000, rateHz);
  mix(out, digits({ keys: [1, 2, 3], toneMs: 80, pauseMs: 80, db: -20 }, rateHz), 45_000, rateHz);
  return out;
}

/** One minute of file, and what to hand on again and again for a longer one. */
function minuteOf(codec: Codec, rateHz: number, channelCount: number) {
  const channels = Array.from({ length: channelCount }, (_, seed) => sound(rateHz, seed + 1));
  if (codec === "mp3") {
    const code = lame();
    return code === undefined ? undefined : { head: Buffer.alloc(0), body: code(channels, rateHz) };
  }
  const file = wavFile(channels, { codec, rateHz, dataSize: 0 });
  return { head: file.subarray(0, 44), body: file.subarray(44) };
}

function* pieces({ body, head }: { head: Buffer; body: Buffer }, minutes: number) {
  if (head.length > 0) yield head;
  for (let minute = 0; minute < minutes; minute += 1) {
    for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
  }
}

async function speed(): Promise<void> {
  const minutes = Number(values.minutes);
  const rows: readonly (readonly [Codec, number, number])[] = [
    ["mulaw", 8_000, 1],
    ["pcm16", 8_000, 1],
    ["pcm16", 8_000, 2],
    ["alaw", 16_000, 2],
    ["pcm16", 44_100, 2],
    ["pcm24", 48_000, 2],
    ["mp3", 8_000, 1],
    ["mp3", 16_000, 2],
    ["mp3", 44_100, 2],
  ];
  console.log(`${minutes} minutes a file, ${values.rounds} rounds, times real time on one core\n`);
  console.log("| file | median | worst |\n| --- | ---: | ---: |");
  for (const [codec, rateHz, channelCount] of rows) {
    const file = minuteOf(codec, rateHz, channelCount);
    const name = `${codec} ${rateHz} Hz ${channelCount === 1 ? "mono" : "stereo"}`;
    if (file === undefined) {
      console.log(`| ${name} | NOT RUN: lame is not installed | |`);
      continue;
    }
    const ratios: number[] = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      // What this process was given of the core, so that what else runs here does not count.
      const began = process.cpuUsage();
      await hearAndJudge(pieces(file, minutes));
      const { system, user } = process.cpuUsage(began);
      ratios.push((minutes * MINUTE_MS * 1_000) / (user + system));
    }
    const sorted = ratios.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    console.log(`| ${name} | ${Math.round(median)} | ${Math.round(sorted[0] ?? 0)} |`);
  }
}

async function hearAndJudge(file: Iterable<Uint8Array>): Promise<void> {
  const heard = await withMp3((mp3) => hear(file, { mp3 }));
  if (heard.kind === "unheard") throw new Error(heard.detail);
  const window = windowOf(1e12 + 20_000, 1e12 + 20_100, 1e12 + 39_900);
  const recording = recordingOf(1e12 + 700, heard.durationMs, 1_000);
  const { judgements } = judgeSound(heard, recording, [window], { clockMs: 2_000 });
  if (judgements[0]?.verdict !== "silent") throw new Error("the file is not what it should be");
}

async function memory(codec: Codec, rateHz: number): Promise<void> {
  console.log(`${codec} ${rateHz} Hz stereo`);
  const file = minuteOf(codec, rateHz, 2);
  if (file === undefined) return console.log("NOT RUN: lame is not installed");
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("needs node --expose-gc");
  const held = () => {
    gc();
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    return `${((heapUsed + arrayBuffers) / MB).toFixed(1)} MB held, ${(process.memoryUsage.rss() / MB).toFixed(0)} MB resident`;
  };
  let bytes = 0;
  function* watched(): Generator<Uint8Array> {
    for (let minute = 0; minute < 120; minute += 1) {
      if (minute % 10 === 0) {
        console.log(`after ${minute} minutes (${Math.round(bytes / MB)} MB of file): ${held()}`);
      }
      for (const piece of pieces(file as NonNullable<typeof file>, 1)) {
        if (piece.length === 44 && minute > 0) continue;
        bytes += piece.length;
        yield piece;
      }
    }
  }
  await hearAndJudge(watched());
  console.log(`after 120 minutes (${Math.round(bytes / MB)} MB of file): ${held()}`);
}
