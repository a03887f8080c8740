/** Two tabs of one browser: what is left of the one when somebody signs out in the other. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { CONVERSATIONS, type Sandbox, startSandbox } from "../../src/runtime/node/sandbox.ts";
import { UCC } from "../../src/runtime/node/sandboxConfig.ts";
import { asking } from "../service/client.ts";
import { picture, startBrowser, watchedPage } from "./chromium.ts";

const SOON = { timeout: 15_000 };
let browser: Browser | undefined;
let sandbox: Sandbox;

beforeAll(async () => {
  browser = await startBrowser();
  const folder = mkdtempSync(join(tmpdir(), "tacet-sign-out-"));
  sandbox = await startSandbox({ folder, port: 0, logger: nodeLogger("error") });
  return async () => {
    await sandbox.stop("the tests are over");
    rmSync(folder, { recursive: true, force: true });
  };
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(({ skip }) => {
  if (browser === undefined) skip();
});

test("signing out in one tab ends the wall of the other at once, and it shows no call any more", async () => {
  const { url } = sandbox.service.api;
  const pay = asking(url, sandbox.keys.payment);
  const [{ correlationId, channel }] = CONVERSATIONS;
  const targets = {
    "anywherenow-demo": { uccName: UCC, correlationId },
    "vslogger-demo": { channel: Number(channel) },
  };
  await pay("PUT", "/v1/calls/c1", { targets });
  expect((await pay("POST", "/v1/calls/c1/pause", { windowId: "w1" })).status).toBe(200);

  const { complaints, page: wall } = await watchedPage(browser as Browser);
  await wall.goto(sandbox.service.consoleLink ?? "");
  await wall.goto(`${url}/console/wall`);
  const rows = wall.locator("#wall tbody tr");
  await expect.poll(() => rows.allInnerTexts(), SOON).toHaveLength(1);
  const other = await wall.context().newPage();
  await other.goto(`${url}/console/calls`);
  expect(await wall.locator("#over").isVisible()).toBe(false);
  const at = performance.now();
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect.poll(() => wall.locator("#connection").textContent(), SOON).toContain("lost");
  console.log(`the other tab says so after ${Math.round(performance.now() - at)} ms`);
  await expect.poll(() => wall.locator("#over").isVisible(), SOON).toBe(true);
  await expect.poll(() => rows.count(), SOON).toBe(0);
  expect(await wall.locator("main").innerText()).not.toContain("No call is inside a window.");
  await picture(wall, "wall-signed-out");
  expect(complaints).toEqual([]);
});
