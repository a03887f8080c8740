/**
 * Asterisk by ARI: the recorder contract, in process and over real HTTP, and what only ARI does.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { recorderContract, type Skip } from "./contract.ts";
import type { ContractFault, Rig } from "./contract.ts";
import { inProcess } from "./inProcess.ts";
import { asteriskAriVendor } from "../../src/adapters/asterisk-ari/index.ts";
import { muteWorksIn } from "../../src/adapters/asterisk-ari/version.ts";
import { makeRecorder } from "../../src/adapters/registry.ts";
import type { AdapterContext, AnyRecorder } from "../../src/adapters/recorder.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { type AriSimulatorOptions, ariSimulator } from "../../src/sandbox/asterisk/ari.ts";

const password = "s3cret of ARI";
const user = { name: "tacet", password };
const secrets = [password, btoa(`tacet:${password}`)];
const name = "calls/1795337973.8";

/** The suite's names for what ARI does in its own way. */
const ownName = (fault: ContractFault): string =>
  fault === "error-in-200" ? "operation-failed" : fault;

async function makeRig({ overHttp = false }): Promise<Rig> {
  const simulator = ariSimulator({ user });
  const listening = overHttp ? await listenSimulator(simulator) : undefined;
  const baseUrl = `${listening?.origin ?? "http://127.0.0.1"}/ari`;
  const settings = asteriskAriVendor.settings.parse({ baseUrl, username: "tacet", password });
  const port = nodeSend({ origins: asteriskAriVendor.origins(settings), replyBytesMax: 65_536 });
  simulator.begin(name);
  simulator.begin("other");
  return {
    recorder: asteriskAriVendor.create("pbx", settings, { now: Date.now }),
    target: { name },
    other: { name: "other" },
    // Asterisk tells names apart by their letters' case.
    stranger: { name: name.toUpperCase() },
    spellings: [{ name: ` ${name} ` }],
    send: listening === undefined ? inProcess(simulator.app) : port,
    heard: () => simulator.heard(name),
    commandsHeard: () => simulator.requests.filter(({ order }) => order !== undefined).length,
    followed: () => simulator.requests.filter(({ path }) => path === "/elsewhere").length,
    fault: (fault, times) =>
      simulator.faults.set({ name: ownName(fault), ...(times ? { times } : {}) }),
    clearFaults: () => simulator.faults.clear(),
    byHand: (status) => simulator.byHand(name, status),
    end: () => simulator.end(name),
    takeOver() {
      simulator.end(name);
      simulator.begin(name, { channel: "another" });
    },
    secrets,
    async close() {
      await port.close();
      await listening?.close();
    },
  };
}

const skip: readonly Skip[] = [
  {
    reason: "ARI has no request for all live recordings",
    tests: ["survey agrees with status for every target"],
  },
  {
    reason: "Asterisk answers 204 to a repeat: seen on 16.28",
    tests: ["a repeat that the vendor calls an error is acknowledged"],
  },
];
recorderContract("asterisk-ari", () => makeRig({}), { skip });
recorderContract("asterisk-ari over real HTTP", () => makeRig({ overHttp: true }), { skip });

function wired(more: Readonly<Record<string, unknown>> = {}, options: AriSimulatorOptions = {}) {
  const simulator = ariSimulator({ user, ...options });
  const baseUrl = "http://127.0.0.1/ari";
  const made = makeRecorder(
    "pbx",
    "asterisk-ari",
    { baseUrl, username: "tacet", password, ...more },
    { now: Date.now },
  );
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  const context: AdapterContext = {
    send: inProcess(simulator.app),
    now: Date.now,
    signal: AbortSignal.timeout(10_000),
    silenced: false,
  };
  simulator.begin(name);
  return { simulator, context, recorder: made.value.recorder };
}
const pause = (recorder: AnyRecorder, context: AdapterContext) =>
  recorder.pause?.({ name }, context);

