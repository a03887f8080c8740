/**
 * Enters what hearing a recording told: only of a finished recording that its witness told of, and
 * only of this call's windows.
 *
 * @module
 */
import type { Actor, CallId, TenantId } from "../../../control/call.ts";
import { LogUnavailable } from "../../../control/within.ts";
import type { Reported } from "../../../evidence/desk.ts";
import type { SoundReport } from "../../../evidence/evidence.ts";
import * as known from "../../../evidence/known.ts";
import * as entries from "./entries.ts";
import { type GatherOptions, tellSuspicions } from "./gather.ts";
import { readKnown } from "./read.ts";

export async function enterReport(
  { clock, incidents, judged, log, witnesses }: GatherOptions,
  { callId, tenant }: { readonly tenant: TenantId; readonly callId: CallId },
  report: SoundReport,
  by: Actor,
): Promise<Reported> {
  const before = await readKnown(log, tenant, callId);
  if (before === undefined) return { kind: "call_unknown" };
  const key = known.recordingKey(report);
  const recording = before.recordings.find((one) => known.recordingKey(one) === key);
  if (recording?.closed !== true || recording.recorderId !== report.recorderId) {
    return { kind: "recording_unknown" };
  }
  const unfit = report.judgements.findIndex(
    (one) =>
      known.recordingKey({ tapId: one.tapId, recordingId: one.recordingId ?? "" }) !== key ||
      one.recorderId !== report.recorderId ||
      !before.told.windows.some(
        ({ tapId, windowId }) => tapId === one.tapId && windowId === one.windowId,
      ),
  );
  if (unfit >= 0) return { kind: "unfit", judgement: unfit };
  const about = { tenant, callId, at: clock.now(), by };
  const news = known.newsOfJudgements(before.judgements, report.judgements);
  const entered = await log.enter([
    entries.soundHeard(about, report),
    ...news.map((one) => entries.judged(about, one)),
  ]);
  if (entered.kind === "failed") throw new LogUnavailable("the report could not be entered");
  for (const one of news) judged?.(one);
  const after = (await readKnown(log, tenant, callId)) ?? before;
  // Entered, but told to nobody: whoever reports is asked to report again.
  if (!(await tellSuspicions(incidents, { callId, tenant }, after))) {
    throw new LogUnavailable("an incident could not be entered");
  }
  return { kind: "entered", evidence: known.evidenceOf(callId, after, witnesses) };
}
