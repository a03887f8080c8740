/** What a destination does to a copy: it dies, stands still, lies, answers badly. Nothing is lost. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { join } from "node:path";
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type AlertSink, keyOf } from "../../src/alerts/alert.ts";
import type { Clock } from "../../src/control/ports.ts";
import type { EntryDraft } from "../../src/log/entry.ts";
import { canonical } from "../../src/log/canonical.ts";
import { syslogCopySchema, webhookCopySchema } from "../../src/policy/configCopies.ts";
import { behindWatch } from "../../src/runtime/node/copies/behind.ts";
import { type Carrier, CopyFailed, type Parcel } from "../../src/runtime/node/copies/carrier.ts";
import {
  type Copier,
  type CopierOptions,
  startCopier,
  UNCONFIRMED_COUNT_MAX,
} from "../../src/runtime/node/copies/copier.ts";
import { openPositions } from "../../src/runtime/node/copies/positions.ts";
import { PARCEL_LENGTH_MAX } from "../../src/runtime/node/copies/readLines.ts";
import { syslogCarrier } from "../../src/runtime/node/copies/syslogCarrier.ts";
import { webhookCarrier } from "../../src/runtime/node/copies/webhookCarrier.ts";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { until } from "../service/client.ts";
import { receiver, closeReceivers, webhookSecret } from "../service/receiver.ts";
import { authority } from "../adapters/certificates.ts";
import {
  closeSyslogReceivers,
  syslogReceiver,
  type SyslogReceiver,
} from "../service/syslogReceiver.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

vi.setConfig({ testTimeout: 120_000 });
afterEach(async () => {
  await closeSyslogReceivers();
  await closeReceivers();
});

const AT = 1_795_312_000_000;
/** Twenty times as fast as the wall's, so that nobody waits for pauses of minutes. */
const FAST = 20;
const fastClock = (): Clock => ({
  now: () => AT + Math.floor(performance.now() * FAST),
  after(ms, run) {
    const timer = setTimeout(run, ms / FAST);
    return () => clearTimeout(timer);
  },
  random: () => 0.5,
});

const draft = (tenant: string, number: number, more: Partial<EntryDraft> = {}): EntryDraft => ({
  at: AT,
  tenant,
  type: "DeniedRequest",
  actor: { id: `caller-${number}`, kind: "payment" },
  origin: { component: "test" },
  outcome: "denied",
  reason: "größer als erlaubt",
  ...more,
});
async function fill(log: NodeLog, tenant: string, count: number): Promise<void> {
  const size = log.size(tenant);
  const drafts = Array.from({ length: count }, (_, index) => draft(tenant, size + index));
  expect((await log.enter(drafts)).kind).toBe("entered");
}

interface Made {
  readonly copier: Copier;
  readonly positions: Map<string, number>;
  readonly failures: string[];
}
function copying(
  log: NodeLog,
  config: CopierOptions["config"],
  carrier: Carrier,
  positions = new Map<string, number>(),
  clock = fastClock(),
): Made {
  const failures: string[] = [];
  const copier = startCopier({
    config,
    carrier,
    log,
    clock,
    startFrom: (origin) => positions.get(origin) ?? 0,
    confirmed: (origin, position) => void positions.set(origin, position),
    told: { failed: (why) => void failures.push(why), sent: () => undefined },
  });
  onTestFinished(() => copier.stop());
  return { copier, positions, failures };
}

const syslogTo = ({ ca, port }: SyslogReceiver, more: object = {}) =>
  syslogCopySchema.parse({
    kind: "syslog",
    id: "siem",
    host: "127.0.0.1",
    port,
    tls: { ca },
    confirmMs: 2_000,
    ...more,
  });
const carrierTo = (config: ReturnType<typeof syslogTo>, more: object = {}) =>
  syslogCarrier(config, { clock: fastClock(), ...more });

/** Positions of one tenant in the order in which each came first. */
const firstsOf = ({ got }: SyslogReceiver, tenant: string): number[] => [
  ...new Set(
    got.flatMap(({ data }) => {
      const found = data["tacet@32473"];
      return found?.["tenant"] === tenant && found["position"] !== undefined
        ? [Number(found["position"])]
        : [];
    }),
  ),
];
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