test("a queued recording is absent, its 409 is refused, and it can be paused once it began", async () => {
  const { context, recorder, simulator } = wired();
  simulator.faults.set({ name: "not-in-session" });
  expect(await recorder.status?.({ name }, context)).toMatchObject({
    status: "absent",
    detail: "queued",
  });
  expect(await pause(recorder, context)).toEqual({
    kind: "refused",
    reason: "target_not_found",
    detail: "HTTP 409: Recording not in session",
  });
  simulator.faults.clear();
  expect(await pause(recorder, context)).toEqual({ kind: "acknowledged" });
  expect(simulator.heard(name)).toBe("paused");
});

test.each([
  ["unauthorized", "not_authorized"],
  ["not-permitted", "not_permitted"],
  ["nothing-recording", "target_not_found"],
])("%s is refused with that reason", async (fault, reason) => {
  const { context, recorder, simulator } = wired();
  simulator.faults.set({ name: fault });
  expect(await pause(recorder, context)).toMatchObject({ kind: "refused", reason });
  expect(simulator.heard(name)).toBe("recording");
});

test("the password is in a header and never in an address", async () => {
  const { context, recorder } = wired();
  const asked: { url: string; authorization: string | undefined }[] = [];
  await recorder.pause?.(
    { name },
    {
      ...context,
      send: (request) => {
        asked.push({ url: request.url, authorization: request.headers["authorization"] });
        return Promise.resolve({ kind: "not_sent", detail: "" });
      },
    },
  );
  expect(asked).toEqual([
    {
      url: "http://127.0.0.1/ari/recordings/live/calls%2F1795337973.8/pause",
      authorization: `Basic ${btoa(`tacet:${password}`)}`,
    },
  ]);
});

test.each(["../../channels", "a/../b", "4111 1111 1111 1111", "a?b", "", "rec\r\n"])(
  "no recording is called %j",
  (bad) => {
    const { recorder } = wired();
    expect(recorder.targetSchema.safeParse({ name: bad }).success).toBe(bad === "rec\r\n");
  },
);

test("a preflight says what is wrong with the user, and changes nothing", async () => {
  const { context, recorder, simulator } = wired();
  expect((await recorder.preflight(context)).map(({ ok }) => ok)).toEqual([true, true]);
  simulator.faults.set({ name: "not-permitted" });
  expect((await recorder.preflight(context)).filter(({ ok }) => !ok)).toEqual([
    { name: "user tacet", ok: false, detail: "HTTP 403: Write access denied" },
  ]);
  simulator.faults.set({ name: "unauthorized" });
  expect((await recorder.preflight(context)).filter(({ ok }) => !ok)).toEqual([
    { name: "ARI", ok: false, detail: "HTTP 401: Authentication required" },
  ]);
  expect(simulator.journal.length).toBe(1);
});

test.each([
  ["16.28.0~dfsg-0+deb11u4", false],
  ["18.20.2", false],
  ["18.21.0", true],
  ["19.8.1", false],
  ["20.5.9", false],
  ["20.6.0", true],
  ["21.0.2", false],
  ["21.1.0", true],
  ["22.10.1", true],
  ["GIT-master-8cc92b2638", false],
  ["certified-18.9-cert5", false],
])("whether version %s mutes twice: %s", (version, works) => {
  expect(muteWorksIn(version)).toBe(works);
});

