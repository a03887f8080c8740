/**
 * Finds in the log what an earlier process left to be asked: calls that ended, or had windows, and
 * whose evidence was not gathered. It looks back no further than recorders are asked for.
 *
 * @module
 */
import type { CallId, EpochMs, TenantId } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import { recordingKey } from "../../../evidence/known.ts";
import type { Entry } from "../../../log/entry.ts";
import { type FileName, unheardIn } from "./entries.ts";
import { eachEntry, type Reads } from "./read.ts";

/** Calls of each kind that are kept, the newest. */
const CALL_COUNT_MAX = 100_000;
/** Between two pages: others read the log, and write it. */
const BREATH_MS = 20;

export interface Left {
  /** Calls that ended, and when. */
  readonly ended: ReadonlyMap<CallId, EpochMs>;
  /** Calls that go on, and when their newest window closed. */
  readonly closed: ReadonlyMap<CallId, EpochMs>;
  /** Recordings still to be heard, by call. */
  readonly unheard: ReadonlyMap<CallId, readonly FileName[]>;
}

interface Seen {
  readonly at: EpochMs;
  readonly position: number;
}

/** Throws where the log cannot be read. */
export async function lookBack(
  log: Reads,
  clock: Clock,
  tenant: TenantId,
  from: EpochMs,
): Promise<Left> {
  const closed = new Map<CallId, Seen>();
  const ended = new Map<CallId, Seen>();
  const gathered = new Map<CallId, Seen & { readonly files: readonly FileName[] }>();
  const heard = new Set<string>();
  const breathe = () => new Promise<void>((resolve) => clock.after(BREATH_MS, resolve));
  const each = (type: string, take: (callId: CallId, entry: Entry) => void): Promise<number> => {
    const takeOfCall = (entry: Entry) => {
      if (entry.callId !== undefined) take(entry.callId, entry);
    };
    return eachEntry(log, tenant, { type, from }, 0, takeOfCall, breathe);
  };
  for (const type of ["WindowClosed", "WindowReleased"]) {
    await each(type, (callId, { at, position }) => {
      if (position > (closed.get(callId)?.position ?? 0)) keep(closed, callId, { at, position });
    });
  }
  await each("CallEnded", (callId, { at, position }) => keep(ended, callId, { at, position }));
  await each("EvidenceGathered", (callId, entry) =>
    keep(gathered, callId, { ...entry, files: unheardIn(entry) }),
  );
  await each("SoundHeard", (callId, { detail }) => {
    if (heard.size < CALL_COUNT_MAX) heard.add(fileKey(callId, detail as unknown as FileName));
  });

  for (const [callId, { position }] of ended) {
    if (position > (closed.get(callId)?.position ?? Infinity)) closed.delete(callId);
    if (position < (gathered.get(callId)?.position ?? 0)) ended.delete(callId);
  }
  const unheard = new Map<CallId, readonly FileName[]>();
  for (const [callId, { files }] of gathered) {
    const left = files.filter((file) => !heard.has(fileKey(callId, file)));
    if (left.length > 0) unheard.set(callId, left);
  }
  return { ended: momentsOf(ended), closed: momentsOf(closed), unheard };
}

const fileKey = (callId: CallId, file: FileName): string =>
  JSON.stringify([callId, recordingKey(file)]);

const momentsOf = (seen: ReadonlyMap<CallId, Seen>): ReadonlyMap<CallId, EpochMs> =>
  new Map([...seen].map(([callId, { at }]) => [callId, at]));

function keep<T>(map: Map<CallId, T>, callId: CallId, value: T): void {
  map.delete(callId);
  map.set(callId, value);
  const [oldest] = map.keys();
  if (map.size > CALL_COUNT_MAX && oldest !== undefined) map.delete(oldest);
}
