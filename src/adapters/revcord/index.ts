/**
 * Revcord loggers, by the vendor's Logger Integration API: witnesses, which nobody can silence.
 *
 * @module
 */
import type { Target } from "../../control/call.ts";
import type { RecorderCapabilities } from "../../control/ports.ts";
import { hubListening } from "../listening.ts";
import { defineRecorder } from "../recorder.ts";
import type {
  AdapterContext,
  AnyRecorder,
  HttpReply,
  HttpRequest,
  NoAnswer,
  PreflightFinding,
  RecorderVendor,
} from "../recorder.ts";
import type { TokenSource } from "../tokens.ts";
import { readCompleted } from "./broadcast.ts";
import { keyOf, revcordSettings, revcordTarget } from "./settings.ts";
import type { RevcordSettings, RevcordTarget } from "./settings.ts";
import { channelsOf, testimonyOf } from "./testimony.ts";
import { revcordTokens } from "./token.ts";
import { stampOf } from "./wire.ts";

const capabilities = {
  control: "none",
  audio: "unknown",
  status: false,
  survey: false,
  watch: false,
  evidence: true,
  runtimes: ["node", "workerd"],
} as const satisfies RecorderCapabilities;

/** With `push` configured. */
const pushing = {
  ...capabilities,
  ends: true,
  runtimes: ["node"],
} as const satisfies RecorderCapabilities;

/** A refresh, and a new login where that was turned down as well. */
const RENEWAL_COUNT_MAX = 2;

export const revcordVendor: RecorderVendor<RevcordSettings> = {
  vendor: "revcord",
  settings: revcordSettings,
  variants: [
    {
      name: "Revcord",
      capabilities,
      confirmedBy: "nothing: it cannot be silenced",
      hasFile: true,
      tellsLength: false,
      triedAgainst: "a simulator",
      note: "A witness only. Its file tells how long it is.",
    },
    {
      name: "Revcord, with `push`",
      capabilities: pushing,
      confirmedBy: "nothing: it cannot be silenced",
      hasFile: true,
      tellsLength: false,
      triedAgainst: "a simulator; SignalR with both public clients",
      note: "Its broadcast of completed calls ends a call and has its witnesses asked.",
    },
  ],
  origins({ baseUrl, playbackOrigins, push }) {
    const urls = [baseUrl, ...playbackOrigins, ...(push === undefined ? [] : [push.url])];
    return [...new Set(urls.map((url) => new URL(url).origin))];
  },
  create: createRevcord,
};

function createRevcord(id: string, settings: RevcordSettings): AnyRecorder {
  const tokens = revcordTokens(settings);
  const ask = (request: HttpRequest, ctx: AdapterContext) => askWith(tokens, request, ctx);
  const { audio, evidence, page } = testimonyOf(settings, ask, tokens.scrub);
  const recorder = {
    id,
    vendor: "revcord",
    targetSchema: revcordTarget,
    targetKey: (target: Target) => keyOf(target as RevcordTarget),
    evidence: (target: Target, span: Parameters<typeof evidence>[1], ctx: AdapterContext) =>
      evidence(target as RevcordTarget, span, ctx),
    audio,
    page,
  };
  const { push } = settings;
  if (push === undefined) {
    return defineRecorder({
      ...recorder,
      capabilities,
      preflight: (ctx) => preflight(settings, ctx, tokens),
    });
  }
  const channels = channelsOf(settings);
  const listening = hubListening(
    { url: push.url, kind: push.kind, hub: push.hub ?? "", event: push.event },
    {
      read(args, on) {
        const { ends, unreadableCount } = readCompleted(args, settings.timeZone, channels);
        for (const end of ends) on.ended?.(end);
        return unreadableCount;
      },
      meanwhile: "calls are not told as completed until it is back",
      tokens,
    },
  );
  return defineRecorder({
    ...recorder,
    capabilities: pushing,
    watch: listening.watch,
    preflight: async (ctx) => [
      ...(await preflight(settings, ctx, tokens)),
      await listening.preflight(ctx),
    ],
  });
}

/** Sends a question with a token. A 401 renews it: it was turned away at the door. */
async function askWith(
  tokens: TokenSource,
  request: HttpRequest,
  ctx: AdapterContext,
): Promise<HttpReply | NoAnswer> {
  let rejected: string | undefined;
  for (let renewalCount = 0; ; renewalCount += 1) {
    const got = await tokens.get(ctx, rejected);
    if (got.kind !== "token") return got;
    const headers = { ...request.headers, authorization: `Bearer ${got.token}` };
    const result = await ctx.send({ ...request, headers }, ctx.signal);
    if (result.kind === "not_sent") return { kind: "unreachable", detail: result.detail };
    if (result.kind !== "reply") return { kind: "in_doubt", detail: result.detail };
    if (result.reply.status !== 401 || renewalCount === RENEWAL_COUNT_MAX) return result.reply;
    rejected = got.token;
  }
}

async function preflight(
  { playbackOrigins, timeZone }: RevcordSettings,
  ctx: AdapterContext,
  tokens: TokenSource,
): Promise<readonly PreflightFinding[]> {
  const got = await tokens.get(ctx);
  const login =
    got.kind === "token"
      ? { ok: true, detail: "the service key is taken" }
      : { ok: false, detail: `${got.kind}: ${got.detail ?? "no answer"}` };
  const origins =
    playbackOrigins.length === 0
      ? "none configured, so no recording can be fetched or heard"
      : playbackOrigins.join(", ");
  return [
    { name: "login", ...login },
    {
      name: "control",
      ok: true,
      detail: "a witness only: no call is secured by it, and it records through every window",
    },
    {
      name: "checklist: timeZone",
      ok: true,
      detail: `its clock should show ${stampOf(ctx.now(), timeZone)} now (${timeZone})`,
    },
    { name: "checklist: playbackOrigins", ok: true, detail: origins },
  ];
}
