/** Old entries that somebody reads just now: a kit, an export; and how long pruning waits for them. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../src/control/ports.ts";
import { READER_COUNT_MAX, createReadings } from "../../src/log/readings.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { kitFiles } from "../../src/runtime/node/kit/files.ts";
import { kitOffice } from "../../src/runtime/node/kit/office.ts";
import { openKit } from "../../src/runtime/node/kit/source.ts";
import { sourcesAt } from "../../src/runtime/node/log/sources.ts";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { createRetention } from "../../src/runtime/node/retention/index.ts";
import { verifyOne } from "../../src/runtime/node/verifyOne.ts";
import { kit as httpKit } from "../http/kit.ts";
import { until } from "../service/client.ts";
import { MINUTE, NOW, oldCalls } from "./retentionRig.ts";
import { temporaryFolder } from "./rig.ts";

const note = () => undefined;
const logger = { info: note, warn: note, error: note };

/** Its first look comes soon; a minute lasts `minuteMs`, and an hour is not over in a test. */
const clockOf = (minuteMs: number): Clock => ({
  now: () => NOW,
  random: Math.random,
  after(ms, run) {
    const lasts = ms < 10_000 ? ms : ms === 10_000 ? 20 : ms === MINUTE ? minuteMs : 1_000_000;
    const timer = setTimeout(run, lasts);
    return () => clearTimeout(timer);
  },
});

function retentionOf(log: NodeLog, minuteMs: number) {
  const config = { months: 12, tenants: {} };
  const retention = createRetention({ config, log, clock: clockOf(minuteMs) });
  onTestFinished(() => retention.stop());
  const begin = () =>
    retention.begin({ log, logger, copiedTo: () => undefined, openIncidents: async () => [] });
  return { begin, retention };
}

function erasedIn(folder: string): number {
  const db = new DatabaseSync(join(folder, "control-log.sqlite"), { readOnly: true });
  const row = db.prepare("SELECT count(*) AS count FROM entries WHERE length(bytes) = 0").get();
  db.close();
  return (row as { count: number }).count;
}

describe("an auditor's kit of old entries", () => {
  async function begun(minuteMs: number) {
    const folder = temporaryFolder();
    const log = await oldCalls(folder, 600);
    const { begin, retention } = retentionOf(log, minuteMs);
    const failures: unknown[] = [];
    const onError = (error: unknown) => void failures.push(error);
    const office = kitOffice({ folder, clock: nodeClock(), readings: retention, onError });
    const offer = await office({ tenant: "acme", name: "kit" });
    if (offer.kind === "none") throw new Error(offer.why);
    const reader = offer.file.getReader();
    const first = (await reader.read()).value ?? new Uint8Array();
    begin();
    return { failures, first, folder, log, reader, retention };
  }

  test("that is being taken is whole, however many may go; once it is taken they go", async () => {
    const { failures, first, folder, log, reader, retention } = await begun(300);
    const standing = () => retention.standing("acme");
    await until(standing, ({ stoppedBy }) => stoppedBy?.kind === "reading");
    expect([log.prunedTo("acme"), erasedIn(folder)]).toEqual([0, 0]);
    const blocks = [first];
    for (let more = await reader.read(); !more.done; more = await reader.read()) {
      blocks.push(more.value);
    }
    expect(blocks.length).toBeGreaterThan(2);
    const entries = unzipSync(Buffer.concat(blocks))["kit/entries.ndjson"] ?? [];
    expect(Buffer.from(entries).toString().trimEnd().split("\n")).toHaveLength(6_000);
    expect(failures).toEqual([]);
    await until(standing, ({ stoppedBy }) => stoppedBy === undefined);
    expect(log.prunedTo("acme")).toBe(5_888);
  }, 60_000);

  test("that is taken too slowly is waited for so long; then they go, and the kit is cut and says why", async () => {
    const { failures, folder, reader } = await begun(5);
    await until(
      async () => erasedIn(folder),
      (count) => count > 5_000,
    );
    const rest = async () => {
      for (let more = await reader.read(); !more.done; more = await reader.read()) continue;
    };
    await expect(rest()).rejects.toThrow("were pruned before it was taken: take it again");
    expect(failures).toHaveLength(1);
  }, 60_000);

  test("that tacet kit makes is of the log as it was, whatever is erased meanwhile", async () => {
    const folder = temporaryFolder();
    const log = await oldCalls(folder, 100);
    const source = await openKit({ folder, tenant: "acme", isSnapshot: true });
    onTestFinished(() => source.db.close());
    await log.prune("acme", { olderThan: NOW, months: 12, last: 1_000 });
    for (let more = true; more; more = await log.erase("acme")) continue;
    expect(erasedIn(folder)).toBeGreaterThan(500);
    const made = await kitFiles(source);
    made.hold();
    expect([made.first, made.last]).toEqual([1, 1_000]);
  });
});

