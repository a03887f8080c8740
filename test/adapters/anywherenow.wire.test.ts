/** What is said to AnywhereNow and how its replies are read, without anything being sent. */
import { describe, expect, test } from "vitest";
import { anywherenowSettings, targetSchemaFor } from "../../src/adapters/anywherenow/settings.ts";
import {
  capabilitiesRequest,
  readCapabilities,
  readSet,
  readState,
  readToken,
  setRequest,
  stateRequest,
  tokenRequest,
} from "../../src/adapters/anywherenow/wire.ts";

const baseUrl = "https://ucc.example.com/attendantservice";
const correlationId = "1d6c6a58-6739-4f0c-98ff-0968292c8c30";
const target = { uccName: "ucc-demo-name", correlationId };
const v1 = anywherenowSettings.parse({ baseUrl: `${baseUrl}/` });
const v2 = anywherenowSettings.parse({ baseUrl, apiVersion: "v2", actions: "name" });
const asIs = (text: string) => text;

/** The documented answer to a read, with the members a test changes. */
const stateBody = (over: object = {}) => ({
  CorrelationId: correlationId,
  RecordingState: 1,
  MarkingState: 0,
  SavingState: 0,
  ErrorMessage: null,
  UCCName: "ucc-demo-name",
  ...over,
});
const reply = (body: unknown, status = 200, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
});
const noSession = {
  ErrorType: 2,
  Message: `No Audio session with correlation Id:'${correlationId}' was found.`,
};

const read = (body: unknown, status = 200, headers = {}) =>
  readSet(reply(body, status, headers), "Pause", target, asIs);
const readCaps = (body: unknown, status = 200) =>
  readCapabilities(reply(body, status), "ucc-demo-name", asIs);

describe("requests are the documented ones", () => {
  test("an order by number, v1", () => {
    expect(setRequest(v1, "Pause", target, "sip:agent@domain.com")).toEqual({
      method: "POST",
      url: "https://ucc.example.com/attendantservice/api/recording/set",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify({
        Action: 3,
        RequesterSipUri: "sip:agent@domain.com",
        CorrelationId: correlationId,
        UCCName: "ucc-demo-name",
      }),
    });
  });
  test.each([
    ["Start", 1],
    ["Pause", 3],
    ["Mark", 6],
    ["UnMark", 7],
  ] as const)("%s is %i, and its own name where names are configured, in v2", (name, number) => {
    const byNumber = setRequest(v1, name, target, "sip:a@b").body ?? "";
    expect(JSON.parse(byNumber)).toMatchObject({ Action: number });
    const byName = setRequest(v2, name, target, "sip:a@b");
    expect(byName.url).toBe(`${baseUrl}/api/v2/recording/set`);
    expect(JSON.parse(byName.body ?? "")).toMatchObject({ Action: name });
  });
  test("a read and a capabilities request put names into the path, escaped", () => {
    const spaced = { ...target, uccName: "UCC demo é" };
    const path = "UCC%20demo%20%C3%A9";
    expect(stateRequest(v1, spaced)).toEqual({
      method: "GET",
      url: `${baseUrl}/api/recording/${path}/${correlationId}`,
      headers: { accept: "application/json" },
    });
    expect(capabilitiesRequest(v2, spaced.uccName).url).toBe(
      `${baseUrl}/api/v2/recording/capabilities/${path}`,
    );
  });
  test("a token is asked for by password grant with the configured form fields", () => {
    const request = tokenRequest({
      kind: "password_grant",
      tokenUrl: "https://login.example.com/token",
      clientId: "coreapi",
      username: "svc@domain.com",
      password: "a&b=c",
      form: { scope: "core" },
    });
    expect(request.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(request.body))).toEqual({
      grant_type: "password",
      client_id: "coreapi",
      username: "svc@domain.com",
      password: "a&b=c",
      scope: "core",
    });
  });
});

