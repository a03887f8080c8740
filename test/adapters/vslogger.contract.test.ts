/**
 * VSLogger: the recorder contract on every surface, by mute and by record, with every HASHTYPE.
 *
 * @module
 */
import { recorderContract } from "./contract.ts";
import type { Rig, Skip } from "./contract.ts";
import { inProcess } from "./inProcess.ts";
import { vsloggerVendor } from "../../src/adapters/vslogger/index.ts";
import type { Target } from "../../src/control/call.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";

const salt = "S3CRETSALT";
const callId = "3848276298220188511@atlanta.example.com";

type Kind = "channel" | "call" | "extension" | "agent" | "session";
interface Form {
  readonly via: "auto" | "channel-cmd" | "channel-state" | "call-state";
  readonly kind: Kind;
  readonly silenceBy: "mute" | "record";
  readonly hash: "none" | "sha-1" | "sha-256";
  readonly strings?: boolean;
  readonly overHttp?: boolean;
}

/** Target, another, one nobody knows, and other spellings of the first. */
const targets: Readonly<Record<Kind, readonly [Target, Target, Target, ...Target[]]>> = {
  channel: [{ channel: 5 }, { channel: 6 }, { channel: 9 }, { channel: "5" }, { channel: "005" }],
  call: [
    { sipCallId: callId, hw: "siprec" },
    { sipCallId: "other@atlanta.example.com", hw: "siprec" },
    { sipCallId: "stranger@atlanta.example.com", hw: "siprec" },
    { sipCallId: ` ${callId}`, hw: "SIPREC" },
  ],
  extension: [{ extension: "410" }, { extension: "411" }, { extension: "999" }, { extension: 410 }],
  agent: [{ agentId: "a-1" }, { agentId: "a-2" }, { agentId: "a-9" }, { agentId: "a-1 " }],
  session: [
    { sessionId: callId },
    { sessionId: "other@atlanta.example.com" },
    { sessionId: "nobody" },
    { sessionId: `${callId} ` },
  ],
};

async function makeRig(form: Form): Promise<Rig> {
  const simulator = vsloggerSimulator({
    handBy: form.silenceBy,
    booleansAs: form.strings === true ? "strings" : "booleans",
    ...(form.hash === "none"
      ? {}
      : { hash: { type: form.hash === "sha-1" ? "SHA-1" : "SHA-256", salt, strict: true } }),
  });
  const listening = form.overHttp === true ? await listenSimulator(simulator) : undefined;
  const baseUrl = listening?.origin ?? "http://127.0.0.1";
  const settings = vsloggerVendor.settings.parse({
    baseUrl,
    version: "5.1.0.0",
    via: form.via,
    silenceBy: form.silenceBy,
    hash: form.hash === "none" ? { type: "none" } : { type: form.hash, salt },
  });
  const recorder = vsloggerVendor.create("vslogger-hq", settings, { now: Date.now });
  const port = nodeSend({ origins: vsloggerVendor.origins(settings), replyBytesMax: 65_536 });
  const send = listening === undefined ? inProcess(simulator.app) : port;

  const begin = (channel: string, call: string, extension: string, agent_id: string): void =>
    simulator.begin(channel, { call_id: call, extension, agent_id, session_id: call });
  begin("5", callId, "410", "a-1");
  begin("6", "other@atlanta.example.com", "411", "a-2");
  const [target, other, stranger, ...spellings] = targets[form.kind];
  const parse = (one: Target): Target => recorder.targetSchema.parse(one);
  // As a desk reads what each target is before its first command.
  const ctx = { send, now: Date.now, signal: AbortSignal.timeout(5_000), silenced: false };
  for (const one of [target, other, stranger]) await recorder.status?.(parse(one), ctx);
  return {
    recorder,
    target: parse(target),
    other: parse(other),
    stranger: parse(stranger),
    spellings,
    send,
    heard: () => simulator.heard("5"),
    commandsHeard: () => simulator.commandsHeard(),
    followed: () => simulator.requests.filter(({ res }) => res === "/elsewhere").length,
    fault: (name, times) => simulator.faults.set({ name, ...(times ? { times } : {}) }),
    clearFaults: () => simulator.faults.clear(),
    byHand: (status) => simulator.byHand("5", status),
    end: () => simulator.end("5"),
    takeOver() {
      simulator.end("5");
      begin("5", "next@atlanta.example.com", "410", "a-1");
    },
    secrets: [salt],
    async close() {
      await port.close();
      await listening?.close();
    },
  };
}

function skips({ kind, silenceBy }: Form): readonly Skip[] {
  const skip: Skip[] = [];
  if (kind === "call" || kind === "session") {
    skip.push({
      reason: "a call or session id is one conversation for good",
      tests: ["another conversation on the same target has another session"],
    });
  }
  if (silenceBy === "record") {
    skip.push({
      reason: "a recording that somebody else ended cannot be told from none: absent",
      tests: ["what a person silenced is seen as paused"],
    });
  }
  return skip;
}

function prove(form: Form): void {
  const words = [form.via, form.kind, `by ${form.silenceBy}`, `hash ${form.hash}`];
  const extra = [...(form.strings ? ["strings"] : []), ...(form.overHttp ? ["over HTTP"] : [])];
  recorderContract(["vslogger", ...words, ...extra].join(", "), () => makeRig(form), {
    skip: skips(form),
  });
}

const surfaces = [
  { via: "channel-cmd", kind: "channel" },
  { via: "channel-state", kind: "channel" },
  { via: "call-state", kind: "call" },
] as const;
for (const surface of surfaces) {
  for (const silenceBy of ["mute", "record"] as const) {
    for (const hash of ["none", "sha-1", "sha-256"] as const)
      prove({ ...surface, silenceBy, hash });
  }
}
for (const kind of ["extension", "agent", "session", "call"] as const) {
  prove({ via: "auto", kind, silenceBy: "mute", hash: "sha-256", strings: true });
}
prove({ via: "channel-state", kind: "extension", silenceBy: "record", hash: "sha-1" });
prove({ via: "auto", kind: "extension", silenceBy: "mute", hash: "sha-256", overHttp: true });
prove({ via: "auto", kind: "call", silenceBy: "mute", hash: "sha-256", overHttp: true });
