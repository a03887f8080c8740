/** The pages that watch, in a real browser, by people whom a real provider signs in. */
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { vendors } from "../../src/adapters/registry.ts";
import { leafHash } from "../../src/log/tree.ts";
import { parseConfig } from "../../src/policy/config.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { createIncidents } from "../../src/runtime/node/incidents.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { type Service, startService } from "../../src/runtime/node/service.ts";
import { type RunningProvider, startProvider } from "../console/provider.ts";
import { acme, begin, closeRecorders, type Recorders, startRecorders } from "../service/acme.ts";
import { type Ask, asking } from "../service/client.ts";
import { seriousFindings } from "./axe.ts";
import { picture, startBrowser, watchedPage } from "./chromium.ts";
import { fedWall } from "./fedWall.ts";

const SOON = { timeout: 15_000 };
let browser: Browser | undefined;
let provider: RunningProvider;
let recorders: Recorders;
let service: Service;
let url: string;
let folder: string;
let pay: Ask;
let incidentId: string;
const opened: { page: Page; complaints: string[] }[] = [];

const people = {
  ann: { name: "Ann Agent", claims: { groups: ["agents"], tacet_tenant: "acme", agent: "a-204" } },
  sue: { name: "Sue Visor", claims: { groups: ["supervisors"], tacet_tenant: "acme" } },
};

/** A port that is free now: the provider has to know the console's address before it listens. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(async ({ skip }) => {
  if (browser === undefined) return skip();
  folder = mkdtempSync(join(tmpdir(), "tacet-watch-"));
  recorders = await startRecorders();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  provider = await startProvider(people, [`${url}/console/signed-in`]);
  const issuers = [
    {
      issuer: provider.issuer,
      audience: ["tacet"],
      tenants: ["acme"],
      jwksUrl: `${provider.issuer}/jwks`,
      claims: { tenant: "tacet_tenant", kind: "groups", scopes: "groups", agentId: "agent" },
      kindOf: { agents: "agent", supervisors: "supervisor" },
      scopesOf: {
        agents: ["windows:write", "events:read"],
        supervisors: ["windows:write", "events:read", "log:read", "log:export", "incidents:write"],
      },
    },
  ];
  await mkdir(join(folder, "log"), { mode: 0o700 });
  incidentId = await suspected();
  const { document, keys } = await acme(folder, recorders.origins, { issuers, listen: { port } });
  const { clientId, clientSecret, issuer } = provider;
  const parsed = parseConfig(
    { ...document, console: { url, issuer, clientId, clientSecret } },
    vendors,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  service = await startService(parsed.config, { logger: nodeLogger("error"), version: "test" });
  pay = asking(url, keys.pay);
});
afterEach(async () => {
  if (browser === undefined) return;
  const all = opened.splice(0);
  for (const { page } of all) await page.context().close();
  await service.stop("the test is over");
  await provider.close();
  await closeRecorders();
  rmSync(folder, { recursive: true, force: true });
  expect(all.flatMap(({ complaints }) => complaints)).toEqual([]);
});

/** What a service that was stopped since was told by its evidence. */
async function suspected(): Promise<string> {
  const options = { folder: join(folder, "log"), originBase: "tacet.example" };
  const log = await openLog({ ...options, now: Date.now });
  const say = () => undefined;
  const incidents = createIncidents({
    log,
    clock: nodeClock(),
    ids: () => crypto.randomUUID(),
    flag: false,
    witness: () => undefined,
    logger: { error: say, warn: say },
  });
  const id = await incidents.suspect({
    tenant: "acme",
    callId: "call-1",
    recorderId: "vslogger",
    recordingId: "rec-1",
    windowIds: ["w-1"],
    by: "time",
    cause: "not_shortened",
    ranges: [{ fromMs: 1_000, toMs: 2_500 }],
  });
  await incidents.stop();
  await log.close();
  return id ?? "";
}