async function has(siem: SyslogReceiver, sizes: Readonly<Record<string, number>>): Promise<void> {
  for (const [tenant, size] of Object.entries(sizes)) {
    await until(
      () => firstsOf(siem, tenant).length,
      (count) => count >= size,
    );
    expect(firstsOf(siem, tenant)).toEqual(upTo(size));
  }
  expect(siem.faults).toEqual([]);
}

describe("by syslog", () => {
  test("a receiver that dies again and again in mid-stream has everything in the end, in order of first arrival", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 900);
    await fill(log, "globex", 350);
    const siem = await syslogReceiver({ dieAfter: 300 });
    const config = syslogTo(siem);
    const { failures } = copying(log, config, carrierTo(config));
    for (
      let life = 0;
      firstsOf(siem, "acme").length < 900 || firstsOf(siem, "globex").length < 350;
      life += 1
    ) {
      expect(life).toBeLessThan(200);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await siem.kill();
      await siem.up();
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(failures.length).toBeGreaterThan(1);
    await has(siem, { acme: 900, globex: 350 });
  });

  test("what was written to a receiver that reads nothing does not count, and comes again once it does", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 50);
    const siem = await syslogReceiver();
    siem.standStill(true);
    const config = syslogTo(siem);
    const made = copying(log, config, carrierTo(config, { endMsMax: 3_000 }));
    await until(
      () => made.failures,
      (failures) => failures.includes("no_end"),
    );
    expect(made.positions.size).toBe(0);
    // It dies with all of it in its buffers, unread.
    await siem.kill();
    expect(siem.got).toEqual([]);
    siem.standStill(false);
    await siem.up();
    await has(siem, { acme: 50 });
    await until(
      () => made.positions.get("tacet.example/acme"),
      (position) => position === 50,
    );
  });

  test("a receiver that takes no byte is given up, and the memory holds what one parcel is", async () => {
    const log = await openTestLog(temporaryFolder());
    for (let batch = 0; batch < 40; batch += 1) await fill(log, "acme", 1_000);
    const siem = await syslogReceiver();
    siem.standStill(true);
    const config = syslogTo(siem);
    const { failures, positions } = copying(log, config, carrierTo(config, { stillMsMax: 4_000 }));
    await until(
      () => failures,
      (told) => told.some((why) => why === "stands_still" || why === "no_end"),
    );
    expect(positions.size).toBe(0);
  });

  test("a receiver that ends by itself confirms nothing", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 10);
    const siem = await syslogReceiver();
    const config = syslogTo(siem);
    const carrier = carrierTo(config);
    await carrier.send(await parcelOf(log));
    await siem.message(() => true);
    await siem.kill();
    await siem.up();
    await expect(carrier.confirm()).rejects.toThrow(/ended_by_receiver|econnreset|closed|epipe/);
    carrier.drop();
  });

  test("a receiver that is gone right behind its end confirms nothing", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 10);
    const siem = await syslogReceiver();
    const config = syslogTo(siem);
    const carrier = carrierTo(config, { settleMs: 10_000 });
    await carrier.send(await parcelOf(log));
    await siem.message(() => true);
    // The listener is gone, the connection still there.
    siem.unlisten();
    await expect(carrier.confirm()).rejects.toThrow("econnrefused");
    await carrier.close();
  });

  test("a certificate of nobody's, or for another name, gets no byte", async () => {
    const log = await openTestLog(temporaryFolder());
    const siem = await syslogReceiver();
    const unknown = carrierTo(syslogTo(siem, { tls: {} }));
    await fill(log, "acme", 1);
    await expect(unknown.send(await parcelOf(log))).rejects.toThrow(/verify/);
    const other = carrierTo(syslogTo(siem, { tls: { ca: siem.ca, serverName: "other.example" } }));
    await expect(other.send(await parcelOf(log))).rejects.toThrow("err_tls_cert_altname_invalid");
    expect(siem.got).toEqual([]);
  });

  test("a receiver that asks who sends is shown the certificate", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 3);
    const clients = authority("clients");
    const siem = await syslogReceiver({ clientCa: clients.cert });
    const bare = syslogTo(siem);
    const refused = copying(log, bare, carrierTo(bare));
    await until(
      () => refused.failures,
      (failures) => failures.length > 0,
    );
    await refused.copier.stop();
    expect(siem.got).toEqual([]);
    const shown = syslogTo(siem, { tls: { ca: siem.ca, ...clients.issue("tacet") } });
    copying(log, shown, carrierTo(shown));
    await has(siem, { acme: 3 });
  });

  test("in the clear on this machine, as CEF and as OCSF", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 2);
    const siem = await syslogReceiver({ plain: true });
    for (const format of ["cef", "ocsf"]) {
      const config = syslogTo(siem, { security: "none", format });
      copying(log, config, carrierTo(config));
    }
    const cef = await siem.message(({ text }) => text.startsWith("CEF:0|tacet|tacet|"));
    expect(cef).toMatchObject({ facility: 13, severity: 4, messageId: "DeniedRequest" });
    const ocsf = await siem.message(({ text }) => text.includes('"class_uid":6003'));
    expect(JSON.parse(ocsf.text)).toMatchObject({ metadata: { log_name: "tacet.example/acme" } });
  });

  test("a signed head comes behind the entries it covers, again after each start", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 250);
    await log.checkpoint("acme");
    const siem = await syslogReceiver();
    const config = syslogTo(siem);
    const first = copying(log, config, carrierTo(config));
    const head = await siem.message(({ messageId }) => messageId === "log.checkpoint");
    // As it came: nothing but what it covers was before it.
    expect(siem.got.indexOf(head)).toBe(250);
    expect(firstsOf(siem, "acme")).toEqual(upTo(250));
    expect(head.data["tacet@32473"]).toMatchObject({ origin: "tacet.example/acme", size: "250" });
    expect(JSON.parse(head.text)).toMatchObject({
      type: "log.checkpoint",
      data: { size: 250, note: await log.signedHead("acme"), verifierKey: log.verifierKey },
    });
    await until(
      () => first.positions.get("tacet.example/acme"),
      (position) => position === 250,
    );
    await first.copier.stop();
    const before = siem.got.length;
    copying(log, config, carrierTo(config), first.positions);
    await until(
      () => siem.got.length,
      (count) => count > before,
    );
    expect(siem.got.slice(before).map(({ messageId }) => messageId)).toEqual(["log.checkpoint"]);
  });

  test("a stop confirms what was sent", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 7);
    const siem = await syslogReceiver();
    const config = syslogTo(siem, { confirmMs: 600_000 });
    const { copier, positions } = copying(log, config, carrierTo(config));
    await has(siem, { acme: 7 });
    expect(positions.size).toBe(0);
    await copier.stop();
    expect(positions.get("tacet.example/acme")).toBe(7);
  });
});

