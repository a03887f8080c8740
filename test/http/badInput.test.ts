import { describe, expect, test } from "vitest";
import { kit, registered, type Kit } from "./kit.ts";

const PAN = "4111 1111 1111 1111";
const json = { "content-type": "application/json" };
const post = (body: BodyInit, headers: Record<string, string> = json): RequestInit => ({
  method: "POST",
  body,
  headers,
});
const PAUSE = "/v1/calls/c1/pause";

interface Line {
  readonly name: string;
  readonly send: (
    k: Kit,
  ) => Promise<{ status: number; body: Record<string, unknown>; text: string }>;
  readonly answer: readonly [number, string];
  /** The paths named in the answer. */
  readonly paths?: readonly string[];
  /** What is entered, and in whose log; nothing where absent. */
  readonly entered?: { readonly type: string; readonly reason?: string; readonly tenant?: string };
}

const LINES: readonly Line[] = [
  {
    name: "an unknown member is named",
    send: (k) => k.send("POST", PAUSE, "pay", { windowId: "w-1", pausse: true }),
    answer: [422, "body_invalid"],
    paths: ["/pausse"],
  },
  {
    name: "an unknown member that is no plain name is not repeated",
    send: (k) => k.send("POST", PAUSE, "pay", { windowId: "w-1", "<script>": true }),
    answer: [422, "body_invalid"],
    paths: ["/*"],
  },
  {
    name: "wrong types are named, all of them",
    send: (k) => k.send("POST", PAUSE, "pay", { windowId: 5, leaseMs: "long", reason: [] }),
    answer: [422, "body_invalid"],
    paths: ["/windowId", "/reason", "/leaseMs"],
  },
  {
    name: "a list in place of the body is refused",
    send: (k) => k.send("POST", PAUSE, "pay", []),
    answer: [422, "body_invalid"],
  },
  {
    name: "null in place of the body is refused, where none is fine too",
    send: (k) => k.raw("/v1/calls/c1", { ...post("null"), method: "PUT" }, "cti"),
    answer: [422, "body_invalid"],
  },
  {
    name: "an inherited member's name is no member",
    send: (k) => k.raw(PAUSE, post('{"windowId":"w-1","__proto__":{"reason":"x"}}'), "pay"),
    answer: [422, "body_invalid"],
  },
  {
    name: "a member that stands there twice is refused, alike or not",
    send: (k) => k.raw(PAUSE, post('{"windowId":"w-1","windowId":"w-1"}'), "pay"),
    answer: [422, "body_invalid"],
  },
  {
    name: "twice is twice however a name is written, and however deep",
    send: (k) =>
      k.raw(PAUSE, post('{"windowId":"w-1","targets":{"a":{"x":1,"\\u0078":2}}}'), "pay"),
    answer: [422, "body_invalid"],
  },
  {
    name: "an inherited member's name is no attribute either",
    send: (k) =>
      k.raw("/v1/calls/c1", { ...post('{"attributes":{"__proto__":"x"}}'), method: "PUT" }, "cti"),
    answer: [422, "body_invalid"],
  },
  {
    name: "an inherited member's name is no parameter",
    send: (k) => k.send("GET", "/v1/calls?__proto__=x", "cti"),
    answer: [422, "query_invalid"],
  },
  {
    name: "an oversized body that says its length is refused",
    send: (k) =>
      k.raw(
        PAUSE,
        post(JSON.stringify({ reason: "x".repeat(70_000) }), {
          ...json,
          "content-length": "70013",
        }),
        "pay",
      ),
    answer: [413, "body_too_large"],
  },
  {
    name: "an oversized body that does not say its length is read no further than the bound",
    send: (k) => {
      const body = new ReadableStream({
        pull: (to) => to.enqueue(new TextEncoder().encode(" ".repeat(10_000))),
      });
      return k.raw(PAUSE, { ...post(body), duplex: "half" } as RequestInit, "pay");
    },
    answer: [413, "body_too_large"],
  },
  {
    name: "oversized headers are refused",
    send: (k) => k.send("POST", PAUSE, "pay", {}, { "x-long": "x".repeat(17_000) }),
    answer: [431, "headers_too_large"],
  },
  {
    name: "a flood of headers is refused",
    send: (k) => {
      const many = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`x-${at}`, "1"]));
      return k.send("POST", PAUSE, "pay", {}, many);
    },
    answer: [431, "headers_too_large"],
  },
  {
    name: "bad JSON is refused",
    send: (k) => k.raw(PAUSE, post('{"windowId": "w-1"'), "pay"),
    answer: [400, "body_not_json"],
  },
  {
    name: "bad UTF-8 is refused",
    send: (k) => k.raw(PAUSE, post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])), "pay"),
    answer: [400, "body_not_utf8"],
  },
  {
    name: "a lone surrogate in a value is refused",
    send: (k) => k.raw(PAUSE, post('{"windowId":"w-1","reason":"\\ud800"}'), "pay"),
    answer: [400, "body_not_unicode"],
  },
  {
    name: "a lone surrogate in a name is refused",
    send: (k) => k.raw(PAUSE, post('{"windowId":"w-1","\\udc00":1}'), "pay"),
    answer: [400, "body_not_unicode"],
  },
  {
    name: "a body nested without end is refused",
    send: (k) => k.raw(PAUSE, post(`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`), "pay"),
    answer: [400, "body_too_deep"],
  },
  {
    name: "another media type is refused",
    send: (k) =>
      k.raw(
        PAUSE,
        post("windowId=w-1", { "content-type": "application/x-www-form-urlencoded" }),
        "pay",
      ),
    answer: [415, "media_type_unsupported"],
  },
  {
    name: "a compressed body is refused",
    send: (k) => k.raw(PAUSE, post("x", { ...json, "content-encoding": "gzip" }), "pay"),
    answer: [415, "media_type_unsupported"],
  },
  {
    name: "an unknown query parameter is refused",
    send: (k) => k.send("GET", "/v1/calls?agent=a-ann", "cti"),
    answer: [422, "query_invalid"],
    paths: ["/agent"],
  },
  {
    name: "a query parameter given twice is refused",
    send: (k) => k.send("GET", "/v1/calls?agentId=a&agentId=b", "cti"),
    answer: [422, "query_invalid"],
  },
  {
    name: "an unknown call is not known",
    send: (k) => k.send("POST", "/v1/calls/nope/pause", "pay", { windowId: "w-1" }),
    answer: [404, "call_unknown"],
  },
  {
    name: "an unknown window is not known",
    send: (k) => k.send("POST", "/v1/windows/nope/renew", "pay"),
    answer: [404, "window_unknown"],
  },
  {
    name: "a foreign tenant's call is not known",
    send: (k) => k.send("POST", PAUSE, "other", { windowId: "w-1" }),
    answer: [404, "call_unknown"],
  },
  {
    name: "a foreign agent is turned away",
    send: (k) => k.send("POST", "/v1/calls/c2/pause", "ann", { windowId: "w-1" }),
    answer: [403, "foreign_agent"],
    entered: { type: "AccessDenied", reason: "foreign_agent" },
  },
  {
    name: "an agent who names another agent is turned away",
    send: (k) => k.send("POST", PAUSE, "ann", { windowId: "w-1", agentId: "a-bob" }),
    answer: [403, "foreign_agent"],
    entered: { type: "AccessDenied", reason: "foreign_agent" },
  },
  {
    name: "an agent who names targets is turned away",
    send: (k) => k.send("POST", PAUSE, "ann", { windowId: "w-1", targets: { main: { ref: "9" } } }),
    answer: [403, "targets_not_allowed"],
    entered: { type: "AccessDenied", reason: "targets_not_allowed" },
  },
  {
    name: "another agent's line is not paused by its name either",
    send: (k) => k.send("POST", "/v1/agents/a-bob/pause", "ann", { windowId: "w-1" }),
    answer: [403, "foreign_agent"],
    entered: { type: "AccessDenied", reason: "foreign_agent" },
  },
  {
    name: "no credential is no access",
    send: (k) => k.send("POST", PAUSE, undefined, { windowId: "w-1" }),
    answer: [401, "not_authenticated"],
    entered: { type: "AccessDenied", reason: "not_authenticated", tenant: "system" },
  },
  {
    name: "an expired token is told so",
    send: (k) => k.send("POST", PAUSE, "expired", { windowId: "w-1" }),
    answer: [401, "token_expired"],
    entered: { type: "AccessDenied", reason: "token_expired", tenant: "system" },
  },
  {
    name: "a missing scope is told so",
    send: (k) => k.send("GET", "/v1/log/entries", "pay"),
    answer: [403, "scope_missing"],
    entered: { type: "AccessDenied", reason: "scope_missing" },
  },
  {
    name: "a card number in the reason is refused",
    send: (k) => k.send("POST", PAUSE, "pay", { windowId: "w-1", reason: `card ${PAN}` }),
    answer: [422, "cardholder_data_refused"],
    paths: ["/reason"],
    entered: { type: "CardholderDataRefused" },
  },
  {
    name: "a card number in an attribute is refused",
    send: (k) =>
      k.send("PUT", "/v1/calls/c1", "cti", { attributes: { note: "4111-1111-1111-1111" } }),
    answer: [422, "cardholder_data_refused"],
    paths: ["/attributes/note"],
    entered: { type: "CardholderDataRefused" },
  },
  {
    name: "a card number in a member that does not even exist is refused as such",
    send: (k) => k.send("POST", PAUSE, "pay", { windowId: "w-1", pan: "4111111111111111" }),
    answer: [422, "cardholder_data_refused"],
    paths: ["/pan"],
    entered: { type: "CardholderDataRefused" },
  },
  {
    name: "a card number in a query value is refused",
    send: (k) => k.send("GET", "/v1/log/entries?actor=4111111111111111", "audit"),
    answer: [422, "cardholder_data_refused"],
    entered: { type: "CardholderDataRefused" },
  },
  {
    name: "an id of no declared form is refused by its form",
    send: (k) => k.send("POST", PAUSE, "pay", { windowId: "4111111111111111" }),
    answer: [422, "id_invalid"],
    paths: ["/windowId"],
  },
  {
    name: "a call id of no declared form is refused by its form",
    send: (k) => k.send("GET", "/v1/calls/a%20b", "cti"),
    answer: [422, "id_invalid"],
    paths: ["/callId"],
  },
];

