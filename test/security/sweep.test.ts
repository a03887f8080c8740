/**
 * Marked secrets and card numbers in every place where they may occur, and none of them in anything
 * that comes out. The search itself is in `marks.ts` and runs whenever a test's folders are cleaned
 * up; here are the places that no other test has. `test/service/secrets.test.ts` has the body's.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { opaque } from "../../src/adapters/opaque.ts";
import { authority } from "../adapters/certificates.ts";
import {
  acme,
  begin,
  closeRecorders,
  PASSWORD,
  type Recorders,
  SALT,
  startRecorders,
  written,
} from "../service/acme.ts";
import { answers, asking, until } from "../service/client.ts";
import { command } from "../service/command.ts";
import { cleanUp, folder, startTacet, tacet } from "../service/process.ts";
import { serve, serveFile, type Served } from "../service/serve.ts";
import { echoing, MODES, type Echoing } from "./echoing.ts";
import { card, leaksIn, leaksUnder, plant, spaced } from "./marks.ts";

vi.setConfig({ testTimeout: 180_000 });
let recorders: Recorders;
const proxies: Echoing[] = [];
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(async () => {
  // Searches all that was printed, answered and written.
  await cleanUp();
  for (const proxy of proxies.splice(0)) proxy.close();
});
afterAll(closeRecorders);

/** Everything that can be read of a service, so that it is among the answers. */
async function readAll(served: Served, callId: string): Promise<void> {
  for (const [who, path] of [
    ["audit", "/v1/log/entries?limit=1000"],
    ["audit", `/v1/calls/${callId}/history`],
    ["audit", "/v1/log/checkpoint"],
    ["audit", "/v1/log/tile/entries/000.p/1"],
    ["audit", "/v1/log/tile/0/000.p/1"],
    ["audit", "/v1/log/receipt/1"],
    ["ops", "/v1/recorders"],
    ["ops", "/v1/calls"],
    ["pay", `/v1/calls/${callId}`],
    ["pay", "/openapi.json"],
  ] as const) {
    expect((await served.as(who)("GET", path)).status).toBe(200);
  }
  for (const path of ["/metrics", "/readyz", "/docs", "/healthz"]) {
    await asking(served.ops)("GET", path);
  }
}

describe("the search", () => {
  test("finds what is planted, in each of its forms, in what is said and in what is written", async () => {
    const secret = plant("a probe", "marked-probe-Zz8Kq0");
    const number = card(990, "a probe");
    const forms = [
      secret,
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("hex"),
      number,
      spaced(number),
    ];
    for (const form of forms) expect(leaksIn("here", Buffer.from(`x${form}x`))).toHaveLength(1);
    const place = await folder();
    const served = await serve(place, recorders);
    await served.process.stop("SIGTERM");
    expect(await leaksUnder(place)).toEqual([]);
    const log = join(place, "log");
    await writeFile(join(log, "stray.txt"), `so: ${secret}`);
    expect(await leaksUnder(place)).toEqual(["a probe is in log/stray.txt"]);
    const tickets = (await readFile(join(log, "ticket.secret"), "utf8")).trim();
    await writeFile(join(log, "stray.txt"), tickets);
    expect(await leaksUnder(place)).toEqual(["what is in ticket.secret is in log/stray.txt"]);
    await writeFile(join(log, "stray.txt"), "");
  });
});

