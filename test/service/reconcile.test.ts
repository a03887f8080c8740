/** `tacet reconcile` as a process: against a running service, its folder, its export and its copy. */
import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { card } from "../security/marks.ts";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { asking, entriesOf, until } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder, tacet } from "./process.ts";
import { serve, type Served } from "./serve.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 90_000 });
afterEach(async () => {
  recorders.vslogger.faults.clear();
  await cleanUp();
});
afterAll(closeRecorders);

const auditor = makeApiKey("reconciles");
const apiKeys = [
  {
    id: "reconciles",
    hash: auditor.hash,
    tenant: "acme",
    kind: "auditor",
    scopes: ["log:read", "evidence:write"],
  },
];
const KEY = { TACET_API_KEY: auditor.key };

interface Times {
  readonly secured: number;
  readonly unsecured: number;
}

const CLOCKS_MS = 100;

/** Call 20 is paid in a silence, call 21 in a window that never was one, by agents. */
async function payments(served: Served): Promise<Times> {
  const pay = served.as("pay");
  const [one, two] = [begin(recorders, 20), begin(recorders, 21)];
  await pay("PUT", "/v1/calls/c20", { targets: one.targets, agentId: "a-204" });
  await pay("PUT", "/v1/calls/c21", { targets: two.targets, agentId: "a-205" });
  expect((await pay("POST", "/v1/calls/c20/pause", { windowId: "w20" })).status).toBe(200);
  // The service's clock is not this one to the millisecond.
  await pause(CLOCKS_MS);
  const secured = Date.now();
  await pause(CLOCKS_MS);
  await pay("POST", "/v1/calls/c20/resume", { windowId: "w20" });
  recorders.vslogger.faults.set({ name: "unreachable" });
  const asked = await pay("POST", "/v1/calls/c21/pause", { windowId: "w21", waitMs: 200 });
  expect(asked.status).toBe(424);
  await pause(CLOCKS_MS);
  const unsecured = Date.now();
  await pause(CLOCKS_MS);
  await pay("POST", "/v1/calls/c21/resume", { windowId: "w21", waitMs: 0 });
  recorders.vslogger.faults.clear();
  return { secured, unsecured };
}

async function listed(place: string, rows: readonly string[], name = "payments.csv") {
  const path = join(place, name);
  await writeFile(path, `time;call;agent;reference\n${rows.map((row) => `${row}\n`).join("")}`);
  return path;
}
const iso = (at: number) => new Date(at).toISOString();

/** Every kind of payment there is. */
const ROWS = ({ secured, unsecured }: Times) => [
  `${iso(secured)};c20;;first`,
  `${secured};;a-204;=first()`,
  `${iso(unsecured)};c21;;second`,
  `${iso(unsecured)};;a-205;"quoted; and more"`,
  `${iso(secured)};c99;;nobody's`,
];
const COUNTS = { secured: 2, late: 0, unsecured: 2, no_window: 1 };

async function reconciled(served: Served, position?: number) {
  const entries = await entriesOf(asking(served.url, auditor.key), "&type=PaymentsReconciled");
  return position === undefined ? entries : entries.filter((one) => one.position === position);
}

