/**
 * What is known of a call's evidence, and what is news to it. Pure.
 *
 * @module
 */
import type { CallEvent } from "../control/events.ts";
import type { RecorderId } from "../control/call.ts";
import type { CallEvidence, Judgement, Recording, TapInCall } from "./evidence.ts";
import type { Suspicion } from "./incident.ts";
import { type Told, toldBy } from "./windows.ts";

/** All that the control log tells of one life of a call. */
export interface Known {
  readonly told: Told;
  readonly recordings: readonly Recording[];
  readonly judgements: readonly Judgement[];
  /** Recorders that did not answer when last asked; true where they were given up. */
  readonly unreachable: ReadonlyMap<RecorderId, boolean>;
  /** What was entered when the asking was over. */
  readonly gathered?: Gathered;
  /** Recordings whose file was heard, by `recordingKey`. */
  readonly heard: ReadonlySet<string>;
  readonly incidentIds: readonly string[];
}

/** How the asking ended. */
export interface Gathered {
  readonly recordingCount: number;
  readonly windowCount: number;
  readonly unanswered: readonly RecorderId[];
}

/** One fact about a call, as an entry told it. */
export type Fact =
  | { readonly kind: "event"; readonly event: CallEvent }
  | { readonly kind: "testified"; readonly recording: Recording }
  | { readonly kind: "judged"; readonly judgement: Judgement }
  | { readonly kind: "unreachable"; readonly recorderId: RecorderId; readonly givenUp: boolean }
  | { readonly kind: "gathered"; readonly gathered: Gathered }
  | { readonly kind: "heard"; readonly recordingKey: string }
  | { readonly kind: "incident"; readonly incidentId: string };

type About = Pick<Recording, "tapId" | "recordingId">;
export const recordingKey = ({ recordingId, tapId }: About): string =>
  JSON.stringify([tapId, recordingId]);
const judgementKey = ({ by, recordingId, tapId, windowId }: Judgement): string =>
  JSON.stringify([windowId, tapId, recordingId ?? null, by]);

/** In the order of the log. Facts of an earlier life of the call's id fall away. */
export function knownOf(facts: readonly Fact[]): Known {
  const events: CallEvent[] = [];
  let ended = false;
  let rest = nothing();
  for (const fact of facts) {
    if (fact.kind !== "event") {
      add(rest, fact);
      continue;
    }
    events.push(fact.event);
    if (fact.event.type === "CallRegistered" && ended) {
      rest = nothing();
      ended = false;
    }
    if (fact.event.type === "CallEnded") ended = true;
  }
  const { gathered, heard, incidentIds, judgements, recordings, unreachable } = rest;
  return {
    told: toldBy(events),
    recordings: [...recordings.values()],
    judgements: [...judgements.values()],
    unreachable,
    ...(gathered === undefined ? {} : { gathered }),
    heard,
    incidentIds: [...incidentIds],
  };
}

/** By key, in the order in which they were last told. */
interface Rest {
  readonly recordings: Map<string, Recording>;
  readonly judgements: Map<string, Judgement>;
  unreachable: Map<RecorderId, boolean>;
  gathered?: Gathered;
  readonly heard: Set<string>;
  readonly incidentIds: Set<string>;
}

const nothing = (): Rest => ({
  recordings: new Map(),
  judgements: new Map(),
  unreachable: new Map(),
  heard: new Set(),
  incidentIds: new Set(),
});

function add(rest: Rest, fact: Exclude<Fact, { kind: "event" }>): void {
  switch (fact.kind) {
    case "testified":
      putLast(rest.recordings, recordingKey(fact.recording), fact.recording);
      rest.unreachable.delete(fact.recording.recorderId);
      return;
    case "judged": {
      const { judgement } = fact;
      const { recordingId, ...ofNone } = judgement;
      // A word of none falls away once there is a recording to judge.
      if (recordingId !== undefined) rest.judgements.delete(judgementKey(ofNone));
      putLast(rest.judgements, judgementKey(judgement), judgement);
      return;
    }
    case "unreachable":
      rest.unreachable.set(fact.recorderId, fact.givenUp);
      return;
    case "gathered":
      rest.gathered = fact.gathered;
      rest.unreachable = new Map(fact.gathered.unanswered.map((id) => [id, true]));
      return;
    case "heard":
      rest.heard.add(fact.recordingKey);
      return;
    case "incident":
      rest.incidentIds.add(fact.incidentId);
      return;
  }
}

function putLast<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}

