/** What only AnywhereNow does: requesters, bookmarks, tokens, preflight, against its simulator. */
import { describe, expect, test, vi } from "vitest";
import { inProcess } from "./inProcess.ts";
import { anywherenowVendor } from "../../src/adapters/anywherenow/index.ts";
import type { AdapterContext, Send } from "../../src/adapters/recorder.ts";
import { canControl, canReport } from "../../src/adapters/recorder.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";
import { tokenPath } from "../../src/sandbox/anywherenow/tokens.ts";

const correlationId = "1d6c6a58-6739-4f0c-98ff-0968292c8c30";
const origin = "http://127.0.0.1";
const target = { uccName: "ucc-demo", correlationId, requesterSipUri: "sip:agent@domain.com" };
const grant = { clientId: "coreapi", username: "svc", password: "correct horse", form: {} };

function setUp(
  settings: Record<string, unknown> = {},
  auth?: { readonly expiresInS?: number; readonly password?: string },
) {
  let now = 1_000_000;
  const clock = () => now;
  const simulator = anywherenowSimulator({
    now: clock,
    ...(auth === undefined ? {} : { auth: { ...grant, ...auth } }),
  });
  simulator.begin(correlationId);
  const parsed = anywherenowVendor.settings.parse({
    baseUrl: `${origin}/attendantservice`,
    ...(auth === undefined
      ? {}
      : { auth: { kind: "password_grant", tokenUrl: origin + tokenPath, ...grant } }),
    ...settings,
  });
  const recorder = anywherenowVendor.create("emea", parsed, { now: clock });
  if (!canControl(recorder) || !canReport(recorder)) throw new Error("claims too little");
  const send = vi.fn<Send>(inProcess(simulator.app));
  const context = (over: Partial<AdapterContext> = {}): AdapterContext => ({
    send,
    now: clock,
    signal: AbortSignal.timeout(10_000),
    silenced: false,
    ...over,
  });
  const tokensGiven = () => simulator.tokens?.given.length;
  const sent = (path: string) =>
    send.mock.calls.filter(([request]) => request.url.endsWith(path)).length;
  const pass = (ms: number) => {
    now += ms;
  };
  return { simulator, recorder, send, context, tokensGiven, sent, pass };
}

describe("who gives the order", () => {
  test("the target's agent goes before the configured one", async () => {
    const { simulator, recorder, context } = setUp({ requesterSipUri: "sip:agent2@domain.com" });
    const { requesterSipUri: _, ...unnamed } = target;
    expect(await recorder.pause(target, context())).toEqual({ kind: "acknowledged" });
    expect(await recorder.pause(unnamed, context())).toEqual({ kind: "acknowledged" });
    expect(simulator.requests.map(({ requester }) => requester)).toEqual([
      "sip:agent@domain.com",
      "sip:agent2@domain.com",
    ]);
  });
  test("an agent the UCC does not know is refused in the vendor's words", async () => {
    const { simulator, recorder, context } = setUp();
    const stranger = { ...target, requesterSipUri: "sip:stranger@domain.com" };
    expect(await recorder.pause(stranger, context())).toMatchObject({
      kind: "refused",
      detail: expect.stringContaining("not a valid agent"),
    });
    expect(simulator.heard(correlationId)).toBe("recording");
  });
  test("with no agent at all nothing is sent", async () => {
    const { recorder, context, send } = setUp();
    const unnamed = { uccName: "ucc-demo", correlationId };
    expect(await recorder.pause(unnamed, context())).toMatchObject({ kind: "refused" });
    expect(send).not.toHaveBeenCalled();
  });
});

