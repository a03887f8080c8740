/**
 * `npm run simulate:mutants`: plants each bug of the list in a copy of the tree and tells stories
 * until one of them finds it.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Mutant } from "./mutants/list.ts";
import { MUTANTS } from "./mutants/list.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COPIED = ["src", "test/simulation", "package.json"];
/** Seeds in which a bug has to be found. */
const SEEDS = 800;
const MS_MAX = 150_000;
/** Copies told of at once. */
const WORKERS = 2;

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
const began = performance.now();
const waiting = [...chosen];
let missed = 0;

interface Found {
  readonly seed: string;
  readonly what: string;
}

await Promise.all(Array.from({ length: WORKERS }, work));
const seconds = ((performance.now() - began) / 1_000).toFixed(0);
process.stdout.write(`${chosen.length - missed} of ${chosen.length} bugs found, ${seconds} s\n`);
process.exitCode = missed === 0 && chosen.length > 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const found = await hunt(next);
    if (found === undefined) missed += 1;
    const told = found === undefined ? "NOT FOUND" : `seed ${found.seed}: ${found.what}`;
    process.stdout.write(`${next.name}\n  ${told}\n`);
  }
}

async function hunt(mutant: Mutant): Promise<Found | undefined> {
  const copy = mkdtempSync(join(tmpdir(), "tacet-mutant-"));
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    plant(mutant, copy);
    return read(mutant, await tell(copy));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function plant({ edits, name }: Mutant, copy: string): void {
  for (const edit of edits) {
    const path = join(copy, edit.file);
    const text = readFileSync(path, "utf8");
    if (text.split(edit.old).length !== 2)
      throw new Error(`"${name}": its text is not in ${edit.file} exactly once any more`);
    // A function, so that no $ in the text means anything.
    writeFileSync(
      path,
      text.replace(edit.old, () => edit.new),
    );
  }
}

function tell(copy: string): Promise<string> {
  return new Promise((done) => {
    const run = join(copy, "test/simulation/run.ts");
    const args = [run, "--seeds", String(SEEDS), "--until-wrong", "--workers", "1"];
    const options = { cwd: copy, timeout: MS_MAX, maxBuffer: 10_000_000 };
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", ...args],
      options,
      (_, out) => done(out),
    );
  });
}

/** The first wrong seed, and all it breaks; what is not of the bug's kind does not count. */
function read({ breaks }: Mutant, out: string): Found | undefined {
  const [, seed, lines] = /^seed (\d+): WRONG\n((?: {2}.*\n)+)/m.exec(out) ?? [];
  if (seed === undefined || lines === undefined) return undefined;
  const told = [...lines.matchAll(/^ {2}\d+ (\w+): (.*)$/gm)];
  const kinds = [...new Set(told.map(([, kind = ""]) => kind))];
  const first = told.find(([, kind = ""]) => breaks.includes(kind));
  return first === undefined ? undefined : { seed, what: `${kinds.join(", ")}: ${first[2] ?? ""}` };
}