test("recorders that say back what they were sent, secrets and card numbers too, are quoted nowhere", async () => {
  const number = card(500, "a recorder's words");
  // Each can know what it was given: the password, and whatever the salt was hashed with.
  const words = (secret: string) => `${number} ${spaced(number)} ${secret}`;
  const heard = (secret: string) => void plant("what a recorder was sent", secret);
  const [anywherenow, vslogger] = [
    await echoing(recorders.origins.anywherenow, words(PASSWORD), heard),
    await echoing(recorders.origins.vslogger, words(SALT), heard),
  ];
  proxies.push(anywherenow, vslogger);
  const place = await folder();
  const { document, keys } = await acme(
    place,
    { anywherenow: anywherenow.origin, vslogger: vslogger.origin },
    // What a recorder is cannot be read: its pause goes out all the same, and soon.
    { logging: { level: "trace" }, rules: { baselineMs: 50 } },
  );
  const path = await written(place, document);
  const served = await serveFile(path, keys);
  const pay = served.as("pay");
  for (const [index, mode] of MODES.entries()) {
    const callId = `c${70 + index}`;
    const windowId = `w${70 + index}`;
    const { targets } = begin(recorders, 70 + index);
    // Half of them meet it from the start, half in the middle of a payment.
    if (index % 2 === 0) [anywherenow.mode, vslogger.mode] = [mode, mode];
    await pay("PUT", `/v1/calls/${callId}`, { targets, waitMs: 200 });
    await pay("POST", `/v1/calls/${callId}/pause`, { windowId, waitMs: 300 });
    [anywherenow.mode, vslogger.mode] = [mode, mode];
    await pay("POST", `/v1/windows/${windowId}/renew`, { waitMs: 300 });
    await pay("POST", "/v1/agents/a-204/pause", { windowId: `a${windowId}`, waitMs: 100 });
    await readAll(served, callId);
    [anywherenow.mode, vslogger.mode] = [undefined, undefined];
    await pay("POST", `/v1/windows/${windowId}/resume`, { waitMs: 100 });
    await pay("POST", `/v1/calls/${callId}/end`, { waitMs: 100 });
  }
  const { text } = await served.as("audit")("GET", "/v1/log/entries?limit=1000");
  // Its refusals were entered, so there was something to quote.
  expect(text).toMatch(/vendor_error|not_authorized|bad_reply/);
  await served.process.stop("SIGTERM");
  // A preflight reads what recorders say, and a person reads it.
  for (const mode of MODES) {
    [anywherenow.mode, vslogger.mode] = [mode, mode];
    const { err, out } = await command(["check", "--config", path]);
    expect(out).toContain("vslogger");
    expect(leaksIn("what check says", Buffer.from(out + err))).toEqual([]);
  }
});

test("headers, addresses, subprotocols and whole credentials in the wrong place are shown nowhere", async () => {
  const served = await serve(await folder(), recorders, { logging: { level: "trace" } });
  const { keys } = served;
  const { targets } = begin(recorders, 90);
  const pay = served.as("pay");
  await pay("PUT", "/v1/calls/c90", { targets });
  await pay("POST", "/v1/calls/c90/pause", { windowId: "w90" });
  let place = 600;
  const next = (name: string) => card((place += 1), name);
  const secret = () => plant("a stray secret", `marked-stray-${(place += 1)}-Ty6Wn`);

  for (const name of [
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "cookie",
    "forwarded",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "origin",
    "referer",
    "sec-websocket-key",
    "traceparent",
    "user-agent",
    "via",
    "x-api-key",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
  ]) {
    for (const value of [next(name), secret(), `Bearer ${secret()}`, `Basic ${btoa(secret())}`]) {
      await pay("GET", "/v1/calls/c90", undefined, { [name]: value });
    }
  }
  await pay("GET", "/v1/calls/c90", undefined, { [`x-${next("a header's name")}`]: "1" });
  for (const header of [`Digest ${secret()}`, `Bearer ${secret()} ${secret()}`, secret()]) {
    await asking(served.url)("GET", "/v1/calls", undefined, { authorization: header });
  }
  for (const path of [
    `/v1/events?ticket=${next("ticket's query")}`,
    `/v1/events?ticket=${keys.pay}`,
    `/v1/events?access_token=${keys.pay}`,
    `/v1/events?token=${secret()}&all=true`,
    `/v1/calls?authorization=${secret()}`,
    `/v1/calls/c90?key=${keys.pay}`,
    `/v1/calls/${keys.pay}`,
    `/v1/calls/${next("call's path")}`,
    `/v1/calls/c90/${next("path's end")}`,
    `/v1/windows/${secret()}`,
    `/${secret()}/${next("unknown path")}`,
    `/v1/log/entries?callId=${next("log's callId")}`,
    `/v1/log/entries?recordingId=${next("log's recordingId")}`,
    `/v1/log/entries?windowId=${next("log's windowId")}`,
  ]) {
    // Whoever may watch would be given a stream, which has no end.
    await pay("GET", path, undefined, { accept: "application/json" });
    await asking(served.url)("GET", path, undefined, { accept: "text/event-stream" });
    await asking(served.ops)("GET", path);
  }
  const bodies: [string, string, (text: string) => object][] = [
    ["POST", "/v1/windows/w90/renew", (text) => ({ leaseMs: text })],
    ["POST", "/v1/windows/w90/renew", (text) => ({ [text]: 1 })],
    ["POST", "/v1/calls/c90/resume", (text) => ({ windowId: text })],
    ["POST", "/v1/windows/w90/resume", (text) => ({ reason: text })],
    ["POST", "/v1/calls/c90/end", (text) => ({ note: text })],
    ["POST", "/v1/tickets", (text) => ({ use: "events", agentId: text })],
    ["POST", "/v1/tickets", (text) => ({ use: text })],
    ["POST", "/v1/agents/a-204/pause", (text) => ({ windowId: "w91", reason: text })],
    ["PUT", "/v1/calls/c91", (text) => ({ agentId: text })],
    ["PUT", "/v1/calls/c91", (text) => ({ attributes: { note: text } })],
    ["PUT", "/v1/calls/c91", (text) => ({ targets: { anywherenow: { uccName: text } } })],
    ["PUT", "/v1/calls/c91", (text) => ({ targets: { vslogger: { call: text } } })],
  ];
  for (const [method, path, body] of bodies) {
    const name = `${method} ${path}`;
    await pay(method, path, body(next(name)));
    await pay(method, path, body(spaced(next(`${name}, spaced`))));
  }

  for (const [protocol, headers] of [
    [`tacet.v1.${next("subprotocol")}`, {}],
    [secret(), {}],
    [["tacet.v1", secret()], {}],
    ["tacet.v1", { authorization: `Bearer ${secret()}` }],
    ["tacet.v1", { cookie: `session=${secret()}; pan=${next("cookie")}` }],
  ] as const) {
    const url = `${served.url.replace(/^http/, "ws")}/v1/events`;
    const protocols = typeof protocol === "string" ? protocol : [...protocol];
    const socket = new WebSocket(url, protocols, { headers, origin: "https://pay.example" });
    await new Promise<void>((resolve) => {
      socket.on("close", () => resolve());
      socket.on("error", () => {});
      socket.on("unexpected-response", () => socket.terminate());
    });
  }
  await readAll(served, "c90");
  await served.process.stop("SIGTERM");
});