describe("a read is answered by the truth table", () => {
  test.each([
    [3, "paused"],
    [1, "recording"],
    [2, "absent"],
    [0, "absent"],
  ])("RecordingState %i is %s", (RecordingState, status) => {
    expect(readState(reply(stateBody({ RecordingState })), target, asIs)).toEqual({
      kind: "observed",
      status,
    });
  });
  test("marking is told beside the status and never makes it paused", () => {
    const marked = readState(reply(stateBody({ MarkingState: 1 })), target, asIs);
    expect(marked).toEqual({ kind: "observed", status: "recording", detail: "marked" });
  });
  test("a recording that will be deleted is told of", () => {
    expect(readState(reply(stateBody({ SavingState: 2 })), target, asIs)).toMatchObject({
      detail: "will be deleted",
    });
  });
  test.each([200, 404])("no audio session is absent, whatever the status (%i)", (status) => {
    const body = stateBody({ RecordingState: 0, ErrorMessage: noSession });
    expect(readState(reply(body, status), target, asIs)).toEqual({
      kind: "observed",
      status: "absent",
    });
  });
  test.each([
    { ErrorType: 1, Message: "Configuration of UCC not found" },
    { ErrorType: 2, Message: "Validation of the UCC name failed" },
    { ErrorType: 1, Message: "No Audio session with correlation Id was found." },
    { ErrorType: 77, Message: null },
  ])("any other error says nothing of the audio (%o)", (ErrorMessage) => {
    const body = stateBody({ RecordingState: 3, ErrorMessage });
    expect(readState(reply(body), target, asIs)).toMatchObject({
      kind: "refused",
      reason: "vendor_error",
    });
  });
  test.each([
    ["a page", "<html>"],
    ["nothing", ""],
    ["an empty object", {}],
    ["an array", [stateBody()]],
    ["a state without ErrorMessage", { ...stateBody(), ErrorMessage: undefined }],
    ["a state that is a word", stateBody({ RecordingState: "Paused" })],
    ["a state beyond the documented ones", stateBody({ RecordingState: 4 })],
    ["another conversation's state", stateBody({ CorrelationId: crypto.randomUUID() })],
  ])("%s confirms nothing", (_what, body) => {
    expect(readState(reply(body), target, asIs)).toMatchObject({
      kind: "refused",
      reason: "bad_reply",
    });
  });
  test("a GUID in other letters' case is the same conversation", () => {
    const body = stateBody({ CorrelationId: correlationId.toUpperCase() });
    expect(readState(reply(body), target, asIs)).toMatchObject({ status: "recording" });
  });
});

describe("an order succeeds with 2xx and ErrorMessage null, and only so", () => {
  test("the documented success is acknowledged, with or without the state", () => {
    expect(read(stateBody())).toEqual({ kind: "acknowledged" });
    expect(read({ ErrorMessage: null })).toEqual({ kind: "acknowledged" });
  });
  test.each([
    ["200 without a body", "", 200, { kind: "refused", reason: "bad_reply" }],
    ["200 without ErrorMessage", {}, 200, { kind: "refused", reason: "bad_reply" }],
    ["400 with ErrorMessage null", stateBody(), 400, { kind: "refused", reason: "bad_reply" }],
    ["302 with a success inside", stateBody(), 302, { kind: "refused", reason: "bad_reply" }],
    ["401", "", 401, { kind: "refused", reason: "not_authorized" }],
    ["403", "<html>", 403, { kind: "refused", reason: "not_permitted" }],
    ["404 from a web server", "<html>", 404, { kind: "refused", reason: "bad_reply" }],
    ["500", "<html>", 500, { kind: "refused", reason: "vendor_error" }],
    ["502", "<html>", 502, { kind: "in_doubt" }],
    ["503", "<html>", 503, { kind: "in_doubt" }],
    ["504", "<html>", 504, { kind: "in_doubt" }],
  ] as const)("%s is not", (_what, body, status, expected) => {
    expect(read(body, status)).toMatchObject(expected);
  });
  test("a limiter's 429 tells when to come again", () => {
    expect(read("", 429, { "retry-after": "3" })).toMatchObject({
      kind: "unreachable",
      retryAfterMs: 3_000,
    });
  });
  test("no audio session names the target as not found", () => {
    expect(read(stateBody({ ErrorMessage: noSession }))).toMatchObject({
      kind: "refused",
      reason: "target_not_found",
    });
  });
  test("an unknown error type keeps the vendor's message, on one line and cut", () => {
    const Message = `first\r\nsecond ${"x".repeat(1_000)}`;
    const outcome = read({ ErrorMessage: { ErrorType: 41, Message } });
    expect(outcome).toMatchObject({ kind: "refused", reason: "vendor_error" });
    const detail = outcome.kind === "refused" ? outcome.detail : "";
    expect(detail).toMatch(/^ErrorType 41: first second x+$/);
    expect(detail.length).toBe(200);
  });
  test("another conversation's success is no success of ours", () => {
    expect(read(stateBody({ CorrelationId: crypto.randomUUID() }))).toMatchObject({
      reason: "bad_reply",
    });
  });
  test("'already started' does not acknowledge a pause", () => {
    const ErrorMessage = { ErrorType: 2, Message: "The recorder is already started." };
    expect(read({ ErrorMessage })).toMatchObject({ kind: "refused" });
  });
});

