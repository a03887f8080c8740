/**
 * Whatever an adapter is asked for and whatever its recorder answers, nothing is sent that ends,
 * keeps, deletes, enables or disables a recording, or touches a call.
 */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { serveLines } from "./lineServer.ts";
import { asteriskAmiVendor } from "../../src/adapters/asterisk-ami/index.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { nodeLines } from "../../src/runtime/node/lines.ts";
import { amiSimulator } from "../../src/sandbox/asterisk/ami.ts";
import { wired } from "./fonouc.rig.ts";
import { inProcess } from "./inProcess.ts";
import { mayBeSaid, type Said, saidIn } from "./neverSent.ts";
import { revcordAt } from "./revcordRig.ts";
import { makeRecorder, vendors } from "../../src/adapters/registry.ts";
import type { AdapterContext, AnyRecorder, Send } from "../../src/adapters/recorder.ts";
import type { Target } from "../../src/control/call.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";
import { ariSimulator } from "../../src/sandbox/asterisk/ari.ts";
import { noojeeSimulator } from "../../src/sandbox/noojee/index.ts";
import type { Simulator } from "../../src/sandbox/simulator.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";

interface Asked {
  readonly recorder: AnyRecorder;
  readonly simulator: Pick<Simulator, "app" | "faults" | "journal">;
  readonly target: Target;
}

const correlationId = "1d6c6a58-6739-4f0c-98ff-0968292c8c30";
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function made(vendor: string, settings: object): AnyRecorder {
  const recorder = makeRecorder("recorder", vendor, settings, { now: Date.now });
  if (!recorder.ok) throw new Error(JSON.stringify(recorder.error));
  return recorder.value.recorder;
}

function anywherenow(settings: object = {}): Asked {
  const simulator = anywherenowSimulator();
  simulator.begin(correlationId);
  const recorder = made("anywherenow", {
    baseUrl: "http://127.0.0.1/attendantservice",
    requesterSipUri: "sip:agent@domain.com",
    uccNames: ["ucc-demo"],
    bookmark: true,
    ...settings,
  });
  return { recorder, simulator, target: { uccName: "ucc-demo", correlationId } };
}

function ari(settings: object = {}): Asked {
  const password = "never-sent-password";
  const simulator = ariSimulator({ user: { name: "tacet", password }, version: "20.6.0" });
  simulator.begin("calls/1");
  const baseUrl = "http://127.0.0.1/ari";
  const recorder = made("asterisk-ari", { baseUrl, username: "tacet", password, ...settings });
  return { recorder, simulator, target: { name: "calls/1" } };
}

function vslogger(settings: object, target: Target): Asked {
  const simulator = vsloggerSimulator();
  simulator.begin("5", { extension: "410", session_id: "s-1", call_id: "c-1@host", hw: "siprec" });
  const recorder = made("vslogger", {
    baseUrl: "http://127.0.0.1",
    version: "5.1.0.0",
    hash: { type: "none" },
    note: { windowId: true },
    flag: 3,
    incident: { flag: 4, note: true },
    ...settings,
  });
  return { recorder, simulator, target };
}

function noojee(settings: object = {}): Asked {
  const apiKey = "f863246a-973e-11e6-8784-08002718f5b5";
  const simulator = noojeeSimulator({ apiKey });
  simulator.begin("410", { uniqueId: "1795337973.8" });
  const recorder = made("noojee", {
    baseUrl: "http://127.0.0.1",
    apiKey,
    agentLoginName: "Fred",
    timeZone: "Australia/Melbourne",
    ...settings,
  });
  return { recorder, simulator, target: { uniqueId: "1795337973.8" } };
}

async function fonouc(): Promise<Asked> {
  const { close, recorder, simulator } = await wired({ kazoo: "sha" });
  closing.push(close);
  simulator.begin("call-1@host");
  return { recorder, simulator, target: { callId: "call-1@host" } };
}

async function revcord(): Promise<Asked> {
  const { close, recorder, simulator } = await revcordAt();
  closing.push(close);
  simulator.begin("1001");
  simulator.end("1001");
  return { recorder, simulator, target: { channel: "1001" } };
}

const rigs: Readonly<Record<string, () => Asked | Promise<Asked>>> = {
  "anywherenow, v1": () => anywherenow(),
  "anywherenow, v2 by name": () => anywherenow({ apiVersion: "v2", actions: "name" }),
  "asterisk-ari, by pause": () => ari(),
  "asterisk-ari, by mute": () => ari({ silenceBy: "mute", version: "20.6.0" }),
  "fonouc, with kazoo": fonouc,
  "noojee, with the key": () => noojee(),
  "noojee, with the hash and by GET": () => noojee({ authenticate: "hash", commandMethod: "GET" }),
  revcord,
  "vslogger, by mute": () => vslogger({}, { channel: 5 }),
  "vslogger, by record": () => vslogger({ silenceBy: "record" }, { extension: "410" }),
  "vslogger, by form": () => vslogger({ via: "channel-state" }, { channel: 5 }),
  "vslogger, by call": () => vslogger({}, { sipCallId: "c-1@host", hw: "siprec" }),
};

