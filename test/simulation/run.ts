/** `npm run simulate`: tells the stories of many seeds on both cores, or one with its trace. */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { tell } from "./story.ts";
import type { Told } from "./worker.ts";

const HELP = `npm run simulate -- [options]

  --seeds N      how many seeds (2000)
  --first N      the first of them (1)
  --workers N    threads that tell stories (2)
  --calls N      every story has this many calls, instead of a few or some hundreds by seed
  --until-wrong  stop at the first seed that breaks a promise
  --seed N       only this one, here
  --trace        with --seed: print what happens as it happens
  --help

Exit code 1 where a promise was broken. docs/simulation.md says what is simulated and judged.
`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    first: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    calls: { type: "string" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    "until-wrong": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const callCount = values.calls === undefined ? undefined : whole(values.calls, "calls");
const some = callCount === undefined ? {} : { callCount };

if (values.help) process.stdout.write(HELP);
else if (values.seed === undefined) process.exitCode = await many();
else process.exitCode = await one(whole(values.seed, "seed"));

function whole(text: string, name: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  process.stderr.write(`--${name} must be a whole number above 0, not "${text}"\n\n${HELP}`);
  process.exit(2);
}

async function one(seed: number): Promise<number> {
  const hear = (line: string) => void process.stdout.write(`${line}\n`);
  const story = await tell(seed, { ...some, ...(values.trace ? { hear } : {}) });
  process.stdout.write(`${JSON.stringify(story.counts)}\n`);
  tellWrong(seed, story.wrong);
  return story.wrong.length === 0 ? 0 : 1;
}

function tellWrong(seed: number, wrong: readonly string[]): void {
  if (wrong.length === 0)
    return void process.stdout.write(`seed ${seed}: every promise was kept\n`);
  const calls = callCount === undefined ? "" : ` --calls ${callCount}`;
  process.stdout.write(`seed ${seed}: WRONG\n`);
  for (const line of wrong) process.stdout.write(`  ${line}\n`);
  process.stdout.write(`  replay: npm run simulate -- --seed ${seed} --trace${calls}\n`);
}

/** Hands seeds out to the workers, the next one to whoever is done. */
async function many(): Promise<number> {
  const first = whole(values.first, "first");
  const last = first + whole(values.seeds, "seeds") - 1;
  const began = performance.now();
  const totals: Record<string, number> = {};
  let next = first;
  let told = 0;
  let wrong = 0;
  let cpuMs = 0;
  let longestMs = 0;

  const take = ({ counts, cpuMs: ms, seed, wrong: broken }: Told): void => {
    told += 1;
    cpuMs += ms;
    longestMs = Math.max(longestMs, ms);
    for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count;
    if (broken.length > 0) {
      wrong += 1;
      tellWrong(seed, broken);
      if (values["until-wrong"]) next = last + 1;
    }
    if (told % 250 === 0) process.stdout.write(`${told} seeds in ${seconds(began)} s\n`);
  };
  const work = (): Promise<void> =>
    new Promise((done, failed) => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url));
      const give = () => {
        if (next > last) {
          void worker.terminate();
          return done();
        }
        worker.postMessage({ seed: next, ...some });
        next += 1;
      };
      worker.on("message", (message: Told) => {
        take(message);
        give();
      });
      worker.on("error", failed);
      give();
    });
  await Promise.all(Array.from({ length: whole(values.workers, "workers") }, work));

  const spent = (performance.now() - began) / 1_000;
  const line = Object.entries(totals).map(([name, count]) => `${count} ${name}`);
  process.stdout.write(`${line.join(", ")}\n`);
  process.stdout.write(
    `${told} seeds, ${wrong} wrong, ${spent.toFixed(1)} s, ${(told / spent).toFixed(1)} seeds/s, ` +
      `${(cpuMs / told).toFixed(0)} ms of processor time a seed, ${longestMs.toFixed(0)} at most\n`,
  );
  return wrong === 0 ? 0 : 1;
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1_000).toFixed(0);
}
