/**
 * The recorders tacet can drive: one list, from which they are looked up, made, bound to their
 * transport and printed.
 *
 * @module
 */
import type { RecorderId, Result } from "../control/call.ts";
import { err, ok } from "../control/call.ts";
import type { RecorderCapabilities, RecorderPort } from "../control/ports.ts";
import { anywherenowVendor } from "./anywherenow/index.ts";
import { asteriskAmiVendor } from "./asterisk-ami/index.ts";
import { asteriskAriVendor } from "./asterisk-ari/index.ts";
import { fonoucVendor } from "./fonouc/index.ts";
import type { HubPort } from "./hub.ts";
import type { LinePort } from "./lines.ts";
import { noojeeVendor } from "./noojee/index.ts";
import { withOpaqueTokens } from "./opaque.ts";
import { canControl, canReport, canSurvey } from "./recorder.ts";
import type { AnyRecorder, CreateContext, RecorderVendor, Send } from "./recorder.ts";
import { revcordVendor } from "./revcord/index.ts";
import { vsloggerVendor } from "./vslogger/index.ts";

/** A vendor in a list of many: its settings' type is known to itself alone. */
export type AnyVendor = RecorderVendor<unknown>;

/** By the name configuration uses. The memory recorder is not here: it must not be served. */
export const vendors: ReadonlyMap<string, AnyVendor> = new Map<string, AnyVendor>(
  [
    anywherenowVendor,
    asteriskAmiVendor,
    asteriskAriVendor,
    fonoucVendor,
    noojeeVendor,
    revcordVendor,
    vsloggerVendor,
  ].map((vendor) => [vendor.vendor, vendor as AnyVendor]),
);

export function vendorOf(name: string): AnyVendor | undefined {
  return vendors.get(name);
}

/** One thing wrong with a recorder's settings. Never holds the value itself. */
export interface SettingsProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface MadeRecorder {
  readonly recorder: AnyRecorder;
  /** Where its requests go, for the transport it is bound to. */
  readonly origins: readonly string[];
}

/** Makes a recorder from settings as configuration gives them, or says all that is wrong. */
export function makeRecorder(
  id: RecorderId,
  vendorName: string,
  settings: unknown,
  context: CreateContext,
): Result<MadeRecorder, readonly SettingsProblem[]> {
  const vendor = vendorOf(vendorName);
  if (vendor === undefined) {
    const message = `no vendor "${vendorName}"; there are: ${[...vendors.keys()].join(", ")}`;
    return err([{ path: ["vendor"], message }]);
  }
  const parsed = vendor.settings.safeParse(settings);
  if (!parsed.success) {
    return err(
      parsed.error.issues.map(({ path, message }) => ({
        path: ["settings", ...path.map((part) => (typeof part === "symbol" ? "?" : part))],
        message,
      })),
    );
  }
  const recorder = vendor.create(id, parsed.data, context);
  return ok({ recorder, origins: vendor.origins(parsed.data) });
}

/** Where a runtime keeps no standing connections: nothing that is pushed is heard. */
const noHub: HubPort = (_address, { lost }) => {
  lost("this runtime keeps no connection to a hub");
  return () => undefined;
};

/** What a desk drives: a recorder whose every method sends through these; pauses by their own. */
export function bind(
  recorder: AnyRecorder,
  send: Send,
  hub: HubPort = noHub,
  lines?: LinePort,
  pauseSend: Send = send,
): RecorderPort {
  const ports = lines === undefined ? { send } : { send, lines };
  const { id, capabilities, watch } = recorder;
  return {
    id,
    capabilities,
    ...(canControl(recorder) && {
      pause: (target, ctx) => recorder.pause(target, { ...ctx, ...ports, send: pauseSend }),
      resume: (target, ctx) => recorder.resume(target, { ...ctx, ...ports }),
    }),
    ...(canReport(recorder) && {
      status: async (target, ctx) =>
        withOpaqueTokens(await recorder.status(target, { ...ctx, ...ports })),
    }),
    ...(canSurvey(recorder) && {
      async survey(targets, ctx) {
        const found = await recorder.survey(targets, { ...ctx, ...ports });
        if ("kind" in found) return found;
        return new Map([...found].map(([key, one]) => [key, withOpaqueTokens(one)]));
      },
    }),
    ...(watch !== undefined &&
      (capabilities.watch || capabilities.ends === true) && {
        watch: (on, ctx) => watch.call(recorder, on, { ...ctx, ...ports, hub }),
      }),
  };
}

/** Every vendor variant's capabilities as a Markdown table, for the README. */
export function recorderTable(): string {
  const rows = [...vendors.values()].flatMap((vendor) =>
    vendor.variants.map(({ name, capabilities, confirmedBy, triedAgainst, note, ...told }) => [
      name,
      `\`${capabilities.control}\``,
      capabilities.control === "none" ? "what was said" : audioWords[capabilities.audio],
      confirmedBy,
      pushWords(capabilities),
      evidenceWords(capabilities.evidence, told),
      triedAgainst,
      yesWords(capabilities),
      note,
    ]),
  );
  const heads = [
    "recorder",
    "control",
    "the file holds",
    "confirmed by",
    "pushes changes",
    "evidence",
    "tried against",
    "a mere yes confirms",
    "note",
  ];
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const evidenceWords = (
  testifies: boolean,
  { hasFile, tellsLength = true }: { readonly hasFile: boolean; readonly tellsLength?: boolean },
): string => {
  const times = tellsLength ? "when and how long" : "when it began";
  return [...(testifies ? [times] : []), ...(hasFile ? ["its file"] : [])].join(", ") || "no";
};
const yesWords = ({ control, status, watch }: RecorderCapabilities): string =>
  control === "none" ? "nothing is sent" : status || watch ? "no" : "policy decides";
const pushWords = ({ ends, watch }: RecorderCapabilities): string =>
  watch ? "yes" : ends === true ? "that a call ended" : "no";
const audioWords = {
  gap: "a gap",
  silence: "silence",
  new_file: "a new file",
  unknown: "unknown",
} as const;
