/**
 * Versadial VSLogger and Adutante recorders, by their HTML API: silenced by mute or by ending the
 * recording, read back from the state of the channel or the call, and asked afterwards what they
 * recorded.
 *
 * @module
 */
import type { AdapterContext, AgentAddress, RecorderVendor } from "../recorder.ts";
import { defineRecorder } from "../recorder.ts";
import type { Control, Target } from "../../control/call.ts";
import type { RecorderCapabilities } from "../../control/ports.ts";
import { commands } from "./control.ts";
import { incidentMarker } from "./incident.ts";
import { marker } from "./mark.ts";
import { preflight } from "./preflight.ts";
import { reads } from "./read.ts";
import { channelsOf } from "./resolve.ts";
import type { VsloggerSettings } from "./settings.ts";
import { hasAccessHash, settingsSchema, takesChannels } from "./settings.ts";
import { sightings } from "./sightings.ts";
import { talker } from "./talk.ts";
import type { VsloggerTarget } from "./target.ts";
import { keyOf, readTarget, targetSchemaFor } from "./target.ts";
import { witness } from "./witness.ts";

const shared = {
  status: true,
  survey: true,
  aliases: true,
  watch: false,
  evidence: true,
  runtimes: ["node", "workerd"],
} as const;
const byMute = { control: "mute", audio: "silence", ...shared } as const;
const byRecord = { control: "stop", audio: "new_file", ...shared } as const;

const capabilitiesOf = (settings: VsloggerSettings) =>
  settings.silenceBy === "mute" ? byMute : byRecord;

export const vsloggerVendor: RecorderVendor<VsloggerSettings> & {
  /** The controls these settings leave. */
  controls(settings: VsloggerSettings): readonly Control[];
} = {
  vendor: "vslogger",
  settings: settingsSchema,
  variants: [
    {
      name: "VSLogger, by mute",
      capabilities: byMute satisfies RecorderCapabilities,
      confirmedBy: "channel-state, channel-states or call, read afterwards",
      hasFile: true,
      triedAgainst: "a simulator",
      note: "Silence in the running recording: inferred, the vendor does not say it.",
    },
    {
      name: "VSLogger, by record",
      capabilities: byRecord satisfies RecorderCapabilities,
      confirmedBy: "channel-state, channel-states or call, read afterwards",
      hasFile: true,
      triedAgainst: "a simulator",
      note: "Ends the recording; the resume starts another.",
    },
  ],
  origins: (settings) => [new URL(settings.baseUrl).origin],
  controls: (settings) => [capabilitiesOf(settings).control],
  create(id, settings) {
    const talk = talker(settings);
    const { ask } = talk;
    const seen = sightings();
    const read = reads(ask, settings.silenceBy, seen);
    const command = commands(settings, ask, read, marker(settings, ask));
    const controlled = {
      id,
      vendor: "vslogger",
      targetSchema: targetSchemaFor(settings),
      targetKey: (target: Target) => keyOf(readTarget(target)),
      pause: (target: Target, ctx: AdapterContext) => command(readTarget(target), "silence", ctx),
      resume: (target: Target, ctx: AdapterContext) => command(readTarget(target), "restore", ctx),
      status: (target: Target, ctx: AdapterContext) => read.status(readTarget(target), ctx),
      survey: (targets: ReadonlyMap<string, Target>, ctx: AdapterContext) =>
        read.survey(
          new Map<string, VsloggerTarget>([...targets].map(([key, one]) => [key, readTarget(one)])),
          ctx,
        ),
      locate: async (agent: AgentAddress, ctx: AdapterContext) => {
        if (agent.extension === undefined && agent.recorderAgentId === undefined) return [];
        if (!takesChannels(settings)) return [];
        const rows = await read.rows(ctx);
        return "kind" in rows ? rows : channelsOf(rows, agent);
      },
    };
    const capabilities = capabilitiesOf(settings);
    if (settings.witness === false) {
      return defineRecorder({
        ...controlled,
        capabilities: { ...capabilities, evidence: false },
        preflight: (ctx) => preflight(settings, read, undefined, ctx),
      });
    }
    const testimony = witness(settings, settings.witness, talk, seen);
    const { incident } = settings;
    return defineRecorder({
      ...controlled,
      capabilities,
      preflight: (ctx) => preflight(settings, read, testimony, ctx),
      evidence: (target, span, ctx) => testimony.evidence(readTarget(target), span, ctx),
      audio: testimony.audio,
      ...(hasAccessHash(settings) && { page: testimony.page }),
      ...(incident !== undefined && { flag: incidentMarker(incident, talk, testimony) }),
    });
  },
};
