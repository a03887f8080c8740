/** Programs that make test sound, where they are installed: espeak-ng speaks, lame codes MP3. */
import { spawnSync } from "node:child_process";
import { wavReader } from "../../src/evidence/sound/wav.ts";
import { levelled, pick, type speech } from "./synth.ts";
import { wavFile } from "./wavFile.ts";

const has = (program: string): boolean =>
  spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;

const PASSAGES = [
  "Please read me the long number on the front of your card, slowly, in groups of four.",
  "Thank you. And the expiry date, and then the three digits on the back, please.",
  "One moment while I take the payment. It can take a minute; I will stay on the line with you.",
  "I am calling about my invoice from last week, the amount is not the one we had agreed on.",
  "Four nine two nine, one double five, three seven six, and then eight eight zero four.",
];
const VOICES = ["en", "en+f3", "en+m4", "de", "en-us+f4"];

/** Speech by espeak-ng, in place of the speech made here; undefined where it is not installed. */
export function espeak(): typeof speech | undefined {
  if (!has("espeak-ng")) return undefined;
  const spoken = new Map<string, { readonly samples: Float32Array; readonly rateHz: number }>();
  return (random, ms, rateHz, db = -20) => {
    const out = new Float32Array(Math.round((ms * rateHz) / 1_000));
    const voice = pick(random, VOICES);
    for (let at = 0; at < out.length;) {
      const words = pick(random, PASSAGES);
      const key = `${voice} ${words}`;
      const said = spoken.get(key) ?? samplesOf(say(voice, words));
      spoken.set(key, said);
      const count = Math.floor((said.samples.length * rateHz) / said.rateHz);
      for (let index = 0; index < count && at + index < out.length; index += 1) {
        out[at + index] = said.samples[Math.floor((index * said.rateHz) / rateHz)] ?? 0;
      }
      at += count;
    }
    return levelled(out, rateHz, db);
  };
}

const say = (voice: string, words: string): Buffer =>
  spawnSync("espeak-ng", ["--stdout", "-v", voice, words], { maxBuffer: 1 << 26 }).stdout;

/** The first channel of a WAV file. */
function samplesOf(file: Uint8Array) {
  const pieces: Float32Array[] = [];
  let rateHz = 0;
  const reader = wavReader({
    begin: ({ sampleRateHz }) => (rateHz = sampleRateHz),
    samples: ([channel], count) => void (channel && pieces.push(channel.slice(0, count))),
  });
  reader.push(file);
  const samples = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return { samples, rateHz };
}

/** An MP3 file by lame, at a rate that a recorder would use; undefined where it is not installed. */
export function lame():
  | ((channels: readonly Float32Array[], rateHz: number) => Buffer)
  | undefined {
  if (!has("lame")) return undefined;
  return (channels, rateHz) => {
    const kbps = String((rateHz < 16_000 ? 24 : 48) * channels.length);
    const options = ["--quiet", "-b", kbps, "--resample", String(rateHz / 1_000), "-", "-"];
    const input = wavFile(channels, { rateHz });
    return spawnSync("lame", options, { input, maxBuffer: 1 << 28 }).stdout;
  };
}
