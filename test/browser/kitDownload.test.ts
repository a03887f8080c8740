/** The auditor's kit from the console: downloaded, unpacked, and verified where it lies. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";
import { asking, until } from "../service/client.ts";
import { seriousFindings } from "./axe.ts";
import { picture, watchedPage } from "./chromium.ts";
import { pausedCall, sandboxed } from "./sandboxed.ts";

const SOON = { timeout: 30_000 };
const rig = sandboxed();

/** As any computer unpacks it; the folder of the kit. */
function unpacked(archive: string): string {
  const place = mkdtempSync(join(rig().folder, "unpacked-"));
  const files = Object.entries(unzipSync(readFileSync(archive)));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), bytes);
  }
  return join(place, files[0]?.[0].split("/")[0] ?? "");
}

test("downloaded, unpacked and opened from its file, the kit is as it was signed", async () => {
  const { browser, sandbox } = rig();
  const { url } = sandbox.service.api;
  await pausedCall(sandbox);
  const signed = await asking(url, sandbox.keys.auditor)("GET", "/v1/log/checkpoint");
  expect(signed.status).toBe(200);
  const [tenant = ""] = sandbox.service.log.tenants().filter((one) => one !== "system");
  const heads = join(sandbox.logFolder, `checkpoint-${tenant}.txt`);
  await until(
    () => Number(readFileSync(heads, "utf8").split("\n")[1]),
    (size) => size >= 5,
  );

  const { complaints, page } = await watchedPage(browser);
  await page.goto(sandbox.service.consoleLink ?? "");
  await page.goto(`${url}/console/integrity`);
  await page.locator("main").getByRole("link", { name: "Auditor's kit" }).click();
  expect(page.url()).toBe(`${url}/console/kit`);
  await picture(page, "kit-page");
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByLabel("From (UTC)").fill("2020-01-01");
  await page.getByLabel("To (UTC)").fill("2020-01-02");
  await page.getByRole("button", { name: "Download the kit" }).click();
  await expect.poll(() => page.locator("main").innerText(), SOON).toContain("No signed entry");
  await picture(page, "kit-none");

  await page.getByLabel("From (UTC)").fill("");
  await page.getByLabel("To (UTC)").fill("");
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the kit" }).click();
  const download = await coming;
  expect(download.suggestedFilename()).toBe(`tacet-kit-${tenant}.zip`);
  const kit = unpacked(await download.path());
  expect(complaints).toEqual([]);

  const auditor = await watchedPage(browser);
  await auditor.page.goto(pathToFileURL(join(kit, "index.html")).href);
  await auditor.page.getByLabel("Verifier key").fill(sandbox.service.log.verifierKey);
  await auditor.page.getByLabel("Folder of the kit").setInputFiles(kit);
  const verdict = auditor.page.locator("#verdict");
  await expect.poll(() => verdict.textContent(), SOON).toContain("AS IT WAS SIGNED");
  expect(await verdict.textContent()).not.toContain("NOT");
  expect(await verdict.textContent()).toContain("The key is the one you gave");
  expect(await auditor.page.locator("#counts").textContent()).toContain("WindowOpened1");
  await picture(auditor.page, "kit-downloaded");

  const said: string[] = [];
  const io = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  expect(await verifyCommand([kit, "--key", sandbox.service.log.verifierKey], io)).toBe(0);
  expect(said.join("\n")).toContain("INTACT");
});
