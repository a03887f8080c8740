/** Pages that are read from right to left: what in them is not, such as `25 ms`, keeps its order. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { picture, watchedPage } from "./chromium.ts";
import { pausedCall, sandboxed } from "./sandboxed.ts";

const rig = sandboxed();

/** As on a page in a language that is written so. */
const turned = (page: Page) => page.evaluate(() => void (document.documentElement.dir = "rtl"));

/** Durations on the page, and those of them whose unit is seen before its number. */
const durations = (page: Page) =>
  page.evaluate(() => {
    const found: string[] = [];
    const wrong: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const node = texts.currentNode as Text;
      for (const match of node.data.matchAll(/(\d[\d.,–]*)\s(ms|min|h|s)\b/g)) {
        const [all = "", number = "", unit = ""] = match;
        const leftOf = (from: number, to: number): number | undefined => {
          const range = document.createRange();
          range.setStart(node, match.index + from);
          range.setEnd(node, match.index + to);
          return range.getClientRects()[0]?.left;
        };
        const left = leftOf(0, number.length);
        const right = leftOf(all.length - unit.length, all.length);
        if (left === undefined || right === undefined) continue;
        found.push(all);
        if (left > right) wrong.push(node.data.trim());
      }
    }
    return { found: found.length, wrong };
  });

test("a duration is read number first, also on a page from right to left", async () => {
  const { browser, sandbox } = rig();
  const { url } = sandbox.service.api;
  expect((await pausedCall(sandbox)).status).toBe(200);
  const { page } = await watchedPage(browser);
  await page.goto(sandbox.service.consoleLink ?? "");
  await page.goto(`${url}/console/calls/c1`);
  const toStatement = page.getByRole("link", { name: "Gap statement" }).first();
  const statement = await toStatement.getAttribute("href");
  const pages = ["", "/report", "/calls", "/calls/c1"].map((path) => `/console${path}`);
  for (const path of [...pages, statement ?? ""]) {
    await page.goto(`${url}${path}`);
    await page.evaluate(() => {
      for (const one of document.querySelectorAll("details")) one.open = true;
    });
    await turned(page);
    const { found, wrong } = await durations(page);
    expect([path, wrong]).toEqual([path, []]);
    expect(found, path).toBeGreaterThan(0);
    if (path === "/console") await picture(page, "overview-rtl");
  }
  await page.context().close();
});
