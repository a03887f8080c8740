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
import { type Started, startProxy, startRecorder, startTacet } from "./processes.ts";
import { boundsOf, printed, type Setting } from "./table.ts";
import { direct, proxy, tacet } from "./ways.ts";

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    span: { type: "string", default: "1000" },
  },
});
const rounds = Number(values.rounds);
const spanMs = Number(values.span);

await mkdir(".tacet", { recursive: true });
// Beside the code rather than in the system's folder for such things, which may be memory.
const folder = await mkdtemp(join(".tacet", "bench-"));
const settings: Setting[] = [];
try {
  for (const answersAfterMs of [0, 5]) settings.push(...(await settingsOf(answersAfterMs)));
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const line of printed(settings)) console.log(line);
const bounds = boundsOf(settings);
for (const { text } of bounds) console.log(text);
if (values.check && bounds.some(({ kept }) => !kept)) process.exitCode = 1;

async function settingsOf(answersAfterMs: number): Promise<Setting[]> {
  const recorder = await startRecorder(answersAfterMs);
  const proxied = await startProxy(recorder.url);
  const served = await startTacet(recorder.url, join(folder, `log-${answersAfterMs}`));
  try {
    const found: Setting[] = [];
    for (const connections of [1, 32]) {
      found.push(await settingOf({ answersAfterMs, connections, recorder, proxied, served }));
    }
    return found;
  } finally {
    await Promise.all([served.stop(), proxied.stop(), recorder.stop()]);
  }
}

interface Asked extends Pick<Setting, "answersAfterMs" | "connections"> {
  readonly recorder: Started;
  readonly proxied: Started;
  readonly served: Started;
}

async function settingOf({
  answersAfterMs,
  connections,
  recorder,
  proxied,
  served,
}: Asked): Promise<Setting> {
  const ways = [
    direct(recorder, connections),
    proxy(recorder, proxied, connections),
    await tacet(recorder, served, connections),
  ] as const;
  const warmMs = connections === 1 ? spanMs / 2 : spanMs * 1.5;
  const pauses: number[] = [];
  for (const way of ways) pauses.push(await warmUp(way, connections, { spanMs, warmMs }));
  const spans: Record<string, Span[]> = { direct: [], proxy: [], tacet: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, way] of ways.entries()) {
      spans[way.name]?.push(await measure(way, connections, pauses[index] ?? 1));
    }
  }
  if (ways[2].heard() === 0) throw new Error("the event stream told nobody of anything");
  for (const way of ways) await way.close();
  return { answersAfterMs, connections, spans };
}
