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
  let rest: Omit<Known, "told"> = NOTHING;
  for (const fact of facts) {
    if (fact.kind !== "event") {
      rest = add(rest, fact);
      continue;
    }
    events.push(fact.event);
    if (fact.event.type === "CallRegistered" && ended) {
      rest = NOTHING;
      ended = false;
    }
    if (fact.event.type === "CallEnded") ended = true;
  }
  return { ...rest, told: toldBy(events) };
}

const NOTHING: Omit<Known, "told"> = {
  recordings: [],
  judgements: [],
  unreachable: new Map(),
  heard: new Set(),
  incidentIds: [],
};

type Rest = Omit<Known, "told">;

function add(known: Rest, fact: Exclude<Fact, { kind: "event" }>): Rest {
  switch (fact.kind) {
    case "testified": {
      const { recording } = fact;
      const key = recordingKey(recording);
      const others = known.recordings.filter((one) => recordingKey(one) !== key);
      const unreachable = new Map(known.unreachable);
      unreachable.delete(recording.recorderId);
      return { ...known, recordings: [...others, recording], unreachable };
    }
    case "judged":
      return { ...known, judgements: withJudgement(known.judgements, fact.judgement) };
    case "unreachable":
      return {
        ...known,
        unreachable: new Map(known.unreachable).set(fact.recorderId, fact.givenUp),
      };
    case "gathered": {
      const { gathered } = fact;
      const unreachable = new Map(gathered.unanswered.map((id) => [id, true] as const));
      return { ...known, gathered, unreachable };
    }
    case "heard":
      return { ...known, heard: new Set([...known.heard, fact.recordingKey]) };
    case "incident": {
      const incidentIds = new Set([...known.incidentIds, fact.incidentId]);
      return { ...known, incidentIds: [...incidentIds] };
    }
  }
}

/** A word of none (`missing`, `unreachable`) falls away once there is a recording to judge. */
function withJudgement(all: readonly Judgement[], one: Judgement): readonly Judgement[] {
  const key = judgementKey(one);
  const others = all.filter((other) => {
    if (judgementKey(other) === key) return false;
    const isOfNone = other.recordingId === undefined && one.recordingId !== undefined;
    const isSame =
      other.windowId === one.windowId && other.tapId === one.tapId && other.by === one.by;
    return !(isOfNone && isSame);
  });
  return [...others, one];
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
