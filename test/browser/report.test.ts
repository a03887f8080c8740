/** The report of a period on screen and on paper. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { CONVERSATIONS, startSandbox } from "../../src/runtime/node/sandbox.ts";
import { UCC } from "../../src/runtime/node/sandboxConfig.ts";
import { seriousFindings } from "./axe.ts";
import { picture, startBrowser, watchedPage } from "./chromium.ts";

let browser: Browser | undefined;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
});

test("a report is read and printed: its filter and buttons stay off the paper", async ({
  skip,
}) => {
  if (browser === undefined) return skip();
  const folder = mkdtempSync(join(tmpdir(), "tacet-report-"));
  const sandbox = await startSandbox({
    folder,
    port: 0,
    logger: nodeLogger("error"),
    rules: { confirmMsMax: 500 },
  });
  const { page, complaints } = await watchedPage(browser);
  try {
    const CALL = "an-order-whose-name-is-as-long-as-names-of-orders-may-be-0017";
    const [first] = CONVERSATIONS;
    const ask = (method: string, path: string, body: object) =>
      fetch(sandbox.service.api.url + path, {
        method,
        headers: {
          authorization: `Bearer ${sandbox.keys.payment}`,
          "content-type": "application/json",
        },
        body: JSON.stringify(body),
      });
    const targets = {
      "anywherenow-demo": { uccName: UCC, correlationId: first.correlationId },
      "vslogger-demo": { channel: Number(first.channel) },
    };
    await ask("PUT", `/v1/calls/${CALL}`, { agentId: "a-204", targets });
    await ask("POST", `/v1/calls/${CALL}/pause`, { windowId: "w-1" });
    await ask("POST", `/v1/calls/${CALL}/resume`, { windowId: "w-1" });
    await fetch(`${sandbox.anywherenow.origin}/_sim/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "ack-and-ignore" }),
    });
    await ask("POST", `/v1/calls/${CALL}/pause`, { windowId: "w-2" });
    await page.goto(sandbox.service.consoleLink ?? "");
    await page.getByRole("link", { name: "Report" }).click();
    await expect.poll(() => page.getByText("Never secured").first().isVisible()).toBe(true);
    expect(await page.locator("caption", { hasText: "Every exception" }).count()).toBe(1);
    await picture(page, "report");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await seriousFindings(page)).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: "light", media: "print" });
    expect(await page.locator("form.filter").isVisible()).toBe(false);
    expect(await page.getByRole("button").count()).toBe(0);
    // Browsers leave backgrounds out: what says that this is a sandbox is legible without one.
    const ink = await page
      .locator(".sandbox")
      .evaluate((one) => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]);
    expect(ink).toEqual(["rgb(0, 0, 0)", "rgba(0, 0, 0, 0)"]);
    // A sheet of A4 between its margins; what does not fit in there nobody can scroll to.
    await page.setViewportSize({ width: 718, height: 1_000 });
    for (const language of ["en", "nl", "de", "fr", "es"]) {
      await page.goto(`${sandbox.service.api.url}/console/report?lang=${language}`);
      const cut = await page
        .locator(".scroll")
        .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).length);
      expect([language, cut]).toEqual([language, 0]);
    }
    await picture(page, "report-print");
    expect(complaints).toEqual([]);
  } finally {
    await page.context().close();
    await sandbox.stop("the test is over");
    rmSync(folder, { recursive: true, force: true });
  }
});
