/**
 * A VSLogger wired to a fresh simulator as a witness, in every way a conversation can be named.
 *
 * @module
 */
import { inProcess } from "./inProcess.ts";
import type { HeldRecording, WitnessFault, WitnessRig } from "./witness.ts";
import { vsloggerVendor } from "../../src/adapters/vslogger/index.ts";
import type { Send } from "../../src/adapters/recorder.ts";
import type { Target } from "../../src/control/call.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import type { VsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";

const salt = "S3CRETSALT";
const callId = "3848276298220188511@atlanta.example.com";
const otherId = "other@atlanta.example.com";
const began = Date.parse("2026-11-22T10:00:00Z");

export type Kind = "channel" | "call" | "extension" | "agent" | "session";
export interface WitnessForm {
  readonly kind: Kind;
  readonly hash: "none" | "sha-1" | "sha-256";
  readonly version: string;
  readonly rangeOf?: "starts" | "overlaps";
  readonly silenceBy?: "mute" | "record";
  readonly overHttp?: boolean;
}

/** The conversation, another, and one of which nothing was recorded. */
const targets: Readonly<Record<Kind, readonly [Target, Target, Target]>> = {
  channel: [{ channel: 5 }, { channel: 6 }, { channel: 9 }],
  call: [
    { sipCallId: callId, hw: "siprec" },
    { sipCallId: otherId, hw: "siprec" },
    { sipCallId: "stranger@atlanta.example.com", hw: "siprec" },
  ],
  extension: [{ extension: "410" }, { extension: "411" }, { extension: "999" }],
  agent: [{ agentId: "a-1" }, { agentId: "a-2" }, { agentId: "a-9" }],
  session: [{ sessionId: callId }, { sessionId: otherId }, { sessionId: "nobody" }],
};

const faults: Readonly<Record<WitnessFault, string>> = {
  unreachable: "unreachable",
  "error-in-200": "search-fails",
  "html-instead-of-json": "html-instead-of-json",
  oversized: "oversized",
  redirect: "redirect",
  slow: "slow-reads",
  "session-lost": "session-lost",
  "second-page-fails": "second-page-fails",
  "malformed-record": "malformed-record",
  "rate-limited": "rate-limited",
};

export type VsloggerWitnessRig = WitnessRig & {
  readonly simulator: VsloggerSimulator;
  readonly origin: string;
};

/** Two recordings of the conversation, the second going on, and one of another's. */
export async function vsloggerWitnessRig(form: WitnessForm): Promise<VsloggerWitnessRig> {
  let now = began;
  const { hash, version } = form;
  const simulator = vsloggerSimulator({
    now: () => now,
    version,
    ...(form.rangeOf === undefined ? {} : { rangeOf: form.rangeOf }),
    ...(hash === "none"
      ? {}
      : { hash: { type: hash === "sha-1" ? "SHA-1" : "SHA-256", salt, strict: true } }),
  });
  const listening = form.overHttp === true ? await listenSimulator(simulator) : undefined;
  const marks = version.startsWith("5.");
  const settings = vsloggerVendor.settings.parse({
    baseUrl: listening?.origin ?? "http://127.0.0.1",
    version,
    silenceBy: form.silenceBy ?? "mute",
    hash: hash === "none" ? { type: "none" } : { type: hash, salt },
    witness: { pageSize: 10 },
    ...(marks && { incident: { flag: 9 } }),
  });
  const recorder = vsloggerVendor.create("vslogger-hq", settings, { now: () => now });
  const port = nodeSend({ origins: vsloggerVendor.origins(settings), replyBytesMax: 262_144 });
  const sent = listening === undefined ? inProcess(simulator.app, 262_144) : port;
  const secrets = [salt];
  const send: Send = async (request, signal) => {
    const result = await sent(request, signal);
    const body = result.kind === "reply" ? result.reply.body : "";
    for (const [, hh = ""] of body.matchAll(/"rec_hh":"(\w+)"/g)) secrets.push(hh);
    return result;
  };

  const isSequel = form.kind !== "channel";
  const begin = (channel: string, call: string, extension: string, agent_id: string): void =>
    simulator.begin(channel, { call_id: call, extension, agent_id, session_id: call });
  // Where ids tell them apart, the other conversation was on the same channel just before.
  begin(isSequel ? "5" : "6", otherId, "411", "a-2");
  now += 3_000;
  if (isSequel) simulator.end("5");
  now += 1_000;
  begin("5", callId, "410", "a-1");
  now += 2_000;
  simulator.poke(5, { record: false });
  now += 2_000;
  simulator.poke(5, { record: true });
  now += 2_000;

  const held = (): readonly HeldRecording[] =>
    simulator
      .kept()
      .filter(({ fields }) => fields.session_id === callId)
      .map((one) => ({
        recordingId: `${one.archive_id}.${one.record_id}.${one.record_type}`,
        startAt: one.start_tm,
        endAt: one.end_tm ?? now,
        durationMs: (one.end_tm ?? now) - one.start_tm,
        closed: one.end_tm !== undefined,
        modified: one.modified === 1,
      }));
  const [target, other, stranger] = targets[form.kind];
  const parse = (one: Target): Target => recorder.targetSchema.parse(one);
  return {
    simulator,
    origin: new URL(settings.baseUrl).origin,
    recorder,
    send,
    now: () => now,
    target: parse(target),
    other: parse(other),
    stranger: parse(stranger),
    span: { from: began, to: now },
    held: held(),
    fill() {
      const [like] = simulator.kept().filter(({ fields }) => fields.session_id === callId);
      if (like === undefined) throw new Error("nothing to fill it with");
      for (let at = 0; at < 25; at += 1) {
        const record_id = `20261122100000_005_${at + 1}`;
        simulator.keep({ ...like, record_id, start_tm: began + at, end_tm: began + 500 + at });
      }
    },
    fault: (name, times) => simulator.faults.set({ name: faults[name], ...(times && { times }) }),
    clearFaults: () => simulator.faults.clear(),
    changesHeard: () =>
      simulator.commandsHeard() +
      simulator.requests.filter(({ res, method }) => res === "recording" && method === "POST")
        .length,
    followed: () => simulator.requests.filter(({ res }) => res === "/elsewhere").length,
    flagged(recordingId) {
      const [, record_id] = recordingId.split(".");
      const kept = simulator.kept().find((one) => one.record_id === record_id);
      return kept && `flag ${kept.fields.flag} ${kept.fields.note}`;
    },
    secrets,
    async close() {
      await port.close();
      await listening?.close();
    },
  };
}
