/** Copies of the log off the machine: whatever goes down, all of it arrives, in order, and verifies. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { until } from "./client.ts";
import { cleanUp, folder, tacet } from "./process.ts";
import { closeReceivers, receiver, webhookSecret } from "./receiver.ts";
import { type Served, serveFile } from "./serve.ts";
import { closeSyslogReceivers, syslogReceiver, type SyslogReceiver } from "./syslogReceiver.ts";

vi.setConfig({ testTimeout: 180_000 });
let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(async () => {
  await cleanUp();
  await closeSyslogReceivers();
  await closeReceivers();
});
afterAll(closeRecorders);

const LOG = { checkpointMs: 1_000 };
const to = ({ ca, port }: SyslogReceiver, more: object = {}) => ({
  id: "siem",
  kind: "syslog",
  host: "127.0.0.1",
  port,
  tls: { ca },
  confirmMs: 300,
  behindMs: 1_500,
  ...more,
});

async function serving(place: string, copies: readonly object[]): Promise<Served> {
  const { document, keys } = await acme(place, recorders.origins, { log: LOG });
  return await serveFile(await written(place, { ...document, copies }), keys);
}

let number = 40;
/** A call of its own for each time and of two tenants, paused and closed: some ten entries each. */
async function payment(served: Served): Promise<void> {
  for (const who of ["pay", "other"] as const) {
    number += 1;
    const { targets } = begin(recorders, number);
    const ask = served.as(who);
    const [id, windowId] = [`copied-${number}`, `w${number}`];
    const attributes = { queue: "größer" };
    await ask("PUT", `/v1/calls/${id}`, { targets, attributes });
    await ask("POST", `/v1/calls/${id}/pause`, { windowId });
    await ask("POST", `/v1/calls/${id}/resume`, { windowId });
  }
}

/** What is in the log now, by tenant: its entries' own bytes. */
function inLog(place: string): ReadonlyMap<string, readonly string[]> {
  const path = join(place, "log", "control-log.sqlite");
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  const rows = db.prepare("SELECT tenant, bytes FROM entries ORDER BY tenant, position").all();
  db.close();
  const logs = new Map<string, string[]>();
  for (const { bytes, tenant } of rows as unknown as { tenant: string; bytes: Uint8Array }[]) {
    logs.set(tenant, [...(logs.get(tenant) ?? []), Buffer.from(bytes).toString()]);
  }
  return logs;
}

interface Got {
  readonly tenant: string;
  readonly position: number;
  readonly text: string;
}

/** Lines by tenant in the order in which each position came first. */
function firstOf(got: readonly Got[]): ReadonlyMap<string, readonly Got[]> {
  const firsts = new Map<string, Map<number, Got>>();
  for (const one of got) {
    const known = firsts.get(one.tenant) ?? new Map<number, Got>();
    firsts.set(one.tenant, known);
    const before = known.get(one.position);
    // A repeat says what was said before.
    if (before !== undefined) expect(one.text).toBe(before.text);
    else known.set(one.position, one);
  }
  return new Map([...firsts].map(([tenant, known]) => [tenant, [...known.values()]]));
}

const bySyslog = ({ got }: SyslogReceiver): readonly Got[] =>
  got.flatMap(({ data, messageId, text }) => {
    const { position, tenant = "" } = data["tacet@32473"] ?? {};
    return messageId === "log.checkpoint" ? [] : [{ tenant, position: Number(position), text }];
  });
const headsBySyslog = ({ got }: SyslogReceiver): readonly HeadData[] =>
  got
    .filter(({ messageId }) => messageId === "log.checkpoint")
    .map(({ text }) => (JSON.parse(text) as { data: HeadData }).data);

interface HeadData {
  readonly origin: string;
  readonly size: number;
  readonly note: string;
  readonly verifierKey: string;
}

