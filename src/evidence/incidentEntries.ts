/**
 * An incident's facts as entries of the control log, and back. The entry's shape is restated here:
 * evidence stands beside the log, not on it.
 *
 * @module
 */
import type { Actor, EpochMs, Json, PrincipalKind, TenantId } from "../control/call.ts";
import { SYSTEM } from "../control/call.ts";
import { INCIDENT_TYPES, type IncidentFact } from "./incidentFacts.ts";
import type { Cause, FileRange } from "./evidence.ts";

/** What the log is given. */
export interface FactDraft {
  readonly at: EpochMs;
  readonly tenant: TenantId;
  readonly type: IncidentFact["type"];
  readonly callId: string;
  readonly recorderId: string;
  readonly actor: { readonly id: string; readonly kind: PrincipalKind; readonly client?: string };
  readonly origin: { readonly ip?: string; readonly component: string };
  readonly outcome: "success" | "failure";
  readonly reason?: string;
  readonly detail: { readonly [name: string]: Json };
}

/** What the log gives back. */
export interface FactEntry {
  readonly at: EpochMs;
  readonly type: string;
  readonly callId?: string;
  readonly recorderId?: string;
  readonly actor: { readonly id: string };
  readonly outcome: string;
  readonly detail?: { readonly [name: string]: Json };
}

/** Whose recording it is about, and why where it failed. */
export interface About {
  readonly tenant: TenantId;
  readonly recorderId: string;
  readonly recordingId: string;
  readonly by?: Actor;
  readonly reason?: string;
}

export function draftOfFact(fact: IncidentFact, about: About): FactDraft {
  const { by = SYSTEM, reason, recorderId, recordingId, tenant } = about;
  const { at, callId, incidentId, type } = fact;
  return {
    at,
    tenant,
    type,
    callId,
    recorderId,
    actor: { id: by.id, kind: by.kind, ...(by.client === undefined ? {} : { client: by.client }) },
    origin: {
      component: by === SYSTEM ? "evidence" : "http",
      ...(by.ip === undefined ? {} : { ip: by.ip }),
    },
    outcome: outcomeOf(fact),
    ...(reason === undefined ? {} : { reason }),
    detail: { incidentId, recordingId, ...detailOf(fact) },
  };
}

/** An opening tells that something is wrong, and so does a mark that was not made. */
function outcomeOf(fact: IncidentFact): "success" | "failure" {
  switch (fact.type) {
    case "IncidentOpened":
    case "IncidentGrew":
      return "failure";
    case "RecordingFlagged":
      return fact.done ? "success" : "failure";
    case "IncidentNoted":
    case "IncidentClosed":
      return "success";
  }
}

function detailOf(fact: IncidentFact): { readonly [name: string]: Json } {
  switch (fact.type) {
    case "IncidentOpened":
    case "IncidentGrew": {
      const { by, cause, ranges, windowIds } = fact;
      const earlier = fact.type === "IncidentOpened" ? fact.earlier : undefined;
      const offsets = ranges.map(({ fromMs, toMs }) => ({ fromMs, toMs }));
      const more = earlier === undefined ? {} : { earlier };
      return { windowIds: [...windowIds], cause, by, ranges: offsets, ...more };
    }
    case "IncidentNoted":
    case "IncidentClosed": {
      const { foundCause, text } = fact;
      return { note: text, ...(foundCause === undefined ? {} : { foundCause }) };
    }
    case "RecordingFlagged":
      return {};
  }
}

const TYPES: ReadonlySet<string> = new Set(INCIDENT_TYPES);

/** Undefined for an entry that is none of these, or is none of this form. */
export function factOfEntry(entry: FactEntry): IncidentFact | undefined {
  const { actor, callId, detail = {}, outcome, recorderId, type } = entry;
  const { incidentId, recordingId } = detail;
  if (!TYPES.has(type) || typeof incidentId !== "string" || callId === undefined) return undefined;
  // Where the log raised the moment, the fact's own is in `detail`.
  const at = typeof detail["at"] === "number" ? detail["at"] : entry.at;
  const happened = { incidentId, at, callId };
  switch (type as IncidentFact["type"]) {
    case "IncidentOpened": {
      if (recorderId === undefined || typeof recordingId !== "string") return undefined;
      const { earlier } = detail;
      return {
        type: "IncidentOpened",
        ...happened,
        ...suspectedIn(detail),
        recorderId,
        recordingId,
        ...(typeof earlier === "string" ? { earlier } : {}),
      };
    }
    case "IncidentGrew":
      return { type: "IncidentGrew", ...happened, ...suspectedIn(detail) };
    case "IncidentNoted":
    case "IncidentClosed": {
      const { foundCause, note } = detail;
      return {
        type: type as "IncidentNoted" | "IncidentClosed",
        ...happened,
        who: actor.id,
        text: typeof note === "string" ? note : "",
        ...(typeof foundCause === "string" ? { foundCause } : {}),
      };
    }
    case "RecordingFlagged":
      return { type: "RecordingFlagged", ...happened, done: outcome === "success" };
  }
}

function suspectedIn(detail: { readonly [name: string]: Json }) {
  const { by, cause, ranges, windowIds } = detail;
  return {
    windowIds: strings(windowIds),
    cause: cause as Cause,
    by: by === "sound" ? ("sound" as const) : ("time" as const),
    ranges: Array.isArray(ranges) ? (ranges as readonly FileRange[]) : [],
  };
}

const strings = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
