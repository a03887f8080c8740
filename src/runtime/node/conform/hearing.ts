/**
 * How a run asks the recorder what it recorded, and hears the file: fetched, or put by the operator
 * where they said.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { WitnessPort } from "../../../adapters/witness.ts";
import type { Target } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import { hear } from "../../../evidence/sound/heard.ts";
import { withMp3 } from "../sound/mp3.ts";
import type { FilePort } from "../sound/fetchFile.ts";
import { hearFile } from "../sound/hearFile.ts";
import type { Began } from "./ask.ts";
import { answerOf } from "./driver.ts";
import type { FileOptions, HeardFile, Stretch, Told } from "./file.ts";
import { soundIn } from "./soundIn.ts";

const EVIDENCE_MS_MAX = 10_000;
const FETCH_MS_MAX = 60_000;
const LOOK_MS = 250;
/** A file that does not grow for so long is whole. */
const STEADY_MS = 1_000;

export interface HearingOptions {
  readonly target: Target;
  readonly targetKey: string;
  readonly clock: Pick<Clock, "now">;
  readonly recordingId?: string;
  readonly filePath?: string;
  readonly began?: Began;
  readonly files: FilePort;
  readonly byHandMsMax: number;
  readonly say: (line: string) => void;
}

export function fileOf(
  witness: WitnessPort | undefined,
  options: HearingOptions,
): FileOptions["file"] {
  const { began, clock, filePath, files, recordingId, target, targetKey } = options;
  const ask = witness?.evidence;
  const context = () => ({ signal: AbortSignal.timeout(EVIDENCE_MS_MAX), now: clock.now });
  return {
    recordingId: recordingId ?? targetKey,
    ...(began === undefined ? {} : { began }),
    ...(ask !== undefined && {
      async evidence(from, to) {
        const told = await ask(target, { from, to }, context());
        return "kind" in told ? { kind: "failed", why: `asked, it ${answerOf(told)}` } : told;
      },
    }),
    ...(filePath !== undefined && {
      hear: (_, stretches, withinMs) => put(filePath, stretches, withinMs, options),
    }),
    ...(filePath === undefined &&
      witness?.audio !== undefined && {
        hear: (id, stretches, withinMs, waitMs) =>
          fetched({ witness, files, id, stretches, withinMs, waitMs }),
      }),
  };
}

interface Fetched {
  readonly witness: WitnessPort;
  readonly files: FilePort;
  readonly id: string;
  readonly stretches: readonly Stretch[];
  readonly withinMs: number;
  readonly waitMs: number;
}

/** A recorder may take a moment to have the file ready. */
async function fetched(asked: Fetched): Promise<HeardFile | Told> {
  const { files, id, stretches, waitMs, withinMs, witness } = asked;
  const giveUp = AbortSignal.timeout(FETCH_MS_MAX + waitMs);
  for (;;) {
    let bytes = 0;
    const counted: FilePort = {
      ...files,
      fetch: (request, take, signal) =>
        files.fetch(
          request,
          (piece) => {
            bytes += piece.byteLength;
            return take(piece);
          },
          signal,
        ),
    };
    const heard = await hearFile(witness, counted, id, giveUp);
    if (heard.kind === "heard") return soundIn(heard, bytes, stretches, withinMs);
    const again = heard.kind === "not_fetched" && heard.again && !giveUp.aborted;
    if (!again) return { kind: "failed", why: heard.detail };
    await new Promise((resolve) => setTimeout(resolve, STEADY_MS));
  }
}

/** The operator's copy, once it is there and whole. */
async function put(
  path: string,
  stretches: readonly Stretch[],
  withinMs: number,
  { byHandMsMax, clock, say }: HearingOptions,
): Promise<HeardFile | Told> {
  say(`NOW: put a copy of the finished file at ${path}.`);
  const until = clock.now() + byHandMsMax;
  let last = { bytes: -1, at: clock.now() };
  while (last.bytes < 0 || clock.now() - last.at < STEADY_MS) {
    if (clock.now() >= until) return { kind: "failed", why: "no file was put there" };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => -1,
    );
    if (bytes !== last.bytes) last = { bytes, at: clock.now() };
  }
  const file = createReadStream(path) as AsyncIterable<Uint8Array>;
  const heard = await withMp3((mp3) => hear(file, { mp3 }));
  if (heard.kind === "unheard") return { kind: "failed", why: heard.detail };
  return soundIn(heard, last.bytes, stretches, withinMs);
}
