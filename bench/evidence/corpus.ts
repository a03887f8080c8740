/**
 * How right judging by sound is, on recordings made from seeds: `npm run evidence:corpus`.
 * `--cases N` (1000) a kind of file, `--seed S` (1). Where espeak-ng and lame are installed, there
 * are as many cases with its voices, and as many MP3 files; it says so where they are not.
 * Exit code 1 where a leak was missed, or a window that holds none was suspect.
 */
import { parseArgs } from "node:util";
import type { Judgement } from "../../src/evidence/evidence.ts";
import { hear } from "../../src/evidence/sound/heard.ts";
import { judgeSound } from "../../src/evidence/sound/judge.ts";
import { withMp3 } from "../../src/runtime/node/sound/mp3.ts";
import { type Case, type CaseOptions, makeCase } from "./cases.ts";
import { espeak, lame } from "./installed.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    counts: { type: "boolean", default: false },
  },
});
const VERDICTS = ["silent", "consistent", "suspect"] as const;
let wrong = 0;

await table("WAV, made speech", {});
const voice = espeak();
if (voice === undefined) console.log("\nNOT RUN: espeak-ng is not installed.");
else await table("WAV, speech from espeak-ng", { voice });
const mp3 = lame();
if (mp3 === undefined) console.log("\nNOT RUN: lame is not installed, so no MP3 files.");
else await table("MP3 by lame", { mp3, rates: [8_000, 11_025, 16_000, 22_050, 32_000, 44_100] });
process.exitCode = wrong === 0 ? 0 : 1;

async function table(name: string, options: CaseOptions): Promise<void> {
  const rows = new Map<string, Map<string, number>>();
  const mistakes: string[] = [];
  const digits = { keyed: 0, counted: 0, files: 0, off: 0 };
  const count = Number(values.cases);
  for (let index = 0; index < count; index += 1) {
    const one = makeCase(Number(values.seed) + index, options);
    const heard = await withMp3((mp3) => hear([one.file()], { mp3 }));
    if (heard.kind === "unheard") throw new Error(`${one.name}: ${heard.detail}`);
    const [judgement] = judgeSound(heard, one.recording, [one.window], one).judgements;
    if (judgement === undefined) throw new Error(`${one.name}: not judged`);
    const row = rows.get(truthOf(one)) ?? new Map<string, number>();
    row.set(judgement.verdict, (row.get(judgement.verdict) ?? 0) + 1);
    rows.set(truthOf(one), row);
    if (!isRight(one, judgement)) mistakes.push(`${one.name}: ${truthOf(one)}`);
    const off = heard.tones.length - one.digitCount;
    digits.keyed += one.digitCount;
    digits.counted += heard.tones.length;
    digits.files += 1;
    if (off !== 0) digits.off += 1;
    if (off !== 0 && values.counts) console.log(`${one.name}: ${one.digitCount} keyed, ${off} off`);
  }
  wrong += mistakes.length;
  console.log(`\n${name}: ${count} files from seed ${values.seed}\n`);
  console.log("| what is in the window | silent | consistent | suspect |");
  console.log("| --- | ---: | ---: | ---: |");
  for (const [truth, row] of [...rows].toSorted(([a], [b]) => a.localeCompare(b))) {
    console.log(`| ${truth} | ${VERDICTS.map((one) => row.get(one) ?? 0).join(" | ")} |`);
  }
  const { counted, files, keyed, off } = digits;
  console.log(
    `\nDigits: ${keyed} keyed, ${counted} counted; in ${files - off} of ${files} files right.`,
  );
  console.log(mistakes.length === 0 ? "No mistake." : `${mistakes.length} MISTAKES`);
  for (const one of mistakes) console.log(`  ${one}`);
}

function truthOf({ inside, isCardOutside, leak }: Case): string {
  if (leak !== undefined) return `leak: ${leak.kind}, ${leak.length}`;
  return isCardOutside ? `${inside}; 16 digits keyed outside` : inside;
}

function isRight({ isCardOutside, leak }: Case, { verdict }: Judgement): boolean {
  return (verdict === "suspect") === (leak !== undefined || isCardOutside);
}
