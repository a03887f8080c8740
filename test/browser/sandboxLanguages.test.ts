/** The sandbox's page in another language than English, and from right to left. */
import type { Page } from "playwright-core";
import { beforeEach, expect, test } from "vitest";
import { LANGUAGES } from "../../src/console/say.ts";
import { seriousFindings } from "./axe.ts";
import { picture, type Watched, watchedPage } from "./chromium.ts";
import { sandboxed } from "./sandboxed.ts";

const SOON = { timeout: 15_000 };
const rig = sandboxed();
const { de } = LANGUAGES;
let page: Page;
let complaints: Watched["complaints"];

beforeEach(async () => {
  const { browser, sandbox } = rig();
  ({ complaints, page } = await watchedPage(browser, { locale: "de-AT" }));
  await page.goto(sandbox.page);
  return async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  };
});

const button = (name: string) => page.getByRole("button", { name, exact: true });
const word = () => page.locator("tacet-indicator .word").textContent();
const state = () => page.locator("#state").textContent();
const truth = () => page.locator("#r-anywherenow-demo .truth").textContent();

async function newCall(): Promise<void> {
  await button(de["shop.newCall"]).click();
  await expect.poll(word, SOON).toBe("Aufnahme läuft");
}

/** Whether a line is this sentence, whatever stands for its values. */
const isSaidBy = (sentence: string) => {
  const parts = sentence
    .split(/\{\w+\}/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${parts.join(".+")}$`);
  return (line: string) => pattern.test(line);
};

test("whoever reads German is told the whole story in German, by the script and the indicator too", async () => {
  await newCall();
  await expect.poll(truth, SOON).toBe(de["status.recording"]);
  const recorder = page.locator("#r-anywherenow-demo");
  await recorder.getByLabel(de["shop.fault.ack-and-ignore"]).check();
  await button(de["shop.take"]).click();
  await expect.poll(word, SOON).toBe("AUFNAHME LÄUFT NOCH");
  await expect
    .poll(state, SOON)
    .toBe(de["shop.lockedWhy"].replace("{why}", de["protection.unsecured"]));
  await picture(page, "sandbox-de-unsecured");
  await recorder.getByLabel(de["shop.fault.ack-and-ignore"]).uncheck();
  await expect.poll(state, SOON).toBe(de["shop.open"]);
  await expect.poll(truth).toBe(de["status.paused"]);
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, "sandbox-de-secured");
  await page.context().setOffline(true);
  await expect.poll(state).toBe(de["shop.lockedWhy"].replace("{why}", de["shop.why.offline"]));
  await page.context().setOffline(false);
  await expect.poll(state, { timeout: 30_000 }).toBe(de["shop.open"]);
  await button(de["shop.pay"]).click();
  await expect.poll(word, SOON).toBe("Aufnahme läuft");

  const lines = await page
    .locator("#feed li")
    .evaluateAll((all) =>
      all.map((one) =>
        (one.textContent ?? "").replace(one.querySelector("time")?.textContent ?? "", "").trim(),
      ),
    );
  const known = Object.entries(de)
    .filter(([key]) => key.startsWith("shop."))
    .map(([, sentence]) => isSaidBy(sentence));
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => !known.some((is) => is(line)))).toEqual([]);
});

test("another language is chosen by a link, and the console has it too", async () => {
  const { sandbox } = rig();
  await page.getByRole("link", { name: "Français" }).click();
  expect(await button("Nouvel appel").isVisible()).toBe(true);
  expect(await page.getByRole("link", { name: "Français" }).getAttribute("aria-current")).toBe(
    "true",
  );
  await page.goto(sandbox.service.consoleLink ?? "");
  expect(await page.locator("html").getAttribute("lang")).toBe("fr");
});

test("from right to left the page holds together, and times and numbers keep their order", async () => {
  await page.evaluate(() => void (document.documentElement.dir = "rtl"));
  await newCall();
  await button(de["shop.take"]).click();
  await expect.poll(state, SOON).toBe(de["shop.open"]);
  await page.getByLabel(de["shop.number"]).fill("4000 0000");
  expect(await seriousFindings(page)).toEqual([]);
  await page.evaluate(() => void (document.documentElement.dir = "rtl"));
  await picture(page, "sandbox-de-rtl");
  const [shown, left] = await Promise.all(
    ["word", "left"].map((name) => page.locator(`tacet-indicator .${name}`).boundingBox()),
  );
  expect((left?.x ?? 0) + (left?.width ?? 0)).toBeLessThan(shown?.x ?? 0);
  const directions = await page
    .locator("#feed time, input[maxlength]")
    .evaluateAll((all) => all.map((one) => getComputedStyle(one).direction));
  expect(directions.length).toBeGreaterThan(3);
  expect(new Set(directions)).toEqual(new Set(["ltr"]));
});
