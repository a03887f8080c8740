/**
 * Asterisk by AMI: the recorder contract over real TCP and TLS, and what only AMI does.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { authority } from "./certificates.ts";
import { recorderContract, type Skip } from "./contract.ts";
import type { ContractFault, Rig } from "./contract.ts";
import { type LineServer, serveLines } from "./lineServer.ts";
import { asteriskAmiVendor } from "../../src/adapters/asterisk-ami/index.ts";
import { vendorOf } from "../../src/adapters/registry.ts";
import type { AdapterContext, AnyRecorder } from "../../src/adapters/recorder.ts";
import type { PushedChange } from "../../src/control/ports.ts";
import type { Clock } from "../../src/control/ports.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { type NodeLines, nodeLines } from "../../src/runtime/node/lines.ts";
import {
  type AmiSimulator,
  type AmiSimulatorOptions,
  amiSimulator,
} from "../../src/sandbox/asterisk/ami.ts";

const secret = "s3cret of AMI";
const user = { name: "tacet", secret };
const digest = (text: string) => createHash("md5").update(text).digest("hex");
const uniqueId = "1795338184.5";
const otherId = "1795338184.7";
const ours = authority("tacet test authority");

/** Comes back soon. */
const impatient: Clock = { ...nodeClock(), random: () => 0.02 };
/** Rests for half a minute after the first failure. */
const resting: Clock = { ...nodeClock(), random: () => 30 };

interface Wired {
  readonly simulator: AmiSimulator;
  readonly recorder: AnyRecorder;
  readonly lines: NodeLines;
  readonly server: LineServer;
  readonly context: (over?: Partial<AdapterContext>) => AdapterContext;
  close(): Promise<void>;
}

async function wire(
  form: {
    readonly tls?: boolean;
    readonly settings?: Readonly<Record<string, unknown>>;
    readonly clock?: Clock;
  } = {},
  options: AmiSimulatorOptions = {},
): Promise<Wired> {
  const { clock = impatient, settings = {}, tls = false } = form;
  const simulator = amiSimulator({ user, digest, ...options });
  const server = await serveLines(simulator, tls ? ours.issue("pbx") : undefined);
  const parsed = asteriskAmiVendor.settings.parse({
    host: "127.0.0.1",
    port: server.port,
    tls,
    username: "tacet",
    secret,
    ...settings,
  });
  const lines = nodeLines({
    origins: asteriskAmiVendor.origins(parsed),
    clock,
    quietMs: 500,
    ...(tls ? { tls: { ca: [ours.cert] } } : {}),
  });
  const recorder = asteriskAmiVendor.create("pbx", parsed, { now: Date.now });
  const context = (over: Partial<AdapterContext> = {}): AdapterContext => ({
    send: () => Promise.reject(new Error("it speaks no HTTP")),
    lines,
    now: Date.now,
    signal: AbortSignal.timeout(10_000),
    silenced: false,
    ...over,
  });
  const close = async () => {
    lines.close();
    await server.close();
  };
  return { simulator, recorder, lines, server, context, close };
}

/** The suite's names for what AMI does in its own way; undefined where it cannot. */
const ownNames: Partial<Record<ContractFault, string | undefined>> = {
  "error-in-200": "operation-failed",
  "html-instead-of-json": "bad-reply",
  redirect: undefined,
  "already-paused-is-error": undefined,
};

async function makeRig(form: Parameters<typeof wire>[0]): Promise<Rig> {
  const { close, context, lines, recorder, simulator } = await wire(form);
  // As in service, the connection stands before the calls come.
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  simulator.begin(otherId);
  // Their beginnings are told before anybody listens.
  await recorder.preflight(context());
  return {
    recorder,
    target: { uniqueId },
    other: { uniqueId: otherId },
    stranger: { uniqueId: "1795338184.9" },
    spellings: [{ uniqueId: ` ${uniqueId} ` }],
    send: context().send,
    lines,
    heard: () => simulator.heard(uniqueId),
    commandsHeard: () => simulator.requests.filter(({ muted }) => muted !== undefined).length,
    followed: () => 0,
    fault(name, times) {
      const own = name in ownNames ? ownNames[name] : name;
      if (own !== undefined) simulator.faults.set({ name: own, ...(times ? { times } : {}) });
    },
    clearFaults: () => simulator.faults.clear(),
    byHand: (status) => simulator.byHand(uniqueId, status),
    end: () => simulator.end(uniqueId),
    pushes: {
      drop: () => simulator.faults.set({ name: "drop", times: 1 }),
      malform: () => simulator.faults.set({ name: "malformed-event", times: 1 }),
      standingCount: () => simulator.standingCount(),
      openedCount: () => simulator.openedCount(),
    },
    secrets: [secret, digest(`135098656${secret}`)],
    close,
  };
}