test("secrets from the environment and from files, and the TLS key, are shown nowhere, in a failing start either", async () => {
  const place = await folder();
  const root = authority("tacet test");
  const { cert, key } = root.issue("tacet.test");
  const salt = plant("the salt from the environment", "marked-env-salt-Bv5Hd");
  const user = plant("the user's name", "marked-user-Lp2Xe");
  const password = plant("the password from a file", "marked-file-password-Jw9Rc");
  plant("the TLS key", key.split("\n")[1] ?? "");
  await writeFile(join(place, "tls.key"), key, { mode: 0o600 });
  await writeFile(join(place, "password"), `${password}\n`, { mode: 0o600 });
  const { document } = await acme(place, recorders.origins, {
    logging: { level: "trace" },
    listen: { tls: { cert, key: { file: "tls.key" } } },
  });
  const { anywherenow, vslogger } = document.recorders;
  Object.assign(vslogger.settings.hash, { salt: { env: "TACET_TEST_SALT" } });
  Object.assign(anywherenow.settings.auth, { username: user, password: { file: "password" } });
  const path = await written(place, document);
  const env = { TACET_TEST_SALT: salt };
  const served = startTacet(["serve", "--config", path], { env });
  const [, url = ""] = await served.said(/"url":"([^"]+)"[^\n]*"msg":"metrics, /);
  // The first preflight goes to both recorders, with a password and a salt that are wrong.
  await until(
    async () => (await asking(url)("GET", "/readyz")).text,
    (text) => text.includes("vslogger"),
  );
  await served.said(/"recorderId":"anywherenow"/);
  await served.stop("SIGTERM");
  const kept = await readFile(join(place, "log", "configuration.json"), "utf8");
  expect(kept).toContain('"env"');
  // A name is no secret, and says who was asked for the token.
  expect(kept.replaceAll(user, "")).not.toContain("marked-");
  await writeFile(join(place, "log", "configuration.json"), kept.replaceAll(user, ""));

  const broken = await tacet(["serve", "--config", path], { env: {} });
  expect(broken.code).toBe(1);
  Object.assign(document, { [plant("a member's name", "marked-member-Dk4Us")]: salt });
  await writeFile(path, `${await readFile(path, "utf8")}\n  - [${salt}: ${password}\n`);
  const torn = await tacet(["serve", "--config", path], { env });
  expect(torn.code).toBe(1);
  expect(torn.err).toContain("cannot be used");
  expect(answers.length).toBeGreaterThan(0);
});

describe("a recorder's own token for a conversation", () => {
  test("is entered as it is where it is plainly an id, and as its fingerprint where it could be more", () => {
    const plain = ["id:session-77", "start:1795336430", "channel/7", "id:3f2b_a.b@host-1"];
    for (const token of plain) expect(opaque(token)).toBe(token);
    const number = card(995, "a session id");
    const more = [number, `id:${number}`, `id:${number.match(/.{4}/g)?.join("-")}`, "a b", "ä", ""];
    for (const token of [...more, "x".repeat(200), "id:\ud800"]) {
      expect(opaque(token)).toMatch(/^sha256:[0-9a-f]{32}$/);
      expect(opaque(token)).toBe(opaque(token));
    }
    expect(new Set(more.map(opaque)).size).toBe(more.length);
  });
});