async function signedIn(person: keyof typeof people, path: string): Promise<Page> {
  const watched = await watchedPage(browser as Browser);
  const { complaints, page } = watched;
  opened.push(watched);
  await page.goto(`${url}${path}`);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.locator('input[name="login"]').fill(person);
  await page.locator('input[name="password"]').fill("any");
  await page.locator('button[type="submit"]').click();
  await page.locator('button[type="submit"]').click();
  await page.waitForURL(`${url}${path}`);
  // The provider's pages are its own affair.
  complaints.length = 0;
  return page;
}

/** A call on both recorders. */
async function call(callId: string, number: number, more: object = {}): Promise<void> {
  const { targets } = begin(recorders, number);
  const answer = await pay("PUT", `/v1/calls/${callId}`, { targets, ...more });
  expect(answer.status).toBe(201);
}
const pause = (callId: string, waitMs = 5_000) =>
  pay("POST", `/v1/calls/${callId}/pause`, { windowId: `w-${callId}`, waitMs });

async function looksWell(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await seriousFindings(page)).toEqual([]);
  }
  await picture(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: "light" });
  await picture(page, name);
}
/** Without what keeps a duration in order, which is not seen. */
const main = async (page: Page) =>
  (await page.locator("main").innerText()).replaceAll(/[\u2066\u2069]/g, "");

test("a supervisor sees the day, its exceptions, and signs it off", async () => {
  await call("good", 11);
  expect((await pause("good")).status).toBe(200);
  await pay("POST", "/v1/calls/good/resume", { windowId: "w-good" });
  recorders.vslogger.faults.set({ name: "ack-and-ignore" });
  await call("bad", 12);
  expect((await pause("bad", 1_500)).status).toBe(424);
  const page = await signedIn("sue", "/console");
  expect(await main(page)).toContain("Target: at most 800 ms a window.");
  expect(await page.locator("svg").count()).toBe(2);
  await page.getByText("As a table").click();
  await looksWell(page, "overview");
  await page.getByRole("link", { name: "Exceptions" }).first().click();
  expect(await main(page)).toContain("Nobody has signed this day off yet.");
  expect(await page.getByRole("link", { name: "bad" }).getAttribute("href")).toBe(
    "/console/calls/bad",
  );
  await page.getByLabel("Note").fill("The logger was told to ignore it.");
  await looksWell(page, "exceptions");
  await page.getByRole("button", { name: "Sign this day off" }).click();
  await expect.poll(() => main(page), SOON).toContain("The logger was told to ignore it.");
  await picture(page, "review");
});

test("the wall shows each call inside a window as it changes, by keyboard and screen reader too", async () => {
  const page = await signedIn("sue", "/console/wall");
  const rows = page.locator("#wall tbody tr");
  await expect.poll(() => page.locator("#connection").textContent(), SOON).toBe("Live");
  await call("c1", 21, { agentId: "a-204", attributes: { queue: "sales", team: "red" } });
  await call("c2", 22, { agentId: "a-205", attributes: { queue: "service" } });
  await call("c3", 23, { agentId: "a-206", attributes: { queue: "sales" } });
  expect(await rows.count()).toBe(0);
  for (const id of ["c1", "c2"]) expect((await pause(id)).status).toBe(200);
  await expect.poll(() => rows.count(), SOON).toBe(2);
  recorders.vslogger.faults.set({ name: "ack-and-ignore" });
  expect((await pause("c3", 1_500)).status).toBe(424);
  // What needs somebody comes first.
  await expect.poll(() => rows.first().innerText(), SOON).toMatch(/^c3\s+Not secured/);
  expect(await rows.nth(1).innerText()).toMatch(
    /c1\s+Secured\s+a-204\s+0:\d\d\s+\d+:\d\d\s+.*queue=sales, team=red/s,
  );
  await expect
    .poll(() => page.locator("#summary").textContent(), SOON)
    .toContain("3 calls inside a window, 1 need somebody.");
  await looksWell(page, "wall");
  // A row that moves keeps whoever is on it.
  await rows.nth(1).getByRole("link").focus();
  recorders.vslogger.faults.clear();
  await expect.poll(() => rows.nth(2).innerText(), SOON).toMatch(/^c3\s+Secured/);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("c1");
  await pay("POST", "/v1/calls/c2/resume", { windowId: "w-c2" });
  await expect.poll(() => rows.count(), SOON).toBe(2);

  await page.getByText("Filter", { exact: true }).click();
  await page.getByLabel("Attribute 1").fill("team");
  await page.getByLabel("Value 1").fill("red");
  await page.getByRole("button", { name: "Show" }).click();
  await expect.poll(() => rows.allInnerTexts(), SOON).toHaveLength(1);
  expect(await rows.first().innerText()).toMatch(/^c1/);
  await page.context().setOffline(true);
  await expect.poll(() => page.locator("#connection").textContent(), SOON).toContain("lost");
  await page.context().setOffline(false);
  await expect.poll(() => page.locator("#connection").textContent(), SOON).toBe("Live");
});

