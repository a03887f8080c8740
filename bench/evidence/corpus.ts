/**
 * How right judging by sound is, on recordings made from seeds: `npm run evidence:corpus`.
 * `--cases N` (1,000) `--seed S` (1). Speaks with espeak-ng too, and codes MP3 with lame, where they
 * are installed.
 */
import { parseArgs } from "node:util";
import type { Judgement } from "../../src/evidence/evidence.ts";
import { hear } from "../../src/evidence/sound/heard.ts";
import { judgeSound } from "../../src/evidence/sound/judge.ts";
import { type Case, makeCase } from "./cases.ts";

const { values } = parseArgs({
  options: { cases: { type: "string", default: "1000" }, seed: { type: "string", default: "1" } },
});
const [count, first] = [Number(values.cases), Number(values.seed)];

const rows = new Map<string, Map<string, number>>();
const wrong: string[] = [];
let [keyed, counted, miscounted] = [0, 0, 0];
for (let index = 0; index < count; index += 1) {
  const one = makeCase(first + index);
  const { codec, rateHz } = one;
  const heard = await hear([one.file()]);
  if (heard.kind === "unheard") throw new Error(`${one.name}: ${heard.detail}`);
  const { judgements } = judgeSound(heard, one.recording, [one.window], one);
  const [judged] = judgements;
  if (judged === undefined) throw new Error(`${one.name}: not judged`);
  note(one, judged);
  keyed += one.digitCount;
  counted += heard.tones.length;
  if (heard.tones.length !== one.digitCount) {
    miscounted += 1;
    if (process.env["SHOW"])
      console.log("count", one.name, one.leak, one.digitCount, heard.tones.length);
  }
  void [codec, rateHz];
}

function note(one: Case, { cause, verdict }: Judgement): void {
  const truth =
    one.leak !== undefined
      ? `leak: ${one.leak.kind}, ${one.leak.length}`
      : one.isCardOutside
        ? "card-long digits outside"
        : `none, in ${one.inside}`;
  const row = rows.get(truth) ?? new Map<string, number>();
  row.set(verdict, (row.get(verdict) ?? 0) + 1);
  rows.set(truth, row);
  const isSuspect = verdict === "suspect";
  if (isSuspect !== (one.leak !== undefined || one.isCardOutside)) {
    wrong.push(`${one.name}, ${one.inside}, ${truth}: ${verdict} ${cause ?? ""}`);
  }
}

console.log("| what is in the window | silent | consistent | suspect |\n| --- | --- | --- | --- |");
for (const [truth, row] of [...rows].toSorted(([a], [b]) => a.localeCompare(b))) {
  const cells = ["silent", "consistent", "suspect"].map((name) => row.get(name) ?? 0);
  console.log(`| ${truth} | ${cells.join(" | ")} |`);
}
console.log(`digits keyed ${keyed}, counted ${counted}; files miscounted ${miscounted}`);
console.log(`wrong: ${wrong.length}`);
for (const line of wrong) console.log(`  ${line}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
