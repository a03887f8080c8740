/**
 * A recorder as a witness: what it is asked after the call, bound to its transport.
 *
 * @module
 */
import type { EpochMs, RecorderId, Target } from "../control/call.ts";
import type { ControlOutcome, RecorderCapabilities } from "../control/ports.ts";
import type { LinePort } from "./lines.ts";
import { canTestify } from "./recorder.ts";
import type {
  AnyRecorder,
  HttpRequest,
  NoAnswer,
  RecordingEvidence,
  RecordingPage,
  Send,
} from "./recorder.ts";

/** The deadline, and the time. */
export interface WitnessContext {
  readonly signal: AbortSignal;
  readonly now: () => EpochMs;
}

/** What each asks is promised beside the methods of `AnyRecorder`. */
export interface WitnessPort {
  readonly id: RecorderId;
  readonly vendor: string;
  readonly capabilities: RecorderCapabilities;
  readonly evidence?: (
    target: Target,
    span: { readonly from: EpochMs; readonly to: EpochMs },
    ctx: WitnessContext,
  ) => Promise<readonly RecordingEvidence[] | NoAnswer>;
  readonly audio?: (recordingId: string, ctx: WitnessContext) => Promise<HttpRequest | NoAnswer>;
  readonly flag?: (
    recordingId: string,
    note: string,
    ctx: WitnessContext,
  ) => Promise<ControlOutcome>;
  readonly page?: (recordingId: string, ctx: WitnessContext) => Promise<RecordingPage | NoAnswer>;
}

export function bindWitness(recorder: AnyRecorder, send: Send, lines?: LinePort): WitnessPort {
  const { audio, capabilities, id, vendor } = recorder;
  const whole = (ctx: WitnessContext) => ({
    ...ctx,
    send,
    silenced: false,
    ...(lines === undefined ? {} : { lines }),
  });
  const testifies = canTestify(recorder);
  const { flag, page } = testifies ? recorder : {};
  return {
    id,
    vendor,
    capabilities,
    ...(testifies && {
      evidence: (target, span, ctx) => recorder.evidence(target, span, whole(ctx)),
    }),
    ...(audio !== undefined && {
      audio: (recordingId, ctx) => audio.call(recorder, recordingId, whole(ctx)),
    }),
    ...(flag !== undefined && {
      flag: (recordingId, note, ctx) => flag.call(recorder, recordingId, note, whole(ctx)),
    }),
    ...(page !== undefined && {
      page: (recordingId, ctx) => page.call(recorder, recordingId, whole(ctx)),
    }),
  };
}