describe("a finished recording's file", () => {
  /** Ten seconds, silenced from 3 to 6. */
  const recorded = async (more: Readonly<Record<string, unknown>>, version: string) => {
    let now = 1_000_000;
    const { context, recorder, simulator } = wired(more, { version, now: () => now });
    now += 3_000;
    await pause(recorder, context);
    now += 3_000;
    await recorder.resume?.({ name }, context);
    now += 4_000;
    simulator.end(name);
    const request = await recorder.audio?.(name, context);
    if (request === undefined || "kind" in request) throw new Error("no request");
    const { url, headers } = request;
    const response = await simulator.app.request(url, { headers });
    const samples = new Int16Array((await response.arrayBuffer()).slice(44));
    const loudest = (from: number, to: number) =>
      samples.subarray(from * 8_000, to * 8_000).reduce((most, one) => Math.max(most, one), 0);
    return { request, response, samples, loudest };
  };

  test("is fetched by its name, with the password in a header and in no address", async () => {
    const { request, response } = await recorded({}, "16.28.0");
    expect(request).toEqual({
      method: "GET",
      url: "http://127.0.0.1/ari/recordings/stored/calls%2F1795337973.8/file",
      headers: { accept: "*/*", authorization: `Basic ${btoa(`tacet:${password}`)}` },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("audio/wav");
  });

  test("is shorter by a pause, and as long as the call and silent by a mute", async () => {
    const paused = await recorded({}, "16.28.0");
    expect(paused.samples).toHaveLength(7 * 8_000);
    expect(paused.loudest(2, 4)).toBeGreaterThan(7_000);
    const muted = await recorded(muteSettings("20.6.0"), "20.6.0");
    expect(muted.samples).toHaveLength(10 * 8_000);
    expect([muted.loudest(0, 3), muted.loudest(6.01, 10)]).toEqual([8_000, 8_000]);
    expect(muted.loudest(3, 6)).toBe(0);
  });

  test("is not there while it is recorded, nor for whoever may not, nor under no name", async () => {
    const { context, recorder, simulator } = wired();
    const status = async (headers = true) => {
      const request = await recorder.audio?.(name, context);
      if (request === undefined || "kind" in request) throw new Error("no request");
      const told = headers ? { headers: request.headers } : {};
      return (await simulator.app.request(request.url, told)).status;
    };
    expect(await status()).toBe(404);
    simulator.end(name);
    expect(await status()).toBe(200);
    expect(await status(false)).toBe(401);
    for (const bad of ["../../channels", "", "https://elsewhere.example/x?y", "a/../b"]) {
      expect(await recorder.audio?.(bad, context)).toMatchObject({
        kind: "refused",
        reason: "target_not_found",
      });
    }
  });

  test("is all it tells of finished recordings: there is no start, end or duration", () => {
    expect(wired().recorder.capabilities.evidence).toBe(false);
    expect(wired().recorder.evidence).toBeUndefined();
  });
});

const muteSettings = (version?: string) => ({
  baseUrl: "http://127.0.0.1/ari",
  username: "tacet",
  password,
  silenceBy: "mute",
  ...(version === undefined ? {} : { version }),
});

test.each([undefined, "16.28.0", "20.5.0"])(
  "mute is refused in configuration where the version told is %s",
  (version) => {
    const made = makeRecorder("pbx", "asterisk-ari", muteSettings(version), { now: Date.now });
    expect(made.ok ? [] : made.error.map(({ path }) => path)).toEqual([["settings", "silenceBy"]]);
  },
);

test("mute is not sent to a server that reports a version without the fix, whatever is configured", async () => {
  const { context, recorder, simulator } = wired(muteSettings("20.6.0"), { version: "16.28.0" });
  expect(await pause(recorder, context)).toMatchObject({
    kind: "refused",
    reason: "not_permitted",
  });
  expect(simulator.requests.map(({ path }) => path)).toEqual(["/ari/asterisk/info"]);
  expect((await recorder.preflight(context)).map(({ ok }) => ok)).toEqual([false, true]);
});

test("mute, where it works, silences and restores, and claims no confirmation", async () => {
  const { context, recorder, simulator } = wired(muteSettings("20.6.0"), { version: "20.6.1" });
  expect(recorder.capabilities).toMatchObject({ control: "mute", audio: "silence", status: false });
  expect(recorder.status).toBeUndefined();
  for (let cycle = 0; cycle < 2; cycle += 1) {
    expect(await pause(recorder, context)).toEqual({ kind: "acknowledged" });
    expect(simulator.heard(name)).toBe("paused");
    await recorder.resume?.({ name }, context);
    expect(simulator.heard(name)).toBe("recording");
  }
});

test("second-mute-ignored: the trap that pause does not have", async () => {
  const muted = wired(muteSettings("20.6.0"), { version: "20.6.0" });
  const paused = wired();
  for (const { context, recorder, simulator } of [muted, paused]) {
    simulator.faults.set({ name: "second-mute-ignored" });
    await pause(recorder, context);
    await recorder.resume?.({ name }, context);
    expect(await pause(recorder, context)).toEqual({ kind: "acknowledged" });
  }
  // Answered yes, and recorded: why mute counts for nothing by itself, and pause is the default.
  expect(muted.simulator.heard(name)).toBe("recording");
  expect(paused.simulator.heard(name)).toBe("paused");
});
