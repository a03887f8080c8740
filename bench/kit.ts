/**
 * What the largest auditor's kit costs, to make and to verify in a real browser: `node bench/kit.ts
 * [entries]`. Prints figures; judges nothing.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { makeKit } from "../test/log/kitFolder.ts";
import { payment } from "../test/log/events.ts";
import { startBrowser } from "../test/browser/chromium.ts";
import { openThreadedLog } from "../src/runtime/node/log/threadedLog.ts";
import { KIT_ENTRY_COUNT_MAX } from "../src/runtime/node/kit/noKit.ts";

const AT = 1_795_312_000_000;
const GROUP = 500;
const count = Math.min(Number(process.argv[2] ?? KIT_ENTRY_COUNT_MAX), KIT_ENTRY_COUNT_MAX);
const folder = mkdtempSync(join(tmpdir(), "tacet-kit-bench-"));
const [log, kit] = [join(folder, "log"), join(folder, "kit")];
const building = await openThreadedLog({
  folder: log,
  originBase: "tacet.example",
  now: () => AT,
  ballastBytes: 0,
});
for (let call = 0; building.size("acme") + 10 * GROUP <= count; call += GROUP) {
  const group = Array.from({ length: GROUP }, (_, index) =>
    building.append("acme", `c${call + index}`, 0, payment(`w${call + index}`, AT + call * 1_000)),
  );
  await Promise.all(group);
}
await building.checkpoint("acme");
await building.close();
const made = performance.now();
const { said } = await makeKit(log, kit);
console.log(`${said.split("\n")[0] ?? ""}: made in ${seconds(made)}`);
console.log(`entries.ndjson: ${(statSync(join(kit, "entries.ndjson")).size / 1e6).toFixed(0)} MB`);
const browser = await startBrowser();
if (browser !== undefined) {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(kit, "index.html")).href);
  const asked = performance.now();
  await page.getByLabel("Folder of the kit").setInputFiles(kit);
  await page.waitForFunction(
    () => /SIGNED/.test(document.querySelector("#verdict")?.textContent ?? ""),
    undefined,
    { timeout: 600_000 },
  );
  const verdict = await page.locator("#verdict strong").textContent();
  console.log(`in the browser: ${verdict}, after ${seconds(asked)}`);
  await browser.close();
}
rmSync(folder, { recursive: true });

function seconds(from: number): string {
  return `${((performance.now() - from) / 1_000).toFixed(1)} s`;
}
