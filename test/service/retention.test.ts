/** A log of fourteen months: served, pruned, held, killed meanwhile, and shown to an auditor after. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { monthsBefore } from "../../src/policy/configRetention.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { payment } from "../log/events.ts";
import { closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { type Ask, asking, until } from "./client.ts";
import { cleanUp, folder, tacet } from "./process.ts";
import { type Served, serve, serveFile } from "./serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 180_000 });
afterEach(cleanUp);
afterAll(closeRecorders);

const logOf = (place: string) => join(place, "log");
const officer = makeApiKey("officer");
const OFFICER = {
  id: "officer",
  hash: officer.hash,
  tenant: "acme",
  kind: "supervisor",
  scopes: ["retention:write", "log:read"],
};

/** Hundred calls of fourteen months ago, a hundred of now; the head between them is what an auditor saved. */
async function lived(place: string): Promise<{ saved: string; oldest: number }> {
  mkdirSync(place, { recursive: true });
  const now = Date.now();
  const oldest = monthsBefore(now, 14);
  const log = await openLog({ folder: logOf(place), originBase: "tacet.example", now: () => now });
  let saved = "";
  for (const [name, from] of [
    ["old", oldest],
    ["new", now - 7_200_000],
  ] as const) {
    for (let call = 0; call < 100; call += 1) {
      const id = `${name}-${call}`;
      await log.append("acme", id, 0, payment(`w-${id}`, from + call * 60_000));
    }
    saved ||= await log.checkpoint("acme");
  }
  await log.close();
  return { saved, oldest };
}

interface Standing {
  readonly prunedTo: number;
  readonly stoppedBy?: object;
}
const standingOf = async (ask: Ask) =>
  (await ask("GET", "/v1/log/retention")).body as unknown as Standing;

/** Looked at twice a second: reading the log is bounded. */
async function waited(ask: Ask, holds: (one: Standing) => boolean): Promise<Standing> {
  return await until(async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return await standingOf(ask);
  }, holds);
}

const wish = (more: Readonly<Record<string, unknown>> = {}) => ({ log: more, apiKeys: [OFFICER] });
const asOfficer = (served: Served): Ask => asking(served.url, officer.key);

test("old entries go while it serves, a legal hold keeps its call, a kill loses nothing, and an auditor verifies all that was ever signed", async () => {
  const place = await folder();
  const { oldest, saved } = await lived(place);
  const head = join(place, "saved.txt");
  writeFileSync(head, saved);

  // Nobody asked for anything to be erased.
  const before = await serve(place, recorders, wish());
  expect(await standingOf(asOfficer(before))).toEqual({
    prunedTo: 0,
    keptFrom: oldest,
    legalHolds: [],
  });
  const ask = asOfficer(before);
  const old = (await ask("GET", "/v1/log/entries?limit=5")).text.split("\n")[4] ?? "";
  const placed = await ask("POST", "/v1/log/legal-holds", { reason: "case 7", callId: "old-60" });
  expect(placed).toMatchObject({ status: 201, body: { by: "officer", firstKept: 601 } });
  await before.process.stop();

  const served = await serve(place, recorders, wish({ retention: { months: 12 } }));
  const held = await waited(asOfficer(served), ({ stoppedBy }) => stoppedBy !== undefined);
  expect(held).toMatchObject({
    months: 12,
    prunedTo: 512,
    legalHolds: [{ holdId: placed.body["holdId"], reason: "case 7" }],
    stoppedBy: { kind: "legal_hold", holdId: placed.body["holdId"] },
  });
  // Nobody but who may: an auditor reads, and lifts nothing.
  const audit = served.as("audit");
  const lift = `/v1/log/legal-holds/${String(placed.body["holdId"])}/lift`;
  expect((await audit("POST", lift, { reason: "closed" })).status).toBe(403);
  expect((await served.as("ann")("GET", "/v1/log/retention")).status).toBe(403);
  expect((await asOfficer(served)("POST", lift, { reason: "closed" })).status).toBe(200);
  await served.process.stop("SIGKILL");

  const again = await serveFile(join(place, "tacet.yaml"), served.keys);
  await waited(asking(again.url, officer.key), ({ prunedTo }) => prunedTo === 768);
  const auditor = again.as("audit");
  const page = await auditor("GET", "/v1/log/entries?limit=1");
  expect(page.headers.get("tacet-pruned-to")).toBe("768");
  expect(JSON.parse(page.text)).toMatchObject({ position: 769 });
  expect(await auditor("GET", "/v1/log/tile/entries/000")).toMatchObject({
    status: 410,
    body: { code: "entries_pruned" },
  });
  expect((await auditor("GET", "/v1/log/tile/entries/003")).status).toBe(200);
  expect((await auditor("GET", "/v1/log/tile/0/000")).status).toBe(200);
  // A receipt of an entry that is gone, beside the line that was kept.
  const receipt = await auditor("GET", "/v1/log/receipt/5");
  writeFileSync(join(place, "five.tlog-proof"), receipt.text);
  writeFileSync(join(place, "five.json"), old);
  const key = readFileSync(join(logOf(place), "key.pub"), "utf8").trim();
  const shown = await tacet(["verify", join(place, "five.tlog-proof"), "--key", key]);
  expect(shown.out).toContain("SHOWN, entry 5 of tacet.example/acme");

  const url = await tacet(["verify", again.url, "--key", key, "--since", head], {
    env: { TACET_TOKEN: again.keys["audit"] },
  });
  expect(url).toMatchObject({ code: 0, err: "" });
  expect(url.out).toContain("up to 768 only hashes, as entries were pruned");
  const backup = await tacet(["backup", logOf(place), join(place, "copy")]);
  expect(backup).toMatchObject({ code: 0, err: "" });
  await again.process.stop();

  const verify = async (at: string, ...more: string[]) =>
    await tacet(["verify", at, "--key", key, ...more]);
  expect(await verify(logOf(place), "--since", head)).toMatchObject({ code: 0, err: "" });
  const whole = join(place, "whole");
  const exported = ["export", logOf(place), "--tenant", "acme", "--out"];
  expect(await tacet([...exported, whole])).toMatchObject({ code: 0 });
  expect(await verify(whole, "--since", head)).toMatchObject({ code: 0, err: "" });
  const kit = join(place, "kit");
  const made = await tacet(["kit", logOf(place), "--out", kit, "--tenant", "acme"]);
  expect(made).toMatchObject({ code: 0, err: "" });
  expect((await verify(kit)).out).toContain("entries 769 to");
  for (const name of readdirSync(logOf(place))) {
    const bytes = readFileSync(join(logOf(place), name), "latin1");
    expect(`${name} ${bytes.includes("w-old-3")}`).toBe(`${name} false`);
  }
});

test("less than twelve months is refused, and a tenant that there is not", async () => {
  const place = await folder();
  const path = join(place, "tacet.yaml");
  writeFileSync(
    path,
    "log: { folder: ./log, origin: tacet.example, retention: { months: 11, tenants: { acne: { months: 60 } } } }\n",
  );
  const { code, err } = await tacet(["check", "--config", path]);
  expect(code).not.toBe(0);
  expect(err).toContain("log.retention.months");
  expect(err).toContain("log.retention.tenants.acne");
});