describe("bad input has its own clear answer, is entered where the rules ask, and changes nothing:", () => {
  for (const line of LINES) {
    test(line.name, async () => {
      const k = await kit();
      await registered(k, "c1", "a-ann");
      await registered(k, "c2", "a-bob");
      const changesBefore = k.changes.length;
      const tenant = line.entered?.tenant ?? "acme";
      const enteredBefore = (await k.entries(undefined, tenant)).length;

      const answer = await line.send(k);
      expect([answer.status, answer.body["code"]]).toEqual(line.answer);
      expect(answer.body["help"]).toBeTypeOf("string");
      const errors = answer.body["errors"] as { path: string }[] | undefined;
      if (line.paths !== undefined) {
        expect(errors?.map((one) => one.path).toSorted()).toEqual(line.paths.toSorted());
      }
      expect(k.changes).toHaveLength(changesBefore);
      const entered = (await k.entries(undefined, tenant)).slice(enteredBefore);
      expect(entered.map((entry) => [entry.type, entry.reason])).toEqual(
        line.entered === undefined ? [] : [[line.entered.type, line.entered.reason]],
      );
      for (const trace of [answer.text, JSON.stringify(entered), JSON.stringify(k.logged)]) {
        expect(trace.replaceAll(/[ -]/g, "")).not.toContain("4111111111111111");
      }
    });
  }
});