const DEADLINE_MS = 100;

/** All that an adapter can be asked for, in the order of a call; what it sent meanwhile. */
async function everything({ recorder, simulator, target: raw }: Asked): Promise<readonly Said[]> {
  const said: Said[] = [];
  const through = inProcess(simulator.app, 1_000_000);
  const send: Send = (request, signal) => {
    said.push(saidIn(request));
    return through(request, signal);
  };
  const context = (silenced = false): AdapterContext => ({
    send,
    now: Date.now,
    signal: AbortSignal.timeout(DEADLINE_MS),
    silenced,
    windowId: "w-1",
  });
  const target = recorder.targetSchema.parse(raw);
  const agent = { extension: "410", sipUri: "sip:agent@domain.com", recorderAgentId: "77" };
  await recorder.preflight(context());
  await recorder.locate?.(agent, context());
  for (const order of ["pause", "pause", "resume", "resume", "pause", "resume"] as const) {
    await recorder[order]?.(target, context(order === "pause"));
    await recorder.status?.(target, context(true));
    await recorder.survey?.(new Map([[recorder.targetKey(target), target]]), context(true));
  }
  const span = { from: Date.now() - 60_000, to: Date.now() + 1_000 };
  const told = await recorder.evidence?.(target, span, context());
  const ids = told === undefined || "kind" in told ? [] : told.map((one) => one.recordingId);
  for (const id of [...ids, "MAIN.20261122100000_005_0.VSL", "calls/1"]) {
    const file = await recorder.audio?.(id, context());
    if (file !== undefined && !("kind" in file)) said.push(saidIn(file));
    await recorder.flag?.(id, "see incident 1", context());
  }
  // What runs beside an order has a moment to be sent.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return said;
}

test("every vendor there is has its list, and one that speaks no HTTP is below", () => {
  expect([...Object.keys(mayBeSaid), "asterisk-ami"].toSorted()).toEqual(
    [...vendors.keys()].toSorted(),
  );
});

describe.each(Object.entries(rigs))("%s", (name, make) => {
  const vendor = name.split(",")[0] ?? name;
  const strange = (said: readonly Said[]) =>
    said.filter((one) => mayBeSaid[vendor]?.(one) !== true);

  test("is sent nothing that is not on its list, asked for all it can do", async () => {
    const asked = await make();
    const said = await everything(asked);
    expect(said.length).toBeGreaterThan(1);
    expect(strange(said)).toEqual([]);
    // It did obey: what was asked for is no empty round.
    const { recorder, simulator } = asked;
    const obeyed = simulator.journal.filter(({ cause }) => cause === "command").length;
    if (recorder.capabilities.control !== "none") expect(obeyed).toBeGreaterThan(1);
  });

  test("nor where anything goes wrong", async () => {
    const { known } = (await make()).simulator.faults;
    const found = known.map(async (fault) => {
      const asked = await make();
      asked.simulator.faults.set({ name: fault });
      return { fault, strange: strange(await everything(asked)) };
    });
    for (const one of await Promise.all(found)) expect(one.strange, one.fault).toEqual([]);
  });
});

test("asterisk-ami is told to mute and asked for states, and nothing else", async () => {
  const secret = "never-sent-secret";
  const simulator = amiSimulator({
    user: { name: "tacet", secret },
    digest: (text) => createHash("md5").update(text).digest("hex"),
  });
  const actions: string[] = [];
  const server = await serveLines({
    connection: (line) => {
      const talk = simulator.connection(line);
      return {
        ...talk,
        message(text) {
          actions.push(...[...text.matchAll(/^Action: *(\S+)/gim)].map(([, one = ""]) => one));
          talk.message(text);
        },
      };
    },
  });
  const recorder = made("asterisk-ami", {
    host: "127.0.0.1",
    port: server.port,
    tls: false,
    username: "tacet",
    secret,
  });
  const origins = asteriskAmiVendor.origins(
    asteriskAmiVendor.settings.parse({
      host: "127.0.0.1",
      port: server.port,
      tls: false,
      username: "tacet",
      secret,
    }),
  );
  const lines = nodeLines({ origins, clock: nodeClock() });
  const context = (): AdapterContext => ({
    send: () => Promise.reject(new Error("it speaks no HTTP")),
    lines,
    now: Date.now,
    signal: AbortSignal.timeout(5_000),
    silenced: true,
  });
  try {
    await recorder.preflight(context());
    simulator.begin("1795338184.5");
    for (const order of ["pause", "pause", "resume", "resume"] as const) {
      await recorder[order]?.({ uniqueId: "1795338184.5" }, context());
      await recorder.status?.({ uniqueId: "1795338184.5" }, context());
    }
  } finally {
    lines.close();
    await server.close();
  }
  expect(actions).toContain("MixMonitorMute");
  const allowed = new Set(["Challenge", "Login", "CoreSettings", "MixMonitorMute", "Status"]);
  expect(actions.filter((action) => !allowed.has(action))).toEqual([]);
});
