/** One round: load, a trouble, kills at moments of the dice, and then everything must come right. */
import { type Dice, diceOf } from "./dice.ts";
import type { Way } from "./disk.ts";
import type { RoundArgs } from "./pages.ts";
import { sleep } from "./processes.ts";
import type { Sums } from "./referee/referee.ts";
import type { Finding } from "./story.ts";
import { troubleOf } from "./troubles.ts";
import type { World } from "./world.ts";

export interface Played {
  readonly kills: number;
  /** Of those, kills that left a transaction unfinished in the file. */
  readonly midCommit: number;
  readonly done: readonly string[];
  readonly filledBy?: Way;
  readonly convergedAfterMs: number;
  readonly findings: readonly Finding[];
  readonly sums: Sums;
}

/** Calls are registered, and windows come and go, before anything is done to them. */
const WARM: Living = { msMin: 450, answers: 30 };
/** And again after the last kill. */
const AFTER: Living = { msMin: 700, answers: 80 };
/** A machine that has other things to do gets longer, but not for ever. */
const LIVING_MS_MAX = 6_000;
/** What is not right by then is a breach. */
const CONVERGE_MS_MAX = 20_000;
const LOOK_EVERY_MS = 120;

export interface RoundPlan {
  readonly seed: number;
  readonly round: number;
  /** The log moves to a tmpfs, if there is one to be had. */
  readonly moves: boolean;
}

export async function playRound(world: World, plan: RoundPlan): Promise<Played> {
  const { round, seed } = plan;
  const dice = diceOf(seed, round, 77);
  const trouble = troubleOf(world, round, seed);
  await Promise.all(world.pages.map((one) => one.ask("play", { round } satisfies RoundArgs)));
  await live(world, WARM);
  const done: string[] = [];
  const kills: { readonly insideTransaction: boolean }[] = [];
  const count = dice.once(3) ? 2 : 1;
  const slay = async () => {
    for (let turn = 0; turn < count; turn += 1) {
      const moves = turn === 0 && plan.moves && world.disk.canMove;
      kills.push(await killOnce(world, dice, done, moves));
    }
  };
  const vex = async () => {
    await sleep(dice.below(700));
    done.push(await trouble.run(world, dice));
  };
  if (!trouble.sparesService) await Promise.all([slay(), vex()]);
  else {
    await slay();
    await vex();
  }
  await live(world, AFTER);
  await Promise.all(world.pages.map((one) => one.ask("drain")));
  const asked = Date.now();
  const { afterMs, left } = await converged(world, asked);
  const { findings, sums } = await judgement(world, "judge");
  return {
    kills: kills.length,
    midCommit: kills.filter(({ insideTransaction }) => insideTransaction).length,
    done,
    ...(trouble.fills === undefined ? {} : { filledBy: trouble.fills }),
    convergedAfterMs: afterMs,
    findings: [...left, ...findings],
    sums,
  };
}

interface Living {
  readonly msMin: number;
  /** So many requests are answered meanwhile. */
  readonly answers: number;
}

async function live({ pages }: World, { answers, msMin }: Living): Promise<void> {
  const answered = async () => {
    const counts = await Promise.all(pages.map((one) => one.ask("answered")));
    return counts.reduce<number>((sum, told) => sum + (told as { count: number }).count, 0);
  };
  const [before, until] = [await answered(), Date.now() + LIVING_MS_MAX];
  await sleep(msMin);
  while ((await answered()) < before + answers && Date.now() < until) await sleep(50);
}

/** At some moment; just after windows were asked for; or in the middle of writing them. */
async function killOnce(world: World, dice: Dice, done: string[], moves: boolean) {
  const how = dice.pick(["anytime", "burst", "request", "commit", "commit"] as const);
  await sleep(150 + dice.below(700));
  if (how === "request") await dice.pick(world.pages).ask("burst");
  else if (how !== "anytime") await Promise.all(world.pages.map((one) => one.ask("burst")));
  if (how === "burst" || how === "request") await sleep(dice.below(25));
  const began = Date.now();
  const killed = await world.killAndRestart({ inCommit: how === "commit", moves });
  done.push(`killed (${how}${killed.insideTransaction ? ", mid-commit" : ""})`);
  if (moves) done.push("log moved to a tmpfs");
  const downMs = Date.now() - began;
  if (downMs > 5_000) done.push(`${downMs} ms down`);
  return killed;
}

interface Converged {
  readonly afterMs: number;
  /** Still not as asked, after `CONVERGE_MS_MAX`. */
  readonly left: readonly Finding[];
}

/** How long after the last thing was asked nothing changed any more and all is as asked. */
export async function converged(world: World, asked: number): Promise<Converged> {
  for (;;) {
    const { newestAt, waiting } = (await world.referee.ask("unsettled", {
      url: world.service.url,
    })) as { readonly newestAt: number; readonly waiting: readonly Finding[] };
    if (waiting.length === 0) return { afterMs: Math.max(0, newestAt - asked), left: [] };
    const afterMs = Date.now() - asked;
    if (afterMs > CONVERGE_MS_MAX) return { afterMs, left: waiting };
    await sleep(LOOK_EVERY_MS);
  }
}

/** What the referee says of everything since it was last asked; `again` reads the whole log anew. */
export async function judgement({ referee, service }: World, what: "judge" | "again") {
  const told = await referee.ask(what, { url: service.url });
  return told as { readonly findings: readonly Finding[]; readonly sums: Sums };
}
