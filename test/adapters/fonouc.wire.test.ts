/** What is said to Fonouc's portal and how its replies are read, against the vendor's own examples. */
import { describe, expect, test } from "vitest";
import {
  isRecordingId,
  loginRequest,
  readCdr,
  readLogin,
  readMetadata,
  readPage,
  readRecording,
  recordingRequest,
  reportRequest,
} from "../../src/adapters/fonouc/wire.ts";
import { fonoucSettings, fonoucTarget } from "../../src/adapters/fonouc/settings.ts";

const password = "hunter2";
const settings = fonoucSettings.parse({
  baseUrl: "https://portal.example.com:9443/api/v2/",
  accountId: "5f1a5a9bd51aac0b21dd2e1f2c0b1c22",
  username: "tacet@example.com",
  password,
  domain: "acme",
});
const asIs = (words: string) => words;
const reply = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/** As the vendor's document prints them. */
const cdr = {
  id: "202205-1-32626@178.128.227.190",
  call_id: "1-32626@178.128.227.190",
  datetime: "2022-05-06 17:18:39 +0000 UTC",
  timestamp: "63819076719",
  caller_id_name: "John Rei",
  caller_id_number: "15614526458",
  callee_id_name: "Joe One",
  callee_id_number: "1200",
  to: "16472760390@172.105.23.210:5060",
  from: "15614526458@178.128.227.190",
  billing_seconds: "196",
  hangup_cause: "NORMAL_CLEARING",
  media_recording_id: "202205-50621fa622dbd2f0b541a60b",
  recording_filename: "722b85d0ec084272561589d8f88115af.mp3",
};
const recordingId = "202205-04f57a0d0267ab6904d17984847c743d";
const recording = {
  _id: recordingId,
  owner_id: "73e6bafa6159397befa649d93738177d",
  call_id: "5cods2ataaaehmg8ahsig",
  cdr_id: "202205-5cods2ataaaehmg8ahsig",
  content_type: "audio/mpeg",
  duration: 476,
  duration_ms: 476_340,
  interaction_id: "63819084089-eccbbde5",
  start: 63_819_084_093,
  pvt_created: 63_819_084_569,
  url: "http://127.0.0.1:60891/recordings/v1",
};
const key = "63819552548";

describe("what is sent", () => {
  test("a login is a POST of username, password and domain, and of nothing else", () => {
    const { body, headers, method, url } = loginRequest(settings);
    expect({ method, url }).toEqual({
      method: "POST",
      url: "https://portal.example.com:9443/api/v2/login",
    });
    expect(JSON.parse(body ?? "")).toEqual({
      username: "tacet@example.com",
      password,
      domain: "acme",
    });
    expect(headers["content-type"]).toBe("application/json");
  });
  const span = { from: 1_652_977_920_499, to: 1_652_978_220_220 };
  test("dates go out in seconds, rounded outward, or in milliseconds as they are", () => {
    const query = (dates: "seconds" | "milliseconds") =>
      Object.fromEntries(
        new URL(reportRequest({ ...settings, dates }, "cdrs", span).url).searchParams,
      );
    expect(query("seconds")).toEqual({
      startDate: "1652977920",
      endDate: "1652978221",
      pageSize: "200",
    });
    expect(query("milliseconds")).toMatchObject({
      startDate: "1652977920499",
      endDate: "1652978220220",
    });
  });
  test("the next page is asked for by startKey, beside the same dates and size", () => {
    const first = new URL(reportRequest(settings, "recordings", span).url);
    const next = new URL(reportRequest(settings, "recordings", span, "a&b=c").url);
    expect(next.pathname).toBe("/api/v2/reports/recordings");
    expect(next.searchParams.get("startKey")).toBe("a&b=c");
    next.searchParams.delete("startKey");
    expect(next.search).toBe(first.search);
  });
  test("X-Account-ID is a header of every request", () => {
    const requests = [
      loginRequest(settings),
      reportRequest(settings, "cdrs", span),
      reportRequest(settings, "recordings", span, key),
      recordingRequest(settings, recordingId, "metadata"),
      recordingRequest(settings, recordingId, "file"),
    ];
    for (const { headers } of requests) expect(headers["x-account-id"]).toBe(settings.accountId);
  });
  test("a recording's metadata and its file are one address, told apart by what is accepted", () => {
    const [metadata, file] = (["metadata", "file"] as const).map((wanted) =>
      recordingRequest(settings, recordingId, wanted),
    );
    expect(metadata?.url).toBe(
      `https://portal.example.com:9443/api/v2/reports/recording/${recordingId}`,
    );
    expect(file?.url).toBe(metadata?.url);
    expect(metadata?.headers["accept"]).toBe("application/json");
    expect(file?.headers["accept"]).toMatch(/^audio\/mpeg/);
  });
});

