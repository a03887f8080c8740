/**
 * Fonouc's portal as a witness of finished calls, and, where it may be ordered, the Kazoo under it:
 * live recordings masked and unmasked by metaflow.
 *
 * @module
 */
import type { Target } from "../../control/call.ts";
import type { ControlOutcome, RecorderCapabilities } from "../../control/ports.ts";
import { defineRecorder } from "../recorder.ts";
import type { AdapterContext, AnyRecorder, PreflightFinding, RecorderVendor } from "../recorder.ts";
import { kazooOf } from "./kazoo.ts";
import { wordsOf } from "./reply.ts";
import { sessionOf } from "./session.ts";
import { fonoucSettings, fonoucTarget } from "./settings.ts";
import type { FonoucSettings, FonoucTarget } from "./settings.ts";
import { testimonyOf } from "./testimony.ts";
import type { Span } from "./wire.ts";
import { bearer, loginRequest, readLogin } from "./wire.ts";

const testifying = {
  control: "none",
  audio: "unknown",
  status: false,
  survey: false,
  watch: false,
  evidence: true,
  runtimes: ["node", "workerd"],
} as const satisfies RecorderCapabilities;

/** With `kazoo` configured. Kazoo tells nobody whether a recording is masked. */
const masking = {
  ...testifying,
  control: "mute",
  audio: "silence",
} as const satisfies RecorderCapabilities;

export const fonoucVendor: RecorderVendor<FonoucSettings> = {
  vendor: "fonouc",
  settings: fonoucSettings,
  variants: [
    {
      name: "Fonouc",
      capabilities: testifying,
      confirmedBy: "nothing: it cannot be silenced",
      hasFile: true,
      triedAgainst: "a simulator",
      note: "Its API has no control: a witness.",
    },
    {
      name: "Fonouc, with `kazoo`",
      capabilities: masking,
      confirmedBy: "nothing: no mask can be read back",
      hasFile: true,
      triedAgainst: "a simulator",
      note: "Needs Konami Pro: without it Kazoo says yes and does nothing. Masks only the newest recording of the call.",
    },
  ],
  origins({ baseUrl, kazoo }) {
    const urls = [baseUrl, ...(kazoo === undefined ? [] : [kazoo.baseUrl])];
    return [...new Set(urls.map((url) => new URL(url).origin))];
  },
  create: createFonouc,
};

function createFonouc(id: string, settings: FonoucSettings): AnyRecorder {
  const session = sessionOf({
    name: "login",
    request: () => loginRequest(settings),
    read: readLogin,
    headers: bearer,
    secrets: [settings.password],
  });
  const testimony = testimonyOf(settings, session, scrubber(session.secrets));

  const preflight = async (ctx: AdapterContext): Promise<readonly PreflightFinding[]> => {
    const findings: PreflightFinding[] = [];
    for (const report of ["cdrs", "recordings"] as const) {
      const trouble = await testimony.probe(report, ctx);
      const detail = trouble === undefined ? "it answers" : wordsOf(trouble);
      findings.push({ name: report, ok: trouble === undefined, detail });
    }
    return findings;
  };

  const recorder = {
    id,
    vendor: "fonouc",
    targetSchema: fonoucTarget,
    // Letters' case counts in a SIP Call-ID.
    targetKey: (target: Target) => legOf(target).callId,
    evidence: (target: Target, span: Span, ctx: AdapterContext) =>
      testimony.evidence(legOf(target), span, ctx),
    audio: testimony.audio,
  };
  if (settings.kazoo === undefined) {
    return defineRecorder({ ...recorder, capabilities: testifying, preflight });
  }
  const accountId = settings.kazoo.accountId ?? settings.accountId;
  const kazoo = kazooOf({ ...settings.kazoo, accountId }, scrubber);
  const order = (what: "mask" | "unmask") => (target: Target, ctx: AdapterContext) =>
    kazoo.order(what, legOf(target), ctx) satisfies Promise<ControlOutcome>;
  return defineRecorder({
    ...recorder,
    capabilities: masking,
    pause: order("mask"),
    resume: order("unmask"),
    preflight: async (ctx) => [...(await preflight(ctx)), ...(await kazoo.preflight(ctx))],
  });
}

const legOf = (target: Target): FonoucTarget => target as FonoucTarget;

/** Takes what must not be told out of a vendor's words, and anything that looks like a token. */
function scrubber(secrets: () => readonly string[]): (text: string) => string {
  return (text) => {
    let clean = text.replace(/bearer\s+\S+/gi, "[secret]");
    for (const secret of secrets()) clean = clean.replaceAll(secret, "[secret]");
    return clean;
  };
}
