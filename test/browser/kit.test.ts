/** The auditor's kit in a real browser, opened from its file with nothing beside it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readCheckpoint } from "../../src/log/checkpoint.ts";
import { makeKit, writeLog } from "../log/kitFolder.ts";
import { seriousFindings } from "./axe.ts";
import { picture, startBrowser, watchedPage } from "./chromium.ts";

let browser: Browser | undefined;
let folder: string;
let kit: string;
let key: string;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await startBrowser();
  folder = mkdtempSync(join(tmpdir(), "tacet-kit-"));
  kit = join(folder, "kit");
  key = await writeLog(join(folder, "log"), 80);
  expect(await makeKit(join(folder, "log"), kit)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async ({ skip }) => {
  if (browser === undefined) return skip();
  ({ page, complaints } = await watchedPage(browser));
});
afterEach(async () => {
  if (browser === undefined) return;
  // The page itself comes from a file, which has no host.
  expect(complaints.filter((one) => one !== "elsewhere: ")).toEqual([]);
  await page.context().close();
});

async function open(place: string): Promise<void> {
  await page.goto(pathToFileURL(join(place, "index.html")).href);
  await page.getByLabel("Folder of the kit").setInputFiles(place);
}
const verdict = () => page.locator("#verdict").textContent();
const settled = async (words: string) => {
  await expect.poll(verdict, { timeout: 30_000 }).toContain(words);
};
const samples = () => page.locator("#samples tr th").allTextContents();

test("opened from its file it checks the whole folder, and shows what is in it", async () => {
  await page.goto(pathToFileURL(join(kit, "index.html")).href);
  expect(await verdict()).toContain("Nothing is checked yet");
  await picture(page, "kit-empty");
  await open(kit);
  await settled("AS IT WAS SIGNED");
  expect(await verdict()).toContain("The key came with the kit");
  const { rootText, size } = headOf(kit);
  const facts = await page.locator("#facts").textContent();
  expect(facts).toContain("tacet.example/acme");
  expect(facts).toContain(`${size} (1 to ${size})`);
  expect(facts).toContain(rootText);
  const row = page.locator("#counts tr", { hasText: "WindowOpened" });
  expect(await row.textContent()).toBe("WindowOpened80");
  // What an entry says is shown, and never run or drawn.
  expect(await page.locator("#exceptions").textContent()).toContain("<b>nobody</b>");
  expect(await page.locator("#exceptions b").count()).toBe(0);
  await picture(page, "kit-checked");
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByLabel("Verifier key").fill(key);
  await page.getByLabel("Verifier key").blur();
  await settled("The key is the one you gave");
});

test("samples are drawn for the number typed, of the type chosen, the same for everybody", async () => {
  await open(kit);
  await settled("AS IT WAS SIGNED");
  await page.getByLabel("How many").fill("12");
  await page.getByRole("button", { name: "Draw samples" }).click();
  await expect.poll(samples).toHaveLength(12);
  const first = await samples();
  expect(new Set(first).size).toBe(12);
  const types = await page.locator("#samples tr td:nth-child(3)").allTextContents();
  expect(new Set(types)).toEqual(new Set(["WindowOpened"]));
  expect(await page.locator("#samples-said").textContent()).toContain(headOf(kit).rootText);
  await picture(page, "kit-samples");
  // On a phone nothing but the tables is wider than the screen, and they scroll by themselves.
  await page.setViewportSize({ width: 390, height: 900 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.reload();
  await page.getByLabel("Folder of the kit").setInputFiles(kit);
  await settled("AS IT WAS SIGNED");
  await page.getByLabel("How many").fill("12");
  await page.getByRole("button", { name: "Draw samples" }).click();
  await expect.poll(samples).toEqual(first);
});

test.each(["tile/0/001", "tile/entries/002", "tile/1/000.p/3", "checkpoint", "entries.ndjson"])(
  "a flipped byte in %s is found",
  async (path) => {
    const changed = join(folder, `changed-${path.replaceAll("/", "-")}`);
    cpSync(kit, changed, { recursive: true });
    const bytes = readFileSync(join(changed, path));
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    writeFileSync(join(changed, path), bytes);
    await open(changed);
    await settled("NOT AS IT WAS SIGNED");
    expect(await page.locator("#found").isHidden()).toBe(true);
    if (path === "tile/0/001") await picture(page, "kit-changed");
  },
);

test("a folder that is no kit is told, and a right one afterwards is checked afresh", async () => {
  const other = join(folder, "other");
  cpSync(join(kit, "index.html"), join(other, "index.html"));
  await open(other);
  await settled("The file checkpoint is missing");
  await page.getByLabel("Folder of the kit").setInputFiles(kit);
  await settled("AS IT WAS SIGNED");
  expect(await verdict()).not.toContain("NOT");
});

function headOf(place: string) {
  const note = readFileSync(join(place, "checkpoint"), "utf8");
  return { size: readCheckpoint(note).size, rootText: note.split("\n")[2] ?? "" };
}
