/**
 * The incidents of one tenant, as their facts in order tell: every open one, and the closed ones
 * that were closed last. Pure but for the book itself, which one owner changes.
 *
 * @module
 */
import type { CallId, RecorderId } from "../control/call.ts";
import { follow, type IncidentFact } from "./incidentFacts.ts";
import type { Incident } from "./incident.ts";

/** Closed incidents of a tenant kept in memory. Older ones are read from the log when asked for. */
const CLOSED_COUNT_MAX = 1_000;

/** An incident, and where in the log it was opened. */
export interface Filed {
  readonly incident: Incident;
  readonly position: number;
}

export interface Book {
  /** Facts come in the order of the log. */
  take(fact: IncidentFact, position: number): void;
  find(incidentId: string): Filed | undefined;
  /** The newest of this recording, open or closed. */
  ofRecording(recorderId: RecorderId, recordingId: string): Filed | undefined;
  /** Also those of another call's that have a recording in common with it, and grew by its windows. */
  ofCall(callId: CallId): readonly Incident[];
  /** In the order they were opened. */
  all(): readonly Filed[];
  openCount(): number;
  /** Closed ones are in the log alone. */
  forgets(): boolean;
}

const keyOf = (recorderId: RecorderId, recordingId: string): string =>
  JSON.stringify([recorderId, recordingId]);

export function openBook(closedCountMax: number = CLOSED_COUNT_MAX): Book {
  const filed = new Map<string, Filed>();
  /** In the order they were closed. */
  const closed = new Set<string>();
  const byRecording = new Map<string, string>();
  const byCall = new Map<CallId, Set<string>>();
  /** The calls each is filed under. */
  const calls = new Map<string, Set<CallId>>();
  let forgets = false;

  function forget(incidentId: string): void {
    forgets = true;
    closed.delete(incidentId);
    const one = filed.get(incidentId);
    filed.delete(incidentId);
    if (one === undefined) return;
    const { recorderId, recordingId } = one.incident;
    const key = keyOf(recorderId, recordingId);
    if (byRecording.get(key) === incidentId) byRecording.delete(key);
    for (const callId of calls.get(incidentId) ?? []) {
      const ofCall = byCall.get(callId);
      ofCall?.delete(incidentId);
      if (ofCall?.size === 0) byCall.delete(callId);
    }
    calls.delete(incidentId);
  }

  function fileUnder(callId: CallId, incidentId: string): void {
    byCall.set(callId, (byCall.get(callId) ?? new Set()).add(incidentId));
    calls.set(incidentId, (calls.get(incidentId) ?? new Set()).add(callId));
  }

  return {
    take(fact, position) {
      const known = filed.get(fact.incidentId);
      const incident = follow(known?.incident, fact);
      if (incident === undefined) return;
      const { incidentId, recorderId, recordingId, state } = incident;
      filed.set(incidentId, { incident, position: known?.position ?? position });
      if (known === undefined) byRecording.set(keyOf(recorderId, recordingId), incidentId);
      fileUnder(fact.callId, incidentId);
      if (state === "closed") closed.add(incidentId);
      const [oldest] = closed;
      if (closed.size > closedCountMax && oldest !== undefined) forget(oldest);
    },
    find: (incidentId) => filed.get(incidentId),
    ofRecording(recorderId, recordingId) {
      const incidentId = byRecording.get(keyOf(recorderId, recordingId));
      return incidentId === undefined ? undefined : filed.get(incidentId);
    },
    ofCall: (callId) =>
      [...(byCall.get(callId) ?? [])].flatMap((id) => filed.get(id)?.incident ?? []),
    all: () => [...filed.values()].toSorted((a, b) => a.position - b.position),
    openCount: () => filed.size - closed.size,
    forgets: () => forgets,
  };
}
