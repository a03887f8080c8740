/**
 * Hears the finished recordings of one call and judges its windows by what is heard.
 *
 * @module
 */
import type { CallEvidence, Recording, SoundReport } from "../../../evidence/evidence.ts";
import { judgeSound } from "../../../evidence/sound/judge.ts";
import type { Pictured } from "../../../evidence/sound/picture.ts";
import { soundReport } from "../../../evidence/sound/report.ts";
import type { Problem } from "../../../evidence/sound/wav.ts";
import type { Config } from "../../../policy/config.ts";
import { nodeClock } from "../clock.ts";
import { nodeFleet } from "../recorders.ts";
import { vendorOf } from "../../../adapters/registry.ts";
import { type FilePort, type NotFetched, filePort, notFetched } from "./fetchFile.ts";
import { hearFile } from "./hearFile.ts";

export type HeardRecording =
  | ({ readonly kind: "heard"; readonly report: SoundReport } & Pictured)
  | {
      readonly kind: "not_heard";
      readonly recording: Recording;
      readonly why: Problem | NotFetched;
    };

export interface Hearing {
  /** Never throws for what recorders answer or files hold. */
  recording(
    evidence: CallEvidence,
    recording: Recording,
    signal: AbortSignal,
  ): Promise<HeardRecording>;
  close(): Promise<void>;
}

/** A report holds so many; the worst are told first. */
const JUDGEMENTS_MAX = 100;

/** The configured recorders as those whose files are heard. Opens no connection by itself. */
export function hearing(config: Config): Hearing {
  const clock = nodeClock();
  const fleet = nodeFleet(config, clock);
  const ports = new Map<string, FilePort>();

  function portOf(recorderId: string): FilePort | undefined {
    const known = ports.get(recorderId);
    const recorder = config.recorders[recorderId];
    if (known !== undefined || recorder === undefined) return known;
    const vendor = vendorOf(recorder.vendor);
    const settings = vendor?.settings.safeParse(recorder.settings);
    if (vendor === undefined || settings?.success !== true) return undefined;
    const port = filePort({
      origins: vendor.origins(settings.data),
      otherOrigins: config.evidence.soundOrigins,
      allowPlainHttp: recorder.plainHttp,
      ...(recorder.tls === undefined ? {} : { tls: recorder.tls }),
    });
    ports.set(recorderId, port);
    return port;
  }

  return {
    async recording(evidence, recording, signal) {
      const { recorderId, recordingId } = recording;
      const [witness, port] = [fleet.witness(recorderId), portOf(recorderId)];
      if (witness === undefined || port === undefined) {
        const why = notFetched(false, `no recorder ${recorderId} is configured here`);
        return { kind: "not_heard", recording, why };
      }
      const heard = await hearFile(witness, port, recordingId, signal);
      if (heard.kind !== "heard") return { kind: "not_heard", recording, why: heard };
      const rules = { clockMs: config.evidence.toleranceMs };
      const judged = judgeSound(heard, recording, evidence.windows, rules);
      const report = soundReport(heard, recording, judged, heard.fileDigest);
      const judgements = worstFirst(report.judgements).slice(0, JUDGEMENTS_MAX);
      return { kind: "heard", report: { ...report, judgements }, recording, heard, judged };
    },
    async close() {
      await Promise.all([fleet.close(), ...[...ports.values()].map((port) => port.close())]);
    },
  };
}

const worstFirst = (judgements: SoundReport["judgements"]): SoundReport["judgements"] => [
  ...judgements.filter(({ verdict }) => verdict === "suspect"),
  ...judgements.filter(({ verdict }) => verdict !== "suspect"),
];
