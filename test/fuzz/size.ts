/**
 * How much is fuzzed, and from which seed. `FUZZ_RUNS` is the number of requests (and a tenth of it
 * the number of connections that speak frames or bent bytes); `FUZZ_SEED` a number, or `random`.
 * Every day it is the same small run; a large one takes a new seed each time. Either prints its own.
 */
const EVERYDAY_RUNS = 1_600;
const EVERYDAY_SEED = 20_261_122;

const asked = process.env["FUZZ_RUNS"];
export const RUNS = asked === undefined ? EVERYDAY_RUNS : Number(asked);
if (!Number.isSafeInteger(RUNS) || RUNS < 100) throw new Error("FUZZ_RUNS: a number, 100 or more");

export const SEED = seedOf(process.env["FUZZ_SEED"]);

function seedOf(given: string | undefined): number {
  const random = Math.floor(Math.random() * 0x7fff_ffff);
  if (given === undefined) return asked === undefined ? EVERYDAY_SEED : random;
  if (given === "random") return random;
  if (!Number.isSafeInteger(Number(given))) throw new Error("FUZZ_SEED: a number, or random");
  return Number(given);
}

/** A line that stands in the output even where the tests pass. */
export const tell = (line: string): void => void process.stdout.write(`fuzz: ${line}\n`);

/** How to run the same again. */
export const replay = `FUZZ_RUNS=${RUNS} FUZZ_SEED=${SEED} npm run fuzz`;

/** Long enough for the largest run on a slow machine; a hang is caught by each request's own limit. */
export const TEST_MS_MAX = 60_000 + RUNS * 60;

/** Then a failure is told as it is, although a smaller one is still looked for: not as a test that ran out of time. */
export const SEARCH_MS_MAX = TEST_MS_MAX * 0.7;
