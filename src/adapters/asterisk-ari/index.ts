/**
 * Recordings that Asterisk's REST interface (ARI) started, paused and resumed over it.
 *
 * @module
 */
import type { Target } from "../../control/call.ts";
import type {
  ControlOutcome,
  NotDone,
  Observation,
  RecorderCapabilities,
} from "../../control/ports.ts";
import { withoutLongNumbers } from "../foreign.ts";
import { defineRecorder } from "../recorder.ts";
import type {
  AdapterContext,
  AnyRecorder,
  HttpRequest,
  NoAnswer,
  PreflightFinding,
  RecorderVendor,
} from "../recorder.ts";
import { sendOnce } from "../sendOnce.ts";
import { asteriskAriSettings, asteriskAriTarget } from "./settings.ts";
import type { AsteriskAriSettings, AsteriskAriTarget } from "./settings.ts";
import { muteWorksIn } from "./version.ts";
import {
  basicOf,
  fileRequest,
  infoRequest,
  orderRequest,
  readInfo,
  readOrder,
  readStatus,
  readWrite,
  statusRequest,
  writeRequest,
} from "./wire.ts";

const pausing = {
  control: "pause",
  audio: "gap",
  status: true,
  survey: false,
  watch: false,
  evidence: false,
  runtimes: ["node", "workerd"],
} as const satisfies RecorderCapabilities;

/** A muted recording goes on saying `recording`: there is nothing to read back. */
const muting = {
  ...pausing,
  control: "mute",
  audio: "silence",
  status: false,
} as const satisfies RecorderCapabilities;

/** So long a pause waits to hear which version it is sent to, where none was reported yet. */
const VERSION_MS_MAX = 500;

export const asteriskAriVendor: RecorderVendor<AsteriskAriSettings> = {
  vendor: "asterisk-ari",
  settings: asteriskAriSettings,
  variants: [
    {
      name: "Asterisk, by ARI",
      capabilities: pausing,
      confirmedBy: "the recording's state, read afterwards",
      hasFile: true,
      triedAgainst: "Asterisk 16.28, and a simulator",
      note: "Recordings that ARI started.",
    },
    {
      name: "Asterisk, by ARI's mute",
      capabilities: muting,
      confirmedBy: "nothing: a muted recording says `recording`",
      hasFile: true,
      triedAgainst: "a simulator; Asterisk 16.28 is refused",
      note: "Only from 18.21, 20.6 and 21.1; before, the second mute is not done.",
    },
  ],
  origins: ({ baseUrl }) => [new URL(baseUrl).origin],
  create: createAsteriskAri,
};

function createAsteriskAri(id: string, settings: AsteriskAriSettings): AnyRecorder {
  const scrub = scrubber([settings.password, basicOf(settings)]);
  /** As the server last reported it. */
  let version: string | undefined;

  const learn = async (ctx: AdapterContext): Promise<{ version: string } | NotDone> => {
    const reply = await sendOnce(infoRequest(settings), ctx);
    const told = "kind" in reply ? reply : readInfo(reply, scrub);
    version = "version" in told ? told.version : undefined;
    return told;
  };

  /** Why this server is not told to mute. What it reports counts, not what configuration says. */
  const muteRefused = async (
    what: "silence" | "restore",
    ctx: AdapterContext,
  ): Promise<NotDone | undefined> => {
    if (settings.silenceBy === "pause") return undefined;
    if (version === undefined) {
      const soon = AbortSignal.any([ctx.signal, AbortSignal.timeout(VERSION_MS_MAX)]);
      const told = await learn(what === "silence" ? { ...ctx, signal: soon } : ctx);
      if ("kind" in told) {
        // A pause goes by the version that configuration tells, rather than not at all.
        if (what === "silence") return undefined;
        // Nothing was ordered yet, so nothing is in doubt.
        return told.kind === "in_doubt" ? { ...told, kind: "unreachable" } : told;
      }
    }
    // Muted while its version was not known, it would stay silent for ever.
    if (what === "restore") return undefined;
    if (version !== undefined && muteWorksIn(version)) return undefined;
    const detail = `it reports version ${version ?? ""}, which mutes a recording only once`;
    return { kind: "refused", reason: "not_permitted", detail: scrub(detail) };
  };

  const order = async (
    what: "silence" | "restore",
    target: Target,
    ctx: AdapterContext,
  ): Promise<ControlOutcome> => {
    const refused = await muteRefused(what, ctx);
    if (refused !== undefined) return refused;
    const recording = target as AsteriskAriTarget;
    const reply = await sendOnce(orderRequest(settings, what, recording), ctx);
    return "kind" in reply ? reply : readOrder(reply, scrub);
  };

  const preflight = async (ctx: AdapterContext): Promise<readonly PreflightFinding[]> => {
    const told = await learn(ctx);
    if ("kind" in told) return [{ name: "ARI", ok: false, detail: wordsOf(told) }];
    const reported = scrub(`Asterisk ${told.version}`);
    const mutes = settings.silenceBy === "pause" || muteWorksIn(told.version);
    const asked = await sendOnce(writeRequest(settings), ctx);
    const trouble = "kind" in asked ? asked : readWrite(asked, scrub);
    return [
      {
        name: "ARI",
        ok: mutes,
        detail: mutes ? reported : `${reported} mutes a recording only once: silence by pause`,
      },
      {
        name: `user ${settings.username}`,
        ok: trouble === undefined,
        detail: trouble === undefined ? "may pause and resume" : wordsOf(trouble),
      },
    ];
  };

  const recorder = {
    id,
    vendor: "asterisk-ari",
    targetSchema: asteriskAriTarget,
    // Asterisk tells names apart by their letters' case.
    targetKey: (target: Target) => (target as AsteriskAriTarget).name,
    pause: (target: Target, ctx: AdapterContext) => order("silence", target, ctx),
    resume: (target: Target, ctx: AdapterContext) => order("restore", target, ctx),
    preflight,
    /** A recording is known by the name it was started under, before and after. */
    audio(recordingId: string): Promise<HttpRequest | NoAnswer> {
      const named = asteriskAriTarget.safeParse({ name: recordingId });
      if (named.success) return Promise.resolve(fileRequest(settings, named.data));
      const detail = "not the name of a recording";
      return Promise.resolve({ kind: "refused", reason: "target_not_found", detail });
    },
  };
  if (settings.silenceBy === "mute") return defineRecorder({ ...recorder, capabilities: muting });
  return defineRecorder({
    ...recorder,
    capabilities: pausing,
    async status(target: Target, ctx: AdapterContext): Promise<Observation> {
      const recording = target as AsteriskAriTarget;
      const reply = await sendOnce(statusRequest(settings, recording), ctx);
      return "kind" in reply ? reply : readStatus(reply, recording, scrub);
    },
  });
}

const wordsOf = (outcome: NotDone): string => outcome.detail ?? outcome.kind;

function scrubber(secrets: readonly string[]): (text: string) => string {
  return (text) => {
    let clean = text.replace(/basic\s+\S+/gi, "[secret]");
    for (const secret of secrets) clean = clean.replaceAll(secret, "[secret]");
    return withoutLongNumbers(clean);
  };
}