/** Everything that is in the log is there, in order of first arrival; says so or waits for it. */
async function whole(place: string, got: () => readonly Got[]): Promise<void> {
  const logs = inLog(place);
  expect(logs.size).toBe(3);
  await until(
    () => firstOf(got()),
    (firsts) =>
      [...logs].every(([tenant, lines]) => (firsts.get(tenant)?.length ?? 0) >= lines.length),
  );
  for (const [tenant, lines] of logs) {
    const first = firstOf(got()).get(tenant) ?? [];
    expect(first.map(({ position }) => position)).toEqual(first.map((_, index) => index + 1));
    expect(first.slice(0, lines.length).map(({ text }) => text)).toEqual(lines);
  }
}

/** What a receiver has, put into a folder as it is, and verified by its own heads. */
async function verified(
  place: string,
  tenant: string,
  got: readonly Got[],
  heads: readonly HeadData[],
): Promise<{ readonly code: number | null; readonly out: string }> {
  const copy = join(place, `copy-${tenant}`);
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy);
  const lines = firstOf(got).get(tenant) ?? [];
  const own = heads.filter(({ origin }) => origin === `tacet.example/${tenant}`);
  expect(own.length).toBeGreaterThan(0);
  await writeFile(join(copy, "entries.ndjson"), lines.map(({ text }) => `${text}\n`).join(""));
  await writeFile(join(copy, "checkpoints.txt"), own.map(({ note }) => note).join("\n"));
  await writeFile(join(copy, "keys.pub"), `${own[0]?.verifierKey}\n`);
  return await tacet(["verify", copy]);
}

const metricsOf = async ({ ops }: Served) => await (await fetch(`${ops}/metrics`)).text();
const metric = async (served: Served, name: string): Promise<number> =>
  Number(
    new RegExp(`^${name}\\{destination="[^"]+"\\} (\\S+)$`, "m").exec(await metricsOf(served))?.[1],
  );

test("a receiver that is down at the start, dies in mid-stream, and a tacet that is killed: every entry arrives in order, and the copy verifies", async () => {
  const place = await folder();
  const siem = await syslogReceiver();
  await siem.kill();
  const first = await serving(place, [to(siem)]);
  await payment(first);
  expect(await metric(first, "tacet_copy_lag_entries")).toBeGreaterThan(0);
  await until(
    () => metric(first, "tacet_copy_failures_total"),
    (count) => count >= 2,
  );
  await siem.up();
  await siem.message(({ data }) => data["tacet@32473"]?.["tenant"] === "globex");
  // It dies while entries come, twice.
  for (let death = 0; death < 2; death += 1) {
    await until(
      () => metric(first, "tacet_copy_lag_entries"),
      (lag) => lag === 0,
    );
    const seen = siem.got.length;
    const paying = payment(first);
    await until(
      () => siem.got.length,
      (count) => count > seen,
    );
    await siem.kill();
    await paying;
    await siem.up();
  }
  // Whatever it is in the midst of when it is killed.
  const last = payment(first).catch(() => undefined);
  await siem.message(({ data }) => data["tacet@32473"]?.["tenant"] === "acme");
  await first.process.stop("SIGKILL");
  await last;
  const second = await first.again();
  await payment(second);
  await whole(place, () => bySyslog(siem));
  await until(
    () => metric(second, "tacet_copy_lag_entries"),
    (lag) => lag === 0,
  );
  expect(await metric(second, "tacet_copy_last_success_timestamp_seconds")).toBeGreaterThan(1e9);
  // Signed again, and the head is there as well.
  const size = bySyslog(siem).filter(({ tenant }) => tenant === "acme").length;
  await until(
    () => headsBySyslog(siem).filter(({ origin }) => origin === "tacet.example/acme"),
    (heads) => Math.max(0, ...heads.map((head) => head.size)) >= Math.min(size, 20),
  );
  for (const tenant of ["acme", "globex", "system"]) {
    const { code, out } = await verified(place, tenant, bySyslog(siem), headsBySyslog(siem));
    expect([tenant, code, out]).toEqual([tenant, 0, expect.stringContaining("signed")]);
  }
  const changed = bySyslog(siem).map((one) =>
    one.tenant === "acme" && one.position === 2
      ? { ...one, text: one.text.replace("acme", "acmf") }
      : one,
  );
  expect((await verified(place, "acme", changed, headsBySyslog(siem))).code).toBe(1);
  expect(siem.faults).toEqual([]);
  // Umlauts came through as UTF-8, and said so.
  expect(siem.got.some(({ text }) => text.includes("größer"))).toBe(true);
});

