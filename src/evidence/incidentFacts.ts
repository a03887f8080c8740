/**
 * What happens to an incident, in the past tense, and the incident that follows from it. Pure: the
 * facts are entries of the control log, and the state is their fold.
 *
 * @module
 */
import type { CallId, EpochMs, RecorderId, WindowId } from "../control/call.ts";
import type { Cause, FileRange } from "./evidence.ts";
import type { Incident, IncidentNote, Suspicion } from "./incident.ts";

/** Windows and ranges of one incident. Beyond it, the last range reaches over what follows. */
export const WINDOW_COUNT_MAX = 1_000;
export const RANGE_COUNT_MAX = 200;
/** Notes of one incident; the closing one always finds room. */
export const NOTE_COUNT_MAX = 500;

interface Happened {
  readonly incidentId: string;
  readonly at: EpochMs;
  readonly callId: CallId;
}

/** What a suspicion adds. */
interface Suspected {
  readonly windowIds: readonly WindowId[];
  readonly cause: Cause;
  readonly by: "time" | "sound";
  readonly ranges: readonly FileRange[];
}

/** These names are the control log's entry types. */
export type IncidentFact =
  | (Happened &
      Suspected & {
        readonly type: "IncidentOpened";
        readonly recorderId: RecorderId;
        readonly recordingId: string;
        readonly earlier?: string;
      })
  | (Happened & Suspected & { readonly type: "IncidentGrew" })
  | (Happened & {
      readonly type: "IncidentNoted" | "IncidentClosed";
      /** Who, as the control log names them. */
      readonly who: string;
      readonly text: string;
      /** What the person found to be behind it; absent: nothing new of that. */
      readonly foundCause?: string;
    })
  /** The recorder's own record was marked, or (`done` false) refused to be, or did not answer. */
  | (Happened & { readonly type: "RecordingFlagged"; readonly done: boolean });

export const INCIDENT_TYPES = [
  "IncidentOpened",
  "IncidentGrew",
  "IncidentNoted",
  "IncidentClosed",
  "RecordingFlagged",
] as const satisfies readonly IncidentFact["type"][];

/**
 * The incident after the fact. Never refuses: what was entered has happened, but a fact that comes
 * before the opening, and one that changes a closed incident, changes nothing.
 */
export function follow(incident: Incident | undefined, fact: IncidentFact): Incident | undefined {
  if (incident === undefined) return fact.type === "IncidentOpened" ? opened(fact) : undefined;
  switch (fact.type) {
    case "IncidentOpened":
      return incident;
    case "IncidentGrew":
      return incident.state === "closed" ? incident : grown(incident, fact);
    case "IncidentNoted":
      return incident.state === "closed" ? incident : noted(incident, fact);
    case "IncidentClosed":
      if (incident.state === "closed") return incident;
      return { ...noted(incident, fact), state: "closed", closedAt: fact.at };
    case "RecordingFlagged":
      // A mark that went out before the closing may be entered after it.
      return { ...incident, flagged: fact.done || incident.flagged === true };
  }
}

function opened(fact: Extract<IncidentFact, { type: "IncidentOpened" }>): Incident {
  const { at, callId, cause, earlier, incidentId, ranges, recorderId, recordingId } = fact;
  return {
    incidentId,
    state: "open",
    openedAt: at,
    callId,
    recorderId,
    recordingId,
    windowIds: distinct(fact.windowIds, WINDOW_COUNT_MAX),
    causes: [cause],
    ranges: joined(ranges),
    notes: [],
    ...(earlier === undefined ? {} : { earlier }),
  };
}

const grown = (incident: Incident, { cause, ranges, windowIds }: Suspected): Incident => ({
  ...incident,
  windowIds: distinct([...incident.windowIds, ...windowIds], WINDOW_COUNT_MAX),
  causes: distinct([...incident.causes, cause]),
  ranges: joined([...incident.ranges, ...ranges]),
});

function noted(
  incident: Incident,
  {
    at,
    foundCause,
    text,
    who,
  }: Extract<IncidentFact, { type: "IncidentNoted" | "IncidentClosed" }>,
): Incident {
  const note: IncidentNote = { at, by: who, text };
  return {
    ...incident,
    notes: [...incident.notes, note],
    ...(foundCause === undefined ? {} : { foundCause }),
  };
}

/** Whether the incident says all of the suspicion already. */
export function isKnown(incident: Incident, suspicion: Suspected): boolean {
  const { causes, ranges, windowIds } = incident;
  const isFull = windowIds.length >= WINDOW_COUNT_MAX;
  return (
    causes.includes(suspicion.cause) &&
    (isFull || suspicion.windowIds.every((id) => windowIds.includes(id))) &&
    suspicion.ranges.every((range) => isEmpty(range) || ranges.some((one) => covers(one, range)))
  );
}

/** What an entry says of the suspicion: bounded, whoever told it. */
export const suspectedOf = (suspicion: Suspicion): Suspected => ({
  windowIds: distinct(suspicion.windowIds, WINDOW_COUNT_MAX),
  cause: suspicion.cause,
  by: suspicion.by,
  ranges: joined(suspicion.ranges),
});

const isEmpty = ({ fromMs, toMs }: FileRange): boolean => !(toMs > fromMs);
const covers = (a: FileRange, b: FileRange): boolean => a.fromMs <= b.fromMs && a.toMs >= b.toMs;

/** In order, those that touch made one. */
export function joined(ranges: readonly FileRange[]): readonly FileRange[] {
  const whole: FileRange[] = [];
  const inOrder = ranges.filter((range) => !isEmpty(range));
  for (const { fromMs, toMs } of inOrder.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = whole.at(-1);
    const touches = last !== undefined && fromMs <= last.toMs;
    if (last === undefined || (!touches && whole.length < RANGE_COUNT_MAX)) {
      whole.push({ fromMs, toMs });
    } else {
      whole[whole.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, toMs) };
    }
  }
  return whole;
}

function distinct<T>(values: readonly T[], countMax = Infinity): readonly T[] {
  const all = [...new Set(values)];
  return all.length > countMax ? all.slice(0, countMax) : all;
}