test("an agent pauses and resumes at the desk by their own session, until it is over", async () => {
  await call("mine", 31, { agentId: "a-204" });
  await call("other", 32, { agentId: "a-205" });
  const page = await signedIn("ann", "/desk");
  const word = () => page.locator("tacet-indicator .word").textContent();
  await expect.poll(word, SOON).toBe("Recording");
  await looksWell(page, "desk");
  await page.getByRole("button", { name: "Pause recording" }).click();
  await expect.poll(word, SOON).toBe("Not recorded");
  expect((await pay("GET", "/v1/calls/mine")).body).toMatchObject({ protection: "secured" });
  expect((await pay("GET", "/v1/calls/other")).body).toMatchObject({ protection: "recording" });
  await picture(page, "desk-paused");
  await page.reload();
  await expect.poll(word, SOON).toBe("Not recorded");
  await page.keyboard.press("Alt+Shift+R");
  await expect.poll(word, SOON).toBe("Recording");
  // Nothing else of the console is theirs.
  await page.goto(`${url}/console/wall`);
  expect(await main(page)).toContain("Agents have their desk");
  await page.goto(`${url}/desk`);
  await page.context().clearCookies();
  await expect.poll(word, SOON).toBe("Recording");
  await page.getByRole("button", { name: "Pause recording" }).click();
  await expect.poll(() => page.locator("#over").isVisible(), SOON).toBe(true);
  expect((await pay("GET", "/v1/calls/mine")).body).toMatchObject({ protection: "recording" });
});

test("an incident is worked to its close in the browser", async () => {
  const page = await signedIn("sue", "/console/incidents");
  await looksWell(page, "incidents");
  await page.getByRole("link", { name: "vslogger rec-1" }).click();
  await page.getByLabel("Note (never card data)").fill("Heard it: nobody speaks a number.");
  await page.getByLabel("Cause, where it is known").fill("The logger's pause came late.");
  await looksWell(page, "incident");
  await page.getByRole("button", { name: "Close with this note" }).click();
  await expect.poll(() => main(page), SOON).toContain("Closed for good.");
  await picture(page, "incident-closed");
  expect(page.url()).toBe(`${url}/console/incidents/${incidentId}`);
});