test("what a receiver had is not sent again at a start, but for the last moments", async () => {
  const place = await folder();
  const siem = await syslogReceiver();
  const first = await serving(place, [to(siem)]);
  await payment(first);
  await until(
    () => metric(first, "tacet_copy_lag_entries"),
    (lag) => lag === 0,
  );
  await first.process.stop();
  const before = bySyslog(siem).filter(({ tenant }) => tenant === "acme").length;
  expect(before).toBeGreaterThan(3);
  const kept = JSON.parse(await readFile(join(place, "log", "copies.json"), "utf8")) as {
    positions: Record<string, Record<string, number>>;
  };
  expect(kept.positions["siem"]?.["tacet.example/acme"]).toBe(before);
  const second = await first.again();
  await payment(second);
  await whole(place, () => bySyslog(siem));
  const positions = bySyslog(siem).flatMap(({ position, tenant }) =>
    tenant === "acme" ? [position] : [],
  );
  expect(new Set(positions).size).toBe(positions.length);
});

test("a certificate nobody vouches for gets no byte; once it is right, the whole log comes", async () => {
  const place = await folder();
  const siem = await syslogReceiver();
  const stranger = await syslogReceiver();
  const served = await serving(place, [to(siem, { tls: { ca: stranger.ca } })]);
  await payment(served);
  await until(
    () => metric(served, "tacet_copy_failures_total"),
    (count) => count >= 2,
  );
  const detail = (await (await fetch(`${served.ops}/readyz`)).json()) as {
    custody: { copies: readonly { failure?: { why: string } }[] };
  };
  expect(detail.custody.copies[0]?.failure?.why).toMatch(/cert|verify/);
  expect(siem.got).toEqual([]);
  await served.process.stop();
  const again = await serving(place, [to(siem)]);
  await payment(again);
  await whole(place, () => bySyslog(siem));
});

test("a copy that falls behind is told once, in the log, by an alert and to operators", async () => {
  const place = await folder();
  const siem = await syslogReceiver();
  await siem.kill();
  const served = await serving(place, [to(siem)]);
  const system = (type: string) =>
    (inLog(place).get("system") ?? []).filter((line) => line.includes(`"${type}"`));
  await until(
    () => system("CopyFellBehind"),
    (lines) => lines.length > 0,
  );
  expect(served.process.out()).toContain("the log's copy fell behind");
  expect(await metricsOf(served)).toMatch(/^tacet_alerts_open\{kind="copy_behind"\} 1$/m);
  expect(await metric(served, "tacet_copy_lag_seconds")).toBeGreaterThan(1);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const [line = "{}", ...more] = system("CopyFellBehind");
  expect(more).toEqual([]);
  expect(JSON.parse(line)).toMatchObject({
    outcome: "failure",
    reason: "econnrefused",
    detail: { destination: "siem" },
  });
});