async function parcelOf(log: NodeLog): Promise<Parcel> {
  const { entries } = await log.read("acme", {}, 0, 100);
  const items = entries.map((entry) => ({ kind: "entry" as const, entry, text: canonical(entry) }));
  const origin = log.origin("acme");
  return { kind: "lines", tenant: "acme", origin, items, from: 1, to: items.length };
}

/** A destination in memory that says what it was sent, and fails as it is told. */
function heldCarrier(confirmMs: number) {
  const sent: Parcel[] = [];
  const confirmedAt: number[] = [];
  const own = {
    sent,
    confirmedAt,
    fail: undefined as ((parcel: Parcel | undefined) => CopyFailed | undefined) | undefined,
    carrier: {
      confirmMs,
      async send(parcel: Parcel) {
        const failure = own.fail?.(parcel);
        if (failure !== undefined) throw failure;
        sent.push(parcel);
      },
      async confirm() {
        const failure = own.fail?.(undefined);
        if (failure !== undefined) throw failure;
        confirmedAt.push(sent.length);
      },
      drop: () => undefined,
      close: () => Promise.resolve(),
    } satisfies Carrier,
  };
  return own;
}
const countOf = (parcels: readonly Parcel[]): number =>
  parcels.reduce((sum, one) => sum + (one.kind === "lines" ? one.items.length : 0), 0);
const CONFIG = syslogCopySchema.parse({ kind: "syslog", id: "held", host: "127.0.0.1" });

