/** The sandbox's story in a real browser: a pause happens, a recorder fails, the form locks. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { type Sandbox, startSandbox } from "../../src/runtime/node/sandbox.ts";
import { seriousFindings } from "./axe.ts";
import { picture, startBrowser, watchedPage } from "./chromium.ts";

let browser: Browser | undefined;
let sandbox: Sandbox;
let page: Page;
let complaints: string[];
let folder: string;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(async ({ skip }) => {
  if (browser === undefined) return skip();
  folder = mkdtempSync(join(tmpdir(), "tacet-browser-"));
  sandbox = await startSandbox({ folder, port: 0, logger: nodeLogger("error") });
  ({ page, complaints } = await watchedPage(browser));
  await page.goto(sandbox.page);
});
afterEach(async () => {
  if (browser === undefined) return;
  expect(complaints).toEqual([]);
  await page.context().close();
  await sandbox.stop("the test is over");
  rmSync(folder, { recursive: true, force: true });
});

const isOpen = () =>
  page.evaluate(() => !(document.querySelector("#card") as HTMLFieldSetElement).disabled);
const word = (which: Page = page) => which.locator("tacet-indicator .word").textContent();
const truth = (id: string) => page.locator(`#r-${id} .truth`).textContent();

async function newCall(): Promise<void> {
  await page.getByRole("button", { name: "New call" }).click();
  await expect.poll(() => word()).toBe("Recording");
}

async function takePayment(): Promise<void> {
  await page.getByRole("button", { name: "Take a payment" }).click();
  await expect.poll(isOpen).toBe(true);
}

test("a payment: every recorder falls silent before the form opens, and records again after it", async () => {
  await newCall();
  expect(await isOpen()).toBe(false);
  await picture(page, "sandbox-recording");
  await takePayment();
  await expect.poll(() => truth("anywherenow-demo")).toBe("paused");
  await expect.poll(() => truth("vslogger-demo")).toBe("paused");
  await expect.poll(() => word()).toBe("Not recorded");
  await picture(page, "sandbox-secured");
  await page.getByLabel("Card number").fill("not a number");
  await page.getByRole("button", { name: "Pay", exact: true }).click();
  await expect.poll(isOpen).toBe(false);
  await expect.poll(() => truth("anywherenow-demo")).toBe("recording");
  await expect.poll(() => truth("vslogger-demo")).toBe("recording");
  expect(await page.getByLabel("Card number").inputValue()).toBe("");
});

test("a recorder that says yes and goes on keeps the form locked, and is found out", async () => {
  await newCall();
  await page.locator("#r-anywherenow-demo").getByLabel("says yes and goes on").check();
  await page.getByRole("button", { name: "Take a payment" }).click();
  await expect.poll(() => word(), { timeout: 15_000 }).toBe("STILL RECORDED");
  expect(await isOpen()).toBe(false);
  await picture(page, "sandbox-unsecured");
  await page.locator("#r-anywherenow-demo").getByLabel("says yes and goes on").uncheck();
  await expect.poll(isOpen, { timeout: 15_000 }).toBe(true);
});

test("a recorder that is started by hand locks the form, and its silence opens it again", async () => {
  await newCall();
  await takePayment();
  // What the recorder does is noted by the page's own clock, and so is what the form does.
  await page.evaluate(() => {
    const card = document.querySelector("#card") as HTMLFieldSetElement;
    const seen: number[] = ((globalThis as unknown as { locks: number[] }).locks = []);
    new MutationObserver(() => card.disabled && seen.push(performance.now())).observe(card, {
      attributes: true,
    });
  });
  const started = await page.evaluate(async () => {
    const at = performance.now();
    await fetch("/sandbox/recorders/anywherenow-demo/by-hand/recording", { method: "POST" });
    return at;
  });
  const locks = () => page.evaluate(() => (globalThis as unknown as { locks: number[] }).locks);
  await expect.poll(async () => (await locks()).length).toBeGreaterThan(0);
  const [first = Infinity] = await locks();
  console.log(`the form locked ${Math.round(first - started)} ms after the recorder was started`);
  await expect.poll(isOpen).toBe(true);
  await expect.poll(() => truth("anywherenow-demo")).toBe("paused");
});

test("a reload in mid-window goes on with the same silence, and nobody is told to collect meanwhile", async () => {
  await newCall();
  await takePayment();
  await page.reload();
  expect(await isOpen()).toBe(false);
  await expect.poll(() => word()).toBe("Not recorded");
  await expect.poll(() => truth("anywherenow-demo")).toBe("paused");
});

test("a page that is left for another leaves the window to its lease: the recorders stay silent", async () => {
  await newCall();
  await takePayment();
  await page.goto(`${sandbox.service.ops.url}/docs`);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await page.goto(sandbox.page);
  await expect.poll(() => word()).toBe("Not recorded");
  await expect.poll(() => truth("vslogger-demo")).toBe("paused");
});

test("the agent's own buttons pause and resume, as far as tacet lets them", async () => {
  await newCall();
  const pause = page.getByRole("button", { name: "Pause recording" });
  const resume = page.getByRole("button", { name: "Resume recording" });
  await expect.poll(() => pause.isVisible()).toBe(true);
  expect(await resume.isVisible()).toBe(false);
  await pause.click();
  await expect.poll(() => word()).toBe("Not recorded");
  await resume.click();
  await expect.poll(() => word()).toBe("Recording");
  await page.keyboard.press("Alt+Shift+P");
  await expect.poll(() => word()).toBe("Not recorded");
  await page.keyboard.press("Alt+Shift+R");
  await expect.poll(() => word()).toBe("Recording");
});

test("a resume that nobody answers keeps no agent from pausing", async () => {
  await newCall();
  const pause = page.getByRole("button", { name: "Pause recording" });
  await pause.click();
  await expect.poll(() => word()).toBe("Not recorded");
  let answer = (): unknown => undefined;
  await page.route("**/sandbox/desk/resume/**", (route) => {
    answer = () => route.fulfill({ status: 200, json: {} });
  });
  await page.getByRole("button", { name: "Resume recording" }).click();
  await expect
    .poll(() => page.getByRole("button", { name: "Resume recording" }).isDisabled())
    .toBe(true);
  expect(await pause.isEnabled()).toBe(true);
  await answer();
});

test("a second tab sees the same call, and what it does is seen in the first", async () => {
  await newCall();
  const other = await page.context().newPage();
  await other.goto(sandbox.page);
  await expect.poll(() => word(other)).toBe("Recording");
  await takePayment();
  await expect.poll(() => word(other)).toBe("Not recorded");
  await other.getByRole("button", { name: "Pause recording" }).click();
  await page.getByRole("button", { name: "Pay", exact: true }).click();
  // Two windows: the last one to close lets the recorders go.
  await expect.poll(isOpen).toBe(false);
  await expect.poll(() => word(other)).toBe("Not recorded");
  expect(await truth("vslogger-demo")).toBe("paused");
  await other.getByRole("button", { name: "Resume recording" }).click();
  await expect.poll(() => word()).toBe("Recording");
});

test("a lost network locks the form and the indicator says that it knows nothing", async () => {
  await newCall();
  await takePayment();
  await expect.poll(() => truth("vslogger-demo")).toBe("paused");
  await page.context().setOffline(true);
  await expect.poll(isOpen).toBe(false);
  await expect.poll(() => word()).toBe("Not known");
  await page.context().setOffline(false);
  await expect.poll(isOpen, { timeout: 30_000 }).toBe(true);
  await expect.poll(() => word(), { timeout: 30_000 }).toBe("Not recorded");
});

test("a hidden tab is locked, goes on renewing, and opens when it is looked at again", async () => {
  await newCall();
  await takePayment();
  // What a browser says when its window is covered; without a window it never does by itself.
  const become = (state: string) =>
    page.evaluate((to) => {
      Object.defineProperty(document, "visibilityState", { value: to, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await become("hidden");
  expect(await isOpen()).toBe(false);
  await expect.poll(() => truth("vslogger-demo")).toBe("paused");
  await become("visible");
  await expect.poll(isOpen).toBe(true);
});

test("a page that was frozen is not open when it thaws to a recorder that records", async () => {
  await newCall();
  await takePayment();
  const browserSession = await page.context().newCDPSession(page);
  await browserSession.send("Page.setWebLifecycleState", { state: "frozen" });
  const shop = new URL(sandbox.page).origin;
  const fault = `${shop}/sandbox/recorders/anywherenow-demo`;
  const asked = { method: "POST", headers: { origin: shop } };
  await fetch(`${fault}/faults/ack-and-ignore/on`, asked);
  await fetch(`${fault}/by-hand/recording`, asked);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await browserSession.send("Page.setWebLifecycleState", { state: "active" });
  await expect.poll(() => word(), { timeout: 15_000 }).toBe("STILL RECORDED");
  expect(await isOpen()).toBe(false);
});

test("nobody is kept out: no serious finding, light and dark, and all of it by keyboard", async () => {
  await newCall();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await seriousFindings(page)).toEqual([]);
  }
  await picture(page, "sandbox-dark");
  await takePayment();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByLabel("Card number").focus();
  await page.keyboard.type("x");
  await page.keyboard.press("Enter");
  await expect.poll(isOpen).toBe(false);
});

test("a page of another origin gets nothing from the shop", async () => {
  const origin = new URL(sandbox.page).origin;
  const answer = await fetch(`${origin}/sandbox/calls`, {
    method: "POST",
    headers: { origin: "https://elsewhere.example" },
  });
  expect(answer.status).toBe(403);
});
