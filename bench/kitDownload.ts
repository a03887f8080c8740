/**
 * What a kit taken from the console costs whoever pauses meanwhile: `node bench/kitDownload.ts
 * [entries]`. Prints how late the process ran, and how long pauses took, without and with a kit of so
 * many entries being made. Judges nothing.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { payment } from "../test/log/events.ts";
import { csrfOf } from "../test/console/watchRig.ts";
import { visitor } from "../test/console/visitor.ts";
import { asking } from "../test/service/client.ts";
import { nodeLogger } from "../src/runtime/node/logging.ts";
import { openThreadedLog } from "../src/runtime/node/log/threadedLog.ts";
import { CONVERSATIONS, startSandbox } from "../src/runtime/node/sandbox.ts";
import { TENANT, UCC } from "../src/runtime/node/sandboxConfig.ts";

const AT = 1_795_312_000_000;
const GROUP = 500;
const count = Number(process.argv[2] ?? 100_000);
const folder = mkdtempSync(join(tmpdir(), "tacet-kit-download-"));
const logger = nodeLogger("error");

const log = await openThreadedLog({
  folder: join(folder, "log"),
  originBase: "sandbox.tacet.invalid",
  now: () => AT,
  ballastBytes: 0,
});
for (let call = 0; log.size(TENANT) + 10 * GROUP <= count; call += GROUP) {
  const group = Array.from({ length: GROUP }, (_, index) =>
    log.append(TENANT, `c${call + index}`, 0, payment(`w${call + index}`, AT + call * 1_000)),
  );
  await Promise.all(group);
}
await log.checkpoint(TENANT);
await log.close();

const sandbox = await startSandbox({ folder, port: 0, logger });
const { url } = sandbox.service.api;
const who = visitor((request) => fetch(request), new URL(url).origin);
await who.get(new URL(sandbox.service.consoleLink ?? "").pathname);
const csrf = csrfOf(await who.get("/console/kit"));
const pay = asking(url, sandbox.keys.payment);
const [{ channel, correlationId }] = CONVERSATIONS;
const targets = {
  "anywherenow-demo": { uccName: UCC, correlationId },
  "vslogger-demo": { channel: Number(channel) },
};
await pay("PUT", "/v1/calls/bench", { targets });

console.log(`${sandbox.service.log.size(TENANT)} entries`);
await measured("no kit", wait(10_000));
await measured("a kit", download());
await sandbox.stop("measured");
rmSync(folder, { recursive: true });

/** Pauses one after the other until `until`, and how late the process ran meanwhile. */
async function measured(name: string, until: Promise<string>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const over = new AbortController();
  const said = until.finally(() => over.abort());
  const took: number[] = [];
  let rssMax = 0;
  const rss = process.memoryUsage().rss;
  while (!over.signal.aborted) {
    const windowId = crypto.randomUUID();
    const at = performance.now();
    const { body } = await pay("POST", "/v1/calls/bench/pause", { windowId });
    took.push(performance.now() - at);
    if (body["safeToCollect"] !== true) throw new Error(`not secured: ${JSON.stringify(body)}`);
    await pay("POST", "/v1/calls/bench/resume", { windowId });
    rssMax = Math.max(rssMax, process.memoryUsage().rss);
    await wait(50);
  }
  delay.disable();
  took.sort((a, b) => a - b);
  const at = (part: number) => (took[Math.floor(part * (took.length - 1))] ?? 0).toFixed(0);
  const lateMs = (part: number) => (delay.percentile(part) / 1e6).toFixed(0);
  console.log(
    `${name}: ${await said}; ${took.length} pauses: median ${at(0.5)}, p95 ${at(0.95)}, worst ${at(1)} ms; the process late: p50 ${lateMs(50)}, p99 ${lateMs(99)}, worst ${(delay.max / 1e6).toFixed(0)} ms; ${(rss / 1e6).toFixed(0)} MB before, at most ${(rssMax / 1e6).toFixed(0)} MB`,
  );
}

async function download(): Promise<string> {
  const at = performance.now();
  const cookie = [...who.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const answer = await fetch(`${url}/console/kit/download`, {
    method: "POST",
    body: new URLSearchParams({ csrf }),
    headers: { cookie, origin: new URL(url).origin },
  });
  const begun = performance.now();
  let bytes = 0;
  for await (const part of answer.body ?? []) bytes += part.length;
  const seconds = (from: number, to: number) => ((to - from) / 1_000).toFixed(1);
  return `${answer.status}, ${(bytes / 1e6).toFixed(0)} MB, begun after ${seconds(at, begun)} s, whole after ${seconds(at, performance.now())} s`;
}

async function wait(ms: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return `${ms} ms`;
}
