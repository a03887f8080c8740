/**
 * `tacet evidence CALLID`: what a call's recordings tell of its windows, heard now where that is
 * allowed. `tacet evidence --watch`: hears every recording that is to be heard, and goes on.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { CallEvidence } from "../../evidence/evidence.ts";
import { picture } from "../../evidence/sound/picture.ts";
import { type Help, failureOf, usageOf } from "./help.ts";
import { type Output, messageOf, stopSignal } from "./output.ts";
import { plainHttpProblem } from "./send.ts";
import { configured } from "./serveCommand.ts";
import { type EvidenceApi, evidenceApi } from "./sound/evidenceApi.ts";
import { type HeardRecording, type Hearing, hearing } from "./sound/hearCall.ts";
import { isAlarming, tellCall } from "./sound/tellCall.ts";
import { watchUnheard } from "./sound/watch.ts";

export const EVIDENCE_HELP: Help = {
  name: "evidence",
  does: "Hears a call's finished recordings, and judges its windows.",
  usage: [
    "CALLID --url URL [--config FILE] [--svg FILE] [--no-report] [--token TOKEN | --api-key KEY]",
    "--watch --url URL [--config FILE] [--token TOKEN | --api-key KEY]",
  ],
  terms: {
    CALLID: "a call of the service",
    "--url": "the service",
    "--config": "the configuration; otherwise TACET_CONFIG, ./tacet.yaml or /etc/tacet/tacet.yaml",
    "--svg": "writes a picture of what was heard, and of the windows",
    "--no-report": "tells the service nothing",
    "--watch": "hears every recording that the service has still to hear, until it is stopped",
    "--token": "a token for the service; otherwise TACET_TOKEN",
    "--api-key": "an API key for the service; otherwise TACET_API_KEY",
  },
  exit: {
    0: "nothing is suspect",
    1: "something is",
    2: "it could not be told, or the arguments do not fit",
  },
  examples: ["tacet evidence 7f3a-22 --url https://tacet.example --svg call.svg"],
};

const USAGE = usageOf(EVIDENCE_HELP);

const SOUND_OFF = `evidence.sound is off in this configuration, so no file is fetched and none is heard.
It is off by default because a finished recording may hold card data: whatever fetches and hears it
is in PCI scope, and this host would be. Where that is wanted, set evidence.sound: true.`;

/** Exit code: 0 nothing is suspect, 1 something is, 2 it could not be told. */
export async function evidenceCommand(
  args: string[],
  io: Output,
  stopped = stopSignal,
): Promise<number> {
  try {
    return await run(args, io, stopped);
  } catch (error) {
    io.err(failureOf(EVIDENCE_HELP, error));
    return 2;
  }
}

async function run(args: string[], io: Output, stopped: () => Promise<string>): Promise<number> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: { type: "string" },
      config: { type: "string" },
      svg: { type: "string" },
      "no-report": { type: "boolean" },
      watch: { type: "boolean" },
      token: { type: "string" },
      "api-key": { type: "string" },
    },
  });
  const [callId, ...more] = positionals;
  const { url, watch = false } = values;
  if (url === undefined || more.length > 0 || (callId === undefined) !== watch) {
    io.err(USAGE);
    return 2;
  }
  if (URL.parse(url) === null) throw new Error(`--url ${url} is no address.`);
  const inTheClear = plainHttpProblem(new URL(url).origin, false);
  if (inTheClear !== undefined) io.err(`WARNING ${inTheClear}`);
  const { config } = values;
  const loaded = await configured(
    config === undefined ? [] : ["--config", config],
    io,
    EVIDENCE_HELP,
  );
  if (typeof loaded === "number") return 2;
  const { TACET_API_KEY, TACET_TOKEN } = process.env;
  const token = values.token ?? values["api-key"] ?? TACET_TOKEN ?? TACET_API_KEY;
  const api = evidenceApi(url, token);
  const { sound } = loaded.config.evidence;
  if (watch && !sound) {
    io.err(SOUND_OFF);
    return 2;
  }
  const ears = sound ? hearing(loaded.config) : undefined;
  try {
    if (callId !== undefined) {
      const { svg, "no-report": isQuiet = false } = values;
      return await one(callId, api, ears, io, isQuiet, svg);
    }
    if (ears !== undefined) await watchOn(api, ears, io, stopped);
    return 0;
  } finally {
    await ears?.close();
  }
}

async function one(
  callId: string,
  api: EvidenceApi,
  ears: Hearing | undefined,
  io: Output,
  isQuiet: boolean,
  svg: string | undefined,
): Promise<number> {
  const evidence = await api.evidence(callId);
  const heard = ears === undefined ? [] : await hearAll(evidence, ears);
  for (const line of tellCall(evidence, heard)) io.out(line);
  if (ears === undefined) io.err(SOUND_OFF);
  if (svg !== undefined) {
    const parts = heard.filter((part) => part.kind === "heard");
    // A picture of a call is nobody's but the one's who asked.
    await writeFile(svg, picture(callId, parts), { mode: 0o600 });
    io.out(`picture: ${svg}`);
  }
  let unreported = 0;
  for (const part of isQuiet ? [] : heard) {
    if (part.kind !== "heard") continue;
    try {
      await api.report(callId, part.report);
    } catch (error) {
      unreported += 1;
      io.err(`recording ${part.recording.recordingId} not reported: ${messageOf(error)}`);
    }
  }
  if (isAlarming(evidence, heard)) return 1;
  const isWhole = heard.every(({ kind }) => kind === "heard") && unreported === 0;
  return isWhole && evidence.state !== "asking" ? 0 : 2;
}

/** One after another: a file is a core's work for a while. */
async function hearAll(evidence: CallEvidence, ears: Hearing): Promise<HeardRecording[]> {
  const heard: HeardRecording[] = [];
  const never = new AbortController().signal;
  for (const recording of evidence.recordings.filter(({ closed }) => closed)) {
    heard.push(await ears.recording(evidence, recording, never));
  }
  return heard;
}

async function watchOn(
  api: EvidenceApi,
  ears: Hearing,
  io: Output,
  stopped: () => Promise<string>,
): Promise<void> {
  const stop = new AbortController();
  void stopped().then(() => stop.abort());
  io.out("tacet evidence listens: each finished recording that is still to be heard");
  await watchUnheard({
    api,
    hearing: ears,
    tell: io.out,
    complain: io.err,
    signal: stop.signal,
    now: Date.now,
    wait: (ms) => setTimeout(ms, undefined, { signal: stop.signal }).catch(() => undefined),
  });
}
