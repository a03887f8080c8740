/**
 * What it costs to read a log again while it is written, and how long a start of it takes:
 * `node bench/recheck.ts [calls]`. Prints figures; judges nothing.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRecheck } from "../src/runtime/node/log/recheck.ts";
import { openThreadedLog } from "../src/runtime/node/log/threadedLog.ts";
import { payment } from "../test/log/events.ts";

const AT = 1_795_312_000_000;
const EACH_MS = 4_000;
const GROUP = 500;
const calls = Number(process.argv[2] ?? 20_000);
const folder = mkdtempSync(join(tmpdir(), "tacet-recheck-"));
const options = { folder, originBase: "tacet.example", now: () => AT, ballastBytes: 0 };

const building = await openThreadedLog(options);
for (let from = 0; from < calls; from += GROUP) {
  const group = Array.from({ length: GROUP }, (_, index) => {
    const name = String(from + index);
    const events = payment(`w${name}`, AT + from * 1_000);
    return building.append("acme", `c${name}`, 0, events);
  });
  await Promise.all(group);
}
const entries = building.size("acme");
// A search waits until the search file has caught up.
await building.read("acme", { type: "WindowOpened" }, 0, 1);
await building.close();
const perEntry = (name: string) => Math.round(statSync(join(folder, name)).size / entries);
console.log(
  `${entries} entries, ${perEntry("control-log.sqlite")} bytes each; search ${perEntry("search.sqlite")}`,
);

const startedAt = performance.now();
const log = await openThreadedLog(options);
console.log(`start: ${(performance.now() - startedAt).toFixed(0)} ms`);

/** One durable entry after the other, as a lone pause would ask for it. */
async function appends(what: string, first: number): Promise<void> {
  const took: number[] = [];
  for (const end = performance.now() + EACH_MS; performance.now() < end;) {
    const name = `x${first + took.length}`;
    const askedAt = performance.now();
    await log.append("acme", name, 0, payment(name, AT + 1e9).slice(0, 1));
    took.push(performance.now() - askedAt);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  took.sort((a, b) => a - b);
  const at = (share: number) => (took[Math.floor((took.length - 1) * share)] ?? 0).toFixed(2);
  console.log(`append ${what}: median ${at(0.5)} ms, p99 ${at(0.99)} ms (${took.length})`);
}

await appends("alone", 0);
const recheck = startRecheck({
  folder,
  now: () => AT,
  told: {
    verified: (_, { size }) => console.log(`verified ${size}`),
    failed: (_, failure) => console.log("FAILED", failure),
    recovered() {},
    broken: (problem) => console.log("BROKEN", problem),
    mended() {},
  },
});
async function read(): Promise<void> {
  const readAt = performance.now();
  await recheck.run(true);
  const seconds = (performance.now() - readAt) / 1_000;
  const rate = Math.round(entries / seconds);
  console.log(`whole reading: ${seconds.toFixed(1)} s, ${rate} entries/s`);
}
const reading = read();
await appends("while it is read", 1e6);
await reading;
await appends("alone", 2e6);
await log.close();
rmSync(folder, { recursive: true });
