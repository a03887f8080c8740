/** The recipes for browsers, in a real one: the payment page with its own server, and both streams. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { build } from "../../client/build.ts";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { CONVERSATIONS, type Sandbox, startSandbox } from "../../src/runtime/node/sandbox.ts";
import { UCC } from "../../src/runtime/node/sandboxConfig.ts";
import { type Ask, asking } from "../service/client.ts";
import { seriousFindings } from "./axe.ts";
import { picture, startBrowser, watchedPage } from "./chromium.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const CALL = "call-example";
const [talk] = CONVERSATIONS;

let browser: Browser | undefined;
let sandbox: Sandbox;
let pay: Ask;
let page: Page;
let complaints: string[];
let folder: string;
let shop: ChildProcess;
let shopUrl: string;

beforeAll(async () => {
  build(fileURLToPath(new URL("../../client/dist", import.meta.url)));
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
});

beforeEach(async ({ skip }) => {
  if (browser === undefined) return skip();
  const port = await freePort();
  folder = mkdtempSync(join(tmpdir(), "tacet-browser-"));
  shopUrl = `http://127.0.0.1:${port}`;
  sandbox = await startSandbox({
    folder,
    port: 0,
    logger: nodeLogger("error"),
    origins: [shopUrl],
  });
  pay = asking(sandbox.service.api.url, sandbox.keys.payment);
  const targets = {
    "anywherenow-demo": { uccName: UCC, correlationId: talk.correlationId },
    "vslogger-demo": { channel: Number(talk.channel) },
  };
  expect((await pay("PUT", `/v1/calls/${CALL}`, { agentId: "a-204", targets })).status).toBe(201);
  shop = spawn(process.execPath, [fileURLToPath(new URL("payment-page/server.mjs", EXAMPLES))], {
    env: {
      ...process.env,
      TACET_URL: sandbox.service.api.url,
      TACET_KEY: sandbox.keys.payment,
      CALL_ID: CALL,
      PORT: String(port),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) => {
    shop.stdout?.once("data", resolve);
    shop.once("close", reject);
  });
  ({ page, complaints } = await watchedPage(browser));
});
afterEach(async () => {
  if (browser === undefined) return;
  await page.context().close();
  shop.kill();
  await sandbox.stop("the test is over");
  rmSync(folder, { recursive: true, force: true });
});

/** One that nobody has at the moment. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
const isOpen = () =>
  page.evaluate(() => !(document.querySelector("#card") as HTMLFieldSetElement).disabled);
const told = () => page.locator("#told").textContent();
const protection = async () => (await pay("GET", `/v1/calls/${CALL}`)).body["protection"];
const byHand = (status: string) =>
  asking(sandbox.anywherenow.origin)("POST", "/_sim/by-hand", {
    target: talk.correlationId,
    status,
  });

test("the payment page opens its form in the silence, and its call is recorded again when it is paid", async () => {
  await page.goto(shopUrl);
  await expect.poll(isOpen).toBe(true);
  expect(await protection()).toBe("secured");
  expect(await told()).toBe("Not recorded. Ask for the card number now.");
  await picture(page, "example-payment-page");
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole("button", { name: "Pay" }).click();
  await expect.poll(told).toBe("Done. The call is recorded again.");
  await expect.poll(protection).toBe("recording");
  expect(await isOpen()).toBe(false);
  expect(complaints).toEqual([]);
});

test("a recorder that is started by hand locks it, empties it and says so; a cancelled payment is over", async () => {
  await page.goto(shopUrl);
  await expect.poll(isOpen).toBe(true);
  await page.getByLabel("Card number").fill("half of it");
  await asking(sandbox.anywherenow.origin)("POST", "/_sim/faults", { name: "ack-and-ignore" });
  await byHand("recording");
  await expect.poll(isOpen).toBe(false);
  expect(await page.getByLabel("Card number").inputValue()).toBe("");
  await expect.poll(told).toBe("STILL RECORDED. Do not ask for the card number.");
  await asking(sandbox.anywherenow.origin)("DELETE", "/_sim/faults");
  await expect.poll(isOpen, { timeout: 30_000 }).toBe(true);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect.poll(told).toBe("Done. The call is recorded again.");
  expect(complaints).toEqual([]);
});

test("its server gives no ticket to another site's page", async () => {
  const asked = (origin: string) =>
    fetch(`${shopUrl}/tickets/call`, { method: "POST", headers: { origin } });
  expect((await asked("https://evil.example")).status).toBe(404);
  expect((await asked(shopUrl)).status).toBe(200);
});

for (const recipe of ["eventsource", "websocket"]) {
  test(`${recipe}.js says safe while the window is open and secured, and no at drift and at its close`, async () => {
    // The recipe's own page, on the origin that policy lists: the shop's server makes room for it.
    shop.kill();
    await new Promise((resolve) => shop.once("close", resolve));
    const server = await serving(recipe);
    try {
      await page.goto(shopUrl);
      const said = () =>
        page.evaluate(() => (globalThis as unknown as { said: readonly boolean[] }).said);
      const now = async () => (await said()).at(-1);
      await expect.poll(said).toEqual([false]);
      const window = { windowId: "pay-1", leaseMs: 60_000 };
      const path = `/v1/calls/${CALL}`;
      expect((await pay("POST", `${path}/pause`, window)).status).toBe(200);
      await expect.poll(now).toBe(true);
      await byHand("recording");
      await expect.poll(async () => (await said()).lastIndexOf(false)).toBeGreaterThan(1);
      await expect.poll(now).toBe(true);
      // Another window keeps the call secured; this page's own is what counts.
      await pay("POST", `${path}/pause`, { windowId: "pay-2", leaseMs: 60_000 });
      await pay("POST", `${path}/resume`, { windowId: "pay-1" });
      await expect.poll(now).toBe(false);
      expect(await protection()).toBe("secured");
      expect(complaints).toEqual([]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test(`${recipe}.js comes back after a break by itself`, async () => {
    shop.kill();
    await new Promise((resolve) => shop.once("close", resolve));
    const server = await serving(recipe);
    try {
      const window = { windowId: "pay-1", leaseMs: 120_000 };
      expect((await pay("POST", `/v1/calls/${CALL}/pause`, window)).status).toBe(200);
      await page.goto(shopUrl);
      const said = () =>
        page.evaluate(() => (globalThis as unknown as { said: readonly boolean[] }).said);
      await expect.poll(async () => (await said()).at(-1)).toBe(true);
      const port = Number(new URL(sandbox.service.api.url).port);
      await sandbox.stop("for a break");
      await expect.poll(async () => (await said()).at(-1)).toBe(false);
      // The window goes on where the log ends; the recorders, new ones, are silenced again.
      const logger = nodeLogger("error");
      sandbox = await startSandbox({ folder, port, logger, origins: [shopUrl] });
      pay = asking(sandbox.service.api.url, sandbox.keys.payment);
      await expect.poll(async () => (await said()).at(-1), { timeout: 40_000 }).toBe(true);
      expect(complaints).toEqual([]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}

/** A page that does nothing but watch, with a server that fetches its tickets. */
async function serving(recipe: string): Promise<Server> {
  const script = `import { watchCall } from "./recipe.js";
    globalThis.said = [];
    watchCall({ url: "${sandbox.service.api.url}", callId: "${CALL}", windowId: "pay-1",
      getTicket: async () => {
        const response = await fetch("/ticket", { method: "POST" });
        if (!response.ok) throw new Error("no ticket");
        return await response.text();
      },
      onChange: (safe) => globalThis.said.push(safe) });`;
  const files: Readonly<Record<string, readonly [string, string]>> = {
    "/": ["text/html", `<!doctype html><script type="module" src="main.js"></script>`],
    "/main.js": ["text/javascript", script],
    "/recipe.js": [
      "text/javascript",
      readFileSync(new URL(`browser/${recipe}.js`, EXAMPLES), "utf8"),
    ],
  };
  const server = createServer((request, response) => {
    const [type, text] = files[request.url ?? ""] ?? [];
    if (type !== undefined) return void response.writeHead(200, { "content-type": type }).end(text);
    pay("POST", "/v1/tickets", { use: "events" }).then(
      ({ body, status }) => response.writeHead(status).end(String(body["ticket"])),
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((resolve) =>
    server.listen(Number(new URL(shopUrl).port), "127.0.0.1", resolve),
  );
  return server;
}