describe("a login's reply", () => {
  test("is its access token; a refresh token is not looked at", () => {
    const told = { user: {}, access_token: "abc.def", refresh_token: "ghi" };
    expect(readLogin(reply(200, told))).toEqual({ token: "abc.def" });
  });
  test.each([
    [400, "not_authorized", /sent is invalid: check username, password and domain/],
    [401, "not_authorized", /^HTTP 401$/],
    [500, "vendor_error", /^HTTP 500 \(an error of its own\)$/],
    [404, "bad_reply", /baseUrl/],
  ])("HTTP %d is refused with its reason", (status, reason, detail) => {
    const told = readLogin(reply(status, { error: `no: ${password}` }));
    expect(told).toMatchObject({ kind: "refused", reason });
    expect((told as { detail: string }).detail).toMatch(detail);
    expect(JSON.stringify(told)).not.toContain(password);
  });
  test.each([{}, { access_token: "" }, { access_token: "a\r\nb: c" }, "<h1>It works</h1>"])(
    "a 200 with %j is a bad reply",
    (body) => {
      expect(readLogin(reply(200, body))).toMatchObject({ reason: "bad_reply" });
    },
  );
});

describe("a page of a report", () => {
  const records = [{ callId: cdr.call_id, record: cdr }];
  test.each([
    ["as the document prints it", { data: [cdr, { next_start_key: key, page_size: 1 }] }],
    ["with the key beside the records", { data: [cdr], next_start_key: key, page_size: 1 }],
    ["with a key that is a number", { data: [cdr], next_start_key: Number(key) }],
  ])("is read %s", (_, body) => {
    expect(readPage(reply(200, body), "cdrs", asIs)).toEqual({ records, next: key });
  });
  test.each([
    ["no key", { data: [cdr] }],
    ["null", { data: [cdr], next_start_key: null }],
    ["null among the records", { data: [cdr, { next_start_key: null, page_size: 1 }] }],
    ["an empty key", { data: [cdr], next_start_key: "" }],
  ])("is the last one with %s", (_, body) => {
    expect(readPage(reply(200, body), "cdrs", asIs)).toEqual({ records });
  });
  test("recordings come as recordings or as data, each with its id", () => {
    const one = { callId: recording.call_id, id: recordingId, record: recording };
    for (const member of ["recordings", "data"]) {
      const body = { [member]: [recording], next_start_key: key };
      expect(readPage(reply(200, body), "recordings", asIs)).toEqual({ records: [one], next: key });
    }
    expect(readPage(reply(200, { recordings: [] }), "cdrs", asIs)).toMatchObject({
      reason: "bad_reply",
    });
  });
  test.each([[{ ...cdr, call_id: "" }], ["text"], [null], [{ next_start_key: key, more: 1 }]])(
    "with a record of nobody's is unusable: %j",
    (record) => {
      expect(readPage(reply(200, { data: [cdr, record] }), "cdrs", asIs)).toMatchObject({
        kind: "refused",
        reason: "bad_reply",
      });
    },
  );
  test.each([
    [400, { kind: "refused", reason: "vendor_error" }],
    [401, { kind: "refused", reason: "not_authorized" }],
    [403, { kind: "refused", reason: "not_permitted" }],
    [404, { kind: "refused", reason: "bad_reply" }],
    [500, { kind: "refused", reason: "vendor_error" }],
    [502, { kind: "in_doubt" }],
    [503, { kind: "in_doubt" }],
    [302, { kind: "refused", reason: "bad_reply" }],
  ])("HTTP %d is no page, whatever its body", (status, expected) => {
    expect(readPage(reply(status, { data: [cdr] }), "cdrs", asIs)).toMatchObject(expected);
  });
  test.each([429, 503])("HTTP %d with a time is asked again after it", (status) => {
    const told = readPage(reply(status, "", { "retry-after": "9" }), "cdrs", asIs);
    expect(told).toMatchObject({ kind: "unreachable", retryAfterMs: 9_000 });
  });
  test.each([{ status: "error", data: [cdr] }, { error: "no" }, { message: "no" }])(
    "an error inside a 200 is refused: %j",
    (body) => {
      expect(readPage(reply(200, body), "cdrs", asIs)).toMatchObject({ kind: "refused" });
    },
  );
  test("of a vendor's words no link and no long number is told, in one line of 200 characters", () => {
    const words = `see http://127.0.0.1:60891/x\nof 4111 1111 1111 1111 ${"z".repeat(300)}`;
    const told = readPage(reply(500, { error: words }), "cdrs", asIs) as { detail: string };
    expect(told.detail).toMatch(
      /^HTTP 500: see \[link\] of \[digits\] z+ \(an error of its own\)$/,
    );
    expect(told.detail.length).toBeLessThan(230);
  });
});

