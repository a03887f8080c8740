/** A log that was pruned, in a real browser: what is kept and why, and that all of it still verifies. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Route } from "playwright-core";
import { expect, test } from "vitest";
import { leafLine } from "../../src/log/ndjson.ts";
import { liftedDraft, placedDraft } from "../../src/log/retention.ts";
import { leafHash } from "../../src/log/tree.ts";
import { monthsBefore } from "../../src/policy/configRetention.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { TENANT } from "../../src/runtime/node/sandboxConfig.ts";
import { payment } from "../log/events.ts";
import { seriousFindings } from "./axe.ts";
import { picture, watchedPage } from "./chromium.ts";
import { sandboxed } from "./sandboxed.ts";

const SOON = { timeout: 30_000 };
const ORIGIN = "sandbox.tacet.invalid";
const rig = sandboxed((folder) => lived(join(folder, "log")));

/** Sixty calls of fourteen months ago, pruned as far as may be. */
async function lived(place: string): Promise<void> {
  mkdirSync(place, { mode: 0o700 });
  const now = Date.now();
  const log = await openLog({ folder: place, originBase: ORIGIN, now: () => now });
  const oldest = monthsBefore(now, 14);
  const by = { id: "sue", kind: "supervisor", owner: "sue" } as const;
  const order = { at: oldest, tenant: TENANT, by, reason: "case 1" };
  // These stay for good.
  await log.enter([placedDraft(order, { holdId: "h1", firstKept: 1 }), liftedDraft(order, "h1")]);
  for (let call = 0; call < 60; call += 1) {
    await log.append(TENANT, `old-${call}`, 0, payment(`w-${call}`, oldest + call * 60_000));
  }
  const olderThan = monthsBefore(now, 12);
  await log.prune(TENANT, { olderThan, months: 12, last: 1_000 });
  for (let more = true; more;) more = await log.erase(TENANT);
  await log.close();
}

test("what was pruned is said, a hold is placed and lifted, and the browser's own check goes by the hashes", async () => {
  const { browser, sandbox } = rig();
  const { complaints, page } = await watchedPage(browser);
  const main = () => page.locator("main").innerText();
  await page.goto(sandbox.service.consoleLink ?? "");
  await page.getByRole("link", { name: "Retention" }).click();
  expect(await main()).toContain("Entries 1 to 512 were pruned.");
  await page.getByLabel("Reason").fill("case 2026/117");
  await page.getByLabel("Call (leave both empty").fill("old-55");
  await page.getByRole("button", { name: "Place the hold" }).click();
  await expect.poll(main, SOON).toContain("call old-55 and what came after, from entry 553");
  await picture(page, "retention");
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByLabel("Why it ends").fill("closed");
  await page.getByRole("button", { name: "Lift" }).click();
  await expect.poll(main, SOON).toContain("No legal hold stands.");

  await page.getByRole("link", { name: "Integrity" }).click();
  const result = page.locator("#result");
  const saved = await page.locator("pre").first().innerText();
  await page.getByRole("button", { name: "Check all entries" }).click();
  await expect.poll(() => result.textContent(), SOON).toContain("Up to 512 of them were pruned");
  await picture(page, "integrity-pruned");
  await page.getByLabel("A checkpoint you saved before").fill(saved);
  await page.getByRole("button", { name: "Does the log still begin with it?" }).click();
  await expect.poll(() => result.textContent(), SOON).toContain("The log still begins with");

  // A service that gives hashes where entries have to be: of what was not pruned, and of what stays.
  for (const position of [560, 1]) {
    await page.route("**/integrity/entries?*", (route) => withoutEntry(route, position));
    await page.getByRole("button", { name: "Check all entries" }).click();
    await expect.poll(() => result.textContent(), SOON).toContain(`ntry ${position} `);
    await page.unroute("**/integrity/entries?*");
  }
  await page.getByRole("button", { name: "Check all entries" }).click();
  await expect.poll(() => result.textContent(), SOON).toContain("Up to 512 of them were pruned");
  change("UPDATE entries SET leaf = zeroblob(32) WHERE position = 9");
  await page.getByRole("button", { name: "Check all entries" }).click();
  await expect.poll(() => result.textContent(), SOON).toMatch(/^WRONG/);
  expect(complaints).toEqual([]);
});

/** The answer with one entry's hash in its place. */
async function withoutEntry(route: Route, position: number): Promise<void> {
  const answer = await route.fetch();
  const lines = (await answer.text()).split("\n");
  const body = lines.map((line) =>
    line.includes(`"position":${position},`) ? leafLine(leafHash(Buffer.from(line))) : line,
  );
  await route.fulfill({ response: answer, body: body.join("\n") });
}

function change(sql: string): void {
  const db = new DatabaseSync(join(rig().sandbox.logFolder, "control-log.sqlite"));
  db.exec(`${sql} AND tenant = '${TENANT}'`);
  db.close();
}
