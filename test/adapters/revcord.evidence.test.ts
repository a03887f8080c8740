/** What only Revcord does as a witness: channels, clocks, files and pages. */
import { expect, test } from "vitest";
import { bindWitness } from "../../src/adapters/witness.ts";
import type { Target } from "../../src/control/call.ts";
import { type Form, revcordAt, secrets, setClock } from "./revcordRig.ts";

const minute = 60_000;

/** Three calls on one channel, a minute each with a minute between; another channel's beside them. */
async function setUp(form: Form = {}) {
  const clock = setClock();
  const at = await revcordAt({ ...form, simulator: { now: clock.now, ...form.simulator } });
  const { recorder, send, simulator } = at;
  const begun: number[] = [];
  simulator.begin("1002", { callId: "other" });
  for (const callId of ["first", "second", "third"]) {
    begun.push(clock.now());
    simulator.begin("1001", { callId });
    clock.later(minute);
    simulator.end("1001");
    clock.later(minute);
  }
  const port = bindWitness(recorder, send);
  const ctx = () => ({ now: clock.now, signal: AbortSignal.timeout(10_000) });
  const evidence = async (target: Target, from: number, to: number) =>
    port.evidence?.(target, { from, to }, ctx());
  const ids = async (target: Target, from: number, to: number) => {
    const told = await evidence(target, from, to);
    if (told === undefined || "kind" in told) throw new Error(JSON.stringify(told));
    return told.map(({ recordingId }) => recordingId);
  };
  const [t1 = 0, t2 = 0, t3 = 0] = begun;
  return { clock, ctx, evidence, ids, port, simulator, t1, t2, t3 };
}

test("a call is told by its start alone: no end, no length, no link", async () => {
  const { evidence, t2 } = await setUp();
  const told = await evidence({ callId: "second" }, t2, t2 + minute);
  expect(told).toEqual([
    {
      recordingId: "second",
      startAt: t2,
      withinMs: 1_000,
      closed: true,
      replyDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    },
  ]);
});

test("a call that goes on, and so has no file yet, is told as not closed", async () => {
  const { clock, evidence, t1 } = await setUp();
  expect(await evidence({ callId: "other" }, t1, clock.now())).toMatchObject([{ closed: false }]);
});

test("a channel is asked for at the call's start, middle and end, on the logger's clock", async () => {
  const { ids, simulator, t1, t3 } = await setUp();
  expect(await ids({ channel: "1001" }, t1, t3 + minute)).toEqual(["first", "second", "third"]);
  expect(simulator.questions.map(({ asked }) => asked)).toEqual(
    ["20260504143000", "20260504143230", "20260504143500"].map((calldatetime) => ({
      email: "agupta@revcord.com",
      calldatetime,
      channel: "1001",
    })),
  );
});

test("a moment is asked for once", async () => {
  const { ids, simulator, t2 } = await setUp();
  expect(await ids({ channel: "1001" }, t2 + 10_000, t2 + 10_999)).toEqual(["second"]);
  expect(simulator.questions).toHaveLength(1);
});

test("a recording that began before the span is told where none began between", async () => {
  const { ids, t2 } = await setUp();
  expect(await ids({ channel: "1001" }, t2 + 40_000, t2 + 50_000)).toEqual(["second"]);
});

test("of a channel's earlier calls only the last can have lasted", async () => {
  const { ids, simulator, t1, t2, t3 } = await setUp();
  // As a logger that answers with more than went on at the moment asked for.
  for (const call of simulator.calls) Object.assign(call, { endAt: t3 + 10 * minute });
  const channel = { channel: "1001" };
  expect(await ids(channel, t3 + 30_000, t3 + 40_000)).toEqual(["third"]);
  expect(await ids(channel, t2 + 30_000, t3 + 40_000)).toEqual(["second", "third"]);
  expect(await ids(channel, t1, t3 + 40_000)).toEqual(["first", "second", "third"]);
});

test.each(["during", "start"] as const)(
  "a channel with startedAt is one question and one recording, where the logger searches by %s",
  async (search) => {
    const { ids, simulator, t1, t2 } = await setUp({ simulator: { search } });
    const startedAt = new Date(t2).toISOString();
    expect(await ids({ channel: "1001", startedAt }, t1, t2 + 2 * minute)).toEqual(["second"]);
    expect(simulator.questions).toHaveLength(1);
  },
);

test("startedAt names a recording that begins then, not one that goes on then", async () => {
  const { ids, t1, t2 } = await setUp();
  const startedAt = new Date(t2 + 30_000).toISOString();
  expect(await ids({ channel: "1001", startedAt }, t1, t2 + 2 * minute)).toEqual([]);
});

test("with a channel's name configured, a recording of another name is not told of", async () => {
  const right = await setUp({ settings: { channelNames: { "1001": "ch_0001" } } });
  expect(await right.ids({ channel: "1001" }, right.t2, right.t2 + minute)).toContain("second");
  const wrong = await setUp({ settings: { channelNames: { "1001": "CH_0007" } } });
  expect(await wrong.ids({ channel: "1001" }, wrong.t2, wrong.t2 + minute)).toEqual([]);
});