test("a log that is read page by page, to verify or export it, is not pruned before the last page", async () => {
  const log = await oldCalls(temporaryFolder(), 250);
  const { begin, retention } = retentionOf(log, 300);
  const k = await httpKit({ deps: { log, retention } });
  let pages = 0;
  const fetching = async (asked: string | URL | Request, init?: RequestInit) => {
    const { href } = new URL(asked instanceof Request ? asked.url : asked);
    if (href.includes("/v1/log/entries") && (pages += 1) === 2) {
      begin();
      const stopped = async () => (await retention.standing("acme")).stoppedBy;
      await until(stopped, (stop) => stop?.kind === "reading");
    }
    return await k.app.request(href, init);
  };
  const found = await sourcesAt("http://tacet.test", { fetch: fetching, token: "audit" });
  const [source] = found.sources;
  if (source === undefined) throw new Error("no source");
  const told = await verifyOne(source, { notes: [], trusted: [] });
  expect(told.lines.join()).toMatch(/INTACT, 25\d\d entries, 1 signed heads/);
  expect(pages).toBe(3);
  await until(
    async () => log.prunedTo("acme"),
    (to) => to > 0,
  );
}, 60_000);

test("two that read page by page with one credential are each waited for", async () => {
  const log = await oldCalls(temporaryFolder(), 250);
  const { begin, retention } = retentionOf(log, 300);
  const k = await httpKit({ deps: { log, retention } });
  const page = (after: number) =>
    k.app.request(`http://tacet.test/v1/log/entries?after=${after}`, {
      headers: { authorization: "Bearer audit" },
    });
  expect((await page(0)).headers.get("tacet-next")).not.toBeNull();
  // Another one follows the log's end.
  expect((await page(2_490)).headers.get("tacet-next")).toBeNull();
  begin();
  const stopped = async () => (await retention.standing("acme")).stoppedBy;
  await until(stopped, (stop) => stop?.kind === "reading");
  expect(log.prunedTo("acme")).toBe(0);
}, 60_000);

describe("who reads is known", () => {
  test("until it is done, or does not go on in time; by the first position of all", () => {
    let now = 0;
    const readings = createReadings(() => now);
    readings.reads("acme", "kit", 7, 1_000);
    readings.reads("acme", "pages ann", 3, 500);
    readings.reads("globex", "kit", 1, 1_000);
    expect(readings.firstNeeded("acme")).toBe(3);
    readings.reads("acme", "pages ann", 900, 500);
    expect(readings.firstNeeded("acme")).toBe(7);
    readings.readsNoMore("acme", "kit");
    expect(readings.firstNeeded("acme")).toBe(900);
    now = 501;
    expect(readings.firstNeeded("acme")).toBe(Infinity);
    expect(readings.firstNeeded("globex")).toBe(1);
  });

  test("of so many; the one heard of longest ago is waited for no more", () => {
    const readings = createReadings(() => 0);
    for (let reader = 0; reader <= READER_COUNT_MAX; reader += 1) {
      readings.reads("acme", `r${reader}`, reader + 1, 1_000);
    }
    expect(readings.firstNeeded("acme")).toBe(2);
  });
});
