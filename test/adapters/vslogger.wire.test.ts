/**
 * What is said to VSLogger, and how each of its answers is read.
 *
 * @module
 */
import { array, assert, integer, property } from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { growing, securityHash, signer } from "../../src/adapters/vslogger/hash.ts";
import { settingsSchema, surfaceFor } from "../../src/adapters/vslogger/settings.ts";
import { keyOf, targetSchemaFor } from "../../src/adapters/vslogger/target.ts";
import type { Locator } from "../../src/adapters/vslogger/wire.ts";
import {
  commandOf,
  fieldsWrite,
  plain,
  readReply,
  requestOf,
  stateRead,
} from "../../src/adapters/vslogger/wire.ts";
import type { HttpResult } from "../../src/adapters/recorder.ts";

const salt = "S3CRETSALT";
const ss = "1427319442972";
const entryPoint = "https://recorder.example/api/v1";
const channel: Locator = { by: "channel", channel: 5 };
const call: Locator = { by: "call", callId: "a b@host", hw: "siprec" };

const settings = { baseUrl: "https://r.example", version: "5.1.0.0", hash: { type: "none" } };
const accepts = (more: object): boolean =>
  settingsSchema.safeParse({ ...settings, ...more }).success;

const said = (wanted: Parameters<typeof requestOf>[1]): string => {
  const { method, url, body } = requestOf("", wanted, {});
  return `${method} ${url}${body === undefined ? "" : ` ${body}`}`;
};

const reply = (
  body: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): HttpResult => ({ kind: "reply", reply: { status, headers, body } });
const envelope = (status: unknown, errmessage = ""): string =>
  JSON.stringify({ status, data: "", errmessage });

const at = (version: string) => surfaceFor({ via: "auto", version }, channel);

const takes = (more: object, target: object): boolean =>
  targetSchemaFor(settingsSchema.parse({ ...settings, ...more })).safeParse(target).success;

describe("the security hash", () => {
  test("is HASH(ss + salt + resource) as lower-case hex", async () => {
    expect(await securityHash("sha-1", ss, salt, "channel-state")).toBe(
      "973bc32aae53246c3adfa24933348bb643a736ce",
    );
    expect(await securityHash("sha-256", ss, salt, "channel-state")).toBe(
      "a8f7ad474021f5dedb7125f7d6c3ccb2debe54dfe502351231373ad213cb2a83",
    );
  });

  test("ss only grows, whatever the clock does, and has ten characters at least", () => {
    assert(
      property(array(integer({ min: 0, max: 2 ** 45 }), { minLength: 2 }), (times) => {
        const next = growing();
        const told = times.map((now) => next(now));
        for (const [at, one] of told.entries()) {
          expect(one).toMatch(/^\d{10,}$/);
          if (at > 0) expect(Number(one)).toBeGreaterThan(Number(told[at - 1]));
        }
      }),
    );
  });

  test("requests signed at once leave in the order of their ss", async () => {
    const digest = crypto.subtle.digest.bind(crypto.subtle);
    let waitMs = 10;
    vi.spyOn(crypto.subtle, "digest").mockImplementation(async (...asked) => {
      // The first to be asked for is the last to come.
      await new Promise((resolve) => setTimeout(resolve, (waitMs -= 1)));
      return digest(...asked);
    });
    const sign = signer({ type: "sha-256", salt });
    const order: string[] = [];
    const signed = Array.from({ length: 8 }, async () => {
      const signature = await sign("channel-states", 1_427_319_442_972);
      order.push(signature["ss"] ?? "");
    });
    await Promise.all(signed);
    vi.restoreAllMocks();
    expect(order).toHaveLength(8);
    expect(order).toEqual([...new Set(order)].sort());
  });

  test("is in the query of a POST too, and absent where HASHTYPE is NONE", async () => {
    const wanted = commandOf("channel-state", channel, "silence", "mute");
    const signed = requestOf(entryPoint, wanted, await signer({ type: "sha-1", salt })("x", 1));
    expect(signed.method).toBe("POST");
    expect(signed.url).toMatch(/\?res=channel-state&ss=\d{10}&hh=[0-9a-f]{40}$/);
    expect(signed.body).toBe("channel=5&mute=true");
    expect(await signer({ type: "none" })("channel-state", 1)).toEqual({});
  });
});

