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
import { answerOf } from "./driver.ts";
import type { FileOptions, HeardFile, Stretch, Told } from "./file.ts";
import { soundIn } from "./soundIn.ts";

const EVIDENCE_MS_MAX = 10_000;
const LOOK_MS = 250;
/** A file that does not grow for so long is whole. */
const STEADY_MS = 1_000;

export interface HearingOptions {
  readonly target: Target;
  readonly targetKey: string;
  readonly clock: Pick<Clock, "now">;
  readonly recordingId?: string;
  readonly filePath?: string;
  readonly beganAt?: number;
  readonly byHandMsMax: number;
  readonly say: (line: string) => void;
}

export function fileOf(
  witness: WitnessPort | undefined,
  options: HearingOptions,
): FileOptions["file"] {
  const { beganAt, clock, filePath, recordingId, target, targetKey } = options;
  const ask = witness?.evidence;
  const context = () => ({ signal: AbortSignal.timeout(EVIDENCE_MS_MAX), now: clock.now });
  return {
    recordingId: recordingId ?? targetKey,
    ...(beganAt === undefined ? {} : { beganAt }),
    ...(ask !== undefined && {
      async evidence(from, to) {
        const told = await ask(target, { from, to }, context());
        return "kind" in told ? { kind: "failed", why: `asked, it ${answerOf(told)}` } : told;
      },
    }),
    ...(filePath !== undefined && {
      hear: (_, stretches) => put(filePath, stretches, options),
    }),
  };
}

/** The operator's copy, once it is there and whole. */
async function put(
  path: string,
  stretches: readonly Stretch[],
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
  const heard = await hear(createReadStream(path) as AsyncIterable<Uint8Array>);
  if (heard.kind === "unheard") return { kind: "failed", why: heard.detail };
  return soundIn(heard, last.bytes, stretches);
}