/** What is told of a recording now that was not told before. A recording that goes on only goes on. */
export function newsOfRecordings(
  known: readonly Recording[],
  told: readonly Recording[],
): readonly Recording[] {
  const before = new Map(known.map((one) => [recordingKey(one), one]));
  return told.filter((one) => {
    const other = before.get(recordingKey(one));
    if (other === undefined) return true;
    if (other.modified !== one.modified || other.closed !== one.closed) return true;
    return one.closed && timesOf(other) !== timesOf(one);
  });
}

const timesOf = ({ durationMs, endAt, startAt, withinMs }: Recording): string =>
  JSON.stringify([startAt, endAt ?? null, durationMs ?? null, withinMs]);

/** Judgements that say something else than the newest of their kind. */
export function newsOfJudgements(
  known: readonly Judgement[],
  judged: readonly Judgement[],
): readonly Judgement[] {
  const before = new Map(known.map((one) => [judgementKey(one), one]));
  return judged.filter((one) => {
    const other = before.get(judgementKey(one));
    return other === undefined || saidOf(other) !== saidOf(one);
  });
}

const saidOf = ({ cause, ranges, toleranceMs, verdict }: Judgement): string => {
  const places = ranges.map(({ fromMs, toMs }) => [fromMs, toMs]);
  return JSON.stringify([verdict, cause ?? null, toleranceMs, places]);
};

/** Suspect recordings, one suspicion for each way of judging and cause. */
export function suspicionsOf(
  subject: Pick<Suspicion, "tenant" | "callId">,
  judgements: readonly Judgement[],
): readonly Suspicion[] {
  const found = new Map<string, Suspicion>();
  for (const { by, cause, ranges, recorderId, recordingId, verdict, windowId } of judgements) {
    if (verdict !== "suspect" || recordingId === undefined || cause === undefined) continue;
    const key = JSON.stringify([recorderId, recordingId, by, cause]);
    const known = found.get(key);
    const windowIds = [...new Set([...(known?.windowIds ?? []), windowId])];
    const all = [...(known?.ranges ?? []), ...ranges];
    found.set(key, { ...subject, recorderId, recordingId, windowIds, by, cause, ranges: all });
  }
  return [...found.values()];
}

export interface Witnesses {
  isWitness(recorderId: RecorderId): boolean;
  /** Whether its files may be fetched and heard. */
  isHeard(recorderId: RecorderId): boolean;
}

/** The taps of the call whose recorders can be asked. */
export const witnessTaps = (known: Known, witnesses: Witnesses): readonly TapInCall[] =>
  known.told.taps.filter(({ recorderId }) => witnesses.isWitness(recorderId));

/** Finished recordings that reach into a window and were not heard yet. */
export function unheardOf(known: Known, witnesses: Witnesses): readonly Recording[] {
  const judged = new Set(
    known.judgements.flatMap(({ recordingId, tapId }) =>
      recordingId === undefined ? [] : [recordingKey({ tapId, recordingId })],
    ),
  );
  return known.recordings.filter((recording) => {
    const key = recordingKey(recording);
    if (!recording.closed || known.heard.has(key) || !judged.has(key)) return false;
    return witnesses.isHeard(recording.recorderId);
  });
}

/** The API's answer. */
export function evidenceOf(callId: string, known: Known, witnesses: Witnesses): CallEvidence {
  const { incidentIds, judgements, recordings, told } = known;
  return {
    callId,
    state: stateOf(known, witnesses),
    windows: told.windows,
    recordings,
    judgements: [...judgements, ...unreachableOf(known)],
    unheard: unheardOf(known, witnesses).map(({ recordingId }) => recordingId),
    incidentIds,
  };
}

function stateOf(known: Known, witnesses: Witnesses): CallEvidence["state"] {
  const { gathered, recordings, unreachable } = known;
  if (gathered !== undefined) return "gathered";
  if (recordings.length > 0 || unreachable.size > 0) return "asking";
  return witnessTaps(known, witnesses).length === 0 ? "no_witness" : "waiting";
}

/** Windows of which nothing is known because nobody answered. */
export function unreachableOf({ judgements, told, unreachable }: Known): readonly Judgement[] {
  const key = ({ tapId, windowId }: { readonly tapId: string; readonly windowId: string }) =>
    JSON.stringify([windowId, tapId]);
  const judged = new Set(judgements.map(key));
  const windows = told.windows.filter(
    (window) =>
      window.until !== undefined && unreachable.has(window.recorderId) && !judged.has(key(window)),
  );
  return windows.map(({ recorderId, tapId, windowId }) => ({
    windowId,
    tapId,
    recorderId,
    by: "time",
    verdict: "unreachable",
    ranges: [],
    toleranceMs: 0,
  }));
}