test("a body's own colons, quotes and backslashes are not taken for members", async () => {
  const k = await kit();
  await registered(k);
  const reason = String.raw`a: "b:\\" \\\\": {"windowId":1}`;
  const attributes = { a: ":", b: '":"', c: "\\", d: '\\"', e: "" };
  const body = JSON.stringify({ windowId: "w-1", attributes, reason }, undefined, 2);
  const answer = await k.raw(PAUSE, post(body), "pay");
  expect(answer.status).toBe(200);
});

test("ids that look like card numbers but have a declared form are accepted", async () => {
  const k = await kit();
  // Milliseconds that pass Luhn, and a SIP Call-ID that begins with a test card's number.
  for (const callId of ["1795312345675", "4111111111111111@pbx.example.com"]) {
    const path = `/v1/calls/${encodeURIComponent(callId)}/pause`;
    const body = { windowId: `w-${callId}`, targets: { main: { ref: callId } } };
    const answer = await k.send("POST", path, "pay", body);
    expect([answer.status, answer.body["callId"]]).toEqual([200, callId]);
  }
});

test("a refused card number's entry names the place and nothing of the number", async () => {
  const k = await kit();
  await registered(k);
  await k.send("POST", PAUSE, "pay", { windowId: "w-1", reason: PAN });
  const [entry] = await k.entries("CardholderDataRefused");
  expect(entry).toMatchObject({
    outcome: "refused",
    actor: { id: "pay", kind: "payment" },
    origin: { ip: "192.0.2.7", component: "http" },
    detail: { operation: "pauseCall", path: "/reason" },
  });
});
