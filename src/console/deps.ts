/**
 * What the console's pages read and do, each as a small port.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Calls } from "../control/calls.ts";
import type { RecorderCapabilities } from "../control/ports.ts";
import type { EvidenceDesk } from "../evidence/desk.ts";
import type { EntryDraft } from "../log/entry.ts";
import type { LogStore } from "../log/store.ts";
import type { idForms } from "../policy/idForm.ts";
import type { Policy } from "../policy/policy.ts";

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

export interface PageDeps {
  readonly calls: Pick<Calls, "live" | "read">;
  readonly log: Pick<
    LogStore,
    "read" | "readBack" | "checkpoint" | "origin" | "size" | "verifierKey"
  >;
  readonly policy: Policy;
  /** The forms that a tenant's identifiers may have. */
  readonly idForm: ReturnType<typeof idForms>;
  readonly evidence: Pick<EvidenceDesk, "read">;
  readonly recorders: (tenant: string) => readonly ShownRecorder[];
  readonly clock: () => EpochMs;
  /** Enters what was read or done. Durable, or counted, on return; never rejects. */
  readonly enter: (draft: Omit<EntryDraft, "at">) => Promise<void>;
}