describe("whatever the destination", () => {
  test("so many entries may be unconfirmed, and no more", async () => {
    const log = await openTestLog(temporaryFolder());
    for (let batch = 0; batch < 12; batch += 1) await fill(log, "acme", 1_000);
    const held = heldCarrier(600_000);
    copying(log, CONFIG, held.carrier);
    await until(
      () => held.confirmedAt.length,
      (count) => count > 0,
    );
    const unconfirmed = countOf(held.sent.slice(0, held.confirmedAt[0]));
    expect(unconfirmed).toBeLessThanOrEqual(UNCONFIRMED_COUNT_MAX + 100);
    expect(unconfirmed).toBeGreaterThanOrEqual(UNCONFIRMED_COUNT_MAX);
  });

  test("a receiver that never manages so many is given fewer, until it does", async () => {
    const log = await openTestLog(temporaryFolder());
    for (let batch = 0; batch < 3; batch += 1) await fill(log, "acme", 1_000);
    const held = heldCarrier(600_000);
    let sinceFailure = 0;
    // It confirms up to 500 and never more.
    held.fail = (parcel) => {
      if (parcel !== undefined) {
        sinceFailure += parcel.kind === "lines" ? parcel.items.length : 0;
        return sinceFailure > 500 ? ((sinceFailure = 0), new CopyFailed("no_end")) : undefined;
      }
      sinceFailure = 0;
      return undefined;
    };
    const { positions } = copying(log, CONFIG, held.carrier);
    await until(
      () => positions.get("tacet.example/acme"),
      (position) => (position ?? 0) >= 2_500,
    );
  });

  test("an entry that cannot be read, or says that it is another, stops no copy: its place says so", async () => {
    const folder = temporaryFolder();
    const log = await openTestLog(folder);
    await fill(log, "acme", 30);
    const db = new DatabaseSync(join(folder, "control-log.sqlite"), { timeout: 5_000 });
    const change = db.prepare(
      "UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), ?, ?) AS BLOB) WHERE tenant = 'acme' AND position = ?",
    );
    change.run('"v":1', '"v":', 7);
    change.run('"position":12,', '"position":29,', 12);
    change.run('"position":20,', '"position":2,', 20);
    db.close();
    const held = heldCarrier(0);
    const { positions } = copying(log, CONFIG, held.carrier);
    await until(
      () => positions.get("tacet.example/acme"),
      (position) => position === 30,
    );
    const items = held.sent.flatMap((one) => (one.kind === "lines" ? [...one.items] : []));
    expect(items.map((one) => (one.kind === "entry" ? one.entry.position : -one.position))).toEqual(
      upTo(30).map((position) => ([7, 12, 20].includes(position) ? -position : position)),
    );
    expect(items[6]?.text).toBe(
      '{"type":"log.unreadable","data":{"origin":"tacet.example/acme","position":7}}',
    );
  });

  test("one parcel has so many characters, and one line may be longer", async () => {
    const log = await openTestLog(temporaryFolder());
    const detail = { words: "x".repeat(60_000) };
    const drafts = Array.from({ length: 40 }, (_, index) => draft("acme", index, { detail }));
    await log.enter(drafts);
    const held = heldCarrier(0);
    const { positions } = copying(log, CONFIG, held.carrier);
    await until(
      () => positions.get("tacet.example/acme"),
      (position) => position === 40,
    );
    for (const one of held.sent) {
      const length =
        one.kind === "lines" ? one.items.reduce((sum, { text }) => sum + text.length, 0) : 0;
      expect(length).toBeLessThanOrEqual(PARCEL_LENGTH_MAX);
    }
    expect(held.sent.filter(({ kind }) => kind === "lines").length).toBeGreaterThan(1);
  });

  test("a position beyond the log is another log's: all of it is sent", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 3);
    const held = heldCarrier(0);
    copying(log, CONFIG, held.carrier, new Map([["tacet.example/acme", 900]]));
    await until(
      () => countOf(held.sent),
      (count) => count >= 3,
    );
    expect(held.sent[0]).toMatchObject({ from: 1, to: 3 });
  });

  test("an outage of any length takes no memory: what is missing is read from the log once it is over", async () => {
    let size = 1_000;
    const reads: number[] = [];
    const log = {
      tenants: () => ["acme"],
      prunedTo: () => 0,
      origin: () => "tacet.example/acme",
      size: () => size,
      signedHead: () => Promise.resolve(undefined),
      read(_tenant: string, _filter: object, after: number, limit: number) {
        reads.push(after);
        const count = Math.min(limit, size - after);
        const entries = Array.from({ length: count }, (_, index) => ({
          ...draft("acme", index),
          v: 1 as const,
          position: after + index + 1,
          clock: "synced" as const,
          salt: "AAAAAAAAAAAAAAAAAAAAAA",
        }));
        return Promise.resolve({ entries, indexedTo: size });
      },
    };
    const held = heldCarrier(0);
    let tries = 0;
    held.fail = () => ((tries += 1), new CopyFailed("econnrefused"));
    const { positions } = copying(log as unknown as NodeLog, CONFIG, held.carrier);
    const heapAfter = async (tried: number): Promise<number> => {
      await until(
        () => tries,
        (count) => count >= tried,
      );
      setFlagsFromString("--expose-gc");
      (runInNewContext("gc") as () => void)();
      return process.memoryUsage().heapUsed;
    };
    const before = await heapAfter(2);
    size = 50_000_000;
    const after = await heapAfter(9);
    console.log(
      `heap with 1,000 entries behind ${before} bytes, with 50,000,000 behind ${after} bytes`,
    );
    expect(after - before).toBeLessThan(2 << 20);
    reads.length = 0;
    held.fail = undefined;
    await until(
      () => positions.get("tacet.example/acme"),
      (position) => (position ?? 0) >= 500,
    );
    expect(reads.slice(0, 3)).toEqual([0, 100, 200]);
  });

  test("how far it is behind is told in entries, and by the oldest one's own time", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 5);
    const held = heldCarrier(0);
    held.fail = () => new CopyFailed("econnrefused");
    const { copier } = copying(log, CONFIG, held.carrier);
    for (let look = 0; look < 3; look += 1) await copier.measure();
    const { lag, failure, lastSuccessAt } = copier.standing();
    expect(lag.entries).toBe(5);
    // Entered at AT, by a clock that began there when this process did.
    expect(lag.ms).toBeGreaterThan(1_000);
    expect([failure?.why, lastSuccessAt]).toEqual(["econnrefused", undefined]);
    held.fail = undefined;
    await until(
      () => copier.standing(),
      (standing) => standing.lag.entries === 0 && standing.failure === undefined,
    );
    expect(copier.standing()).toMatchObject({ lag: { entries: 0, ms: 0 } });
  });

  test("told of falling behind and of catching up once each, and not more often than once a minute", () => {
    let now = 0;
    const entered: string[] = [];
    const lines: string[] = [];
    const logger = { error: () => lines.push("error"), info: () => lines.push("info") };
    const alerts = new Set<string>();
    const raised: string[] = [];
    const sink: AlertSink = {
      raise(alert) {
        alerts.add(keyOf(alert));
        raised.push(`${keyOf(alert)} since ${alert.since}`);
      },
      resolve: (condition) => void alerts.delete(keyOf(condition)),
    };
    const watch = behindWatch({
      clock: { now: () => now },
      entries: { enter: ({ type }: { type: string }) => void entered.push(type) },
      logger,
      sink,
    } as unknown as Parameters<typeof behindWatch>[0]);
    const copy = { ...CONFIG, behindMs: 10_000 };
    for (now = 0; now < 600_000; now += 1_000) {
      const isAway = Math.floor(now / 5_000) % 2 === 1;
      const lag = { entries: 3, ms: isAway ? 10_000 : 0 };
      watch.look(copy, { lag, failure: undefined, lastSuccessAt: undefined });
      if (now === 64_000) expect([...alerts]).toEqual(['["copy_behind","held"]']);
    }
    expect(raised[0]).toBe('["copy_behind","held"] since -5000');
    watch.look(copy, { lag: { entries: 0, ms: 0 }, failure: undefined, lastSuccessAt: undefined });
    now += 60_000;
    watch.look(copy, { lag: { entries: 0, ms: 0 }, failure: undefined, lastSuccessAt: undefined });
    expect(alerts.size).toBe(0);
    expect(entered.length).toBeLessThanOrEqual(11);
    expect(entered.slice(0, 4)).toEqual([
      "CopyFellBehind",
      "CopyCaughtUp",
      "CopyFellBehind",
      "CopyCaughtUp",
    ]);
    expect(lines.slice(0, 2)).toEqual(["error", "info"]);
  });
});

