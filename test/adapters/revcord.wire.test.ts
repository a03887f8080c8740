/** What is said to Revcord and how its replies are read, by the vendor's own examples. */
import { describe, expect, test } from "vitest";
import { readCompleted } from "../../src/adapters/revcord/broadcast.ts";
import { readCall, readDate, readJson, readLocal } from "../../src/adapters/revcord/call.ts";
import { noAnswer, reasonOf, scrubber } from "../../src/adapters/revcord/reply.ts";
import { keyOf, revcordTarget } from "../../src/adapters/revcord/settings.ts";
import {
  callDetailsRequest,
  callsPageRequest,
  passwordRequest,
  playbackRequest,
  readCallDetails,
  readCallsPage,
  readGrant,
  refreshRequest,
  stampOf,
} from "../../src/adapters/revcord/wire.ts";

const timeZone = "Asia/Kolkata";
const baseUrl = "https://mtdev.revcord.com/RevcordMMSAPI";
const api = { baseUrl, email: "support@revcord.com", timeZone };
const auth = { tenantId: "2220", serviceKey: "service&key" } as const;
const startAt = 1_697_788_863_000;
const callId = "5fb92600abf100091bcdb32f04000000";
const playbackUrl =
  "https://v12test.revcord.com/TWebAudio/MMSAPI/20231020133103_1003_5fb92600abf100091bcdb32f04000000.wav";

/** As the document prints it, its lines joined: the dates in it are no JSON. */
const printed = `[{"CallId":"${callId}","UniqueId":0,"ChannelName":"CH_0003","StartTime":"\\Date\n(1697788863000)\\","StartTimeString":"20231020133103","ANI":"","CallerID":"","CalledID":"","ANIPhone":"","ANIName":"","ANIDetails":"","CallComments":"","PlaybackURL":"${playbackUrl}"}]`;
const escaped = printed.replace("\\Date\n(1697788863000)\\", "\\/Date(1697788863000)\\/");
const call = { callId, channelName: "CH_0003", startAt, withinMs: 1_000, playbackUrl };

const plain = (text: string) => text;
const reply = (body: string, status = 200, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body,
});
const formOf = ({ body = "" }: { readonly body?: string }) =>
  Object.fromEntries(new URLSearchParams(body));

describe("dates", () => {
  test.each([
    "/Date(1697788863000)/",
    "\\/Date(1697788863000)\\/",
    "\\Date (1697788863000)\\",
    "\\Date\n(1697788863000)\\",
    "/Date(1697788863000+0530)/",
    "/Date(1697788863000-0800)/",
    " /date( 1697788863000 )/ ",
    "Date(1697788863000)",
  ])("%j is one moment, whatever offset stands in it", (text) => {
    expect(readDate(text)).toBe(startAt);
  });
  test("before 1970 is a moment too", () => {
    expect(readDate("/Date(-1000)/")).toBe(-1_000);
  });
  test.each(["", "1697788863000", "/Date()/", "/Date(1e3)/", "/Date(1)/ x", "2023-10-20"])(
    "%j is none",
    (text) => {
      expect(readDate(text)).toBeUndefined();
    },
  );
  test("the logger's own clock is read in its zone", () => {
    expect(readLocal("20231020133103", timeZone)).toEqual([startAt]);
    expect(readLocal("20231020133103", "Europe/London")).not.toEqual([startAt]);
    expect(readLocal("20260329013000", "Europe/London")).toEqual([]);
    expect(readLocal("20231020", timeZone)).toEqual([]);
    expect(stampOf(startAt, timeZone)).toBe("20231020133103");
    expect(stampOf(Date.parse("2026-01-02T03:04:05.9Z"), "UTC")).toBe("20260102030405");
  });
});

