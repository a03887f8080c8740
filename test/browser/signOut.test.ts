/** Two tabs of one browser: what is left of the one when somebody signs out in the other. */
import { expect, test } from "vitest";
import { picture, watchedPage } from "./chromium.ts";
import { pausedCall, sandboxed } from "./sandboxed.ts";

const SOON = { timeout: 15_000 };
const rig = sandboxed();

test("signing out in one tab ends the wall of the other at once, and it shows no call any more", async () => {
  const { browser, sandbox } = rig();
  const { url } = sandbox.service.api;
  expect((await pausedCall(sandbox)).status).toBe(200);

  const { complaints, page: wall } = await watchedPage(browser);
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
