/**
 * Finds in the log what an earlier process left to be asked: calls that ended, or had windows, and
 * whose evidence was not gathered. It looks back no further than recorders are asked for.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../../control/call.ts";
import { recordingKey } from "../../../evidence/known.ts";
import type { Entry } from "../../../log/entry.ts";
import { type FileName, unheardIn } from "./entries.ts";
import { pages, type Reads } from "./read.ts";

/** Entries of one type that are looked at; where there are more, the newest are left for later. */
const FOUND_COUNT_MAX = 100_000;

export interface Left {
  /** Calls that ended, and when. */
  readonly ended: ReadonlyMap<string, EpochMs>;
  /** Calls that go on, and when their newest window closed. */
  readonly closed: ReadonlyMap<string, EpochMs>;
  /** Recordings still to be heard, by call. */
  readonly unheard: ReadonlyMap<string, readonly FileName[]>;
}

/** Throws where the log cannot be read. */
export async function lookBack(log: Reads, tenant: TenantId, from: EpochMs): Promise<Left> {
  const ended = new Map<string, EpochMs>();
  const closed = new Map<string, EpochMs>();
  const unheard = new Map<string, readonly FileName[]>();
  const types = [
    "WindowClosed",
    "WindowReleased",
    "CallEnded",
    "EvidenceGathered",
    "SoundHeard",
  ] as const;
  const found: Entry[] = [];
  for (const type of types) await pages(log, tenant, { type, from }, 0, FOUND_COUNT_MAX, found);
  for (const entry of found.toSorted((a, b) => a.position - b.position)) {
    const { at, callId, type } = entry;
    if (callId === undefined) continue;
    if (type === "WindowClosed" || type === "WindowReleased") closed.set(callId, at);
    if (type === "CallEnded") {
      ended.set(callId, at);
      closed.delete(callId);
    }
    if (type === "EvidenceGathered") {
      ended.delete(callId);
      unheard.set(callId, unheardIn(entry));
    }
    if (type === "SoundHeard") {
      const heard = recordingKey(entry.detail as unknown as FileName);
      const left = (unheard.get(callId) ?? []).filter((one) => recordingKey(one) !== heard);
      unheard.set(callId, left);
    }
  }
  for (const [callId, files] of unheard) if (files.length === 0) unheard.delete(callId);
  return { ended, closed, unheard };
}
