/**
 * How a run asks the recorder what it recorded, and hears the file.
 *
 * @module
 */
import type { WitnessPort } from "../../../adapters/witness.ts";
import type { Target } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import { answerOf } from "./driver.ts";
import type { FileOptions } from "./file.ts";

const EVIDENCE_MS_MAX = 10_000;

export interface HearingOptions {
  readonly target: Target;
  readonly targetKey: string;
  readonly clock: Pick<Clock, "now">;
  readonly recordingId?: string;
  readonly beganAt?: number;
}

export function fileOf(
  witness: WitnessPort | undefined,
  { beganAt, clock, recordingId, target, targetKey }: HearingOptions,
): FileOptions["file"] {
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
  };
}
