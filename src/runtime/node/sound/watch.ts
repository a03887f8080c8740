/**
 * Goes on hearing what is still to be heard: asks the service for it page after page, hears one
 * recording after another, reports, and leaves alone for longer and longer what could not be heard.
 *
 * @module
 */
import { type EvidenceApi, NotServed, type UnheardPage } from "./evidenceApi.ts";
import type { Hearing } from "./hearCall.ts";

export interface WatchOptions {
  readonly api: EvidenceApi;
  readonly hearing: Hearing;
  readonly tell: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Resolves after so many ms, or once the watch ends. */
  readonly wait: (ms: number) => Promise<void>;
  readonly now: () => number;
}

/** Between two looks, once everything was tried. */
const LOOK_MS = 15_000;
const RETRY_MS = { min: 60_000, max: 3_600_000 };
/** Pages of one look: more than a service has. One that names pages without end is not followed. */
const PAGE_COUNT_MAX = 1_000;
/** What was given up before is remembered of so many; the oldest is tried again early. */
const REMEMBERED_MAX = 10_000;

/** Settles once it was ended. */
export async function watchUnheard(options: WatchOptions): Promise<void> {
  const { api, complain, now, signal, tell, wait } = options;
  const resting = new Map<string, { readonly until: number; readonly restMs: number }>();
  let silentMs = LOOK_MS;
  /** Where the look goes on, and how many pages it has had. */
  let after = 0;
  let pageCount = 0;

  const rest = (key: string): void => {
    const before = resting.get(key);
    const restMs = Math.min(RETRY_MS.max, before === undefined ? RETRY_MS.min : 2 * before.restMs);
    resting.delete(key);
    resting.set(key, { until: now() + restMs, restMs });
    const [oldest] = resting.keys();
    if (resting.size > REMEMBERED_MAX && oldest !== undefined) resting.delete(oldest);
  };

  const hearOne = async (callId: string, key: string, recordingId: string, tapId: string) => {
    const evidence = await api.evidence(callId);
    const recording = evidence.recordings.find(
      (one) => one.recordingId === recordingId && one.tapId === tapId,
    );
    if (recording === undefined) return rest(key);
    const heard = await options.hearing.recording(evidence, recording, signal);
    if (signal.aborted) return;
    if (heard.kind === "not_heard") {
      rest(key);
      complain(`call ${callId}, recording ${recordingId}: not heard: ${heard.why.detail}`);
      return;
    }
    await api.report(callId, heard.report);
    // A service that names it again all the same does not have it fetched again at every look.
    rest(key);
    const suspects = heard.report.judgements.filter(({ verdict }) => verdict === "suspect");
    const word = suspects.length === 0 ? "nothing suspect" : `SUSPECT in ${suspects.length}`;
    tell(`call ${callId}, recording ${recordingId}: heard, ${word}`);
  };

  while (!signal.aborted) {
    let page: UnheardPage;
    try {
      page = await api.unheard(after);
      silentMs = LOOK_MS;
    } catch (error) {
      if (!(error instanceof NotServed)) throw error;
      complain(error.message);
      await wait(silentMs);
      silentMs = Math.min(RETRY_MS.max, 2 * silentMs);
      continue;
    }
    for (const { callId, recordings } of page.calls) {
      for (const { recordingId, recorderId, tapId } of recordings) {
        if (signal.aborted) return;
        const key = JSON.stringify([callId, recorderId, tapId, recordingId]);
        if ((resting.get(key)?.until ?? 0) > now()) continue;
        try {
          await hearOne(callId, key, recordingId, tapId);
        } catch (error) {
          if (!(error instanceof NotServed)) throw error;
          rest(key);
          complain(`call ${callId}, recording ${recordingId}: ${error.message}`);
        }
      }
    }
    const next = page.next ?? 0;
    pageCount += 1;
    if (next > after && pageCount < PAGE_COUNT_MAX) after = next;
    else {
      [after, pageCount] = [0, 0];
      await wait(LOOK_MS);
    }
  }
}
