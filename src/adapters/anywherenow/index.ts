/**
 * AnywhereNow (Anywhere365) Core recorders, over the vendor's REST recording API.
 *
 * @module
 */
import type {
  ControlOutcome,
  NotDone,
  Observation,
  RecorderCapabilities,
} from "../../control/ports.ts";
import type { Target } from "../../control/call.ts";
import { withoutLongNumbers } from "../foreign.ts";
import { defineRecorder } from "../recorder.ts";
import type {
  AdapterContext,
  AnyRecorder,
  HttpReply,
  HttpRequest,
  PreflightFinding,
  RecorderVendor,
} from "../recorder.ts";
import { sendOnce } from "../sendOnce.ts";
import type { TokenContext, TokenSource } from "../tokens.ts";
import type { Scrub } from "./reply.ts";
import { pushesOf } from "./pushes.ts";
import { anywherenowSettings, targetSchemaFor } from "./settings.ts";
import type { AnywhereNowSettings, AnywhereNowTarget } from "./settings.ts";
import { passwordGrantTokens } from "./token.ts";
import {
  capabilitiesRequest,
  readCapabilities,
  readSet,
  readState,
  setRequest,
  stateRequest,
} from "./wire.ts";
import type { Action } from "./wire.ts";

const capabilities = {
  control: "pause",
  audio: "gap",
  status: true,
  survey: false,
  watch: false,
  evidence: false,
  runtimes: ["node", "workerd"],
} as const satisfies RecorderCapabilities;

/** With `push` configured. */
const pushing = {
  ...capabilities,
  watch: true,
  runtimes: ["node"],
} as const satisfies RecorderCapabilities;

/** How long a bookmark may take. Nobody waits for it. */
const bookmarkMsMax = 2_000;

export const anywherenowVendor: RecorderVendor<AnywhereNowSettings> = {
  vendor: "anywherenow",
  settings: anywherenowSettings,
  variants: [
    {
      name: "AnywhereNow",
      capabilities,
      confirmedBy: "the recording state, read afterwards",
      hasFile: false,
      triedAgainst: "a simulator",
      note: "v1 and v2. Mark is a bookmark beside the pause and never protects.",
    },
    {
      name: "AnywhereNow, with `push`",
      capabilities: pushing,
      confirmedBy: "the recording state, read afterwards",
      hasFile: false,
      triedAgainst: "a simulator; SignalR with both public clients",
      note: "Its SignalR hub tells at once of a recorder that is started by hand.",
    },
  ],
  origins({ baseUrl, auth, push }) {
    const urls = [
      baseUrl,
      ...(auth.kind === "none" ? [] : [auth.tokenUrl]),
      ...(push === undefined ? [] : [push.url]),
    ];
    return [...new Set(urls.map((url) => new URL(url).origin))];
  },
  create: createAnywhereNow,
};

function createAnywhereNow(id: string, settings: AnywhereNowSettings): AnyRecorder {
  const tokens = settings.auth.kind === "none" ? undefined : passwordGrantTokens(settings.auth);
  const scrub = scrubber(() => tokens?.secrets() ?? []);

  const order = async (
    action: Action,
    target: AnywhereNowTarget,
    ctx: AdapterContext,
  ): Promise<ControlOutcome> => {
    const requester = target.requesterSipUri ?? settings.requesterSipUri;
    if (requester === undefined) {
      const detail = "no requesterSipUri in the target or the settings";
      return { kind: "refused", reason: "not_permitted", detail };
    }
    const asking = { ...ctx, isPause: action === "Pause" };
    const reply = await ask(setRequest(settings, action, target, requester), asking, tokens);
    return "kind" in reply ? reply : readSet(reply, action, target, scrub);
  };

  const command = async (
    action: "Pause" | "Start",
    target: Target,
    ctx: AdapterContext,
  ): Promise<ControlOutcome> => {
    const conversation = target as AnywhereNowTarget;
    const outcome = await order(action, conversation, ctx);
    if (settings.bookmark && outcome.kind === "acknowledged") {
      const signal = AbortSignal.timeout(bookmarkMsMax);
      const mark = action === "Pause" ? "Mark" : "UnMark";
      // Not awaited: whether a bookmark was set says nothing of the audio.
      void order(mark, conversation, { ...ctx, signal }).catch(() => undefined);
    }
    return outcome;
  };

  const recorder = {
    id,
    vendor: "anywherenow",
    targetSchema: targetSchemaFor(settings),
    targetKey: (target: Target) => keyOf(target as AnywhereNowTarget),
    pause: (target: Target, ctx: AdapterContext) => command("Pause", target, ctx),
    // The vendor has no Resume: Start is the one action that leads out of Paused.
    resume: (target: Target, ctx: AdapterContext) => command("Start", target, ctx),
    async status(target: Target, ctx: AdapterContext): Promise<Observation> {
      const conversation = target as AnywhereNowTarget;
      const reply = await ask(stateRequest(settings, conversation), ctx, tokens);
      return "kind" in reply ? reply : readState(reply, conversation, scrub);
    },
  };
  if (settings.push === undefined) {
    return defineRecorder({
      ...recorder,
      capabilities,
      preflight: (ctx) => preflight(settings, ctx, tokens, scrub),
    });
  }
  const pushes = pushesOf(settings.push, keyOf, tokens);
  return defineRecorder({
    ...recorder,
    capabilities: pushing,
    watch: pushes.watch,
    preflight: async (ctx) => [
      ...(await preflight(settings, ctx, tokens, scrub)),
      await pushes.preflight(ctx),
    ],
  });
}

