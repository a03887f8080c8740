/**
 * How smooth the live wall is in a real browser: `node bench/wall.ts [calls]`. Each round the calls
 * appear and then a tenth of them changes four times a second, with the page's processor as fast as
 * it is and made slower. Prints figures; judges nothing.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, CDPSession, Page } from "playwright-core";
import { nodeLogger } from "../src/runtime/node/logging.ts";
import { startSandbox } from "../src/runtime/node/sandbox.ts";
import { startBrowser } from "../test/browser/chromium.ts";
import { fedWall } from "../test/browser/fedWall.ts";

const count = Number(process.argv[2] ?? 2_000);
const SLOWER = [1, 4, 8];
const BURSTS = 40;
const LONG_MS = 50;

interface Seen {
  readonly frames: number;
  readonly long: number;
  readonly worst: number;
  readonly tasks: number;
}

const folder = mkdtempSync(join(tmpdir(), "tacet-wall-bench-"));
const sandbox = await startSandbox({ folder, port: 0, logger: nodeLogger("error") });
const browser = await startBrowser();
if (browser !== undefined) {
  const page = await opened(browser);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  for (const slower of SLOWER) console.log(await round(page, session, slower));
  await browser.close();
}
await sandbox.stop("measured");
rmSync(folder, { recursive: true });

async function opened(found: Browser): Promise<Page> {
  const page = await found.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(sandbox.service.consoleLink ?? "");
  await page.addInitScript(fedWall);
  return page;
}

async function round(page: Page, session: CDPSession, slower: number): Promise<string> {
  await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await page.goto(`${sandbox.service.api.url}/console/wall`);
  await page.locator("#connection.ok").waitFor();
  await session.send("Emulation.setCPUThrottlingRate", { rate: slower });
  await page.evaluate(watching, LONG_MS);
  // What the machine itself is late by: nothing is sent meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const idle = await taken(page);
  await page.evaluate(`feed.all(${count})`);
  await page.waitForFunction(
    (rows) => document.querySelectorAll("#wall tbody tr").length >= rows,
    Math.min(200, count),
    { timeout: 60_000 },
  );
  const appeared = await taken(page);
  const before = await spent(session);
  await page.evaluate(`feed.bursts(${count}, ${BURSTS})`);
  const changed = await taken(page);
  const after = await spent(session);
  const ms = (name: string) => Math.round(((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1e3);
  return [
    `${count} calls, processor ${slower} times slower, load ${loadavg()[0]?.toFixed(1)}:`,
    `  with none          ${told(idle)}`,
    `  as they appear     ${told(appeared)}`,
    `  ${BURSTS} bursts of a tenth ${told(changed)}`,
    `  of it script ${ms("ScriptDuration")} ms, style ${ms("RecalcStyleDuration")} ms, layout ${ms("LayoutDuration")} ms, all ${ms("TaskDuration")} ms`,
  ].join("\n");
}

function told({ frames, long, tasks, worst }: Seen): string {
  return `${long} of ${frames} frames over ${LONG_MS} ms, the longest ${Math.round(worst)} ms; ${tasks} tasks over ${LONG_MS} ms`;
}

async function spent(session: CDPSession): Promise<ReadonlyMap<string, number>> {
  const { metrics } = await session.send("Performance.getMetrics");
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

/** In the page: counts frames, and tasks of its own thread. */
function watching(longMs: number): void {
  const none = { frames: 0, long: 0, worst: 0, tasks: 0 };
  const seen = { ...none };
  let last = performance.now();
  new PerformanceObserver((list) => void (seen.tasks += list.getEntries().length)).observe({
    type: "longtask",
  });
  const look = (now: number) => {
    const ms = now - last;
    last = now;
    seen.frames += 1;
    seen.worst = Math.max(seen.worst, ms);
    if (ms > longMs) seen.long += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  Object.assign(globalThis, {
    taken() {
      const so = { ...seen };
      Object.assign(seen, none);
      return so;
    },
  });
}
async function taken(page: Page): Promise<Seen> {
  return (await page.evaluate("taken()")) as Seen;
}
