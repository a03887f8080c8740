/**
 * `npm run load`: thousands of desktops, walls, and readers that never read, while windows open and
 * close at a steady rate; then all desktops cut at once. `--check` exits 1 where a bound is not kept;
 * `--small` fits a minute. Sizes: `--sockets --walls --stuck --calls --rate --seconds --hold --recorder`.
 *
 * @module
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startRecorder } from "../processes.ts";
import { fileLimitFlaw, optionsOf } from "./options.ts";
import type { Heard, Looked, Settled } from "./orders.ts";
import { payments } from "./payments.ts";
import { startCrowd, startService } from "./processes.ts";
import { boundsOf, type Outcome, printed, type Stage, STORM_MS_MAX } from "./table.ts";

/** A service runs for weeks: what the engine needs to compile it well is not measured. */
const WARM_SECONDS_MAX = 10;
/** What nothing else is asked of: a payment now and then. */
const UNLOADED_RATE = 20;
const UNLOADED_SECONDS_MAX = 20;
const WITHOUT_STUCK_SECONDS_MAX = 20;
const STORM_SECONDS_MAX = 10;
const CALM_MS = 3_000;
const NOTHING_HEARD: Heard = { delaysMs: [], wallMessages: 0, lost: 0 };

const options = optionsOf(process.argv.slice(2));
const { calls, holdMs, rate, seconds, sockets, stuck, walls } = options;
const flaw = fileLimitFlaw(options);
if (flaw !== undefined) {
  console.error(flaw);
  process.exit(2);
}

await mkdir(".tacet", { recursive: true });
// Beside the code rather than in the system's folder for such things, which may be memory.
const folder = await mkdtemp(join(".tacet", "load-"));
const recorder = await startRecorder([options.recorderMs]);
const readers = sockets + walls + stuck;
// Sockets that were cut are told of a little later than new ones come.
const allowed = 2 * readers + 100;
const service = await startService(
  [folder, recorder.urls[0] ?? "", String(allowed)],
  options.profile,
);
const crowd = await startCrowd(service.url, service.key);
const paying = payments(service.url, service.key);
try {
  console.error(`load: ${JSON.stringify(options)}`);
  const outcome = await stages();
  for (const line of printed(outcome)) console.log(line);
  const bounds = boundsOf(outcome);
  for (const { text } of bounds) console.log(text);
  if (options.check && bounds.some(({ kept }) => !kept)) process.exitCode = 1;
} finally {
  await paying.close();
  await crowd.stop();
  await Promise.all([service.stop(), recorder.stop()]);
  await rm(folder, { recursive: true, force: true });
}

async function stages(): Promise<Outcome> {
  const memory: { when: string; looked: Looked }[] = [];
  const look = async (when: string) => memory.push({ when, looked: await service.look() });

  await paying.register(calls);
  await paying.run(Math.ceil(rate / 2), Math.min(seconds, WARM_SECONDS_MAX), holdMs);
  await setTimeout(CALM_MS);
  await look("warm, nobody connected");
  const short = Math.min(seconds, UNLOADED_SECONDS_MAX);
  const unloaded = await stage("unloaded", Math.min(rate, UNLOADED_RATE), short);

  await crowd.order({ do: "desktops", count: sockets, calls });
  await crowd.order({ do: "walls", count: walls });
  await setTimeout(CALM_MS);
  await look(`${sockets} desktops and ${walls} walls connected`);
  const withoutStuck = await stage(
    `${sockets} desktops, ${walls} walls`,
    rate,
    Math.min(seconds, WITHOUT_STUCK_SECONDS_MAX),
  );
  memory.push({ when: "after windows without stuck readers", looked: withoutStuck.looked });

  await crowd.order({ do: "stuck", count: stuck });
  const loaded = await stage(`and ${stuck} that never read`, rate, seconds);
  memory.push({ when: "after windows beside stuck readers", looked: loaded.looked });

  const settling = setTimeout(1_000).then(() => crowd.storm(calls));
  const during = await paid(
    "all desktops come back",
    Math.ceil(rate / 5),
    Math.min(seconds, STORM_SECONDS_MAX),
  );
  const settled = await inTime(settling);
  const storming = { ...during, heard: NOTHING_HEARD };
  memory.push({ when: "after all came back", looked: storming.looked });
  await crowd.order({ do: "leave" });
  await setTimeout(CALM_MS);
  await look("after all have left");
  return { unloaded, withoutStuck, loaded, storm: { ...storming, settled }, memory, readers };
}

async function stage(name: string, perSecond: number, forSeconds: number): Promise<Stage> {
  await crowd.take();
  const during = await paid(name, perSecond, forSeconds);
  return { ...during, heard: await crowd.take() };
}

async function paid(name: string, perSecond: number, forSeconds: number) {
  console.error(`load: ${name}, ${perSecond} windows/s for ${forSeconds} s`);
  await service.look();
  const all = await paying.run(perSecond, forSeconds, holdMs);
  return { name, paid: all, looked: await service.look() };
}

/** A crowd that does not come back is told of rather than waited for. */
async function inTime(settling: Promise<Settled>): Promise<Settled> {
  const late: Settled = { refused: 0, backMs: [], allMs: Infinity };
  return Promise.race([settling, setTimeout(2 * STORM_MS_MAX, late, { ref: false })]);
}
