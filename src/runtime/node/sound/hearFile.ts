/**
 * Hears one recording: asks its recorder for the file, and streams it through memory.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { WitnessPort } from "../../../adapters/witness.ts";
import { type Heard, createEar } from "../../../evidence/sound/heard.ts";
import type { Mp3Decoding } from "../../../evidence/sound/mp3.ts";
import type { Problem } from "../../../evidence/sound/wav.ts";
import type { HttpRequest } from "../../../adapters/recorder.ts";
import { type FilePort, type NotFetched, notFetched } from "./fetchFile.ts";
import { withMp3 } from "./mp3.ts";

export type HeardFile =
  | (Heard & {
      /** SHA-256 of the whole file, in hex. */
      readonly fileDigest: string;
    })
  | Problem
  | NotFetched;

const ASK_MS_MAX = 30_000;

/** Never throws for what a recorder answers or a file holds. */
export async function hearFile(
  witness: WitnessPort,
  files: FilePort,
  recordingId: string,
  signal: AbortSignal,
): Promise<HeardFile> {
  if (witness.audio === undefined) return notFetched(false, "its vendor documents no way to it");
  const asking = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS_MAX)]);
  const request = await witness.audio(recordingId, { signal: asking, now: Date.now });
  if ("kind" in request) {
    // An adapter's words have been cleared of secrets by it; they are not repeated all the same.
    const again = request.kind !== "refused";
    return notFetched(again, `its recorder ${again ? "did not answer" : "refused"}`);
  }
  return withMp3((mp3) => hearRequest(files, request, mp3, signal));
}

async function hearRequest(
  files: FilePort,
  request: HttpRequest,
  mp3: Mp3Decoding,
  signal: AbortSignal,
): Promise<HeardFile> {
  const digest = createHash("sha256");
  const ear = createEar({ mp3 });
  const trouble = await files.fetch(
    request,
    (bytes) => {
      digest.update(bytes);
      return ear.push(bytes) === undefined;
    },
    signal,
  );
  if (trouble !== undefined) return trouble;
  const heard = ear.end();
  return heard.kind === "heard" ? { ...heard, fileDigest: digest.digest("hex") } : heard;
}
