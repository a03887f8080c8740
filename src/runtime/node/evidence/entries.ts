/**
 * Evidence as entries of the control log, and back.
 *
 * @module
 */
import {
  type Actor,
  type EpochMs,
  type Json,
  SYSTEM,
  type TenantId,
} from "../../../control/call.ts";
import type { Judgement, Recording, SoundReport } from "../../../evidence/evidence.ts";
import { type Fact, type Gathered, recordingKey } from "../../../evidence/known.ts";
import { eventOfEntry, isCallEntry } from "../../../log/callEntries.ts";
import type { Entry, EntryDraft } from "../../../log/entry.ts";

export interface About {
  readonly tenant: TenantId;
  readonly callId: string;
  readonly at: EpochMs;
  /** Absent: tacet itself. */
  readonly by?: Actor;
}

type Rest = Pick<EntryDraft, "type" | "outcome"> & Partial<EntryDraft>;

function draft({ at, by = SYSTEM, callId, tenant }: About, rest: Rest): EntryDraft {
  return {
    at,
    tenant,
    callId,
    actor: { id: by.id, kind: by.kind, ...(by.client === undefined ? {} : { client: by.client }) },
    origin: {
      component: by === SYSTEM ? "evidence" : "http",
      ...(by.ip === undefined ? {} : { ip: by.ip }),
    },
    ...rest,
  };
}

const members = (value: object): { readonly [name: string]: Json } =>
  JSON.parse(JSON.stringify(value)) as { readonly [name: string]: Json };

export function testified(about: About, { recorderId, ...recording }: Recording): EntryDraft {
  const detail = members(recording);
  return draft(about, { type: "RecordingTestified", recorderId, outcome: "success", detail });
}

export function judged(about: About, judgement: Judgement): EntryDraft {
  const { recorderId, verdict, windowId, ...detail } = judgement;
  const isWell = verdict === "silent" || verdict === "consistent";
  return draft(about, {
    type: "WindowJudged",
    windowId,
    recorderId,
    outcome: isWell ? "success" : "failure",
    reason: verdict,
    detail: members(detail),
  });
}

export const unreachable = (
  about: About,
  recorderId: string,
  reason: string,
  givenUp: boolean,
): EntryDraft =>
  draft(about, {
    type: "WitnessUnreachable",
    recorderId,
    outcome: "failure",
    reason,
    detail: { givenUp },
  });

export interface FileName {
  readonly recorderId: string;
  readonly tapId: string;
  readonly recordingId: string;
}

/** `unheard`: recordings whose file is to be heard. */
export function gathered(about: About, facts: Gathered, unheard: readonly FileName[]): EntryDraft {
  const files = unheard.map(({ recorderId, recordingId, tapId }) => ({
    recorderId,
    tapId,
    recordingId,
  }));
  return draft(about, {
    type: "EvidenceGathered",
    outcome: facts.unanswered.length === 0 ? "success" : "failure",
    detail: members({ ...facts, ...(files.length === 0 ? {} : { unheard: files }) }),
  });
}

/** Why a call was given up whose witnesses were not asked. */
const TOO_LONG = "call_too_long";

/** Nobody is asked: the call has more entries than are looked at. Nothing is said of its windows. */
export const tooLong = (about: About): EntryDraft =>
  draft(about, { type: "EvidenceGathered", outcome: "failure", reason: TOO_LONG });

/** Everything of the report but its judgements, which are entries of their own. */
export function soundHeard(about: About, report: SoundReport): EntryDraft {
  const { judgements: _, recorderId, ...detail } = report;
  return draft(about, {
    type: "SoundHeard",
    recorderId,
    outcome: "success",
    detail: members(detail),
  });
}

/** What an entry tells of its call's evidence; undefined where it tells nothing. */
export function factOf(entry: Entry): Fact | undefined {
  if (isCallEntry(entry)) return { kind: "event", event: eventOfEntry(entry) };
  const { detail = {}, recorderId = "", reason, type, windowId } = entry;
  // Only this process's own kind wrote these, in these very forms.
  switch (type) {
    case "RecordingTestified":
      return { kind: "testified", recording: { ...detail, recorderId } as unknown as Recording };
    case "WindowJudged": {
      const judgement = { ...detail, windowId, recorderId, verdict: reason };
      return { kind: "judged", judgement: judgement as unknown as Judgement };
    }
    case "WitnessUnreachable":
      return { kind: "unreachable", recorderId, givenUp: detail["givenUp"] === true };
    case "EvidenceGathered": {
      if (reason === TOO_LONG) return undefined;
      const { unheard: _, ...facts } = detail;
      return { kind: "gathered", gathered: facts as unknown as Gathered };
    }
    case "SoundHeard":
      return { kind: "heard", recordingKey: recordingKey(detail as unknown as Recording) };
    // One that another call's recording opened grows by this call's windows: it is this call's, too.
    case "IncidentOpened":
    case "IncidentGrew": {
      const { incidentId } = detail;
      return typeof incidentId === "string" ? { kind: "incident", incidentId } : undefined;
    }
    default:
      return undefined;
  }
}

/** The recordings an `EvidenceGathered` left to be heard. */
export function unheardIn({ detail }: Entry): readonly FileName[] {
  const { unheard } = detail ?? {};
  return Array.isArray(unheard) ? unheard : [];
}