test("a webhook that fails, asks for patience, and goes away between batches gets every entry of the tenants it is for, signed and in order, and the copy verifies", async () => {
  const place = await folder();
  const secret = webhookSecret();
  const hook = await receiver(secret);
  let asked = 0;
  hook.answer = (response) => {
    asked += 1;
    if (asked % 3 === 1) response.writeHead(500).end("not now");
    else if (asked % 3 === 2) response.writeHead(429, { "retry-after": "1" }).end();
    else response.writeHead(204).end();
  };
  const copy = {
    id: "archive",
    kind: "webhook",
    url: hook.url.replace("/alerts", "/log"),
    secrets: [secret],
    batchCountMax: 4,
    tenants: ["acme", "system"],
  };
  const first = await serving(place, [copy]);
  await payment(first);
  await until(
    () => asked,
    (count) => count >= 4,
  );
  await hook.down();
  await payment(first);
  await first.process.stop("SIGKILL");
  hook.answer = (response) => void response.writeHead(204).end();
  const second = await first.again();
  await payment(second);
  await hook.up();
  interface Batch {
    readonly tenant: string;
    readonly from: number;
    readonly lines: readonly string[];
  }
  const got = (): readonly Got[] =>
    hook.got
      .filter(({ type }) => type === "log.entries")
      .flatMap(({ data }) => {
        const { from, lines, tenant } = data as unknown as Batch;
        expect(lines.length).toBeLessThanOrEqual(4);
        return lines.map((text, index) => ({ tenant, position: from + index, text }));
      });
  const logs = inLog(place);
  await until(
    () => firstOf(got()),
    (firsts) =>
      ["acme", "system"].every(
        (tenant) => (firsts.get(tenant)?.length ?? 0) >= (logs.get(tenant)?.length ?? Infinity),
      ),
  );
  for (const tenant of ["acme", "system"]) {
    const lines = firstOf(got()).get(tenant) ?? [];
    expect(lines.map(({ position }) => position)).toEqual(lines.map((_, index) => index + 1));
    expect(lines.slice(0, logs.get(tenant)?.length).map(({ text }) => text)).toEqual(
      logs.get(tenant),
    );
  }
  expect(firstOf(got()).has("globex")).toBe(false);
  const heads = () =>
    hook.got
      .filter(({ type }) => type === "log.checkpoint")
      .map(({ data }) => data as unknown as HeadData);
  await until(heads, (found) => found.some(({ origin }) => origin === "tacet.example/acme"));
  const { code, out } = await verified(place, "acme", got(), heads());
  expect([code, out]).toEqual([0, expect.stringContaining("signed")]);
});

test("destinations that hang hold up neither a pause nor a stop", async () => {
  const place = await folder();
  const siem = await syslogReceiver();
  siem.standStill(true);
  const secret = webhookSecret();
  const hook = await receiver(secret);
  // It takes requests and never answers.
  hook.answer = () => undefined;
  const archive = { id: "archive", kind: "webhook", url: hook.url, secrets: [secret] };
  const served = await serving(place, [to(siem), archive]);
  const { targets } = begin(recorders, 39);
  const pay = served.as("pay");
  await until(
    () => hook.got.length,
    (count) => count > 0,
  );
  await pay("PUT", "/v1/calls/hung", { targets });
  const paused = await pay("POST", "/v1/calls/hung/pause", { windowId: "w39" });
  expect(paused).toMatchObject({ status: 200, body: { safeToCollect: true } });
  expect((await served.process.stop()).code).toBe(0);
});

test("`tacet check` says where the log is copied to", async () => {
  const place = await folder();
  const { document } = await acme(place, recorders.origins);
  const copies = [
    { id: "siem", kind: "syslog", host: "siem.example", format: "cef" },
    {
      id: "archive",
      kind: "webhook",
      url: "https://archive.example/a-secret-path",
      secrets: [webhookSecret()],
    },
  ];
  const path = await written(place, { ...document, copies });
  const { code, out } = await tacet(["check", "--config", path]);
  expect(code).toBe(0);
  expect(out).toContain("the log is copied to siem (syslog over TLS to siem.example:6514, cef)");
  expect(out).toContain("the log is copied to archive (webhook to archive.example, json)");
  expect(out).not.toContain("a-secret-path");
});
