/**
 * How long `tacet reconcile` takes: 100,000 payments against the log of 50,000 calls, from an
 * exported file and from a log's folder, unchecked and checked.
 *
 * `node --disable-warning=ExperimentalWarning bench/reconcile.ts [payments] [calls]`
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallEvent } from "../src/control/events.ts";
import { openLog } from "../src/runtime/node/log/openLog.ts";
import { reconcileCommand } from "../src/runtime/node/reconcileCommand.ts";
import { payment } from "../test/log/events.ts";

const [paymentCount = 100_000, callCount = 50_000] = process.argv.slice(2).map(Number);
const START = Date.UTC(2026, 10, 2, 8);
const EVERY_MS = 1_000;

const place = mkdtempSync(join(tmpdir(), "tacet-reconcile-"));
try {
  const folder = join(place, "log");
  const log = await openLog({ folder, originBase: "bench.example", now: () => START });
  let writing: Promise<unknown>[] = [];
  for (let index = 0; index < callCount; index += 1) {
    const events: CallEvent[] = payment(`w-${index}`, START + index * EVERY_MS);
    writing.push(log.append("acme", `call-${index}`, 0, events));
    if (writing.length < 1_000) continue;
    await Promise.all(writing);
    writing = [];
  }
  await Promise.all(writing);
  const { verifierKey } = log;
  const size = log.size("acme");
  await log.close();

  const rows = Array.from({ length: paymentCount }, (_, index) => {
    const call = index % callCount;
    const at = START + call * EVERY_MS + 15;
    return `${new Date(at).toISOString()},call-${call},ref-${index}`;
  });
  const list = join(place, "payments.csv");
  writeFileSync(list, `time,call,reference\n${rows.join("\n")}\n`);

  console.log(`${paymentCount} payments, ${callCount} calls, ${size} entries`);
  await measured("folder", [list, "--log", folder, "--no-entry"]);
  await measured("folder, checked", [list, "--log", folder, "--no-entry", "--key", verifierKey]);
} finally {
  rmSync(place, { recursive: true, force: true });
}

async function measured(what: string, args: string[]): Promise<void> {
  const began = performance.now();
  const before = process.memoryUsage().rss;
  const out: string[] = [];
  const say = (line: string) => void out.push(line);
  const code = await reconcileCommand(args, { out: say, err: say });
  const seconds = (performance.now() - began) / 1_000;
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  const [, , secured = ""] = out;
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${Math.round(paymentCount / seconds)} payments/s, ` +
      `+${grown.toFixed(0)} MiB, exit code ${code}; ${secured.replaceAll(/\s+/g, " ")}`,
  );
}
