/**
 * A story full of marked secrets and card numbers, told to a served configuration, whose recorders
 * quote back what they are sent. Afterwards none of them is in anything tacet wrote or answered.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  begin,
  closeRecorders,
  conversation,
  type Keys,
  PASSWORD,
  type Recorders,
  SALT,
  startRecorders,
} from "./acme.ts";
import { answers, asking, until, watching } from "./client.ts";
import { card, spaced, wide } from "../security/marks.ts";
import { cleanUp, folder } from "./process.ts";
import { type Served, serve } from "./serve.ts";

let recorders: Recorders;
let served: Served;
let place = "";
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
beforeAll(async () => {
  recorders = await startRecorders();
  place = await folder();
  served = await serve(place, recorders, { logging: { level: "trace" } });
});
afterAll(async () => {
  await cleanUp();
  await closeRecorders();
});

type Told = (number: string, keys: Keys) => Promise<unknown>;
const asPay = (keys: Keys) => asking(served.url, keys.pay);
const pausing =
  (members: (number: string) => object): Told =>
  (number, keys) =>
    asPay(keys)("POST", "/v1/calls/c10/pause", { windowId: "wx", waitMs: 0, ...members(number) });
const getting =
  (path: (number: string) => string): Told =>
  (number, keys) =>
    asPay(keys)("GET", path(number));
const heading =
  (name: string): Told =>
  (number, keys) =>
    asPay(keys)(
      "POST",
      "/v1/calls/c10/pause",
      { windowId: "wx", waitMs: 0, reason: 7 },
      { [name]: number },
    );

/** Everywhere a clumsy page could put a card number. */
const PLACES: Readonly<Record<string, Told>> = {
  reason: pausing((number) => ({ reason: `card ${number}` })),
  "reason, spaced": pausing((number) => ({ reason: spaced(number) })),
  "reason, full width": pausing((number) => ({ reason: wide(number) })),
  attribute: pausing((number) => ({ attributes: { queue: number } })),
  "attribute's name": pausing((number) => ({ attributes: { [`a${number}`]: "x" } })),
  "unknown member": pausing((number) => ({ pan: number })),
  "unknown member, deep": pausing((number) => ({ payment: { cards: [{ pan: number }] } })),
  "unknown member's name": pausing((number) => ({ [number]: "x" })),
  "a number": pausing((number) => ({ pan: Number(number) })),
  windowId: pausing((number) => ({ windowId: number })),
  agentId: pausing((number) => ({ agentId: number })),
  "window's lease": pausing((number) => ({ leaseMs: Number(number) })),
  "target's recorder": pausing((number) => ({ targets: { [number]: {} } })),
  "target's unknown member": pausing((number) => ({
    targets: { vslogger: { channel: 10, pan: number } },
  })),
  "target's channel": pausing((number) => ({ targets: { vslogger: { channel: number } } })),
  "target's sipCallId": pausing((number) => ({
    targets: { vslogger: { sipCallId: number, hw: "siprec" } },
  })),
  "target's extension": pausing((number) => ({ targets: { vslogger: { extension: number } } })),
  "target's uccName": pausing((number) => ({
    targets: { anywherenow: { ...conversation(10).targets.anywherenow, uccName: number } },
  })),
  "target's requester": pausing((number) => ({
    targets: { anywherenow: { ...conversation(10).targets.anywherenow, requesterSipUri: number } },
  })),
  "body that is no JSON": (number, keys) =>
    asPay(keys)("POST", "/v1/calls/c10/pause", `pan=${number}`),
  "body that is a text": (number, keys) =>
    asPay(keys)("POST", "/v1/calls/c10/pause", `"${number}"`),
  callId: (number, keys) => asPay(keys)("POST", `/v1/calls/${number}/pause`, { windowId: "wx" }),
  "window in the path": getting((number) => `/v1/windows/${number}`),
  "agent in the path": (number, keys) =>
    asPay(keys)("POST", `/v1/agents/${number}/pause`, { windowId: "wx" }),
  "unknown path": getting((number) => `/pay/${number}`),
  "query value": getting((number) => `/v1/calls?agentId=${number}`),
  "unknown query": getting((number) => `/v1/calls?pan=${number}`),
  "query's name": getting((number) => `/v1/calls?${number}=1`),
  "log's query": (number, keys) =>
    asking(served.url, keys.audit)("GET", `/v1/log/entries?actor=${number}`),
  "Idempotency-Key": heading("idempotency-key"),
  "User-Agent": heading("user-agent"),
  Origin: heading("origin"),
  "X-Forwarded-For": heading("x-forwarded-for"),
  "X-Request-Id": heading("x-request-id"),
  Cookie: heading("cookie"),
  "bearer token": (number) => asking(served.url, number)("GET", "/v1/calls"),
  "Idempotency-Key alone": (number, keys) =>
    asPay(keys)("POST", "/v1/calls/c10/pause", {}, { "idempotency-key": number }),
  "event filter": async (number, keys) => {
    const headers = {
      authorization: `Bearer ${keys.ann}`,
      accept: "text/event-stream",
      "last-event-id": number,
    };
    const query = `calls=${number}&where.pan=${number}x`;
    // A stream has no end: it is left once it has begun.
    const stream = new AbortController();
    await fetch(`${served.url}/v1/events?${query}`, { headers, signal: stream.signal });
    stream.abort();
  },
  "ticket's call": (number, keys) =>
    asPay(keys)("POST", "/v1/tickets", { use: "call", callId: number }),
  "registered attribute": (number, keys) =>
    asPay(keys)("PUT", "/v1/calls/c11", { attributes: { note: spaced(number) } }),
};

