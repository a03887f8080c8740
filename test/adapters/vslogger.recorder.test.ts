/**
 * What only a VSLogger adapter does: sessions, surveys, targets that point to channels, marks in
 * recordings, and the vendor's own failures.
 *
 * @module
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { inProcess } from "./inProcess.ts";
import { vsloggerVendor } from "../../src/adapters/vslogger/index.ts";
import type {
  AdapterContext,
  AnyRecorder,
  HttpRequest,
  Send,
} from "../../src/adapters/recorder.ts";
import type { Target } from "../../src/control/call.ts";
import type { ControlOutcome, Observation } from "../../src/control/ports.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import type { VsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import type { VsloggerSimulatorOptions } from "../../src/sandbox/vslogger/index.ts";

const salt = "S3CRETSALT";
const hash = { type: "sha-256", salt };
const sip = { sipCallId: "3848276298220188511@atlanta.example.com", hw: "siprec" };

interface Bench {
  readonly simulator: VsloggerSimulator;
  readonly recorder: AnyRecorder;
  readonly sent: HttpRequest[];
  readonly pause: (target: Target, over?: Partial<AdapterContext>) => Promise<ControlOutcome>;
  readonly resume: (target: Target, over?: Partial<AdapterContext>) => Promise<ControlOutcome>;
  readonly status: (target: Target, over?: Partial<AdapterContext>) => Promise<Observation>;
  readonly survey: (...targets: readonly Target[]) => Promise<ReadonlyMap<string, Observation>>;
  readonly context: (over?: Partial<AdapterContext>) => AdapterContext;
}

const benches: Bench[] = [];

function bench(settings: object = {}, options: VsloggerSimulatorOptions = {}): Bench {
  const simulator = vsloggerSimulator({
    hash: { type: "SHA-256", salt, strict: true },
    ...options,
  });
  const recorder = vsloggerVendor.create(
    "vslogger-hq",
    vsloggerVendor.settings.parse({
      baseUrl: "http://127.0.0.1/",
      version: options.version ?? "5.1.0.0",
      hash,
      ...settings,
    }),
    { now: Date.now },
  );
  const sent: HttpRequest[] = [];
  const port = inProcess(simulator.app);
  const send: Send = (request, signal) => {
    sent.push(request);
    return port(request, signal);
  };
  const context = (over: Partial<AdapterContext> = {}): AdapterContext => ({
    send,
    now: Date.now,
    signal: AbortSignal.timeout(10_000),
    silenced: true,
    windowId: "pay-1",
    ...over,
  });
  const parse = (target: Target): Target => recorder.targetSchema.parse(target);
  const { pause, resume, status, survey } = recorder;
  if (!pause || !resume || !status || !survey) throw new Error("claims less than it should");
  const made: Bench = {
    simulator,
    recorder,
    sent,
    context,
    pause: (target, over) => pause(parse(target), context(over)),
    resume: (target, over) => resume(parse(target), context(over)),
    status: (target, over) => status(parse(target), context(over)),
    survey: async (...targets) => {
      const parsed = targets.map(parse);
      const asked = new Map(parsed.map((one) => [recorder.targetKey(one), one]));
      const told = await survey(asked, context({ silenced: false }));
      if ("kind" in told) throw new Error(JSON.stringify(told));
      return told;
    },
  };
  benches.push(made);
  return made;
}

afterEach(() => {
  for (const { sent } of benches.splice(0)) {
    for (const { url, body, method } of sent) {
      // Whatever happened: a channel is never enabled or disabled, a recording never deleted.
      expect(`${url} ${body}`).not.toMatch(/cmd=(en|dis)able|enable=/);
      expect(["GET", "POST"]).toContain(method);
      expect(`${url} ${body}`).not.toContain(salt);
    }
  }
});

const sessionOf = (told: Observation | undefined) =>
  told?.kind === "observed" ? told.session : undefined;
const order = { begin: (at: VsloggerSimulator) => at.begin("5", { extension: "410" }) };

const findings = async ({ recorder, context }: Bench) =>
  Object.fromEntries(
    (await recorder.preflight(context())).map(({ name, ok, detail }) => [name, { ok, detail }]),
  );

describe("the session of a target", () => {
  test("is told by every kind of read, and is another one for the next call", async () => {
    const { simulator, status, survey } = bench();
    const call = { ...sip };
    const targets: readonly Target[] = [
      { channel: 5 },
      call,
      { extension: "410" },
      { agentId: "a-1" },
      { sessionId: "s-1" },
    ];
    const details = { call_id: sip.sipCallId, extension: "410", agent_id: "a-1" };
    simulator.begin("5", { ...details, session_id: "s-1" });
    for (const target of targets) expect(sessionOf(await status(target))).toBe("id:s-1");
    const told = await survey(...targets);
    expect([...told.values()].map(sessionOf)).toEqual(targets.map(() => "id:s-1"));
    simulator.end("5");
    simulator.begin("5", { ...details, session_id: "s-2" });
    expect(sessionOf(await status({ channel: 5 }))).toBe("id:s-2");
    expect(sessionOf(await status({ extension: "410" }))).toBe("id:s-2");
  });

  test("is the start of the call on a line without session ids", async () => {
    const { simulator, status } = bench();
    simulator.begin("5", { session_id: "", start_tm: "1427319442972" });
    expect(sessionOf(await status({ channel: 5 }))).toBe("start:1427319442972");
    simulator.end("5");
    expect(sessionOf(await status({ channel: 5 }))).toBeUndefined();
    simulator.begin("5", { session_id: "", start_tm: "1427319999999" });
    expect(sessionOf(await status({ channel: 5 }))).toBe("start:1427319999999");
  });
});

describe("a survey", () => {
  test("is one request for all targets, resolving included", async () => {
    const { simulator, survey, sent } = bench();
    simulator.begin("5", { extension: "410" });
    simulator.begin("6", { agent_id: "a-2", record: "false" });
    simulator.begin("7", { extension: "411" });
    simulator.begin("8", { extension: "411" });
    simulator.byHand("5", "paused");
    const told = await survey(
      { channel: 5 },
      { extension: "410" },
      { agentId: "a-2" },
      { extension: "411" },
      { extension: "499" },
    );
    expect(sent).toHaveLength(1);
    expect(Object.fromEntries(told)).toMatchObject({
      "channel/5": { status: "paused" },
      "extension/410": { status: "paused", detail: "channel 5" },
      "agent/a-2": { status: "absent" },
      "extension/411": { kind: "refused", reason: "target_ambiguous" },
      "extension/499": { status: "absent" },
    });
  });

  test("says nothing of a call whose channel is not known, or carries another by now", async () => {
    const { simulator, survey, status } = bench();
    simulator.begin("5", { call_id: sip.sipCallId });
    expect((await survey(sip)).size).toBe(0);
    await status(sip);
    expect((await survey(sip)).get(`call/siprec/${sip.sipCallId}`)).toMatchObject({
      status: "recording",
    });
    simulator.end("5");
    simulator.begin("5", { call_id: "next@host" });
    expect((await survey(sip)).size).toBe(0);
  });

  test("by record, leaves to a target's own read whether it was tacet that stopped it", async () => {
    const { simulator, survey, pause, status } = bench({ silenceBy: "record" });
    simulator.begin("5");
    simulator.begin("6");
    await pause({ channel: 5 });
    const told = await survey({ channel: 5 }, { channel: 6 });
    expect([...told.keys()]).toEqual(["channel/6"]);
    expect(await status({ channel: 5 })).toMatchObject({ status: "paused" });
    expect(await status({ channel: 5 }, { silenced: false })).toMatchObject({ status: "absent" });
  });
});

describe("by record", () => {
  test.each([{ channel: 5 }, { extension: "410" }, sip])(
    "what did not record before is absent after a pause too: nothing of it was stopped, %j",
    async (target) => {
      const { simulator, pause, status, survey } = bench({ silenceBy: "record" });
      simulator.begin("5", { call_id: sip.sipCallId, extension: "410", record: "false" });
      expect(await status(target, { silenced: false })).toMatchObject({ status: "absent" });
      expect(await pause(target)).toEqual({ kind: "acknowledged" });
      expect(await status(target)).toMatchObject({ status: "absent" });
      expect((await survey(target)).size).toBe(0);
      expect(simulator.commandsHeard()).toBe(1);
    },
  );

  test("what began to record since is stopped and paused", async () => {
    const { simulator, pause, status } = bench({ silenceBy: "record" });
    expect(await status({ channel: 5 }, { silenced: false })).toMatchObject({ status: "absent" });
    simulator.begin("5");
    expect(await pause({ channel: 5 })).toEqual({ kind: "acknowledged" });
    expect(simulator.heard("5")).toBe("paused");
    expect(await status({ channel: 5 })).toMatchObject({ status: "paused" });
  });
});

describe("a target that points to a channel", () => {
  test("is refused where several are live, naming them, and nothing is commanded", async () => {
    const { simulator, pause, status } = bench();
    simulator.begin("5", { extension: "410" });
    simulator.begin("12", { extension: "410" });
    const refused = { kind: "refused", reason: "target_ambiguous" };
    expect(await pause({ extension: "410" })).toMatchObject(refused);
    expect(await status({ extension: "410" })).toEqual({
      ...refused,
      detail: "several live channels: 5, 12",
    });
    expect(simulator.commandsHeard()).toBe(0);
  });

  test("is absent where none is live, and a command for it is refused", async () => {
    const { simulator, pause, resume, status } = bench();
    order.begin(simulator);
    simulator.end("5");
    const refused = { kind: "refused", reason: "target_not_found" };
    expect(await pause({ extension: "410" })).toMatchObject(refused);
    expect(await resume({ extension: "410" })).toMatchObject(refused);
    expect(await status({ extension: "410" })).toEqual({ kind: "observed", status: "absent" });
    expect(simulator.commandsHeard()).toBe(0);
  });

  test("is let go where it was silenced, though it points to others as well by then", async () => {
    const { simulator, pause, resume } = bench();
    order.begin(simulator);
    await pause({ extension: "410" });
    simulator.begin("6", { extension: "410" });
    simulator.byHand("6", "paused");
    expect(await resume({ extension: "410" })).toEqual({ kind: "acknowledged" });
    expect(simulator.heard("5")).toBe("recording");
    // Somebody else's: left as it is.
    expect(simulator.heard("6")).toBe("paused");
  });

  test("does not leave its mute behind for the next caller on that channel", async () => {
    const { simulator, pause, resume } = bench();
    simulator.faults.set({ name: "channel-reuse" });
    order.begin(simulator);
    await pause({ extension: "410" });
    simulator.end("5");
    simulator.begin("5", { extension: "777" });
    expect(simulator.heard("5")).toBe("paused");
    expect(await resume({ extension: "410" })).toEqual({ kind: "acknowledged" });
    expect(simulator.heard("5")).toBe("recording");
  });

  test("does not undo what another target silenced on that channel since", async () => {
    const { simulator, pause, resume } = bench();
    order.begin(simulator);
    await pause({ extension: "410" });
    simulator.end("5");
    simulator.begin("5", { extension: "777" });
    await pause({ extension: "777" });
    expect(await resume({ extension: "410" })).toMatchObject({ reason: "target_not_found" });
    expect(simulator.heard("5")).toBe("paused");
  });

  test("that was silenced on two channels in one window is let go on both", async () => {
    const { simulator, pause, resume } = bench();
    simulator.begin("5", { agent_id: "a-1" });
    await pause({ agentId: "a-1" });
    simulator.poke(5, { agent_id: "a-9" });
    simulator.begin("6", { agent_id: "a-1" });
    await pause({ agentId: "a-1" });
    expect(await resume({ agentId: "a-1" })).toEqual({ kind: "acknowledged" });
    expect([simulator.heard("5"), simulator.heard("6")]).toEqual(["recording", "recording"]);
  });

  test("by record, starts no recording of the next caller", async () => {
    const { simulator, pause, resume } = bench({ silenceBy: "record" });
    order.begin(simulator);
    await pause({ extension: "410" });
    simulator.end("5");
    simulator.begin("5", { extension: "777", record: "false" });
    expect(await resume({ extension: "410" })).toMatchObject({ reason: "target_not_found" });
    expect(simulator.heard("5")).toBe("absent");
  });

  test("of an agent is located by extension or agent id, as channels", async () => {
    const { simulator, recorder, context, sent } = bench();
    simulator.begin("5", { extension: "410", agent_id: "a-1" });
    simulator.begin("6", { extension: "411", agent_id: "a-1" });
    expect(await recorder.locate?.({ extension: "410" }, context())).toEqual([{ channel: 5 }]);
    expect(await recorder.locate?.({ recorderAgentId: "a-1" }, context())).toEqual([
      { channel: 5 },
      { channel: 6 },
    ]);
    expect(await recorder.locate?.({ sipUri: "sip:a@b" }, context())).toEqual([]);
    expect(sent).toHaveLength(2);
    simulator.faults.set({ name: "unreachable" });
    expect(await recorder.locate?.({ extension: "410" }, context())).toMatchObject({
      kind: "unreachable",
    });
  });
});

describe("a call", () => {
  test("that is over is absent, and a command for it is refused", async () => {
    const { simulator, status, pause } = bench();
    simulator.begin("5", { call_id: sip.sipCallId });
    await status(sip);
    simulator.end("5");
    simulator.begin("5", { call_id: "next@host" });
    expect(await status(sip)).toEqual({ kind: "observed", status: "absent" });
    expect(await pause(sip)).toMatchObject({ kind: "refused", reason: "target_not_found" });
    expect(simulator.heard("5")).toBe("recording");
  });

  test("that a live channel still carries is not taken for over by a general failure", async () => {
    const { simulator, status, context, recorder } = bench();
    simulator.begin("5", { call_id: sip.sipCallId, session_id: "s-1" });
    await status(sip);
    const failing: Send = async (request, signal) =>
      request.url.includes("res=call&")
        ? { kind: "reply", reply: { status: 200, headers: {}, body: '{"status":-1,"data":""}' } }
        : context().send(request, signal);
    expect(await recorder.status?.(sip, context({ send: failing }))).toMatchObject({
      kind: "refused",
      reason: "vendor_error",
    });
  });

  test("or a channel told of in place of the one asked for is a bad reply", async () => {
    const { recorder, context } = bench();
    const body = JSON.stringify({
      status: 0,
      data: { channel: 6, call_id: "other", record: true, mute: true, onoff: true },
    });
    const send: Send = async () => ({ kind: "reply", reply: { status: 200, headers: {}, body } });
    for (const target of [sip, { channel: 5 }]) {
      expect(await recorder.status?.(target, context({ send }))).toMatchObject({
        reason: "bad_reply",
      });
    }
  });
});

describe("surfaces", () => {
  test.each([
    ["4.9.4.9", "channel-state"],
    ["4.9.5.0", "channel-cmd"],
    ["5.1.0.0", "channel-cmd"],
  ])("auto on version %s says %s for a channel", async (version, res) => {
    const { simulator, pause } = bench({}, { version });
    simulator.begin("5");
    expect(await pause({ channel: 5 })).toEqual({ kind: "acknowledged" });
    expect(simulator.requests.map((request) => request.res)).toEqual([res]);
  });

  test("auto on version 5.1.0.0 says call-state for a call", async () => {
    const { simulator, pause } = bench();
    simulator.begin("5", { call_id: sip.sipCallId });
    expect(await pause(sip)).toEqual({ kind: "acknowledged" });
    expect(simulator.requests.map(({ res, method }) => `${method} ${res}`)).toEqual([
      "POST call-state",
    ]);
  });

  test("many requests at once, and a clock that steps back, pass a recorder that wants ss to grow", async () => {
    const { simulator, status } = bench();
    simulator.begin("5");
    let clock = 1_427_319_442_972;
    const now = () => (clock -= 1_000);
    const all = await Promise.all(
      Array.from({ length: 40 }, () => status({ channel: 5 }, { now })),
    );
    for (const one of all) expect(one).toMatchObject({ status: "recording" });
  });
});

describe("the vendor's failures", () => {
  test.each([
    ["hash-refused", "hash_refused"],
    ["session-lost", "session_lost"],
    ["not-permitted", "not_permitted"],
    ["cached", "bad_reply"],
    ["html-instead-of-json", "bad_reply"],
  ])("%s is refused: %s, and sent once", async (name, reason) => {
    const { simulator, pause, sent } = bench();
    simulator.begin("5");
    simulator.faults.set({ name });
    const outcome = await pause({ channel: 5 });
    expect(outcome).toMatchObject({ kind: "refused", reason });
    expect(JSON.stringify(outcome)).not.toContain(salt);
    expect(sent).toHaveLength(1);
    expect(simulator.heard("5")).toBe("recording");
  });

  test("a wrong salt is refused as such", async () => {
    const { simulator, pause, status } = bench({ hash: { ...hash, salt: "WR0NGSALT" } });
    simulator.begin("5");
    const refused = { kind: "refused", reason: "hash_refused" };
    expect(await pause({ channel: 5 })).toMatchObject(refused);
    expect(await status({ channel: 5 })).toMatchObject(refused);
  });

  test("a resume that hangs is in doubt when it is given up, and was sent once", async () => {
    const { simulator, pause, resume } = bench();
    simulator.begin("5");
    await pause({ channel: 5 });
    simulator.faults.set({ name: "hung-resume" });
    const outcome = await resume({ channel: 5 }, { signal: AbortSignal.timeout(50) });
    expect(outcome.kind).toBe("in_doubt");
    expect(simulator.commandsHeard()).toBe(2);
  });
});

describe("marks in the recording", () => {
  const marks = { note: { windowId: true }, flag: 3 };
  test.each([
    ["channel-cmd", { channel: 5 }],
    ["channel-state", { channel: 5 }],
    ["call-state", sip],
  ] as const)("via %s, keep what is there", async (via, target) => {
    const { simulator, pause } = bench({ ...marks, via });
    simulator.begin("5", { call_id: sip.sipCallId, note: "VIP & co", flag: "0" });
    expect(await pause(target)).toEqual({ kind: "acknowledged" });
    await vi.waitFor(() => {
      expect(simulator.channel(5)).toMatchObject({ note: "VIP & co [tacet pay-1]", flag: 3 });
    });
    await pause(target);
    await pause(target, { windowId: "pay-2" });
    await vi.waitFor(() => {
      expect(simulator.channel(5)?.note).toBe("VIP & co [tacet pay-1] [tacet pay-2]");
    });
    expect(simulator.heard("5")).toBe("paused");
  });

  test("put no words of others into a URL, and none in place of a flag", async () => {
    const { simulator, pause, sent } = bench({ ...marks, via: "channel-cmd" });
    simulator.begin("5", { note: "caller says 4111", flag: "7" });
    await pause({ channel: 5 });
    await vi.waitFor(() => expect(simulator.channel(5)?.note).toContain("[tacet pay-1]"));
    for (const { url } of sent) expect(url).not.toContain("4111");
    expect(simulator.channel(5)?.flag).toBe(7);
  });

  test("go by cmd=update where there is nothing of others to keep", async () => {
    const { simulator, pause, sent } = bench({ ...marks, via: "channel-cmd" });
    simulator.begin("5");
    await pause({ channel: 5 });
    await vi.waitFor(() => expect(simulator.channel(5)?.note).toBe("[tacet pay-1]"));
    expect(sent.at(-1)?.url).toContain("cmd=update");
    expect(simulator.channel(5)?.flag).toBe(3);
  });

  test("neither delay a pause nor change its outcome", async () => {
    const { simulator, pause, status } = bench({ ...marks, via: "channel-state" });
    simulator.begin("5");
    simulator.faults.set({ name: "slow-reads", times: 1, ms: 3_600_000 });
    expect(await pause({ channel: 5 })).toEqual({ kind: "acknowledged" });
    simulator.faults.clear();
    expect(await status({ channel: 5 })).toMatchObject({ status: "paused" });
    expect(simulator.channel(5)?.note).toBe("");
  });

  test("are not written, and nothing is read for them, unless they are configured", async () => {
    const { simulator, pause, sent } = bench();
    simulator.begin("5");
    await pause({ channel: 5 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).toHaveLength(1);
    expect(simulator.channel(5)?.note).toBe("");
  });

  test("are not written for a pause that was refused", async () => {
    const { simulator, pause, sent } = bench(marks);
    simulator.begin("5");
    simulator.faults.set({ name: "not-permitted" });
    await pause({ channel: 5 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).toHaveLength(1);
  });
});

describe("preflight", () => {
  test("reads and changes nothing", async () => {
    const made = bench();
    made.simulator.begin("5");
    const found = await findings(made);
    expect(found["channel-states"]?.ok).toBe(true);
    expect(found["read-back"]?.ok).toBe(true);
    expect(found["version"]?.detail).toContain("channel-cmd (from 4.9.5.0) and call-state");
    expect(made.simulator.commandsHeard()).toBe(0);
    expect(made.simulator.journal).toHaveLength(1);
  });

  test("names a wrong salt as what to look at, without telling it", async () => {
    const made = bench({ hash: { ...hash, salt: "WR0NGSALT" } });
    const found = await findings(made);
    expect(found["channel-states"]).toMatchObject({
      ok: false,
      detail: expect.stringContaining("HASHTYPE and SALT"),
    });
    expect(JSON.stringify(found)).not.toContain('another"');
  });

  test.each(["html-instead-of-json", "session-lost", "unreachable", "oversized", "redirect"])(
    "says what is wrong: %s",
    async (name) => {
      const made = bench();
      made.simulator.faults.set({ name });
      const found = await findings(made);
      expect(found["channel-states"]?.ok).toBe(false);
      expect(JSON.stringify(found)).not.toContain(salt);
    },
  );

  test("flags HASHTYPE NONE and plain http beyond loopback, and neither on loopback", async () => {
    const far = await findings(
      bench({ baseUrl: "http://127.evil.example", hash: { type: "none" } }),
    );
    expect(far["transport"]?.ok).toBe(false);
    expect(far["hash"]?.ok).toBe(false);
    const good = await findings(bench({ baseUrl: "https://recorder.example" }));
    expect(good["transport"]?.ok).toBe(true);
    expect(good["hash"]?.ok).toBe(true);
    const near = await findings(bench({ baseUrl: "http://127.0.0.1", hash: { type: "none" } }));
    expect(near["hash"]).toBeUndefined();
  });
});