describe("payments against", () => {
  test("a running service: each is told, and the result is its entry", async () => {
    const place = await folder();
    const served = await serve(place, recorders, { apiKeys });
    const times = await payments(served);
    const list = await listed(place, ROWS(times));
    const out = join(place, "found.csv");
    const args = [list, "--log", served.url, "--tolerance", "0", "--out", out];
    const told = await tacet(["reconcile", ...args], { env: KEY });
    expect(told).toMatchObject({ code: 1, err: "" });
    expect(told.out).toMatch(/^5 payments from /);
    expect(told.out).toMatch(/^secured +2\nlate +0\nunsecured +2\nno window +1\n/m);
    expect(told.out).toMatch(/^1 name a call that the log does not know then$/m);
    expect(told.out).toMatch(/^4 .*c21 .*second .*unsecured +not_secured$/m);
    expect(told.out).toMatch(/^The log was not checked/m);

    const rows = (await readFile(out, "utf8")).split("\r\n").slice(1, -1);
    expect(
      rows.map((row) => row.match(/(secured|unsecured|no_window),\w+,?(w\d+)?$/)?.slice(1)),
    ).toEqual([
      ["secured", "w20"],
      ["secured", "w20"],
      ["unsecured", "w21"],
      ["unsecured", "w21"],
      ["no_window", undefined],
    ]);
    expect(rows[1]).toContain(",'=first(),");
    expect((await stat(out)).mode & 0o077).toBe(0);

    const position = Number(told.out.match(/entry (\d+) of tacet\.example\/acme\.$/m)?.[1]);
    const digest = createHash("sha256")
      .update(await readFile(list))
      .digest("hex");
    const found = await reconciled(served, position);
    expect(found).toMatchObject([
      {
        outcome: "failure",
        actor: { id: "reconciles", kind: "auditor" },
        detail: {
          counts: COUNTS,
          digest,
          from: times.secured,
          to: times.unsecured,
          toleranceMs: 0,
          against: { origin: "tacet.example/acme", verified: false },
        },
      },
    ]);
    // No payment's own word is in the log; what is chance, such as a hash, may look like one.
    const chance = ["digest", "root", "salt"];
    const said = JSON.stringify(found, (name, value: unknown) =>
      chance.includes(name) ? "" : value,
    );
    expect(said).not.toMatch(/first|second|c20|a-204/);
    // The root is that of the log as it stood: a head of that size would say the same.
    const { against } = found.map(({ detail }) => detail)[0] as {
      against: { size: number; root: string };
    };
    expect(against.size).toBeLessThan(position);
    expect(Buffer.from(against.root, "base64")).toHaveLength(32);
  });

  test("the folder of a running service: judged beside it, and entered where --url says", async () => {
    const place = await folder();
    const served = await serve(place, recorders, { apiKeys });
    const times = await payments(served);
    const list = await listed(place, ROWS(times).slice(0, 2));
    const log = ["--log", join(place, "log"), "--tolerance", "0"];
    // Two tenants have entries here once the other one was asked.
    await served.as("other")("GET", "/v1/log/entries");
    const whose = await tacet(["reconcile", list, ...log]);
    expect(whose).toMatchObject({ code: 2, out: "" });
    expect(whose.err).toMatch(/--tenant.*acme, globex/);

    const key = await readFile(join(place, "log", "key.pub"), "utf8");
    const checked = ["--tenant", "acme", "--key", key.trim()];
    const alone = await tacet(["reconcile", list, ...log, ...checked]);
    expect(alone.code).toBe(0);
    expect(alone.out).toMatch(
      /^Not entered: a service has this log open\. To enter it, give --url/m,
    );
    expect(alone.out).toMatch(/tacet\.example\/acme: INTACT/);
    expect(await reconciled(served)).toEqual([]);

    const posted = await tacet(["reconcile", list, ...log, ...checked, "--url", served.url], {
      env: KEY,
    });
    expect(posted.code).toBe(0);
    expect(await reconciled(served)).toMatchObject([
      {
        outcome: "success",
        detail: { counts: { ...COUNTS, unsecured: 0, no_window: 0 }, against: { verified: true } },
      },
    ]);
    const refused = await tacet(["reconcile", list, ...log, ...checked], {
      env: { TACET_URL: served.url, TACET_API_KEY: served.keys.ann },
    });
    expect(refused).toMatchObject({ code: 2, err: "Not entered: the service answered 403.\n" });
  });

  test("a log that nobody serves: entered in it directly; a copy is left as it is", async () => {
    const place = await folder();
    const served = await serve(place, recorders, { apiKeys });
    const times = await payments(served);
    await served.process.stop();
    const list = await listed(place, ROWS(times).slice(0, 1));
    const copy = join(place, "copy");
    expect((await tacet(["backup", join(place, "log"), copy])).code).toBe(0);
    const of = (where: string, ...more: string[]) =>
      tacet(["reconcile", list, "--log", where, "--tenant", "acme", ...more]);
    const before = await readFile(join(copy, "control-log.sqlite"));
    const told = await of(copy);
    expect(told.code).toBe(0);
    expect(told.out).toMatch(/^Not entered: the log's signing key is not in its folder\./m);
    expect((await readFile(join(copy, "control-log.sqlite"))).equals(before)).toBe(true);

    expect((await of(join(place, "log"), "--no-entry")).out).not.toMatch(/ntered/);
    expect((await of(join(place, "log"))).out).toMatch(
      /^Entered: PaymentsReconciled, entry \d+ of tacet\.example\/acme\.$/m,
    );
    expect((await command(["verify", join(place, "log")])).code).toBe(0);
    const again = await served.again();
    expect(await reconciled(again)).toMatchObject([
      { outcome: "success", actor: { kind: "operator" }, origin: { component: "command" } },
    ]);
  });

  test("an exported file, as JSON; and a file that is not what was signed is no ground to judge on", async () => {
    const place = await folder();
    const served = await serve(place, recorders, { apiKeys });
    const times = await payments(served);
    const list = await listed(place, ROWS(times));
    const read = asking(served.url, auditor.key);
    const checkpoint = await until(
      () => read("GET", "/v1/log/checkpoint"),
      ({ status }) => status === 200,
    );
    const size = Number(checkpoint.text.split("\n")[1]);
    const { text } = await read("GET", `/v1/log/entries?limit=${size}`);
    const exported = join(place, "entries.ndjson");
    await writeFile(exported, text);
    await writeFile(join(place, "checkpoints.txt"), checkpoint.text);
    const key = ["--key", checkpoint.headers.get("tacet-key") ?? ""];
    const out = join(place, "found.json");
    const told = await tacet([
      "reconcile",
      list,
      "--log",
      exported,
      ...key,
      "--out",
      out,
      "--tolerance",
      "0",
    ]);
    expect(told).toMatchObject({ code: 1, err: "" });
    expect(told.out).toMatch(/^Not entered: this is no service's own log\./m);
    const found = JSON.parse(await readFile(out, "utf8")) as {
      payments: object[];
      summary: object;
    };
    expect(found.payments).toHaveLength(5);
    expect(found.payments[0]).toMatchObject({
      line: 2,
      callId: "c20",
      outcome: "secured",
      windowId: "w20",
    });
    expect(found.summary).toMatchObject({
      counts: COUNTS,
      against: { size, root: checkpoint.text.split("\n")[2], verified: true },
    });

    await writeFile(exported, text.replace('"windowId":"w21"', '"windowId":"w2x"'));
    const changed = await tacet(["reconcile", list, "--log", exported, ...key]);
    expect([changed.code, changed.out]).toEqual([2, ""]);
    expect(changed.err).toMatch(/is not the one that was signed/);
    await writeFile(exported, text.split("\n").slice(2).join("\n"));
    const part = await tacet(["reconcile", list, "--log", exported]);
    expect([part.code, part.out]).toEqual([2, ""]);
    expect(part.err).toMatch(/this is not a whole log/);
  });
});

test("a list with a card number is refused before anything else, by place and without the number", async () => {
  const place = await folder();
  const list = await listed(place, [
    `${iso(Date.now())};c20;;x`,
    `${iso(Date.now())};c20;;paid by ${card(910)}`,
  ]);
  const told = await tacet(["reconcile", list, "--log", join(place, "nothing")]);
  expect(told).toMatchObject({ code: 2, out: "" });
  expect(told.err).toMatch(/^Line 3, column reference: looks like a card number\./);
});

test("what it cannot do it says, and ends with 2", async () => {
  const place = await folder();
  const list = await listed(place, [`${iso(Date.now())};c20;;x`]);
  const empty = await listed(place, [], "empty.csv");
  for (const [args, message] of [
    [[], /^usage: tacet reconcile/],
    [[list], /^usage: tacet reconcile/],
    [[list, "--log", join(place, "nothing")], /There is nothing at/],
    [[join(place, "none.csv"), "--log", place], /ENOENT/],
    [[empty, "--log", place], /has no payments/],
    [[list, "--log", place, "--zone", "Mars/Olympus"], /--zone takes/],
    [[list, "--log", place, "--tolerance", "soon"], /--tolerance takes/],
    [[list, "--log", place, "--reference", "order id"], /no column "order id"/],
    [[list, "--log", "http://127.0.0.1:9"], /could not be fetched/],
  ] as const) {
    const { code, err, out } = await tacet(["reconcile", ...args]);
    expect([args, code, out]).toEqual([args, 2, ""]);
    expect(err).toMatch(message);
  }
  expect((await tacet(["reconcile", "--help"])).code).toBe(0);
});
