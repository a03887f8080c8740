/**
 * `npm run bench`: a pause straight to the recorder, through a bare proxy and through tacet, round
 * by round in turn, so that whatever else the machine does falls on all three. `--check` exits 1
 * where a bound is not kept; `--rounds N` and `--span MS` change how long it takes.
 *
 * @module
 */
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measure, type Span, warmUp } from "./measure.ts";
import { startProxy, startRecorder, startTacet } from "./processes.ts";
import { boundsOf, printed, type Setting } from "./table.ts";
import { direct, type Place, proxy, tacet } from "./ways.ts";

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    span: { type: "string", default: "1000" },
  },
});
const rounds = Number(values.rounds);
const spanMs = Number(values.span);

/** In ms. tacet, the proxy and this process are warm from the first when the second comes. */
const ANSWERS_AFTER_MS = [0, 5];

await mkdir(".tacet", { recursive: true });
// Beside the code rather than in the system's folder for such things, which may be memory.
const folder = await mkdtemp(join(".tacet", "bench-"));
const recorder = await startRecorder(ANSWERS_AFTER_MS);
const proxied = await startProxy(recorder);
const served = await startTacet(folder, recorder);
try {
  const settings = await settingsInTurn();
  for (const line of printed(settings)) console.log(line);
  const bounds = boundsOf(settings);
  for (const { text } of bounds) console.log(text);
  if (values.check && bounds.some(({ kept }) => !kept)) process.exitCode = 1;
} finally {
  await Promise.all([served.stop(), proxied.stop(), recorder.stop()]);
  await rm(folder, { recursive: true, force: true });
}

/** Many connections first: they make everything warm soonest. */
async function settingsInTurn(): Promise<Setting[]> {
  const settings: Setting[] = [];
  for (const [index, answersAfterMs] of ANSWERS_AFTER_MS.entries()) {
    const many = await measured({ recorder, index, connections: 32 }, answersAfterMs);
    const one = await measured({ recorder, index, connections: 1 }, answersAfterMs);
    settings.push(one, many);
  }
  return settings;
}

async function measured(place: Place, answersAfterMs: number): Promise<Setting> {
  const { connections } = place;
  const broadcasting = await tacet(place, served);
  const ways = [direct(place), proxy(place, proxied), broadcasting];
  const pauses: number[] = [];
  // A service runs for weeks: what the engine needs to compile it well is not measured.
  const isFirst = connections > 1 && place.index === 0;
  for (const way of ways) {
    const warmMs = spanMs * (isFirst ? 8 : 0.5);
    pauses.push(await warmUp(way, connections, { spanMs, warmMs }));
  }
  const spans: Record<string, Span[]> = { direct: [], proxy: [], tacet: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, way] of ways.entries()) {
      spans[way.name]?.push(await measure(way, connections, pauses[index] ?? 1));
    }
  }
  if (broadcasting.heard() === 0) throw new Error("the event stream told nobody of anything");
  for (const way of ways) await way.close();
  return { answersAfterMs, connections, spans };
}
