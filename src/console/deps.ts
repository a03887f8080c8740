/**
 * What the console's pages read and do, each as a small port.
 *
 * @module
 */
import type { CallId, EpochMs, Json } from "../control/call.ts";
import type { Calls } from "../control/calls.ts";
import type { RecorderCapabilities } from "../control/ports.ts";
import type { EvidenceDesk } from "../evidence/desk.ts";
import type { IncidentWork } from "../evidence/incident.ts";
import type { EntryDraft } from "../log/entry.ts";
import type { RetentionDesk } from "../log/retentionDesk.ts";
import type { LogStore } from "../log/store.ts";
import type { idForms } from "../policy/idForm.ts";
import type { Policy } from "../policy/policy.ts";
import type { Principal } from "../policy/principal.ts";
import type { Session } from "./session.ts";

/** A recorder as operators see it. */
export interface ShownRecorder {
  readonly recorderId: string;
  readonly vendor: string;
  readonly capabilities: RecorderCapabilities;
  readonly reachability: "reachable" | "unreachable" | "unknown";
  readonly health?:
    | { readonly healthy: true }
    | { readonly healthy: false; readonly since: EpochMs; readonly cause: string };
}

/** Pause and resume for an agent at the desk, exactly as the API has them. */
export interface DeskPort {
  pause(principal: Principal, callId: CallId, ip?: string): Promise<DeskAnswer>;
  resume(principal: Principal, callId: CallId, ip?: string): Promise<DeskAnswer>;
}
/** `code`: the API's word for why not. */
export type DeskAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: number; readonly code: string };

export interface KitAsked {
  readonly tenant: string;
  /** From this moment, and up to that one; all there is where neither is given. */
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  /** What its files lie in. */
  readonly name: string;
}

/**
 * `nothing`: no signed entry lies there. `unsigned`: nothing was signed yet. `changed`: the log is not
 * what was signed. `busy`: as many are being made as may be.
 */
export type NoKitWhy =
  | "nothing"
  | "too_many"
  | "too_large"
  | "unsigned"
  | "changed"
  | "busy"
  | "failed";

export type KitOffer =
  | {
      readonly kind: "kit";
      readonly entryCount: number;
      readonly first: number;
      readonly last: number;
      /** A ZIP file, made as it is read. */
      readonly file: ReadableStream<Uint8Array>;
      /** Nobody will read it. */
      cancel(): void;
    }
  | { readonly kind: "none"; readonly why: NoKitWhy };

export interface PageDeps {
  readonly calls: Pick<Calls, "live" | "read">;
  readonly log: Pick<
    LogStore,
    | "read"
    | "readBack"
    | "hashes"
    | "enter"
    | "checkpoint"
    | "origin"
    | "prunedTo"
    | "size"
    | "verifierKey"
  >;
  readonly policy: Policy;
  /** The forms that a tenant's identifiers may have. */
  readonly idForm: ReturnType<typeof idForms>;
  readonly evidence: Pick<EvidenceDesk, "read">;
  readonly incidents: IncidentWork;
  readonly retention: RetentionDesk;
  /** What is known of the log's own health. */
  readonly custody: () => Json;
  /** What shows that an entry is in the log; undefined where there is no such entry. */
  readonly receipt: (tenant: string, position: number) => Promise<string | undefined>;
  readonly desk: DeskPort;
  readonly kit: {
    readonly entryCountMax: number;
    /** An auditor's kit of a time. Never rejects. */
    make(asked: KitAsked): Promise<KitOffer>;
  };
  /** For the event stream of one page; nothing that follows from it outlives the session. */
  readonly eventsTicket: (session: Session) => Promise<string>;
  /**
   * The vendor's own page of a recording, for one click; undefined where it has none or did not
   * answer. It opens the recording: never stored, entered or logged.
   */
  readonly recordingPage: {
    has(recorderId: string): boolean;
    of(recorderId: string, recordingId: string): Promise<string | undefined>;
  };
  readonly recorders: (tenant: string) => readonly ShownRecorder[];
  readonly clock: () => EpochMs;
  /** Enters what was read or done. Durable, or counted, on return; never rejects. */
  readonly enter: (draft: Omit<EntryDraft, "at">) => Promise<void>;
}