describe("capabilities and tokens", () => {
  test("AgentCanEditRecordings false is a named failure that says what to set", () => {
    const body = { AgentCanEditRecordings: false, ErrorMessage: null, UCCName: "ucc_" };
    const finding = readCaps(body);
    expect(finding).toMatchObject({ name: "AgentCanEditRecordings of ucc-demo-name", ok: false });
    expect(finding.detail).toContain("AgentCanEditAudioRecording");
    expect(readCaps({ ...body, AgentCanEditRecordings: true })).toMatchObject({ ok: true });
  });
  test.each([
    [{ AgentCanEditRecordings: true, ErrorMessage: noSession }, 200],
    [{ AgentCanEditRecordings: true, ErrorMessage: null }, 500],
    ["<html>", 200],
  ])("anything else is a failure (%#)", (body, status) => {
    expect(readCaps(body, status)).toMatchObject({ ok: false });
  });
  test("a token lives as long as it says, and a minute where it says nothing", () => {
    expect(readToken(reply({ access_token: "t", expires_in: 300 }))).toEqual({
      token: "t",
      livesMs: 300_000,
    });
    expect(readToken(reply({ access_token: "t" }))).toEqual({ token: "t", livesMs: 60_000 });
  });
  test("a token service's no is not_authorized, and its words are not repeated", () => {
    const outcome = readToken(reply({ error_description: "bad hunter2" }, 401));
    expect(outcome).toMatchObject({ kind: "refused", reason: "not_authorized" });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
    expect(readToken(reply("<html>"))).toMatchObject({ reason: "bad_reply" });
  });
});

describe("targets and settings are strict", () => {
  const requesterSipUri = "sip:agent@domain.com";
  test("a target needs a requester exactly where none is configured, and is told why", () => {
    const without = targetSchemaFor({}).safeParse(target);
    expect(without.success).toBe(false);
    expect(without.error?.issues[0]).toMatchObject({ path: ["requesterSipUri"] });
    expect(without.error?.issues[0]?.message).toContain("valid agent of the UCC");
    expect(targetSchemaFor({}).safeParse({ ...target, requesterSipUri }).success).toBe(true);
    expect(targetSchemaFor({ requesterSipUri }).parse(target)).toEqual(target);
  });
  test.each([
    { ...target, correlationId: "7f3a" },
    { ...target, uccName: ".." },
    { ...target, uccName: "a/b" },
    { ...target, uccName: "" },
    { ...target, requesterSipUri: "agent@domain.com" },
    { ...target, requesterSipUri: "sip:a@b\r\nx: y" },
    { ...target, extra: true },
    { uccName: "ucc-demo" },
  ])("refuses %o", (bad) => {
    expect(targetSchemaFor({ requesterSipUri }).safeParse(bad).success).toBe(false);
  });
  test.each([
    { baseUrl: "ucc.example.com" },
    { baseUrl: "https://user:pass@ucc.example.com/attendantservice" },
    { baseUrl: "https://ucc.example.com/attendantservice?x=1" },
    { baseUrl, apiVersion: "v3" },
    { baseUrl, action: "number" },
    { baseUrl, auth: { kind: "password_grant", tokenUrl: "https://l.example.com", username: "u" } },
  ])("refuses settings %o", (bad) => {
    expect(anywherenowSettings.safeParse(bad).success).toBe(false);
  });
});