describe("requests", () => {
  test.each([
    ["channel-cmd", "mute", "silence", "GET ?res=channel-cmd&channel=5&cmd=mute"],
    ["channel-cmd", "mute", "restore", "GET ?res=channel-cmd&channel=5&cmd=unmute"],
    ["channel-cmd", "record", "silence", "GET ?res=channel-cmd&channel=5&cmd=recstop"],
    ["channel-cmd", "record", "restore", "GET ?res=channel-cmd&channel=5&cmd=recstart"],
    ["channel-state", "mute", "silence", "POST ?res=channel-state channel=5&mute=true"],
    ["channel-state", "mute", "restore", "POST ?res=channel-state channel=5&mute=false"],
    ["channel-state", "record", "silence", "POST ?res=channel-state channel=5&record=false"],
    ["channel-state", "record", "restore", "POST ?res=channel-state channel=5&record=true"],
  ] as const)("%s by %s, %s", (surface, silenceBy, order, expected) => {
    expect(said(commandOf(surface, channel, order, silenceBy))).toBe(expected);
  });
  test.each([
    ["mute", "silence", "mute=true"],
    ["mute", "restore", "mute=false"],
    ["record", "silence", "record=false"],
    ["record", "restore", "record=true"],
  ] as const)("call-state by %s, %s", (silenceBy, order, expected) => {
    expect(said(commandOf("call-state", call, order, silenceBy))).toBe(
      `POST ?res=call-state call_id=a%20b%40host&hw=siprec&${expected}`,
    );
  });

  test("a call is read by res=call and a channel by res=channel-state", () => {
    expect(said(stateRead(call))).toBe("GET ?res=call&call_id=a%20b%40host&hw=siprec");
    expect(said(stateRead(channel))).toBe("GET ?res=channel-state&channel=5");
  });

  test("fields are written without a member that changes what is recorded", () => {
    const fields = { note: "x & y", flag: "3" };
    expect(said(fieldsWrite("channel-cmd", channel, fields))).toBe(
      "GET ?res=channel-cmd&channel=5&cmd=update&note=x%20%26%20y&flag=3",
    );
    expect(said(fieldsWrite("channel-state", channel, fields))).toBe(
      "POST ?res=channel-state channel=5&note=x%20%26%20y&flag=3",
    );
    expect(said(fieldsWrite("call-state", call, fields))).toBe(
      "POST ?res=call-state call_id=a%20b%40host&hw=siprec&note=x%20%26%20y&flag=3",
    );
  });

  test("no cache may keep or give an answer, above all to the GET that is a command", () => {
    const { headers } = requestOf("", commandOf("channel-cmd", channel, "silence", "mute"), {});
    expect(headers).toMatchObject({ "cache-control": "no-cache, no-store", pragma: "no-cache" });
  });
});

describe("replies", () => {
  test("success is 2xx and JSON and status 0, and nothing else", () => {
    expect(readReply(reply(envelope(0)), "command", salt)).toEqual({ kind: "told", data: "" });
    const bad = ["", "OK", "<html>", "[]", "null", "0", "{}", envelope("0"), envelope(null)];
    for (const body of bad) {
      expect(readReply(reply(body), "command", salt)).toMatchObject({ reason: "bad_reply" });
    }
    expect(readReply(reply(envelope(0), 500), "command", salt).kind).toBe("in_doubt");
    expect(readReply(reply(envelope(0), 404), "command", salt).kind).toBe("refused");
  });

  test.each([
    [-1, "vendor_error"],
    [-2, "session_lost"],
    [-3, "not_permitted"],
    [-4, "hash_refused"],
    [-5, "vendor_error"],
    [1, "vendor_error"],
  ])("status %d is refused: %s", (status, reason) => {
    for (const http of [200, 400, 500]) {
      expect(readReply(reply(envelope(status, "why"), http), "command", salt)).toMatchObject({
        kind: "refused",
        reason,
        detail: expect.stringContaining("why"),
      });
    }
  });

  test("a redirect and a cache's answer are bad replies, whatever they hold", () => {
    for (const result of [reply(envelope(0), 302), reply(envelope(0), 200, { age: "0" })]) {
      expect(readReply(result, "read", salt)).toMatchObject({ reason: "bad_reply" });
    }
  });

  test.each([
    [401, "command", { kind: "refused", reason: "not_authorized" }],
    [403, "command", { kind: "refused", reason: "not_permitted" }],
    [404, "command", { kind: "refused", reason: "vendor_error" }],
    [503, "command", { kind: "unreachable", retryAfterMs: 7_000 }],
    [429, "read", { kind: "unreachable", retryAfterMs: 7_000 }],
    [502, "command", { kind: "in_doubt" }],
    [502, "read", { kind: "unreachable" }],
  ] as const)("HTTP %d to a %s", (status, asked, expected) => {
    const result = reply("<html>", status, { "retry-after": "7" });
    expect(readReply(result, asked, salt)).toMatchObject(expected);
  });

  test("a command without a reply is in doubt, one that never left is not", () => {
    const lost: HttpResult = { kind: "lost", detail: "cut" };
    expect(readReply(lost, "command", salt).kind).toBe("in_doubt");
    expect(readReply(lost, "read", salt).kind).toBe("unreachable");
    expect(readReply({ kind: "not_sent", detail: "" }, "command", salt).kind).toBe("unreachable");
    const large: HttpResult = { kind: "too_large", detail: "" };
    expect(readReply(large, "command", salt).kind).toBe("in_doubt");
    expect(readReply(large, "read", salt)).toMatchObject({ reason: "bad_reply" });
  });

  test("foreign words are bounded, and hold no salt, no hash and no card number", () => {
    const hh = "973bc32aae53246c3adfa24933348bb643a736ce";
    const words = plain(`bad ${salt}\nhh=${hh} card 4111 1111-1111 1111 ${"x".repeat(999)}`, salt);
    expect(words).toMatch(/^bad \[salt\] hh=\[hash\] card \[digits\] x+$/);
    expect(words.length).toBeLessThanOrEqual(200);
    const body = '{"status":4111111111111111,"errmessage":"at https://evil.example/play?t=1"}';
    const told: HttpResult = { kind: "reply", reply: { status: 200, headers: {}, body } };
    expect(readReply(told, "command", salt)).toEqual({
      kind: "refused",
      reason: "vendor_error",
      detail: "status of no vendor's: at [link]",
    });
  });
});