describe("records", () => {
  test("a CDR's seconds are Gregorian: the document's timestamp is its datetime", () => {
    expect(readCdr(cdr)).toEqual({
      at: Date.parse("2022-05-06T17:18:39Z"),
      talkedMs: 196_000,
      recordingId: cdr.media_recording_id,
    });
  });
  test.each(["", null, undefined])("a CDR whose recording is %j names none", (none) => {
    expect(readCdr({ ...cdr, media_recording_id: none })).not.toHaveProperty("recordingId");
  });
  test("a recording begins at its Gregorian start and is as long as its duration_ms", () => {
    const startAt = Date.parse("2022-05-06T19:21:33Z");
    expect(readMetadata(recording)).toEqual({ recordingId, startAt, durationMs: 476_340 });
    const { duration_ms: _, ...seconds } = recording;
    expect(readMetadata(seconds)).toEqual({ recordingId, startAt, durationMs: 476_000 });
    expect(readMetadata({ ...recording, start: String(recording.start) })).toMatchObject({
      startAt,
    });
  });
  test.each([
    ["no start", { start: undefined }],
    ["a start in Unix seconds", { start: 1_651_864_893 }],
    ["a start in Unix milliseconds", { start: 1_651_864_893_000 }],
    ["no duration", { duration: undefined, duration_ms: undefined }],
    ["a duration below nothing", { duration_ms: -1 }],
    ["an id that is a link", { _id: "http://127.0.0.1:60891/recordings/v1" }],
    ["an id that climbs", { _id: ".." }],
    ["an id that could be a card's number", { _id: "4111111111111111" }],
  ])("a recording with %s is a bad reply that tells no value", (_, over) => {
    const told = readMetadata({ ...recording, ...over });
    expect(told).toMatchObject({ kind: "refused", reason: "bad_reply" });
    for (const value of Object.values(over)) {
      if (value !== undefined) expect(JSON.stringify(told)).not.toContain(String(value));
    }
  });
  test.each(["202205-04f57a0d0267ab6904d17984847c743d", "202205-50621fa622dbd2f0b541a60b"])(
    "%s is a recording's id",
    (id) => expect(isRecordingId(id)).toBe(true),
  );
});

describe("recording/{id}", () => {
  const json = { "content-type": "application/json; charset=utf-8" };
  test("metadata are read by their content type, and their url is not told", () => {
    const told = readRecording(reply(200, { recordings: [recording] }, json), recordingId, asIs);
    expect(told).toMatchObject({ kind: "metadata", record: { recordingId: recordingId } });
    expect(JSON.stringify(told)).not.toMatch(/127\.0\.0\.1|https?:/);
  });
  test.each(["audio/mpeg", "Audio/MPEG", "audio/wav", "application/octet-stream"])(
    "%s is a file",
    (type) => {
      const told = readRecording(reply(200, "ID3…", { "content-type": type }), recordingId, asIs);
      expect(told).toEqual({ kind: "file" });
    },
  );
  test("an unknown one, or an empty list, is none", () => {
    expect(readRecording(reply(404, { error: "not found" }, json), "x", asIs)).toEqual({
      kind: "none",
    });
    expect(readRecording(reply(200, { recordings: [] }, json), "x", asIs)).toEqual({
      kind: "none",
    });
    expect(readRecording(reply(404, "<h1>nginx</h1>"), "x", asIs)).toMatchObject({
      reason: "bad_reply",
    });
  });
  test("another recording's metadata are a bad reply", () => {
    const told = readRecording(reply(200, { recordings: [recording] }, json), "another", asIs);
    expect(told).toMatchObject({ kind: "refused", reason: "bad_reply" });
  });
});

describe("settings and targets", () => {
  test.each([
    [{ baseUrl: "ftp://portal.example.com" }, "baseUrl"],
    [{ baseUrl: "https://u:p@portal.example.com/api/v2" }, "baseUrl"],
    [{ accountId: "a\r\nb" }, "accountId"],
    [{ accountId: "../x" }, "accountId"],
    [{ dates: "minutes" }, "dates"],
    [{ pageSize: 0 }, "pageSize"],
    [{ password: "" }, "password"],
    [{ kazoo: { baseUrl: "https://k.example.com/v2" } }, "kazoo"],
    [{ refreshToken: "x" }, ""],
  ])("%j is refused by its path", (over, path) => {
    const parsed = fonoucSettings.safeParse({ ...settings, ...over });
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues[0]?.path[0] ?? "").toBe(path);
  });
  test.each([
    "1-32626@178.128.227.190",
    "5cods2ataaaehmg8ahsig",
    "dab25c76-7479-4ed2-ba92-6b725d68e351",
    "3848276298220188511@atlanta.example.com",
  ])("%s is a call id", (callId) => {
    expect(fonoucTarget.parse({ callId: ` ${callId} ` })).toEqual({ callId });
  });
  test.each(["", "..", "a/b", "a b", "4111111111111111", "a?b", "é"])(
    "%j is no call id",
    (callId) => {
      expect(fonoucTarget.safeParse({ callId }).success).toBe(false);
    },
  );
});
