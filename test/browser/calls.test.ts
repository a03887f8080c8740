/** An auditor in a real browser: searches a call, reads its timeline, and prints a gap statement. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Entry } from "../../src/log/entry.ts";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { CONVERSATIONS, type Sandbox, startSandbox } from "../../src/runtime/node/sandbox.ts";
import { AGENT, UCC } from "../../src/runtime/node/sandboxConfig.ts";
import { seriousFindings } from "./axe.ts";
import { picture, startBrowser, watchedPage } from "./chromium.ts";

const CALL = "order-2026-11-22-0017";
let browser: Browser | undefined;
let sandbox: Sandbox;
let page: Page;
let complaints: string[];
let folder: string;

beforeAll(async () => {
  browser = await startBrowser();
  if (browser === undefined) return;
  folder = mkdtempSync(join(tmpdir(), "tacet-browser-calls-"));
  const rules = { graceMs: 300 };
  sandbox = await startSandbox({ folder, port: 0, logger: nodeLogger("error"), rules });
  ({ page, complaints } = await watchedPage(browser));
  await aPayment();
  await page.goto(sandbox.service.consoleLink ?? "");
});
afterAll(async () => {
  await browser?.close();
  if (browser === undefined) return;
  await sandbox.stop("the tests are over");
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async ({ skip }) => {
  if (browser === undefined) return skip();
});

/** Two windows of two systems, a recorder that is started by hand, and one that cannot be reached. */
async function aPayment(): Promise<void> {
  const [first] = CONVERSATIONS;
  const targets = {
    "anywherenow-demo": { uccName: UCC, correlationId: first.correlationId },
    "vslogger-demo": { channel: Number(first.channel) },
  };
  const { ivr, payment } = sandbox.keys;
  await ask(payment, "PUT", "", { agentId: AGENT, targets, attributes: { queue: "orders" } });
  await ask(payment, "POST", "/pause", { windowId: "w1", reason: "card payment" });
  const byHand = { target: first.channel, status: "recording" };
  await simulator(`${sandbox.vslogger.origin}/_sim/by-hand`, "POST", byHand);
  await hasEntry(({ detail }) => detail?.["goal"] === "paused" && detail["status"] === "recording");
  await hasWord("secured");
  await ask(ivr, "POST", "/pause", { windowId: "w2", reason: "second card" });
  await ask(payment, "POST", "/resume", { windowId: "w1" });
  await ask(ivr, "POST", "/resume", { windowId: "w2" });
  await hasWord("recording");
  await simulator(`${sandbox.anywherenow.origin}/_sim/faults`, "POST", { name: "unreachable" });
  await ask(payment, "POST", "/pause", { windowId: "w3", waitMs: 500 });
  await hasEntry(({ type }) => type === "ConfirmationOverdue");
  await simulator(`${sandbox.anywherenow.origin}/_sim/faults`, "DELETE");
  await hasWord("secured");
  await ask(payment, "POST", "/resume", { windowId: "w3" });
  await hasWord("recording");
}

async function ask(key: string, method: string, path: string, body?: object): Promise<unknown> {
  const url = `${sandbox.service.api.url}/v1/calls/${CALL}${path}`;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return await (await fetch(url, { method, headers, ...sent })).json();
}
async function simulator(url: string, method: string, body?: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
async function hasWord(word: string): Promise<void> {
  await until(async () => {
    const { protection } = (await ask(sandbox.keys.payment, "GET", "")) as { protection: string };
    return protection === word;
  });
}
/** The log holds such an entry of the call. */
async function hasEntry(isIt: (entry: Entry) => boolean): Promise<void> {
  await until(async () => {
    const { entries } = (await ask(sandbox.keys.auditor, "GET", "/history")) as {
      entries: readonly Entry[];
    };
    return entries.some(isIt);
  });
}
const until = (isSo: () => Promise<boolean>) =>
  vi.waitFor(async () => expect(await isSo()).toBe(true), { timeout: 20_000, interval: 50 });
const go = (path: string) => page.goto(`${sandbox.service.api.url}${path}`);

test("a call is found by its agent and by its window, from the keyboard", async () => {
  await go("/console/calls");
  await page.getByRole("textbox", { name: "Agent" }).fill(AGENT);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: CALL }).waitFor();
  expect(await page.getByRole("row", { name: CALL }).textContent()).toContain(
    "Not secured in time, or drifted",
  );
  await picture(page, "calls-search");
  await page.getByRole("textbox", { name: "Window" }).fill("no-such-window");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("No call fits.").waitFor();
  await page.getByRole("textbox", { name: "Recording" }).fill("4111 1111 1111 1111");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("looks like a card number").waitFor();
  expect(await page.getByRole("textbox", { name: "Recording" }).inputValue()).toBe("");
  await picture(page, "calls-refused");
});