/** Names and GUIDs are the same in whatever letters' case. */
const keyOf = ({ uccName, correlationId }: Pick<AnywhereNowTarget, "uccName" | "correlationId">) =>
  `${uccName.toLowerCase()}/${correlationId.toLowerCase()}`;

/**
 * Sends once, with a token where one is needed. Only a 401 is sent again, once and with a new
 * token: what was turned away at the door surely changed nothing.
 */
async function ask(
  request: HttpRequest,
  ctx: TokenContext,
  tokens: TokenSource | undefined,
): Promise<HttpReply | NotDone> {
  if (tokens === undefined) return sendOnce(request, ctx);
  const first = await tokens.get(ctx);
  if (first.kind !== "token") return first;
  const reply = await sendOnce(withBearer(request, first.token), ctx);
  if ("kind" in reply || reply.status !== 401) return reply;
  const second = await tokens.get(ctx, first.token);
  if (second.kind !== "token") return second;
  return sendOnce(withBearer(request, second.token), ctx);
}

const withBearer = (request: HttpRequest, token: string): HttpRequest => ({
  ...request,
  headers: { ...request.headers, authorization: `Bearer ${token}` },
});

/** Takes configured secrets, bearer tokens and long runs of digits out of a vendor's words. */
function scrubber(secrets: () => readonly string[]): Scrub {
  return (text) => {
    let clean = text.replace(/bearer\s+\S+/gi, "[secret]");
    for (const secret of secrets()) {
      if (secret !== "") clean = clean.replaceAll(secret, "[secret]");
    }
    return withoutLongNumbers(clean);
  };
}

/** Settings of a UCC that the API does not show; documented as required. */
const checklist: readonly PreflightFinding[] = [
  ["UseAudioRecording", "required, not shown by the API: see that it is on for every UCC"],
  ["AgentCanEditAudioRecording", "required; the API shows it as AgentCanEditRecordings"],
  ["SaveRecordingByDefault", "decides whether a recording is kept; tacet sends no Save or Delete"],
  ["licence", "the recording API needs an Enterprise licence or higher"],
].map(([name = "", detail = ""]) => ({ name: `checklist: ${name}`, ok: true, detail }));

async function preflight(
  settings: AnywhereNowSettings,
  ctx: AdapterContext,
  tokens: TokenSource | undefined,
  scrub: Scrub,
): Promise<readonly PreflightFinding[]> {
  const findings: PreflightFinding[] = [];
  if (settings.uccNames.length === 0) {
    const detail = "none listed, so no capabilities were asked for: list your UCCs to check them";
    findings.push({ name: "uccNames", ok: true, detail });
  }
  for (const uccName of settings.uccNames) {
    const reply = await ask(capabilitiesRequest(settings, uccName), ctx, tokens);
    findings.push(
      "kind" in reply
        ? {
            name: `AgentCanEditRecordings of ${uccName}`,
            ok: false,
            detail: `${reply.kind}: ${reply.detail ?? "no answer"}`,
          }
        : readCapabilities(reply, uccName, scrub),
    );
  }
  return [...findings, ...checklist];
}
