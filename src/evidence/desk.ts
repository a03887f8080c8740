/**
 * What the API asks of evidence.
 *
 * @module
 */
import type { Actor, CallId, TenantId } from "../control/call.ts";
import type { CallEvidence, SoundReport } from "./evidence.ts";

/** Recordings of one call whose file is still to be heard. */
export interface Unheard {
  readonly callId: CallId;
  readonly recordings: readonly {
    readonly recorderId: string;
    readonly tapId: string;
    readonly recordingId: string;
  }[];
}

export interface UnheardAsked {
  /** The `next` of the page before, or 0. It is worth nothing any more after a start. */
  readonly after: number;
  readonly limit: number;
}

export interface UnheardPage {
  readonly calls: readonly Unheard[];
  /** Absent on the last page. */
  readonly next?: number;
}

/** What came of a report. Nothing is entered unless it is `entered`. */
export type Reported =
  | { readonly kind: "entered"; readonly evidence: CallEvidence }
  /** Policy has nobody hear files. */
  | { readonly kind: "off" }
  | { readonly kind: "call_unknown" }
  /** No witness told of this recording, finished, on this tap. */
  | { readonly kind: "recording_unknown" }
  /** A judgement of something else than this recording and this call's windows. */
  | { readonly kind: "unfit"; readonly judgement: number };

/** The call has more entries than are looked at, and will not have fewer: nothing is told by half of it. */
export class CallTooLong extends Error {
  readonly code = "call_too_long";
  constructor() {
    super("the call has more entries than are looked at");
  }
}

/**
 * All of these throw `LogUnavailable` where the log cannot be read or written, and all but `unheard`
 * throw `CallTooLong`.
 */
export interface EvidenceDesk {
  /** As it stands in the log; undefined for a call that is not known. */
  read(tenant: TenantId, callId: CallId): Promise<CallEvidence | undefined>;
  /** Asks the call's witnesses now, and answers what is known then. */
  ask(tenant: TenantId, callId: CallId, by: Actor): Promise<CallEvidence | undefined>;
  /** Enters what hearing a recording told. */
  report(tenant: TenantId, callId: CallId, report: SoundReport, by: Actor): Promise<Reported>;
  /** The calls with recordings to be heard, the oldest first, at most `limit` a page. */
  unheard(tenant: TenantId, asked: UnheardAsked): UnheardPage;
}
