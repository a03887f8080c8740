/** What is done to a round: each trouble begins, lasts, is undone, and is written down. */
import type { Dice } from "./dice.ts";
import type { Fullness, Way } from "./disk.ts";
import { sleep } from "./processes.ts";
import { type RecorderId, RECORDERS, STALL_MS_MAX, type World } from "./world.ts";

export interface Trouble {
  /** Nothing may be killed while it lasts, or before what waited is written. */
  readonly sparesService: boolean;
  readonly fills?: Way;
  /** Says in a few words what was done. */
  run(world: World, dice: Dice): Promise<string>;
}

/** After a recorder is back, until what was under way has been asked again. */
const AFTERMATH_MS = 600;

/** Those that are no lie about whether anything is recorded at all. */
const FAULTS: Readonly<Record<RecorderId, readonly string[]>> = {
  anywherenow: [
    ...["ack-and-ignore", "applied-but-lost", "lost-and-not-applied", "slow", "hung-resume"],
    ...["error-in-200", "already-paused-is-error", "html-instead-of-json", "unreachable"],
    ...["not-permitted", "unauthorized"],
  ],
  vslogger: [
    ...["ack-and-ignore", "applied-but-lost", "lost-and-not-applied", "slow", "slow-reads"],
    ...["hung-resume", "error-in-200", "already-paused-is-error", "html-instead-of-json", "cut"],
    ...["cached", "unreachable", "hash-refused", "session-lost", "not-permitted"],
  ],
};

const msOf = (dice: Dice) => 150 + dice.below(STALL_MS_MAX - 150);

/** While it lasts the recorder may not answer, and its wire or its process is not itself. */
async function silence(world: World, recorderId: RecorderId, run: () => Promise<void>) {
  const from = Date.now();
  await run();
  const until = Date.now() + AFTERMATH_MS;
  world.write({ kind: "trouble", what: "silence", recorderId, from, until });
}

const stall: Trouble = {
  sparesService: false,
  async run(world, dice) {
    const [id, ms] = [dice.pick(RECORDERS), msOf(dice)];
    await silence(world, id, async () => {
      world.recorder(id).signal("SIGSTOP");
      await sleep(ms);
      world.recorder(id).signal("SIGCONT");
    });
    return `${id} stood still ${ms} ms`;
  },
};

const restart: Trouble = {
  sparesService: false,
  async run(world, dice) {
    const [id, keeps] = [dice.pick(RECORDERS), dice.once(2)];
    await silence(world, id, () => world.restartRecorder(id, keeps));
    return `${id} restarted, ${keeps ? "as it was" : "recording all"}`;
  },
};

const wire: Trouble = {
  sparesService: false,
  async run(world, dice) {
    const [id, mode, ms] = [dice.pick(RECORDERS), dice.pick(["cut", "hole"] as const), msOf(dice)];
    await silence(world, id, async () => {
      await world.link(id, mode);
      await sleep(ms);
      await world.link(id, "pass");
    });
    return `wire to ${id} ${mode === "cut" ? "cut" : "dead"} ${ms} ms`;
  },
};

const clients: Trouble = {
  sparesService: false,
  async run(world, dice) {
    const [mode, ms] = [dice.pick(["cut", "hole"] as const), msOf(dice)];
    const from = Date.now();
    await world.link("clients", mode);
    await sleep(ms);
    await world.link("clients", "pass");
    world.write({ kind: "trouble", what: "link", from, until: Date.now() + AFTERMATH_MS });
    return `clients' wires ${mode === "cut" ? "cut" : "dead"} ${ms} ms`;
  },
};

const faults: Trouble = {
  sparesService: false,
  async run(world, dice) {
    const id = dice.pick(RECORDERS);
    const names = [dice.pick(FAULTS[id]), dice.pick(FAULTS[id])];
    const control = `${world.origins[id]}/_sim/faults`;
    await silence(world, id, async () => {
      for (const name of names) {
        const fault = { name, times: 1 + dice.below(12), ms: 50 + dice.below(250) };
        const body = JSON.stringify(fault);
        const headers = { "content-type": "application/json" };
        await fetch(control, { method: "POST", headers, body });
      }
      await sleep(msOf(dice));
      await fetch(control, { method: "DELETE" });
    });
    return `${id} ${names.join(" and ")}`;
  },
};

const diskFull = ({ fill, name, relieve, spools }: Fullness): Trouble => ({
  sparesService: !spools,
  fills: name,
  async run({ service: { pid } }, dice) {
    const ms = 200 + dice.below(700);
    const until = Date.now() + ms;
    while (Date.now() < until) {
      fill(pid);
      await sleep(40);
    }
    relieve(pid);
    return `disk full ${ms} ms (${name})`;
  },
});

/** Each kind in turn, so that a few rounds have seen all of them; where to begin is the seed's. */
export function troubleOf({ disk }: World, round: number, seed: number): Trouble {
  const all = [stall, restart, wire, clients, faults, ...disk.ways.map(diskFull)];
  return all[(round + seed) % all.length] ?? stall;
}