test("an answer about another call is a bad reply", async () => {
  const { evidence, simulator, t2 } = await setUp();
  simulator.faults.set({ name: "another-call" });
  expect(await evidence({ callId: "second" }, t2, t2 + minute)).toEqual({
    kind: "refused",
    reason: "bad_reply",
    detail: "the answer is about another call",
  });
});

test("one CallID for two recordings is a bad reply: nobody could tell them apart", async () => {
  const { evidence, simulator, t1, t3 } = await setUp();
  for (const call of simulator.calls) Object.assign(call, { callId: "second" });
  expect(await evidence({ channel: "1001" }, t1, t3 + minute)).toMatchObject({
    reason: "bad_reply",
  });
});

test("a zone that is not the logger's is found out", async () => {
  const { evidence, t2 } = await setUp({ settings: { timeZone: "Europe/London" } });
  expect(await evidence({ callId: "second" }, t2, t2 + minute)).toMatchObject({
    reason: "bad_reply",
    detail: "StartTime and StartTimeString are 270 min apart: check timeZone",
  });
  const shifted = await setUp();
  shifted.simulator.faults.set({ name: "clock-wrong" });
  expect(await shifted.evidence({ callId: "second" }, t2, t2 + minute)).toMatchObject({
    reason: "bad_reply",
  });
});

test("a file lies on a configured origin, or its address is told to nobody", async () => {
  const { ctx, port, simulator } = await setUp();
  const request = await port.audio?.("second", ctx());
  expect(request).toEqual({
    method: "GET",
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1\/TWebAudio\/.+_second\.wav$/) as string,
    headers: { accept: "*/*" },
  });
  simulator.faults.set({ name: "playback-elsewhere" });
  const refused = await port.audio?.("second", ctx());
  expect(refused).toMatchObject({ kind: "refused", reason: "not_permitted" });
  expect(JSON.stringify(refused)).not.toMatch(/elsewhere|http|wav/);
});

test("without playbackOrigins no file is fetched", async () => {
  const { ctx, port } = await setUp({ settings: { playbackOrigins: [] } });
  expect(await port.audio?.("second", ctx())).toMatchObject({ reason: "not_permitted" });
});

test("a file that is not there yet, or of a call that nobody knows, is not fetched", async () => {
  const { ctx, port, simulator } = await setUp();
  expect(await port.audio?.("other", ctx())).toMatchObject({ reason: "target_not_found" });
  expect(await port.audio?.("fourth", ctx())).toMatchObject({ reason: "target_not_found" });
  const before = simulator.questions.length;
  for (const strange of ["", "../x", "4111111111111111", "https://elsewhere.example/x"])
    expect(await port.audio?.(strange, ctx())).toMatchObject({ reason: "target_not_found" });
  expect(simulator.questions).toHaveLength(before);
});

test("the vendor's page is made for a click, from the call's own second and channel", async () => {
  const settings = { channelNames: { "1001": "CH_0001" } };
  const { ctx, port, simulator } = await setUp({ settings });
  expect(await port.page?.("second", ctx())).toEqual({
    kind: "page",
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1\/VRec\/Invite\/ViewEvent\.aspx\?/) as string,
  });
  expect(simulator.questions.at(-1)).toEqual({
    path: "/RevcordMMSAPI/api/Role/GetCallsPage",
    asked: {
      email: "agupta@revcord.com",
      startdate: "20260504",
      enddate: "20260504",
      starttime: "143200",
      endtime: "143300",
      channel: "1001",
    },
  });
  expect(await port.page?.("fourth", ctx())).toMatchObject({ reason: "target_not_found" });
});

test("a page on another origin is told to nobody", async () => {
  const { ctx, port, simulator } = await setUp();
  simulator.faults.set({ name: "playback-elsewhere" });
  const refused = await port.page?.("second", ctx());
  expect(refused).toMatchObject({ kind: "refused", reason: "not_permitted" });
  expect(JSON.stringify(refused)).not.toContain("elsewhere.example");
});

test("a preflight logs in, changes nothing, and says what nobody can ask the logger", async () => {
  const clock = setClock();
  const { recorder, send, simulator } = await revcordAt({ simulator: { now: clock.now } });
  const context = { send, now: clock.now, silenced: false };
  const ask = () => recorder.preflight({ ...context, signal: AbortSignal.timeout(10_000) });
  const findings = await ask();
  expect(findings.map(({ name, ok }) => [name, ok])).toEqual([
    ["login", true],
    ["control", true],
    ["checklist: timeZone", true],
    ["checklist: playbackOrigins", true],
  ]);
  expect(findings[1]?.detail).toContain("no call is secured by it");
  expect(findings[2]?.detail).toContain("20260504143000");
  expect(simulator.questions).toEqual([]);
  const wrong = await revcordAt({
    settings: { auth: { level: "user", tenantId: "2221", serviceKey: "x" } },
  });
  const [login] = await wrong.recorder.preflight({
    ...context,
    send: wrong.send,
    signal: AbortSignal.timeout(10_000),
  });
  expect(login).toMatchObject({ name: "login", ok: false });
  for (const secret of secrets) expect(JSON.stringify([findings, login])).not.toContain(secret);
});
