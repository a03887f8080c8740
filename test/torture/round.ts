/** One round: load, a trouble, kills at moments of the dice, and then everything must come right. */
import { type Dice, diceOf } from "./dice.ts";
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
  readonly convergedAfterMs: number;
  readonly findings: readonly Finding[];
  readonly sums: Sums;
}

/** Calls are registered, and windows come and go, before anything is done to them. */
const WARM_MS = 450;
/** After the last kill windows come and go for so long. */
const AFTER_MS = 700;
/** What is not right by then is a breach. */
export const CONVERGE_MS_MAX = 20_000;
const LOOK_EVERY_MS = 120;

export async function playRound(world: World, round: number, seed: number): Promise<Played> {
  const dice = diceOf(seed, round, 77);
  const trouble = troubleOf(world, round, seed);
  await Promise.all(world.pages.map((one) => one.ask("play", { round } satisfies RoundArgs)));
  await sleep(WARM_MS);
  const done: string[] = [];
  const kills: { readonly insideTransaction: boolean }[] = [];
  const count = dice.once(3) ? 2 : 1;
  const slay = async () => {
    for (let turn = 0; turn < count; turn += 1) {
      kills.push(await killOnce(world, dice, done));
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
  await sleep(AFTER_MS);
  await Promise.all(world.pages.map((one) => one.ask("drain")));
  const asked = Date.now();
  const convergedAfterMs = await converged(world, asked);
  const { findings, sums } = await world.referee.ask<{ findings: Finding[]; sums: Sums }>("judge", {
    url: world.service.url,
  });
  return {
    kills: kills.length,
    midCommit: kills.filter(({ insideTransaction }) => insideTransaction).length,
    done,
    convergedAfterMs,
    findings,
    sums,
  };
}

/** At some moment; just after windows were asked for; or as soon as one is seen being written. */
async function killOnce(world: World, dice: Dice, done: string[]) {
  const how = dice.pick(["anytime", "burst", "request", "commit", "commit"] as const);
  await sleep(150 + dice.below(700));
  if (how === "request") await dice.pick(world.pages).ask("burst");
  else if (how !== "anytime") await Promise.all(world.pages.map((one) => one.ask("burst")));
  if (how === "burst" || how === "request") await sleep(dice.below(25));
  const began = Date.now();
  const killed = await world.killAndRestart(how === "commit");
  done.push(`killed (${how}${killed.insideTransaction ? ", mid-commit" : ""})`);
  const downMs = Date.now() - began;
  if (downMs > 5_000) done.push(`${downMs} ms down`);
  return killed;
}

/** How long after the last thing was asked nothing changed any more and all is as asked. */
export async function converged(world: World, asked: number): Promise<number> {
  for (;;) {
    const { newestAt, waiting } = await world.referee.ask<{
      newestAt: number;
      waiting: readonly Finding[];
    }>("unsettled", { url: world.service.url });
    if (waiting.length === 0) return Math.max(0, newestAt - asked);
    // What is left is named by the judgement.
    if (Date.now() - asked > CONVERGE_MS_MAX) return Date.now() - asked;
    await sleep(LOOK_EVERY_MS);
  }
}