describe("settings", () => {
  test("auto takes calls from 5.1.0.0, channel-cmd from 4.9.5.0 and channel-state before", () => {
    expect(at("5.1.0.0")).toBe("channel-cmd");
    expect(at("4.10")).toBe("channel-cmd");
    expect(at("4.9.5.0")).toBe("channel-cmd");
    expect(at("4.9.4.99")).toBe("channel-state");
    expect(surfaceFor({ via: "auto", version: "5.1.0.0" }, call)).toBe("call-state");
  });

  test("a surface that the version does not have is refused at start", () => {
    expect(accepts({ via: "call-state" })).toBe(true);
    expect(accepts({ via: "call-state", version: "5.0.9.9" })).toBe(false);
    expect(accepts({ via: "channel-cmd", version: "4.9.4.0" })).toBe(false);
    expect(accepts({ version: "4.6.1.3" })).toBe(false);
    expect(accepts({ version: "4.6.1.4" })).toBe(true);
  });

  test("an address with a password or a query, and unknown members, are refused", () => {
    expect(accepts({ baseUrl: "https://u:p@r.example" })).toBe(false);
    expect(accepts({ baseUrl: "https://r.example/?x=1" })).toBe(false);
    expect(accepts({ baseUrl: "ftp://r.example" })).toBe(false);
    expect(accepts({ surplus: 1 })).toBe(false);
    expect(accepts({ hash: { type: "sha-1" } })).toBe(false);
    expect(accepts({ flag: 11 })).toBe(false);
  });

  test("targets that the configured surface cannot take are refused", () => {
    const sip = { sipCallId: "3848276298220188511@atlanta.example.com", hw: "voip" };
    expect(takes({}, sip)).toBe(true);
    expect(takes({ version: "5.0.1.0" }, sip)).toBe(false);
    expect(takes({ via: "channel-state" }, sip)).toBe(false);
    expect(takes({ via: "call-state" }, sip)).toBe(true);
    expect(takes({ via: "call-state" }, { channel: 5 })).toBe(false);
    expect(takes({}, { ...sip, hw: "analog" })).toBe(false);
    expect(takes({}, { sipCallId: sip.sipCallId })).toBe(false);
    for (const wrong of [0, 1_000, 1.5, "x", ""]) expect(takes({}, { channel: wrong })).toBe(false);
    for (const id of ["4111111111111111", "a b", "", "ä1"]) {
      expect(takes({}, { extension: id })).toBe(false);
    }
    for (const id of ["410", "+4930123456", "a-204", "1427319442972"]) {
      expect(takes({}, { sessionId: id })).toBe(true);
    }
  });

  test("each kind of target has its own key", () => {
    expect(keyOf({ channel: 5 })).toBe("channel/5");
    expect(keyOf({ sipCallId: "x@y", hw: "siprec" })).toBe("call/siprec/x@y");
    expect(keyOf({ extension: "410" })).toBe("extension/410");
    expect(keyOf({ agentId: "410" })).toBe("agent/410");
    expect(keyOf({ sessionId: "410" })).toBe("session/410");
  });
});