describe("the bookmark", () => {
  test("is set beside the pause and taken back beside the resume", async () => {
    const { simulator, recorder, context } = setUp({ bookmark: true });
    await recorder.pause(target, context());
    await vi.waitFor(() => expect(simulator.conversation(correlationId)?.marking).toBe(1));
    await recorder.resume(target, context());
    await vi.waitFor(() => expect(simulator.conversation(correlationId)?.marking).toBe(2));
    const actions = simulator.requests.map(({ action }) => action);
    expect(actions).toEqual(["Pause", "Mark", "Start", "UnMark"]);
  });
  test("is off by default", async () => {
    const { simulator, recorder, context } = setUp();
    await recorder.pause(target, context());
    await recorder.resume(target, context());
    expect(simulator.requests.map(({ action }) => action)).toEqual(["Pause", "Start"]);
  });
  test("that fails, hangs or throws changes nothing of the pause", async () => {
    const { simulator, recorder, context, send } = setUp({ bookmark: true });
    const real = send.getMockImplementation();
    for (const bookmark of [
      () => Promise.resolve({ kind: "lost", detail: "cut" } as const),
      () => new Promise<never>(() => {}),
      () => Promise.reject(new Error("broken port")),
    ]) {
      send.mockImplementation((request, signal) => {
        const isMark = request.body?.includes('"Action":6') === true;
        return isMark || real === undefined ? bookmark() : real(request, signal);
      });
      expect(await recorder.pause(target, context())).toEqual({ kind: "acknowledged" });
      expect(simulator.heard(correlationId)).toBe("paused");
    }
  });
  test("never confirms: a conversation that is only marked is recording", async () => {
    const { simulator, recorder, context } = setUp({ bookmark: true });
    simulator.faults.set({ name: "ack-and-ignore", times: 1 });
    await recorder.pause(target, context());
    await vi.waitFor(() => expect(simulator.conversation(correlationId)?.marking).toBe(1));
    expect(await recorder.status(target, context())).toEqual({
      kind: "observed",
      status: "recording",
      detail: "marked",
    });
  });
  test("is not set beside a pause that was refused", async () => {
    const { simulator, recorder, context } = setUp({ bookmark: true });
    simulator.faults.set({ name: "error-in-200", times: 1 });
    await recorder.pause(target, context());
    await recorder.status(target, context());
    expect(simulator.requests.map(({ action }) => action)).toEqual(["Pause", undefined]);
  });
});

test("nothing but Start, Pause, Mark and UnMark is ever ordered", async () => {
  const { simulator, recorder, context } = setUp({ bookmark: true });
  for (const command of ["pause", "resume", "resume", "pause"] as const) {
    await recorder[command](target, context());
    await recorder.status(target, context());
    await recorder.preflight(context());
  }
  const allowed = new Set(["Start", "Pause", "Mark", "UnMark", undefined]);
  expect(simulator.requests.filter(({ action }) => !allowed.has(action))).toEqual([]);
});

describe("the bearer token", () => {
  test("is fetched once for all who ask at the same time, and kept", async () => {
    const { recorder, context, tokensGiven, sent } = setUp({}, {});
    await Promise.all([1, 2, 3, 4].map(() => recorder.status(target, context())));
    await recorder.pause(target, context());
    expect(tokensGiven()).toBe(1);
    expect(sent(tokenPath)).toBe(1);
  });
  test("is renewed before it expires, without anybody being turned away", async () => {
    const { simulator, recorder, context, tokensGiven, pass } = setUp({}, { expiresInS: 300 });
    await recorder.status(target, context());
    pass(250_000);
    expect(await recorder.status(target, context())).toMatchObject({ status: "recording" });
    await vi.waitFor(() => expect(tokensGiven()).toBe(2));
    pass(200_000);
    const before = simulator.requests.length;
    expect(await recorder.status(target, context())).toMatchObject({ status: "recording" });
    expect(simulator.requests.length).toBe(before + 1);
  });
  test("that has expired is not sent", async () => {
    const { simulator, recorder, context, tokensGiven, pass } = setUp({}, { expiresInS: 300 });
    await recorder.status(target, context());
    pass(400_000);
    expect(await recorder.pause(target, context())).toEqual({ kind: "acknowledged" });
    expect(tokensGiven()).toBe(2);
    expect(simulator.requests.filter(({ action }) => action === "Pause").length).toBe(1);
  });
  test("that is turned away is fetched anew and the order sent once more", async () => {
    const { simulator, recorder, context, tokensGiven } = setUp({}, {});
    await recorder.status(target, context());
    simulator.tokens?.revoke();
    expect(await recorder.pause(target, context())).toEqual({ kind: "acknowledged" });
    expect(tokensGiven()).toBe(2);
    expect(simulator.heard(correlationId)).toBe("paused");
  });
  test("a second 401 is not_authorized and ends it", async () => {
    const { simulator, recorder, context, sent } = setUp({}, {});
    simulator.faults.set({ name: "unauthorized" });
    expect(await recorder.pause(target, context())).toMatchObject({
      kind: "refused",
      reason: "not_authorized",
    });
    expect(sent("/set")).toBe(2);
  });
  test("an order that may have been heard is not sent again with a new token", async () => {
    const { simulator, recorder, context, sent } = setUp({}, {});
    simulator.faults.set({ name: "applied-but-lost", times: 1 });
    expect(await recorder.resume(target, context())).toMatchObject({ kind: "in_doubt" });
    expect(sent("/set")).toBe(1);
  });
  test("with no token the order is not sent, and says why without the password", async () => {
    const { recorder, context, sent } = setUp({}, { password: "another one" });
    const outcome = await recorder.pause(target, context());
    expect(outcome).toMatchObject({ kind: "refused", reason: "not_authorized" });
    expect(sent("/set")).toBe(0);
    expect(JSON.stringify(outcome)).not.toContain(grant.password);
  });
  test("a token service that hangs leaves the order unsent at its deadline", async () => {
    const { recorder, context, send } = setUp({}, {});
    send.mockImplementation(() => new Promise(() => {}));
    const deadline = new AbortController();
    const outcome = recorder.pause(target, context({ signal: deadline.signal }));
    deadline.abort();
    expect(await outcome).toMatchObject({ kind: "unreachable" });
  });
  test("an old token quoted by the recorder is not told", async () => {
    const { simulator, recorder, context } = setUp({}, {});
    await recorder.status(target, context());
    simulator.faults.set({ name: "error-in-200", times: 1 });
    const outcome = await recorder.pause(target, context());
    expect(outcome).toMatchObject({ detail: expect.stringContaining("[secret]") });
    expect(JSON.stringify(outcome)).not.toContain(simulator.tokens?.given[0]);
  });
});