test("a call's timeline shows every lane, and its table and entries say the same in words", async () => {
  await go(`/console/calls/${CALL}`);
  const drawing = page.getByRole("img", { name: CALL });
  expect(await drawing.locator("text.lane").allTextContents()).toEqual([
    "The call",
    "Window w1",
    "Window w2",
    "Window w3",
    expect.stringContaining("anywherenow-demo"),
    expect.stringContaining("vslogger-demo"),
  ]);
  expect(await drawing.locator(".tl-exposed").count()).toBeGreaterThan(0);
  expect(await drawing.locator(".tm-failed").count()).toBeGreaterThan(0);
  await picture(page, "call");
  await page.getByText("The timeline as a table").click();
  const cells = page.getByRole("cell", { name: "Seen recording when it should be silent" });
  expect(await cells.count()).toBeGreaterThan(0);
  await page.getByRole("link", { name: "w1", exact: true }).click();
  await picture(page, "call-closer");
  expect(await page.getByText("Sensitive data began: window w1.").count()).toBe(1);
});

test("a gap statement says who asked and why, and prints without what is only for the screen", async () => {
  await go(`/console/calls/${CALL}`);
  await page
    .getByRole("row", { name: "vslogger-demo" })
    .getByRole("link", { name: "Gap statement" })
    .click();
  const said = await page.locator("main").textContent();
  for (const words of ["card payment", "second card", "sandbox-ivr", "Nothing was deleted"]) {
    expect(said).toContain(words);
  }
  await picture(page, "statement");
  await page.emulateMedia({ media: "print" });
  expect(await page.getByRole("button", { name: "Sign out" }).isVisible()).toBe(false);
  await picture(page, "statement-print");
  // One page: two gaps of three windows fit on one sheet.
  const sheet = (await page.pdf({ format: "A4" })).toString("latin1");
  expect([...sheet.matchAll(/\/Type\s*\/Page\b/g)]).toHaveLength(1);
  await page.emulateMedia({ media: "screen" });
});

test("written from right to left, moments, codes and drawings keep their own order", async () => {
  await go(`/console/calls/${CALL}`);
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  /** Where the first and the last letter of a text stand. */
  const ends = (selector: string) =>
    page.locator(selector).evaluateAll((all) =>
      all.map((one) => {
        const text = document.createTreeWalker(one, NodeFilter.SHOW_TEXT).nextNode() as Text;
        const at = (from: number) => {
          const range = document.createRange();
          range.setStart(text, from);
          range.setEnd(text, from + 1);
          return range.getBoundingClientRect();
        };
        const [first, last] = [at(0), at(text.length - 1)];
        return first.top < last.top || first.left < last.left;
      }),
    );
  for (const selector of ["time", "main code", "svg text.lane"]) {
    const inOrder = await ends(selector);
    expect(inOrder.length, selector).toBeGreaterThan(0);
    expect(new Set(inOrder), selector).toEqual(new Set([true]));
  }
  const outside = await page.locator("svg.timeline text.lane").evaluateAll(
    (all) =>
      all.filter((one) => {
        const drawing = (one.closest("svg") as Element).getBoundingClientRect();
        const { left, right } = one.getBoundingClientRect();
        return left < drawing.left - 1 || right > drawing.right + 1;
      }).length,
  );
  expect(outside).toBe(0);
  await picture(page, "call-rtl");
});

test("nobody is kept out: no serious finding in light and dark, and the policy refused nothing", async () => {
  const statement = `/console/calls/${CALL}/statement/`;
  await go(`/console/calls/${CALL}`);
  const [first] = await page.getByRole("link", { name: "Gap statement" }).all();
  const path = (await first?.getAttribute("href")) ?? "";
  expect(path).toContain(statement);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const one of ["/console/calls", `/console/calls/${CALL}`, path]) {
      await go(one);
      for (const details of await page.locator("details").all()) await details.click();
      expect(await seriousFindings(page), `${one} ${colorScheme}`).toEqual([]);
    }
  }
  await go(`/console/calls/${CALL}`);
  await picture(page, "call-dark");
  expect(complaints).toEqual([]);
});
