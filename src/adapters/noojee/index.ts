/**
 * Noojee Contact (njAdmin): recording is stopped and started by its CallManagementAPI, calls' ends
 * are listened for, and the legs of a call are asked of its RecordingAPI.
 *
 * @module
 */
import type { Target } from "../../control/call.ts";
import type { ControlOutcome, RecorderCapabilities } from "../../control/ports.ts";
import { defineRecorder } from "../recorder.ts";
import type { AdapterContext, AnyRecorder, RecorderVendor } from "../recorder.ts";
import { hourBook } from "./hours.ts";
import { Orders } from "./orders.ts";
import { preflightOf } from "./preflight.ts";
import { keyOf, noojeeSettings, noojeeTarget } from "./settings.ts";
import type { NoojeeSettings, NoojeeTarget } from "./settings.ts";
import { talker } from "./talk.ts";
import { endsOf } from "./watch.ts";
import { evidenceOf } from "./witness.ts";
import type { Span } from "./witness.ts";
import { readOrder, startOf, stopOf } from "./wire.ts";

/** There is no state to read: a yes is only a yes, and policy says whether it counts. */
const capabilities = {
  control: "stop",
  audio: "new_file",
  status: false,
  survey: false,
  watch: false,
  evidence: true,
  runtimes: ["node", "workerd"],
} as const satisfies RecorderCapabilities;

/** With `extensions`: a long poll stands, which tells of calls and of no recording. */
const listening = {
  ...capabilities,
  ends: true,
  runtimes: ["node"],
} as const satisfies RecorderCapabilities;

const confirmedBy = "nothing: it says yes and cannot be asked";

export const noojeeVendor: RecorderVendor<NoojeeSettings> = {
  vendor: "noojee",
  settings: noojeeSettings,
  variants: [
    {
      name: "Noojee Contact",
      capabilities,
      confirmedBy,
      hasFile: false,
      triedAgainst: "a simulator",
      note: "Stop and start. Automatic recording may start it again, unseen. An extension is ambiguous: name the unique id.",
    },
    {
      name: "Noojee Contact, with `extensions`",
      capabilities: listening,
      confirmedBy,
      hasFile: false,
      triedAgainst: "a simulator",
      note: "One long poll tells when calls end. Nothing tells what is recorded.",
    },
  ],
  origins: ({ baseUrl }) => [new URL(baseUrl).origin],
  create: createNoojee,
};

function createNoojee(id: string, settings: NoojeeSettings): AnyRecorder {
  const { ask, scrub } = talker(settings);
  const { timeZone } = settings;
  const orders = new Orders();
  const hours = hourBook(ask, timeZone);

  /** The server's words, as configuration knows them, for a stop of what is not recorded. */
  const saysNotRecording = (outcome: ControlOutcome): boolean => {
    const { notRecordingMessage } = settings;
    if (notRecordingMessage === undefined || outcome.kind !== "refused") return false;
    const said = outcome.detail.replace(/^Code -?\d+: /, "");
    return (
      outcome.reason === "vendor_error" &&
      said.toLowerCase() === scrub(notRecordingMessage).toLowerCase()
    );
  };

  const pause = async (told: Target, ctx: AdapterContext): Promise<ControlOutcome> => {
    const target = told as NoojeeTarget;
    const key = keyOf(target);
    orders.stopping(key, ctx.windowId);
    const outcome = readOrder(await ask(stopOf(settings, target), { ...ctx, isPause: true }));
    // Of a target that was never stopped it would say that the target is wrong.
    const isRepeat = orders.isStopped(key) && saysNotRecording(outcome);
    if (outcome.kind !== "acknowledged" && !isRepeat) return outcome;
    orders.stopped(key);
    return { kind: "acknowledged" };
  };

  const resume = async (told: Target, ctx: AdapterContext): Promise<ControlOutcome> => {
    const target = told as NoojeeTarget;
    const key = keyOf(target);
    const tag = orders.starting(key, ctx.windowId);
    const outcome = readOrder(await ask(startOf(settings, target, tag), ctx));
    // In doubt it may have begun all the same.
    const mayRecord = outcome.kind === "acknowledged" || outcome.kind === "in_doubt";
    if (tag !== undefined && mayRecord) orders.started(key, tag, ctx.now());
    return outcome;
  };

  const recorder = {
    id,
    vendor: "noojee",
    targetSchema: noojeeTarget,
    targetKey: (target: Target) => keyOf(target as NoojeeTarget),
    pause,
    resume,
    evidence: (target: Target, span: Span, ctx: AdapterContext) =>
      evidenceOf(target as NoojeeTarget, span, ctx, { ask, hours, orders, timeZone }),
  };
  if (settings.extensions.length === 0) {
    return defineRecorder({
      ...recorder,
      capabilities,
      preflight: (ctx) => preflightOf(settings, ctx, ask),
    });
  }
  const ends = endsOf(settings.extensions, ask);
  return defineRecorder({
    ...recorder,
    capabilities: listening,
    standingCount: 1,
    watch: ends.watch,
    preflight: (ctx) => preflightOf(settings, ctx, ask, ends),
  });
}