describe("an answer", () => {
  test.each([
    ["as the document prints it", printed],
    ["as ASP.NET writes it", escaped],
    ["as a text inside JSON", JSON.stringify(escaped)],
    ["as a text inside JSON, printed", JSON.stringify(printed)],
    [
      "with other letters' case and stray spaces",
      escaped.replace('"CallId"', '" callID "').replace('"StartTime"', '"starttime "'),
    ],
  ])("%s is read", (_, body) => {
    expect(readCallDetails(reply(body), api, plain)).toEqual([call]);
  });
  test("without a file is one that goes on", () => {
    const [told] = readCallDetails(reply(escaped.replace(playbackUrl, "")), api, plain) as never[];
    expect(told).not.toHaveProperty("playbackUrl");
  });
  test("that is empty is an answer", () => {
    expect(readCallDetails(reply("[]"), api, plain)).toEqual([]);
  });
  test.each([
    ["null", "null"],
    ["an object", "{}"],
    ["no JSON", "<html>"],
    ["a call without its id", escaped.replace('"CallId"', '"Call"')],
    ["a call that is a text", '["x"]'],
    ["a call that is a list", "[[]]"],
    [
      "two starts that are none",
      escaped.replace("Date(", "Day(").replace("20231020133103", "today"),
    ],
    ["no start at all", `[{"CallId":"${callId}"}]`],
    ["a clock time that is none", escaped.replace("20231020133103", "20231320133103")],
    ["too many calls", JSON.stringify(Array.from({ length: 1_001 }, () => ({ CallId: "x" })))],
  ])("of %s is a bad reply", (_, body) => {
    expect(readCallDetails(reply(body), api, plain)).toMatchObject({ reason: "bad_reply" });
  });
  test("whose two clocks disagree says to check the zone", () => {
    expect(readCallDetails(reply(escaped), { timeZone: "UTC" }, plain)).toEqual({
      kind: "refused",
      reason: "bad_reply",
      detail: "StartTime and StartTimeString are 330 min apart: check timeZone",
    });
  });
  test("with one of the two alone is believed", () => {
    const [{ StartTime, StartTimeString, ...rest }] = readJson(escaped) as [Record<string, string>];
    expect(readCall({ ...rest, StartTime }, timeZone)).toEqual(call);
    expect(readCall({ ...rest, StartTimeString }, timeZone)).toEqual(call);
    const another = "2023-10-20T13:31:03";
    expect(readCall({ ...rest, StartTimeString, StartTime: another }, timeZone)).toEqual(call);
  });
  test("in an hour that happens twice is either, unless the moment is told", () => {
    const StartTimeString = "20261025013000";
    const later = Date.parse("2026-10-25T01:30:00Z");
    const read = (more: object) =>
      readCall({ CallId: callId, StartTimeString, ...more }, "Europe/London");
    expect(read({})).toMatchObject({ startAt: later - 3_600_000, withinMs: 3_601_000 });
    expect(read({ StartTime: `/Date(${later})/` })).toMatchObject({
      startAt: later,
      withinMs: 1_000,
    });
  });
});