test("a long run of digits in the vendor's words is not told", async () => {
  const { recorder, context, send } = setUp();
  const body = { ErrorMessage: { ErrorType: 1, Message: "bad number 4111 1111 1111 1111 there" } };
  send.mockResolvedValue({
    kind: "reply",
    reply: { status: 200, headers: {}, body: JSON.stringify(body) },
  });
  expect(await recorder.pause(target, context())).toMatchObject({
    detail: "ErrorType 1: bad number [digits] there",
  });
});

function named(findings: readonly { readonly name: string }[], name: string) {
  return findings.find((finding) => finding.name.includes(name));
}

describe("the preflight", () => {
  test("asks each listed UCC, and names what a person has to check", async () => {
    const { recorder, context } = setUp({ uccNames: ["ucc-demo"] });
    const findings = await recorder.preflight(context());
    expect(findings.every(({ ok }) => ok)).toBe(true);
    expect(named(findings, "AgentCanEditRecordings of ucc-demo")).toBeDefined();
    for (const name of ["UseAudioRecording", "SaveRecordingByDefault", "licence"]) {
      expect(named(findings, name)).toBeDefined();
    }
  });
  test("fails by name where agents may not edit recordings", async () => {
    const { simulator, recorder, context } = setUp({ uccNames: ["ucc-demo"] });
    simulator.faults.set({ name: "not-permitted" });
    const finding = named(await recorder.preflight(context()), "AgentCanEditRecordings of");
    expect(finding).toMatchObject({ ok: false });
    expect(await recorder.pause(target, context())).toMatchObject({ kind: "refused" });
  });
  test("fails for an unknown UCC and for a recorder that is away", async () => {
    const unknown = setUp({ uccNames: ["ucc-other"] });
    expect(named(await unknown.recorder.preflight(unknown.context()), "ucc-other")).toMatchObject({
      ok: false,
      detail: expect.stringContaining("was not found"),
    });
    const away = setUp({ uccNames: ["ucc-demo"] });
    away.simulator.faults.set({ name: "unreachable" });
    expect(named(await away.recorder.preflight(away.context()), "ucc-demo")).toMatchObject({
      ok: false,
      detail: expect.stringContaining("unreachable"),
    });
  });
});

describe("the simulator's further faults are met", () => {
  test("nothing recorded there: the pause says so and the read says absent", async () => {
    const { simulator, recorder, context } = setUp();
    simulator.faults.set({ name: "nothing-recording" });
    simulator.faults.set({ name: "not-found-is-404" });
    expect(await recorder.pause(target, context())).toMatchObject({ reason: "target_not_found" });
    expect(await recorder.status(target, context())).toMatchObject({ status: "absent" });
  });
  test("a resume that hangs is given up at the deadline and sent once", async () => {
    const { simulator, recorder, context, sent } = setUp();
    await recorder.pause(target, context());
    simulator.faults.set({ name: "hung-resume" });
    const deadline = new AbortController();
    const outcome = recorder.resume(target, context({ signal: deadline.signal }));
    await vi.waitFor(() => expect(simulator.requests.length).toBe(2));
    deadline.abort();
    expect(await outcome).toMatchObject({ kind: "in_doubt" });
    expect(sent("/set")).toBe(2);
    expect(simulator.heard(correlationId)).toBe("paused");
  });
  test("a resume that hangs may land late", async () => {
    const { simulator, recorder, context } = setUp();
    await recorder.pause(target, context());
    simulator.faults.set({ name: "hung-resume", ms: 5 });
    const deadline = new AbortController();
    const outcome = recorder.resume(target, context({ signal: deadline.signal }));
    await vi.waitFor(() => expect(simulator.heard(correlationId)).toBe("recording"));
    deadline.abort();
    expect(await outcome).toMatchObject({ kind: "in_doubt" });
  });
});