test("the browser's own check finds a flipped byte, and says since which checkpoint", async () => {
  for (let number = 41; number < 44; number += 1) {
    await call(`call-${number}`, number, { attributes: { queue: "sales" } });
    expect((await pause(`call-${number}`)).status).toBe(200);
  }
  const page = await signedIn("sue", "/console/integrity");
  const result = page.locator("#result");
  const saved = await page.locator("pre").first().innerText();
  await page.getByRole("button", { name: "Check all entries" }).click();
  await expect
    .poll(() => result.textContent(), SOON)
    .toMatch(/^All \d+ entries are what was signed/);
  await looksWell(page, "integrity");
  const receipt = await page.request.get(`${url}/console/integrity/receipt?position=2`);
  expect(await receipt.text()).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
  await page.getByLabel("A checkpoint you saved before").fill(saved);
  await page.getByRole("button", { name: "Does the log still begin with it?" }).click();
  await expect
    .poll(() => result.textContent(), SOON)
    .toMatch(/^The log still begins with the \d+ /);

  const position = flip("call-42", "sales", "salez");
  await page.reload();
  await page.getByRole("button", { name: "Check all entries" }).click();
  await expect
    .poll(() => result.textContent(), SOON)
    .toBe(`WRONG: of the entries, these are not what was signed: ${position}.`);
  await picture(page, "integrity-flipped");
  await page.getByLabel("A checkpoint you saved before").fill(saved);
  await page.getByRole("button", { name: "Does the log still begin with it?" }).click();
  await expect.poll(() => result.textContent(), SOON).toMatch(/^WRONG: the first \d+ entries/);
  await page.getByLabel("A checkpoint you saved before").fill(saved.replace(/\n(\d)/, "\n9$1"));
  await page.getByRole("button", { name: "Does the log still begin with it?" }).click();
  await expect.poll(() => result.textContent(), SOON).toContain("not signed with this key");

  // The hash beside it changed as well, only the root can tell; no entry at all is named again.
  change(position, (bytes) => bytes, true);
  await page.getByRole("button", { name: "Check all entries" }).click();
  await expect.poll(() => result.textContent(), SOON).toMatch(/^WRONG: the \d+ entries are not/);
  change(position, () => Buffer.from("{}"));
  await page.getByRole("button", { name: "Check all entries" }).click();
  await expect
    .poll(() => result.textContent(), SOON)
    .toContain(`Entry ${position} could not be read`);
});

/** Behind the service's back, in its own file. The entry's position. */
function flip(callId: string, from: string, to: string): number {
  const [row] = query(
    "SELECT position FROM entries WHERE tenant = 'acme' AND call_id = ? AND instr(bytes, ?) > 0",
    callId,
    Buffer.from(from),
  );
  const position = Number(row?.["position"]);
  change(position, (bytes) => Buffer.from(bytes.toString().replace(from, to)));
  return position;
}

function change(position: number, made: (bytes: Buffer) => Buffer, withLeaf = false): void {
  const where = "WHERE tenant = 'acme' AND position = ?";
  const [row] = query(`SELECT bytes FROM entries ${where}`, position);
  const bytes = made(Buffer.from(row?.["bytes"] as Uint8Array));
  query(`UPDATE entries SET bytes = ? ${where}`, bytes, position);
  if (withLeaf) query(`UPDATE entries SET leaf = ? ${where}`, leafHash(bytes), position);
}

function query(sql: string, ...values: readonly SQLInputValue[]) {
  const db = new DatabaseSync(join(folder, "log", "control-log.sqlite"), { timeout: 5_000 });
  try {
    return db.prepare(sql).all(...values);
  } finally {
    db.close();
  }
}

test("of two thousand calls the wall shows 200, what needs somebody first, each row by itself", async () => {
  const page = await signedIn("sue", "/console");
  await page.addInitScript(fedWall);
  await page.goto(`${url}/console/wall`);
  await expect.poll(() => page.locator("#connection").textContent(), SOON).toBe("Live");
  const COUNT = 2_000;
  await page.evaluate(`feed.all(${COUNT})`);
  await expect.poll(() => page.locator("#count").textContent(), SOON).toContain(`${COUNT} calls`);
  await page.evaluate(`feed.bursts(${COUNT}, 4)`);
  await expect.poll(() => page.locator("#wall tbody tr").count(), SOON).toBe(200);
  expect(await page.locator("#count").textContent()).toContain("1800 of them are not shown");
  const words = () => page.locator("#wall tbody td:nth-child(2)").allTextContents();
  await expect.poll(async () => [...new Set(await words())], SOON).toEqual(["Not secured"]);
  // A row that changes has no other laid out or drawn anew; a screen reader has all of a table.
  const contained = await page
    .locator("#wall tbody tr")
    .evaluateAll((rows) => [...new Set(rows.map((row) => getComputedStyle(row).contain))]);
  expect(contained).toEqual(["content"]);
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const count = (role: string) => nodes.filter((node) => node.role?.value === role).length;
  expect(["table", "row", "columnheader", "rowheader", "cell"].map(count)).toEqual([
    1, 201, 7, 200, 1_200,
  ]);
  await picture(page, "wall-2000");
});