test("no card number and no secret is in anything tacet wrote or answered", async () => {
  const { keys } = served;
  const pay = served.as("pay");
  const one = begin(recorders, 10);
  await pay("PUT", "/v1/calls/c10", { targets: one.targets });

  // A payment by ticket, on recorders that quote what they were sent in their errors.
  for (const name of ["error-in-200", "unauthorized", "html-instead-of-json"]) {
    recorders.anywherenow.faults.set({ name, times: 2 });
  }
  for (const name of ["error-in-200", "hash-refused", "html-instead-of-json"]) {
    recorders.vslogger.faults.set({ name, times: 2 });
  }
  const tickets: string[] = [];
  for (const body of [{ use: "call", callId: "c10" }, { use: "events" }]) {
    tickets.push(String((await pay("POST", "/v1/tickets", body)).body["ticket"]));
  }
  const [callTicket = "", eventsTicket = ""] = tickets;
  const socket = watching(served.url, { ticket: eventsTicket, origin: "https://pay.example" });
  const hello = await socket.message("hello");
  if (hello.type === "hello" && hello.nextTicket !== undefined) tickets.push(hello.nextTicket);
  const page = asking(served.url, callTicket);
  const paused = await page("POST", "/v1/calls/c10/pause", { windowId: "w10" });
  expect(paused.status).toBe(200);

  // Then every clumsy request there is; the socket gets its share.
  const numbers = Object.keys(PLACES).map((_, index) => card(index));
  for (const [index, tell] of Object.values(PLACES).entries()) {
    await tell(numbers[index] ?? "", keys);
  }
  const spoken = card(900);
  socket.say({ type: "subscribe", calls: [spoken], where: { [`a${spoken}`]: spoken } });
  socket.say({ type: "shown", callId: spoken, position: 1 });
  socket.say({ [spoken]: spoken });
  socket.say(spoken);
  await until(
    () => socket.got.filter(({ type }) => type === "error").length,
    (count) => count >= 2,
  );
  socket.close();

  for (const [who, path] of [
    ["audit", "/v1/log/entries?limit=1000"],
    ["audit", "/v1/calls/c10/history"],
    ["ops", "/v1/recorders"],
    ["pay", "/v1/calls/c10"],
  ] as const) {
    expect((await served.as(who)("GET", path)).status).toBe(200);
  }
  const metrics = await asking(served.ops)("GET", "/metrics");
  await asking(served.ops)("GET", "/readyz");
  expect(metrics.text).toContain("tacet_pauses_total");
  await page("POST", "/v1/windows/w10/resume");
  const { err, out } = await served.process.stop("SIGTERM");
  expect(out).toContain("pause not answered with safe");

  const files = (await readdir(join(place, "log"))).toSorted();
  expect(files).toContain("search.sqlite");
  const written: [string, Buffer][] = [
    ["stdout", Buffer.from(out)],
    ["stderr", Buffer.from(err)],
    ["answers", Buffer.from(answers.join("\n"))],
    ...(await Promise.all(
      files.map(async (name): Promise<[string, Buffer]> => [
        name,
        await readFile(join(place, "log", name)),
      ]),
    )),
  ];
  const tokens = recorders.anywherenow.tokens?.given ?? [];
  expect(tokens.length).toBeGreaterThan(0);
  const secrets: Record<string, string> = { salt: SALT, password: PASSWORD };
  tokens.forEach((token, index) => (secrets[`bearer token ${index}`] = token));
  for (const [who, key] of Object.entries(keys)) secrets[`key of ${who}`] = key;
  tickets.forEach((ticket, index) => (secrets[`ticket ${index}`] = ticket));
  Object.keys(PLACES).forEach((name, index) => {
    secrets[`card number in ${name}`] = numbers[index] ?? "";
    secrets[`card number in ${name}, wide`] = wide(numbers[index] ?? "");
    secrets[`card number in ${name}, spaced`] = spaced(numbers[index] ?? "");
  });
  secrets["card number on a socket"] = spoken;

  const leaks = written.flatMap(([where, bytes]) =>
    Object.entries(secrets)
      // A ticket is answered to whom it is for, once.
      .filter(([name]) => !(where === "answers" && name.startsWith("ticket")))
      .filter(([, secret]) => bytes.includes(secret))
      .map(([name]) => `${name} is in ${where}`),
  );
  expect(leaks).toEqual([]);
});