describe("by webhook", () => {
  const hookTo = (url: string, secret: string, more: object = {}) =>
    webhookCopySchema.parse({ kind: "webhook", id: "archive", url, secrets: [secret], ...more });

  test("a log whose batches are refused holds up no other, and a batch that is too large comes in smaller ones", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 40);
    await fill(log, "globex", 40);
    const secret = webhookSecret();
    const hook = await receiver(secret);
    const taken = new Map<string, number[]>();
    hook.answer = (response) => {
      const last = hook.got.at(-1);
      const {
        from,
        lines = [],
        tenant,
      } = (last?.data ?? {}) as {
        from: number;
        tenant: string;
        lines?: string[];
      };
      if (tenant === "acme") return void response.writeHead(400).end();
      if (lines.length > 6) return void response.writeHead(413).end();
      taken.set(tenant, [...(taken.get(tenant) ?? []), ...lines.map((_, index) => from + index)]);
      response.writeHead(204).end();
    };
    const config = hookTo(hook.url, secret, { batchCountMax: 50 });
    // Time stands still: who would have to wait waits for good.
    const standing = { ...fastClock(), now: () => AT };
    const { failures } = copying(log, config, webhookCarrier(config), new Map(), standing);
    await until(
      () => taken.get("globex")?.length,
      (count) => (count ?? 0) >= 40,
    );
    expect(taken.get("globex")).toEqual(upTo(40));
    expect(failures).toContain("status_400");
    expect(failures).toContain("status_413");
  });

  test("a batch is the same message at each try, and says what it holds", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 3);
    const secret = webhookSecret();
    const hook = await receiver(secret);
    let asked = 0;
    hook.answer = (response) => void response.writeHead((asked += 1) < 3 ? 503 : 200).end();
    const config = hookTo(hook.url, secret);
    copying(log, config, webhookCarrier(config));
    await until(
      () => asked,
      (count) => count >= 3,
    );
    const batches = hook.got.filter(({ type }) => type === "log.entries");
    expect(new Set(batches.map(({ id }) => id)).size).toBe(1);
    expect(batches[0]?.data).toMatchObject({
      origin: "tacet.example/acme",
      tenant: "acme",
      from: 1,
      to: 3,
      format: "json",
    });
  });

  test("a redirect is not followed", async () => {
    const log = await openTestLog(temporaryFolder());
    await fill(log, "acme", 1);
    const secret = webhookSecret();
    const hook = await receiver(secret);
    let elsewhere = 0;
    const other = createServer((_, response) => {
      elsewhere += 1;
      response.end();
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    const location = `http://127.0.0.1:${(other.address() as AddressInfo | null)?.port}/`;
    hook.answer = (response) => void response.writeHead(307, { location }).end();
    const config = hookTo(hook.url, secret);
    const { failures } = copying(log, config, webhookCarrier(config));
    await until(
      () => failures,
      (told) => told.includes("status_307"),
    );
    expect(elsewhere).toBe(0);
  });
});

