/**
 * A real browser: Debian's Chromium, installed with apt where it is missing. Where it cannot be had,
 * why is said loudly and nothing is tried; with REQUIRE_BROWSER=1 that is a failure.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";

const run = promisify(execFile);
const INSTALL_MS_MAX = 300_000;

/** Pictures of every page, for people to look at: not committed. */
const PICTURES = new URL("../../.tacet/pictures/", import.meta.url);
export const WIDTHS = { desktop: 1280, phone: 390 } as const;

/** Its path, or why there is none. */
async function findChromium(): Promise<{ readonly path: string } | string> {
  const found = onPath();
  if (found !== undefined) return { path: found };
  try {
    const apt = ["-qq", "-y", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20"];
    const options = {
      timeout: INSTALL_MS_MAX,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    };
    await run("apt-get", [...apt, "update"], options).catch(() => undefined);
    await run("apt-get", [...apt, "--no-install-recommends", "install", "chromium"], options);
  } catch (error) {
    return `apt-get does not install it: ${error instanceof Error ? error.message.slice(0, 300) : ""}`;
  }
  const installed = onPath();
  return installed === undefined ? "it is not on the PATH after installing" : { path: installed };
}

function onPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).concat("/usr/bin");
  return folders
    .flatMap((folder) =>
      ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)),
    )
    .find((path) => existsSync(path));
}

/** Undefined where no browser can be had. */
export async function startBrowser(): Promise<Browser | undefined> {
  const found = await findChromium();
  if (typeof found === "string") {
    if (process.env["REQUIRE_BROWSER"] === "1") throw new Error(`no browser: ${found}`);
    console.warn(`\n*** NOT RUN: the tests in a real browser. ${found}\n`);
    return undefined;
  }
  return await chromium.launch({
    executablePath: found.path,
    // Nothing of a browser's own talks to anybody; as root there is no sandbox of its own.
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
}

export interface Watched {
  readonly page: Page;
  /** What the page complained of: errors, refused scripts and styles, requests elsewhere. */
  readonly complaints: string[];
}

/** A page of a fresh profile. Whatever its content policy refuses is a complaint. */
export async function watchedPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: WIDTHS.desktop, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => void complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content[- ]Security[- ]Policy|violates/i.test(message.text()))
      complaints.push(`policy: ${message.text()}`);
  });
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol !== "data:" && hostname !== "127.0.0.1") complaints.push(`elsewhere: ${hostname}`);
  });
  return { page, complaints };
}

/** A picture at the width of a desktop and of a phone. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const before = page.viewportSize();
  for (const [kind, width] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({
      path: new URL(`${name}-${kind}.png`, PICTURES).pathname,
      fullPage: true,
    });
  }
  if (before !== null) await page.setViewportSize(before);
}
