/**
 * What pruning costs whoever pauses meanwhile: `node bench/prune.ts [entries]`, 300,000 where none are
 * named. Prints figures; judges nothing.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openThreadedLog } from "../src/runtime/node/log/threadedLog.ts";
import { payment } from "../test/log/events.ts";

const AT = 1_795_312_000_000;
const CALL_ENTRIES = 10;
const GROUP = 500;
/** A pause's events, asked for this often while the log is pruned. */
const EVERY_MS = 7;
const callCount = Math.ceil(Number(process.argv[2] ?? 300_000) / CALL_ENTRIES);
const folder = mkdtempSync(join(tmpdir(), "tacet-prune-"));
const log = await openThreadedLog({ folder, originBase: "tacet.example", now: () => AT });
for (let from = 0; from < callCount; from += GROUP) {
  const calls = Array.from({ length: Math.min(GROUP, callCount - from) }, (_, at) => from + at);
  await Promise.all(
    calls.map((call) => log.append("acme", `call-${call}`, 0, payment(`w-${call}`, AT + call))),
  );
}
await log.checkpoint("acme");
while ((await log.read("acme", { callId: "call-0" }, 0, 1)).indexedTo < log.size("acme")) {
  await pause(100);
}
console.log(`${log.size("acme")} entries`);
await figures("nothing beside", async () => await pause(3_000));

const steps: number[] = [];
const erasures: number[] = [];
await figures("steps and erasures beside, resting as the service does", async () => {
  for (let more = true; more;) {
    const asked = {
      olderThan: AT + callCount + 60_000,
      months: 12,
      last: callCount * CALL_ENTRIES,
    };
    const step = await timed(steps, () => log.prune("acme", asked));
    more = step.kind === "pruned";
    for (let left = true; left;) left = await timed(erasures, () => log.erase("acme"));
  }
});
told("a step", steps);
told("an erasure", erasures);
await log.close();
rmSync(folder, { recursive: true });

async function timed<T>(into: number[], work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const done = await work();
  into.push(performance.now() - began);
  await pause(Math.max(20, performance.now() - began));
  return done;
}

async function figures(what: string, work: () => Promise<void>): Promise<void> {
  const waits: number[] = [];
  let call = 0;
  const over = new AbortController();
  const working = work().finally(() => over.abort());
  while (!over.signal.aborted) {
    const began = performance.now();
    const events = payment(`b-${what}-${call}`, AT + callCount * 2).slice(0, 4);
    await log.append("acme", `beside ${what} ${(call += 1)}`, 0, events);
    waits.push(performance.now() - began);
    await pause(EVERY_MS);
  }
  await working;
  told(`an append, ${what}`, waits);
}

function told(what: string, all: readonly number[]): void {
  const sorted = all.toSorted((a, b) => a - b);
  const share = (part: number) => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(1);
  console.log(
    `${what}: ${all.length} times, median ${share(0.5)} ms, 99 of 100 ${share(0.99)} ms, longest ${share(1)} ms`,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => void setTimeout(resume, ms));
}
