/**
 * What is told of a recording that was heard: counts and places, no sample and no digit.
 *
 * @module
 */
import type { Recording, SoundReport } from "../evidence.ts";
import type { Heard } from "./heard.ts";
import type { Judged } from "./judge.ts";
import { tonesTold } from "./keyed.ts";

/** `fileDigest` is the file's SHA-256, in hex. */
export function soundReport(
  heard: Heard,
  recording: Recording,
  { judgements }: Judged,
  fileDigest: string,
): SoundReport {
  const { channelCount, codec, durationMs, sampleRateHz, tones } = heard;
  const { recorderId, recordingId, tapId } = recording;
  return {
    tapId,
    recorderId,
    recordingId,
    fileDigest,
    codec,
    sampleRateHz,
    channelCount,
    durationMs,
    tones: tonesTold(tones),
    judgements,
  };
}
