/**
 * `npm run torture -- --rounds 50`: the real service and the real simulators as processes, killed,
 * stalled, cut off and filled up under load, and a referee who believes none of them.
 */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Way } from "./disk.ts";
import { endAll } from "./processes.ts";
import { converged, judgement, type Played, playRound } from "./round.ts";
import type { Sums } from "./referee/referee.ts";
import type { Finding } from "./story.ts";
import { type Ground, layGround, startWorld } from "./world.ts";

const USAGE = `usage: npm run torture -- [--rounds 50] [--seed N] [--disk any|tmpfs|rlimit] [--keep]

Kills the service, stalls and restarts recorders, cuts wires and fills the disk under load, and
judges every answer by what the recorders' own journals and the control log say.

  --rounds N   how many rounds (about 6 s each); 50
  --seed N     makes the same choices again, if not the same timing
  --disk HOW   how the disk is filled: tmpfs (root only), rlimit, or any: what can be had
  --keep       keeps the folder though nothing was wrong

Exit code 0: both promises held; 1: a breach, or something that did not run; 2: wrong usage.`;

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly disk: Way | "any";
  readonly keep: boolean;
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: "string", default: "50" },
        seed: { type: "string", default: String(Date.now() % 1_000_000) },
        disk: { type: "string", default: "any" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
    const disk = (["any", "tmpfs", "rlimit"] as const).find((one) => one === values.disk);
    const isWhole = Number.isInteger(rounds) && rounds > 0 && Number.isInteger(seed) && seed >= 0;
    if (values.help || !isWhole || disk === undefined) return undefined;
    return { rounds, seed, disk, keep: values.keep };
  } catch {
    return undefined;
  }
}

/** One fault may show in hundreds of answers. */
const NAMED_COUNT_MAX = 12;
const WAYS: Readonly<Record<Way, string>> = {
  rlimit: "RLIMIT_FSIZE (no root)",
  tmpfs: "a tmpfs that shrinks (root)",
};
const COUNTED = { entry_missing: "missing", false_safe: "safe", false_secured: "secured" } as const;

async function torture({ disk, keep, rounds, seed }: Options): Promise<number> {
  const began = Date.now();
  console.log(`torture: ${rounds} rounds, seed ${seed}`);
  const ground = layGround(disk);
  shutDown = (keep) => {
    shutDown = undefined;
    close(ground, keep);
  };
  const world = await startWorld(ground, seed);
  const all: Played[] = [];
  const findings: Finding[] = [];
  let sums: Sums | undefined;
  const hear = (round: string, heard: readonly Finding[]) => {
    for (const { breach, detail } of heard.slice(0, NAMED_COUNT_MAX)) {
      console.log(`  BREACH ${round} ${breach}: ${detail}`);
    }
    const more = heard.length - NAMED_COUNT_MAX;
    if (more > 0) console.log(`  and ${more} more`);
    findings.push(...heard);
  };
  for (let round = 0; round < rounds && findings.length === 0; round += 1) {
    // The first half on the disk that is there; the second on one that can really be full.
    const moves = disk === "tmpfs" || round >= rounds / 2;
    const played = await playRound(world, { round, seed, moves });
    all.push(played);
    console.log(lineOf(round + 1, played, sums));
    sums = played.sums;
    hear(`round ${round + 1}`, played.findings);
  }
  await Promise.all(world.pages.map((one) => one.ask("finish")));
  const settled = await converged(world, Date.now());
  hear("at the end", settled.left);
  const last = await judgement(world, "again");
  hear("at the end", last.findings);

  const sum = (of: (one: Played) => number) => all.reduce((total, one) => total + of(one), 0);
  const count = (breach: Finding["breach"]) =>
    findings.filter((one) => one.breach === breach).length;
  const others = findings.filter(({ breach }) => !(breach in COUNTED)).length;
  const longestMs = Math.max(settled.afterMs, ...all.map((one) => one.convergedAfterMs));
  const {
    acknowledged,
    byTicket,
    entries,
    excused,
    heads,
    killsUnderWay,
    longestLagMs,
    safe,
    shownSecured,
    windows,
  } = last.sums;
  const filled = [...new Set(all.flatMap(({ filledBy }) => filledBy ?? []))]
    .map((way) => WAYS[way])
    .join(", ");
  const unfilled =
    world.disk.ways.length > 0 || world.disk.canMove
      ? "nothing in these rounds"
      : "nothing: neither a tmpfs (root) nor prlimit can be had";
  console.log(
    [
      "",
      `kills                        ${sum((one) => one.kills)}: ${killsUnderWay} with requests under way, ${sum((one) => one.midCommit)} inside a transaction`,
      `windows                      ${windows}`,
      `acknowledged entries         ${acknowledged} (of ${entries}; ${heads} signed heads kept)`,
      `by a browser's ticket        ${byTicket}`,
      `missing                      ${count("entry_missing")}`,
      `told safeToCollect           ${safe}, false: ${count("false_safe")}`,
      `desktops showed secured      ${shownSecured}, false: ${count("false_secured")}`,
      `other breaches               ${others}`,
      `foreign mutes not knowable   ${excused}`,
      `longest time to converge     ${longestMs} ms`,
      `the service stood still      ${longestLagMs} ms at most (the bounds allow for it)`,
      `disk full by                 ${filled === "" ? unfilled : filled}`,
      `seed ${seed}, ${all.length} rounds, ${Math.round((Date.now() - began) / 1000)} s`,
    ].join("\n"),
  );
  await world.close();
  // Where nobody was ever told to collect, nothing was put to the test.
  if (safe === 0) console.log("  BREACH nothing_judged: no page was ever told to collect");
  const isWrong = findings.length > 0 || safe === 0;
  shutDown?.(keep || isWrong);
  return isWrong ? 1 : 0;
}

function lineOf(round: number, played: Played, before: Sums | undefined): string {
  const { sums } = played;
  const windows = sums.windows - (before?.windows ?? 0);
  const acknowledged = sums.acknowledged - (before?.acknowledged ?? 0);
  const safe = sums.safe - (before?.safe ?? 0);
  return (
    `${String(round).padStart(3)}  ${played.done.join(", ")}; ${windows} windows, ` +
    `${acknowledged} acknowledged, ${safe} safe, converged in ${played.convergedAfterMs} ms`
  );
}

/** Ends every process; a tmpfs goes, and what was on it stays where it is to be kept. */
function close({ disk, folder }: Ground, keep: boolean): void {
  endAll();
  if (keep && disk.isMounted) {
    cpSync(join(folder, "log"), join(folder, "log-kept"), { recursive: true });
  }
  if (disk.isMounted) disk.close();
  if (keep) console.log(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}

let shutDown: ((keep: boolean) => void) | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    shutDown?.(false);
    process.exit(130);
  });
}
process.on("exit", endAll);

const options = optionsOf(process.argv.slice(2));
if (options === undefined) {
  console.log(USAGE);
  process.exitCode = process.argv.includes("--help") ? 0 : 2;
} else {
  try {
    process.exitCode = await torture(options);
  } catch (error) {
    console.log(`torture stopped: ${error instanceof Error ? error.message : String(error)}`);
    shutDown?.(true);
    process.exitCode = 1;
  }
  endAll();
}
