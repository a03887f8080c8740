/**
 * The calls whose recordings are still to be heard, in the order in which that became known: a page
 * at a time, so that what nobody can hear hides nothing that is behind it.
 *
 * @module
 */
import type { CallId, TenantId } from "../../../control/call.ts";
import type { Unheard, UnheardAsked, UnheardPage } from "../../../evidence/desk.ts";

/** Calls whose files are still to be heard. Beyond it the oldest are left out until a start. */
const UNHEARD_CALL_COUNT_MAX = 10_000;
/** A page ends early behind so many recordings: whoever hears them takes an answer of a few MB. */
const PAGE_RECORDING_COUNT_MAX = 2_000;

export interface UnheardCalls {
  /** What is left to hear of a call; nothing takes it off. A call keeps its place. */
  put(tenant: TenantId, callId: CallId, recordings: Unheard["recordings"]): void;
  page(tenant: TenantId, asked: UnheardAsked): UnheardPage;
}

interface Listed extends Unheard {
  readonly tenant: TenantId;
  /** Grows from call to call, and counts from 1 again after a start. */
  readonly place: number;
}

export function unheardCalls(callCountMax: number = UNHEARD_CALL_COUNT_MAX): UnheardCalls {
  /** In the order of their places. */
  const calls = new Map<string, Listed>();
  let placeCount = 0;

  return {
    put(tenant, callId, recordings) {
      const key = `${tenant}\n${callId}`;
      if (recordings.length === 0) {
        calls.delete(key);
        return;
      }
      const place = calls.get(key)?.place ?? (placeCount += 1);
      calls.set(key, { tenant, callId, recordings, place });
      const [oldest] = calls.keys();
      if (calls.size > callCountMax && oldest !== undefined) calls.delete(oldest);
    },
    page(tenant, { after, limit }) {
      const found: Unheard[] = [];
      let recordingCount = 0;
      let last = after;
      for (const { tenant: own, place, callId, recordings } of calls.values()) {
        if (own !== tenant || place <= after) continue;
        recordingCount += recordings.length;
        const isFull = found.length >= limit || recordingCount > PAGE_RECORDING_COUNT_MAX;
        if (isFull && found.length > 0) return { calls: found, next: last };
        found.push({ callId, recordings });
        last = place;
      }
      return { calls: found };
    },
  };
}