describe("requests", () => {
  test("a tenant logs in by its id, a user by email with the id as scope", () => {
    const of = (level: "tenant" | "user") => passwordRequest({ ...api, auth: { ...auth, level } });
    expect(of("tenant")).toMatchObject({
      method: "POST",
      url: "https://mtdev.revcord.com/RevcordMMSAPI/token",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(formOf(of("tenant"))).toEqual({
      grant_type: "password",
      username: "2220",
      password: "service&key",
    });
    expect(formOf(of("user"))).toEqual({
      grant_type: "password",
      username: "support@revcord.com",
      password: "service&key",
      scope: "2220",
    });
  });
  test("a refresh names the tenant, as documented", () => {
    const request = refreshRequest({ ...api, auth: { ...auth, level: "user" } }, "r+1");
    expect(formOf(request)).toEqual({
      grant_type: "refresh_token",
      username: "2220",
      refresh_token: "r+1",
    });
  });
  test("a call is asked for by its id, or by time and channel, with keys that have no spaces", () => {
    const asked = (question: Parameters<typeof callDetailsRequest>[1]) => {
      const request = callDetailsRequest(api, question);
      expect(request).toMatchObject({
        method: "POST",
        url: `${baseUrl}/api/Common/GetCallDetails`,
      });
      return JSON.parse(request.body ?? "") as unknown;
    };
    expect(asked({ callId })).toEqual({ email: api.email, CallID: callId });
    expect(asked({ channel: "1001", at: startAt })).toEqual({
      email: api.email,
      CallDateTime: "20231020133103",
      Channel: "1001",
    });
  });
  test("the page is asked for from the call's own second on, over midnight too", () => {
    const at = Date.parse("2026-05-04T23:59:30+05:30");
    const request = callsPageRequest(api, { startAt: at }, "1001");
    expect(request.url).toBe(`${baseUrl}/api/Role/GetCallsPage`);
    expect(JSON.parse(request.body ?? "")).toEqual({
      email: api.email,
      StartDate: "20260504",
      EndDate: "20260505",
      StartTime: "235930",
      EndTime: "000030",
      channel: "1001",
    });
    expect(callsPageRequest(api, { startAt: at }, undefined).body).not.toContain("channel");
  });
});

describe("a grant", () => {
  const told = {
    access_token: "a-1",
    token_type: "bearer",
    expires_in: 86_399,
    refresh_token: "r-1",
  };
  test("as documented is a token, how long it lives, and the next one's", () => {
    expect(readGrant(reply(JSON.stringify(told)), "refresh", plain)).toEqual({
      token: "a-1",
      livesMs: 86_399_000,
      refreshToken: "r-1",
      by: "refresh",
    });
  });
  test("that tells neither how long nor the next one's lives a minute, and a login follows", () => {
    for (const more of [{}, { expires_in: null, refresh_token: null }, { refresh_token: "" }]) {
      const body = JSON.stringify({ access_token: "a-1", ...more });
      const granted = { token: "a-1", livesMs: 60_000, by: "password" };
      expect(readGrant(reply(body), "password", plain)).toEqual(granted);
    }
  });
  test.each([400, 401])("answered %i is a refused login, with the vendor's reason", (status) => {
    const body = { error: "invalid_grant", error_description: "The user name is incorrect." };
    expect(readGrant(reply(JSON.stringify(body), status), "password", plain)).toEqual({
      kind: "refused",
      reason: "not_authorized",
      detail: `no token: HTTP ${status}: invalid_grant: The user name is incorrect.`,
    });
  });
  test("without a token in it is a bad reply, and a broken service is its own fault", () => {
    const read = (body: string, status?: number) =>
      readGrant(reply(body, status), "password", plain);
    expect(read("{}")).toMatchObject({ reason: "bad_reply" });
    expect(read("<html>")).toMatchObject({ reason: "bad_reply" });
    expect(read(JSON.stringify(told), 500)).toMatchObject({ reason: "vendor_error" });
  });
});

describe("errors", () => {
  const message = JSON.stringify({ Message: "Authorization has been denied for this request." });
  test.each<[number, string, object]>([
    [
      401,
      message,
      { reason: "not_authorized", detail: /^HTTP 401: Authorization has been denied/ },
    ],
    [403, "", { reason: "not_permitted", detail: /^HTTP 403$/ }],
    [
      400,
      '{"Message":"Channel is invalid."}',
      { reason: "vendor_error", detail: /Channel is invalid/ },
    ],
    [
      500,
      '{"Message":"An error has occurred."}',
      { reason: "vendor_error", detail: /An error has/ },
    ],
    [500, "", { reason: "vendor_error", detail: /^HTTP 500$/ }],
    [200, '{"message":"It went wrong."}', { reason: "vendor_error", detail: /It went wrong/ }],
    [200, "<html>", { reason: "bad_reply", detail: /documented answer/ }],
    [302, "", { reason: "bad_reply", detail: /redirects are not followed/ }],
    [404, "", { reason: "bad_reply", detail: /check baseUrl/ }],
  ])("HTTP %i with %j is refused, with the vendor's reason", (status, body, expected) => {
    const { detail, ...rest } = expected as { reason: string; detail: RegExp };
    const answer = noAnswer(reply(body, status), plain);
    expect(answer).toMatchObject({ kind: "refused", ...rest });
    expect("detail" in answer ? answer.detail : "").toMatch(detail);
  });
  test.each([429, 502, 503, 504])("HTTP %i is to be asked again", (status) => {
    const headers = { "retry-after": "7" };
    expect(noAnswer(reply("", status, headers), plain)).toMatchObject({
      kind: "unreachable",
      ...(status === 429 || status === 503 ? { retryAfterMs: 7_000 } : {}),
    });
  });
  test("the vendor's words come short, in one line, without secrets, links and card numbers", () => {
    const scrub = scrubber(() => ["service&key", "a-1"]);
    const Message = `see https://x.example/?k=1 service&key service%26key Bearer zzz a-1\n4111 1111 1111 1111 ${"x".repeat(300)}`;
    const words = reasonOf(reply(JSON.stringify({ Message })), scrub) ?? "";
    expect(words).toMatch(
      /^see \[link\] \[secret\] \[secret\] \[secret\] \[secret\] \[digits\] x+$/,
    );
    expect(words).toHaveLength(200);
  });
});

describe("a file's address", () => {
  test("is asked for on a configured origin, and no token goes with it", () => {
    expect(playbackRequest(call, ["https://v12test.revcord.com"])).toEqual({
      method: "GET",
      url: playbackUrl,
      headers: { accept: "*/*" },
    });
  });
  test.each([
    ["another origin", "https://elsewhere.example/TWebAudio/x.wav"],
    ["another port", "https://v12test.revcord.com:8443/x.wav"],
    ["another scheme", "http://v12test.revcord.com/x.wav"],
    ["a user in it", "https://u:p@v12test.revcord.com/x.wav"],
    ["a name that begins alike", "https://v12test.revcord.com.evil.example/x.wav"],
    ["a file of this machine", "file:///etc/passwd"],
  ])("on %s is refused and not told", (_, url) => {
    const answer = playbackRequest({ ...call, playbackUrl: url }, ["https://v12test.revcord.com"]);
    expect(answer).toMatchObject({ kind: "refused", reason: "not_permitted" });
    expect(JSON.stringify(answer)).not.toMatch(/\/\/|wav|passwd/);
  });
  test("that is none, or is not there yet, is refused", () => {
    const { playbackUrl: _, ...unfinished } = call;
    expect(playbackRequest(unfinished, [])).toMatchObject({ reason: "target_not_found" });
    const broken = playbackRequest({ ...call, playbackUrl: "x.wav" }, []);
    expect(broken).toMatchObject({ reason: "bad_reply" });
  });
});

describe("a page's address", () => {
  const origins = ["https://mtdev.revcord.com"];
  const url = "https://mtdev.revcord.com/VRec/Invite/ViewEvent.aspx?2Ljk=";
  test.each([url, `${url}\r\n`, JSON.stringify(url), `"${url.replaceAll("/", "\\/")}"`])(
    "%j is read",
    (body) => {
      expect(readCallsPage(reply(body), origins, plain)).toEqual({ kind: "page", url });
    },
  );
  test("elsewhere is refused and not told", () => {
    const answer = readCallsPage(reply("https://elsewhere.example/a"), origins, plain);
    expect(answer).toMatchObject({ kind: "refused", reason: "not_permitted" });
    expect(JSON.stringify(answer)).not.toContain("elsewhere");
  });
  test.each(["javascript:alert(1)", "<html>", "", "{}"])("%j is none", (body) => {
    expect(readCallsPage(reply(body), origins, plain)).toMatchObject({ reason: "bad_reply" });
  });
  test("with an error's status is none", () => {
    expect(readCallsPage(reply(url, 500), origins, plain)).toMatchObject({
      reason: "vendor_error",
    });
  });
});

describe("targets", () => {
  test.each([
    [{ callId: callId.toUpperCase() }, `call/${callId}`],
    [{ channel: "1001" }, "channel/1001"],
    [
      { channel: "CH_0003", startedAt: "2023-10-20T13:31:03.250+05:30" },
      "channel/ch_0003@2023-10-20T08:01:03Z",
    ],
  ])("%o has the key %s", (target, key) => {
    expect(keyOf(revcordTarget.parse(target))).toBe(key);
  });
  test.each([
    {},
    { callId: "" },
    { callId, channel: "1001" },
    { callId: "4111111111111111" },
    { callId: "../x" },
    { channel: 1001 },
    { channel: "4111 1111 1111 1111" },
    { channel: "4111-1111-1111-1111" },
    { channel: "1001", startedAt: "20231020133103" },
    { channel: "1001", startedAt: "2023-10-20T13:31:03" },
    { channel: "1001", surplus: 1 },
  ])("%o is none", (target) => {
    expect(revcordTarget.safeParse(target).success).toBe(false);
  });
});

describe("a broadcast", () => {
  const list = readJson(escaped) as readonly unknown[];
  const ends = [
    { targetKey: `call/${callId}`, isThisCall: true },
    { targetKey: "channel/1003@2023-10-20T08:01:03Z", isThisCall: true },
    { targetKey: "channel/1003", isThisCall: false },
    { targetKey: "channel/ch_0003@2023-10-20T08:01:03Z", isThisCall: true },
    { targetKey: "channel/ch_0003", isThisCall: false },
  ];
  const read = (...args: unknown[]) => readCompleted(args, timeZone, () => ["1003"]);
  test.each<[string, unknown[]]>([
    ["as the documented list", [list]],
    ["as its JSON", [escaped]],
    ["as its JSON, printed", [printed]],
    ["one by one", [...list]],
  ])("%s tells of a call's end by each of its names", (_, args) => {
    expect(read(...args)).toEqual({ ends, unreadableCount: 0 });
  });
  test("of several calls tells of each, and counts what it cannot read", () => {
    const second = { ...(list[0] as object), CallId: "second", ChannelName: "" };
    expect(read([...list, { CallId: null }, second])).toEqual({
      ends: [...ends, { targetKey: "call/second", isThisCall: true }],
      unreadableCount: 1,
    });
  });
  test.each<[string, unknown[]]>([
    ["nothing", []],
    ["an empty list", [[]]],
    ["null", [null]],
    ["a text that is no JSON", ["<html>"]],
    ["calls beyond number", [Array.from({ length: 1_001 }, () => list[0])]],
  ])("of %s cannot be read", (_, args) => {
    expect(read(...args)).toEqual({ ends: [], unreadableCount: 1 });
  });
});