describe("positions", () => {
  const opened = (path: string, failed: string[] = [], destinations = ["siem"]) =>
    openPositions({
      path,
      destinations,
      clock: fastClock(),
      failed: (why) => void failed.push(why),
    });

  test("are there again after a start; a destination that is not configured any more is forgotten", async () => {
    const path = join(temporaryFolder(), "copies.json");
    const first = await opened(path, [], ["siem", "old"]);
    first.set("siem", "tacet.example/acme", 41);
    first.set("old", "tacet.example/acme", 7);
    await first.stop();
    const second = await opened(path);
    expect(second.of("siem", "tacet.example/acme")).toBe(41);
    expect(second.of("siem", "tacet.example/~2/acme")).toBe(0);
    second.set("siem", "tacet.example/acme", 42);
    await second.stop();
    expect(readFileSync(path, "utf8")).toBe(
      '{"v":1,"positions":{"siem":{"tacet.example/acme":42}}}\n',
    );
  });

  test("that are damaged are told of, and everything is sent again", async () => {
    const path = join(temporaryFolder(), "copies.json");
    for (const text of ["{", '{"v":1,"positions":{"siem":{"x":-1}}}', '{"v":2}']) {
      writeFileSync(path, text);
      const failed: string[] = [];
      const positions = await opened(path, failed);
      expect([positions.of("siem", "x"), failed.length]).toEqual([0, 1]);
    }
  });

  test("that cannot be written are told of, and are written once they can be", async () => {
    const folder = temporaryFolder();
    const failed: string[] = [];
    const positions = await opened(join(folder, "gone", "copies.json"), failed);
    positions.set("siem", "x", 3);
    await until(
      () => failed,
      (told) => told.includes("ENOENT"),
    );
    const { mkdirSync } = await import("node:fs");
    mkdirSync(join(folder, "gone"));
    const kept = join(folder, "gone", "copies.json");
    await until(
      () => {
        try {
          return readFileSync(kept, "utf8");
        } catch {
          return "";
        }
      },
      (text) => text.includes('"x":3'),
    );
    await positions.stop();
  });
});
