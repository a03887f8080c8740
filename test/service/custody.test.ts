/** The log looks after itself while it serves: read again, its heads shipped, its failures told. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { entriesOf, type Entry, until } from "./client.ts";
import { cleanUp, folder, tacet } from "./process.ts";
import { type Served, serve } from "./serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanUp);
afterAll(closeRecorders);

const logOf = (place: string) => join(place, "log");
const database = (place: string) => join(logOf(place), "control-log.sqlite");

async function systemLog(place: string, type: string): Promise<readonly Entry[]> {
  const { out } = await tacet(["log", logOf(place), "--tenant", "system", "--type", type]);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Entry);
}

interface Detail {
  readonly verification: readonly {
    tenant: string;
    ok: boolean;
    position: number;
    failure?: object;
  }[];
  readonly shipping: readonly {
    name: string;
    lagMs: number;
    waitingCount: number;
    failure?: { why: string };
  }[];
  readonly clock: string;
}
async function detailOf({ ops }: Served): Promise<{ status: number; custody: Detail }> {
  const reply = await fetch(`${ops}/readyz`);
  const body = (await reply.json()) as { custody: Detail };
  return { status: reply.status, custody: body.custody };
}
const metricsOf = async ({ ops }: Served) => await (await fetch(`${ops}/metrics`)).text();

test("a log that is changed while it is served is told by entry, alert, metric and health, and calls go on being protected", async () => {
  const place = await folder();
  const served = await serve(place, recorders, {
    log: { recheckMs: 1_000, fullRecheckMs: 2_000, checkpointMs: 1_000 },
  });
  const one = begin(recorders, 70);
  const pay = served.as("pay");
  await pay("PUT", "/v1/calls/c70", { targets: one.targets });
  const of = (detail: Detail, tenant: string) =>
    detail.verification.find((each) => each.tenant === tenant);
  await until(
    () => detailOf(served),
    ({ custody }) => of(custody, "acme")?.ok === true && of(custody, "acme")!.position >= 3,
  );
  expect(await metricsOf(served)).toMatch(/tacet_log_verification_ok\{tenant="acme"\} 1/);
  expect((await systemLog(place, "LogVerified")).length).toBeGreaterThan(0);

  const db = new DatabaseSync(database(place), { timeout: 5_000 });
  db.exec(
    "UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), 'acme', 'acmf') AS BLOB) WHERE tenant = 'acme' AND position = 2",
  );
  db.close();
  const failed = await until(
    () => detailOf(served),
    ({ custody }) => of(custody, "acme")?.ok === false,
  );
  // Still ready: nobody is protected by a tacet that is taken away.
  expect(failed.status).toBe(200);
  expect(of(failed.custody, "acme")).toMatchObject({ failure: { what: "bad_entry", firstBad: 2 } });
  expect(await metricsOf(served)).toMatch(/tacet_log_verification_ok\{tenant="acme"\} 0/);
  expect(await metricsOf(served)).toMatch(/tacet_alerts_open\{kind="verification_failing"\} 1/);
  expect(served.process.out()).toContain("THE CONTROL LOG DOES NOT VERIFY");
  const paused = await pay("POST", "/v1/calls/c70/pause", { windowId: "w70", leaseMs: 60_000 });
  expect(paused).toMatchObject({ status: 200, body: { safeToCollect: true } });
  // Said once, however often it is read again.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await systemLog(place, "LogVerificationFailed")).toMatchObject([
    { outcome: "failure", detail: { tenant: "acme", what: "bad_entry", firstBad: 2 } },
  ]);
});

test("signed heads reach a folder and a webhook; a place that is away is told of and holds nothing up", async () => {
  const place = await folder();
  const away = join(place, "other-disk");
  const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  let status = 200;
  const server = createServer((request, reply) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      got.push({ headers: request.headers, body });
      reply.writeHead(status, { location: "http://127.0.0.1:1/elsewhere" }).end();
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ship = {
    folders: [away],
    webhooks: [{ id: "notary", url: `http://127.0.0.1:${port}/heads`, secrets: [secret] }],
  };
  const served = await serve(place, recorders, { log: { checkpointMs: 1_000, ship } });
  const one = begin(recorders, 71);
  const pay = served.as("pay");
  await pay("PUT", "/v1/calls/c71", { targets: one.targets });

  // The folder is not there yet: that is a failure of its own, and nobody else's.
  const failing = await until(
    () => detailOf(served),
    ({ custody }) =>
      custody.shipping[0]?.failure !== undefined && custody.shipping[1]?.waitingCount === 0,
  );
  expect(failing).toMatchObject({
    status: 200,
    custody: {
      shipping: [
        { name: "folder-1", failure: { why: "ENOENT" } },
        { name: "notary", lagMs: 0 },
      ],
    },
  });
  expect(
    (await pay("POST", "/v1/calls/c71/pause", { windowId: "w71", leaseMs: 60_000 })).status,
  ).toBe(200);

  const message = await until(
    () => got.find(({ body }) => body.includes("tacet.example/acme")),
    (found) => found !== undefined,
  );
  new Webhook(secret).verify(message!.body, message!.headers as Record<string, string>);
  const { data, type } = JSON.parse(message!.body) as {
    type: string;
    data: { note: string; size: number };
  };
  expect(type).toBe("log.checkpoint");
  expect(data.note).toContain(`tacet.example/acme\n${data.size}\n`);

  // A redirect is no receipt, and is not followed.
  status = 302;
  mkdirSync(away);
  await pay("POST", "/v1/calls/c71/resume", { windowId: "w71" });
  const shipped = join(away, `checkpoint-${encodeURIComponent("tacet.example/acme")}.txt`);
  await until(
    () => existsSync(shipped),
    (there) => there,
  );
  const refused = await until(
    () => detailOf(served),
    ({ custody }) => custody.shipping[1]?.failure !== undefined,
  );
  expect(refused.custody.shipping[1]?.failure).toMatchObject({ why: "status_302" });
  expect(await metricsOf(served)).toMatch(
    /tacet_log_ship_lag_seconds\{destination="notary"\} [0-9.]+/,
  );
  await served.process.stop();
  // The last heads went out after the log was closed.
  expect(readFileSync(shipped, "utf8")).toBe(
    readFileSync(join(logOf(place), "checkpoint-acme.txt"), "utf8"),
  );

  // Database and heads of an earlier day put back together agree with one another; the folder does not.
  const cut = new DatabaseSync(database(place));
  cut.exec("DELETE FROM entries WHERE tenant = 'acme' AND position > 2");
  cut.close();
  for (const name of ["checkpoint-acme.txt", "checkpoints-acme.log"])
    rmSync(join(logOf(place), name));
  const config = join(place, "tacet.yaml");
  const start = await tacet(["serve", "--config", config]);
  expect(start.code).toBe(1);
  expect(start.err).toMatch(/acme.* ends at entry 2, but a head of \d+ entries was signed/);
  const restored = await tacet([
    "restore",
    logOf(place),
    "--reason",
    "an old folder",
    "--checkpoint",
    shipped,
  ]);
  expect(restored).toMatchObject({ code: 0 });
  expect(restored.out).toMatch(/entries 3 to \d+ are missing/);
  const again = await served.again();
  expect((await entriesOf(again.as("audit")))[0]).toMatchObject({ type: "LogRestored" });
  // The successor's heads lie beside those of the log before it.
  await until(
    () => existsSync(join(away, `checkpoint-${encodeURIComponent("tacet.example/~2/acme")}.txt`)),
    (there) => there,
  );
  expect(existsSync(shipped)).toBe(true);
});

test("after a restore nothing is told to record again before the last promise of the missing part has run out", async () => {
  const place = await folder();
  const wish = { rules: { leaseMsMax: 20_000, leaseMsDefault: 10_000, renewMsMax: 3_000 } };
  const served = await serve(place, recorders, wish);
  const one = begin(recorders, 72);
  const pay = served.as("pay");
  await pay("PUT", "/v1/calls/c72", { targets: one.targets });
  await pay("POST", "/v1/calls/c72/pause", { windowId: "w72", leaseMs: 10_000 });
  const copy = join(place, "copy");
  await tacet(["backup", logOf(place), copy]);
  await served.process.stop("SIGKILL");
  writeFileSync(database(place), readFileSync(join(copy, "control-log.sqlite")));
  for (const end of ["-wal", "-shm"]) rmSync(`${database(place)}${end}`, { force: true });
  // Whether or not it is behind its heads, its key is gone: that alone needs a successor.
  rmSync(join(logOf(place), "signing.key"));
  expect((await tacet(["restore", logOf(place), "--reason", "the key is lost"])).code).toBe(0);
  const restoredAt = Date.now();
  const again = await served.again();
  const [first] = await entriesOf(again.as("audit"));
  expect(first).toMatchObject({
    type: "LogRestored",
    detail: { predecessorKey: expect.stringContaining("tacet.example+") },
  });
  await until(
    () => entriesOf(again.as("audit"), "&type=WindowExpired"),
    (found) => found.length > 0,
  );
  const heard = () => one.heard().every((state) => state === "recording");
  while (Date.now() < restoredAt + 15_000) {
    expect(heard()).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await until(heard, (all) => all);
  await again.process.stop();
  expect((await tacet(["verify", logOf(place)])).code).toBe(0);
});