const skip: readonly Skip[] = [
  {
    reason: "channels are asked one by one",
    tests: ["survey agrees with status for every target"],
  },
  {
    reason: "a channel's unique id is one conversation for good",
    tests: ["another conversation on the same target has another session"],
  },
  {
    reason: "Asterisk answers Success to a repeat: seen on 16.28",
    tests: ["a repeat that the vendor calls an error is acknowledged"],
  },
  {
    reason: "the protocol sends nobody elsewhere",
    tests: ["a redirect is a bad reply and is not followed"],
  },
];
const pushing = { skip, pushes: true };
recorderContract("asterisk-ami", () => makeRig({}), pushing);
recorderContract("asterisk-ami over TLS", () => makeRig({ tls: true }), pushing);
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});
const wired = async (...args: Parameters<typeof wire>): Promise<Wired> => {
  const made = await wire(...args);
  closing.push(made.close);
  return made;
};
const target = { uniqueId };
const soon = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
};

const untilPaused = async (recorder: AnyRecorder, context: AdapterContext) => {
  while ((await recorder.pause?.(target, context))?.kind !== "acknowledged") {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

test("what was there before the connection is neither paused nor recording until an event tells", async () => {
  const { context, recorder, simulator } = await wired();
  simulator.begin(uniqueId);
  simulator.byHand(uniqueId, "paused");
  expect(await recorder.status?.(target, context())).toMatchObject({ kind: "refused" });
  await recorder.pause?.(target, context());
  expect(await recorder.status?.(target, context())).toEqual({
    kind: "observed",
    status: "paused",
  });
});

test("what was muted counts as recording once the connection was lost, and is ordered again", async () => {
  const { context, recorder, simulator } = await wired();
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  await recorder.pause?.(target, context());
  simulator.faults.set({ name: "unreachable", times: 1 });
  await recorder.status?.(target, context());
  await soon(() => simulator.openedCount() === 2);
  expect(await recorder.status?.(target, context())).toMatchObject({
    status: "recording",
    detail: expect.stringContaining("counted as recording"),
  });
  await recorder.pause?.(target, context());
  expect(await recorder.status?.(target, context())).toEqual({
    kind: "observed",
    status: "paused",
  });
});

test("an unmute of which nothing was told before the connection was lost is left open", async () => {
  const { context, recorder, simulator } = await wired();
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  await recorder.pause?.(target, context());
  simulator.faults.set({ name: "unreachable", times: 1 });
  expect(await recorder.resume?.(target, context())).toMatchObject({ kind: "in_doubt" });
  expect(await recorder.status?.(target, context())).toMatchObject({ kind: "refused" });
  expect(simulator.heard(uniqueId)).toBe("paused");
});

test("event-lost: a mute that nothing is told of is not confirmed, and the preflight says it", async () => {
  const { context, recorder, simulator } = await wired();
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  simulator.faults.set({ name: "event-lost" });
  expect(await recorder.pause?.(target, context())).toEqual({ kind: "acknowledged" });
  expect(await recorder.status?.(target, context())).toMatchObject({ status: "recording" });
  expect((await recorder.preflight(context())).filter(({ ok }) => !ok)).toEqual([
    { name: "events", ok: false, detail: expect.stringContaining("read = call") },
  ]);
});

test("success-of-nothing: a yes and an event where no MixMonitor is are absent, never paused", async () => {
  const { context, recorder, simulator } = await wired({}, { version: "20.6.0" });
  await recorder.preflight(context());
  simulator.begin(uniqueId, { monitored: "no" });
  expect(await recorder.pause?.(target, context())).toMatchObject({
    kind: "refused",
    reason: "target_not_found",
  });
  simulator.faults.set({ name: "success-of-nothing" });
  expect(await recorder.pause?.(target, context())).toEqual({ kind: "acknowledged" });
  expect(await recorder.status?.(target, context())).toMatchObject({ status: "absent" });
});

test("half a mute is recording", async () => {
  const { context, recorder, simulator } = await wired();
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  simulator.muteOneDirection(uniqueId);
  expect(await recorder.status?.(target, context())).toEqual({
    kind: "observed",
    status: "recording",
    detail: "muted in one direction only",
  });
});

test("a second MixMonitor inside a window is recording at once", async () => {
  const { context, recorder, simulator } = await wired();
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  const changes: PushedChange[] = [];
  const on = { change: (change: PushedChange) => void changes.push(change), reconnected() {} };
  const stop = recorder.watch?.(on, {
    ...context(),
    after: () => () => undefined,
    hub: () => () => undefined,
  });
  await recorder.pause?.(target, context());
  changes.length = 0;
  simulator.monitor(uniqueId);
  await soon(() => changes.length > 0);
  expect(changes).toEqual([{ targetKey: uniqueId, status: "recording" }]);
  stop?.();
});

test.each([
  ["16.28.0", "recording"],
  ["18.17.1", "recording"],
  ["18.18.0", "paused"],
  ["20.2.1", "recording"],
  ["20.3.0", "paused"],
  ["22.1.0", "paused"],
])("of two MixMonitors, version %s mutes so many that it is %s", async (version, expected) => {
  const { context, recorder, simulator } = await wired({}, { version });
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  simulator.monitor(uniqueId);
  await recorder.pause?.(target, context());
  expect(simulator.heard(uniqueId)).toBe(expected);
  expect(await recorder.status?.(target, context())).toMatchObject({ status: expected });
});

test("a MixMonitor that ended is absent", async () => {
  const { context, recorder, simulator } = await wired();
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  await recorder.pause?.(target, context());
  simulator.stopMonitor(uniqueId);
  expect(await recorder.status?.(target, context())).toMatchObject({ status: "absent" });
});

test.each([
  ["login-refused", /^login: Authentication failed/],
  ["not-ami", /does not greet/],
  ["unreachable", /closed the connection/],
])("%s: nothing is ordered, and the preflight says why", async (fault, words) => {
  const { context, recorder, simulator } = await wired();
  simulator.faults.set({ name: fault });
  simulator.begin(uniqueId);
  const findings = await recorder.preflight(context());
  expect(findings).toEqual([{ name: "AMI", ok: false, detail: expect.stringMatching(words) }]);
  const kind = fault === "login-refused" ? "refused" : "unreachable";
  expect(await recorder.pause?.(target, context())).toMatchObject({ kind });
  simulator.faults.clear();
  await untilPaused(recorder, context());
  expect(simulator.heard(uniqueId)).toBe("paused");
});

test.each(["login-refused", "unreachable"])(
  "%s: a pause makes a connection at once and logs in for itself; everything else rests",
  async (fault) => {
    const { context, recorder, server, simulator } = await wired({ clock: resting });
    simulator.faults.set({ name: fault });
    simulator.begin(uniqueId);
    await recorder.preflight(context());
    const tries = () => server.madeCount();
    const before = tries();
    expect(await recorder.pause?.(target, context())).not.toEqual({ kind: "acknowledged" });
    expect(tries()).toBe(before + 1);
    simulator.faults.clear();
    expect(await recorder.status?.(target, context())).not.toMatchObject({ kind: "observed" });
    expect(await recorder.resume?.(target, context())).not.toEqual({ kind: "acknowledged" });
    expect(tries()).toBe(before + 1);
    expect(await recorder.pause?.(target, context())).toEqual({ kind: "acknowledged" });
    expect(simulator.heard(uniqueId)).toBe("paused");
  },
);

test("a connection that came back by itself is the one a pause takes: nothing that is told is missed for it", async () => {
  const { context, recorder, server, simulator } = await wired();
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  simulator.begin(otherId);
  simulator.faults.set({ name: "unreachable", times: 1 });
  await recorder.status?.(target, context());
  await soon(() => simulator.openedCount() === 2);
  const other = { uniqueId: otherId };
  await recorder.preflight(context());
  simulator.byHand(otherId, "paused");
  expect(await recorder.status?.(other, context())).toMatchObject({ status: "paused" });
  const before = server.madeCount();
  const pausing = recorder.pause?.(target, context());
  simulator.byHand(otherId, "recording");
  expect(await pausing).toEqual({ kind: "acknowledged" });
  expect(server.madeCount()).toBe(before);
  expect(await recorder.status?.(other, context())).toMatchObject({ status: "recording" });
});

test("silent: a server that answers nothing any more is given up, and another connection made", async () => {
  const { context, recorder, simulator } = await wired();
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  simulator.faults.set({ name: "silent" });
  await soon(() => simulator.openedCount() > 1);
  simulator.faults.clear();
  await untilPaused(recorder, context());
  expect(await recorder.status?.(target, context())).toMatchObject({ status: "paused" });
});

test("a quiet server that answers is kept", async () => {
  const { context, recorder, simulator } = await wired();
  await recorder.preflight(context());
  const pings = () => simulator.pingCount();
  await soon(() => pings() >= 2);
  expect(simulator.openedCount()).toBe(1);
});

test("not-permitted is refused, and the preflight says it without changing anything", async () => {
  const { context, recorder, simulator } = await wired();
  await recorder.preflight(context());
  simulator.begin(uniqueId);
  simulator.faults.set({ name: "not-permitted" });
  expect(await recorder.pause?.(target, context())).toMatchObject({ reason: "not_permitted" });
  expect((await recorder.preflight(context())).filter(({ ok }) => !ok)).toEqual([
    { name: "user tacet", ok: false, detail: "Permission denied" },
  ]);
  expect(simulator.heard(uniqueId)).toBe("recording");
});

test("over TLS an unknown authority is refused before anything is said", async () => {
  const { context, recorder, server, simulator } = await wired({ tls: true });
  const strange = nodeLines({
    origins: [`https://127.0.0.1:${server.port}`],
    clock: impatient,
    tls: { ca: [authority("another").cert] },
  });
  closing.push(() => Promise.resolve(strange.close()));
  const [finding] = await recorder.preflight(context({ lines: strange }));
  expect(finding).toMatchObject({ name: "AMI", ok: false });
  expect(simulator.requests).toEqual([]);
});

test("the secret goes over TLS only, and never plainly without it", () => {
  const settings = vendorOf("asterisk-ami")?.settings;
  const common = { host: "pbx.example", username: "tacet", secret };
  expect(settings?.safeParse({ ...common, tls: false, login: "plain" }).success).toBe(false);
  expect(settings?.safeParse({ ...common, secret: "a\r\nAction: Command" }).success).toBe(false);
  expect(settings?.parse(common)).toMatchObject({ port: 5039, tls: true, login: "challenge" });
  expect(settings?.parse({ ...common, tls: false })).toMatchObject({ port: 5038 });
});

test("a target cannot begin another line", () => {
  const schema = asteriskAmiVendor.create(
    "pbx",
    asteriskAmiVendor.settings.parse({ host: "h", username: "u", secret }),
    {
      now: Date.now,
    },
  ).targetSchema;
  for (const bad of ["1\r\nAction: Hangup", "a b", "", "4111111111111111", "x".repeat(151)]) {
    expect(schema.safeParse({ uniqueId: bad }).success).toBe(false);
  }
  expect(schema.safeParse({ uniqueId: "pbx-1795338184.123456" }).success).toBe(true);
});

test("over TLS the secret itself may log in", async () => {
  const { context, recorder, simulator } = await wired({ tls: true, settings: { login: "plain" } });
  simulator.begin(uniqueId);
  expect(await recorder.pause?.(target, context())).toEqual({ kind: "acknowledged" });
  expect(simulator.heard(uniqueId)).toBe("paused");
});

test("a runtime without standing connections says so", async () => {
  const { context, recorder } = await wired();
  const { lines: _, ...without } = context();
  expect(await recorder.pause?.(target, without)).toMatchObject({ kind: "unreachable" });
});
