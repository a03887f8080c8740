/**
 * Makes the MP3 files that tests hear, in test/evidence/sound/mp3: of sound from seeds alone, by
 * lame, which must be installed. Run it only to change them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { lame } from "./installed.ts";
import { cut, digits, mix, seeded, silence, speech } from "./synth.ts";

const FOLDER = new URL("../../test/evidence/sound/mp3/", import.meta.url);
const code = lame();
if (code === undefined) throw new Error("lame is not installed");
mkdirSync(FOLDER, { recursive: true });

/** Ten seconds: three digits at 1.5 s, silent from 4 to 8 s. */
function call(rateHz: number, seed: number): Float32Array {
  const out = speech(seeded(seed), 10_000, rateHz);
  silence(out, 1_300, 2_200, rateHz);
  mix(out, digits({ keys: [2, 6, 6], toneMs: 80, pauseMs: 80, db: -20 }, rateHz), 1_500, rateHz);
  silence(out, 4_000, 8_000, rateHz);
  return out;
}
const leaking = (rateHz: number): Float32Array => {
  const out = call(rateHz, 1);
  mix(out, cut(speech(seeded(9), 1_000, rateHz, -30), 100, 200, rateHz), 6_000, rateHz);
  return out;
};
const keyed = call(44_100, 2);
mix(keyed, digits({ keys: [1, 2, 3, 4], toneMs: 60, pauseMs: 70, db: -25 }, 44_100), 5_500, 44_100);

writeFileSync(new URL("silent-8k.mp3", FOLDER), code([call(8_000, 1)], 8_000));
writeFileSync(new URL("leak-8k.mp3", FOLDER), code([leaking(8_000)], 8_000));
writeFileSync(new URL("digits-44k-stereo.mp3", FOLDER), code([call(44_100, 3), keyed], 44_100));
