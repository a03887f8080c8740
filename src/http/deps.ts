/**
 * What the HTTP face needs from the rest of the house, each as a function or a small port, so that
 * tests hand in plain objects and the same app runs on every runtime.
 *
 * @module
 */
import type { EpochMs, Json, RecorderId, Target, TenantId } from "../control/call.ts";
import type { Calls } from "../control/calls.ts";
import type { RecorderCapabilities } from "../control/ports.ts";
import type { EvidenceDesk } from "../evidence/desk.ts";
import type { IncidentWork } from "../evidence/incident.ts";
import type { RetentionDesk } from "../log/retentionDesk.ts";
import type { LogStore } from "../log/store.ts";
import type { may } from "../policy/access.ts";
import type { idForms } from "../policy/idForm.ts";
import type { AgentEntry, Policy } from "../policy/policy.ts";
import type { Authenticated, AuthenticateInfo } from "./authenticate.ts";
import type { Gate } from "./gate.ts";
import type { Guesses } from "./guesses.ts";
import type { Metrics } from "./metrics.ts";
import type { TicketOffice } from "./tickets.ts";

export type May = typeof may;

export interface RecorderInfo {
  readonly recorderId: RecorderId;
  readonly vendor: string;
  readonly capabilities: RecorderCapabilities;
  readonly reachability: "reachable" | "unreachable" | "unknown";
  readonly lastHeardAt?: EpochMs;
  readonly preflight?: {
    readonly at: EpochMs;
    readonly findings: readonly {
      readonly name: string;
      readonly ok: boolean;
      readonly detail: string;
    }[];
  };
  /** Absent until it is watched. `cause`: one word of tacet's own. */
  readonly health?:
    | { readonly healthy: true }
    | { readonly healthy: false; readonly since: EpochMs; readonly cause: string };
  /** Settings an operator should know of, such as plain HTTP to a distant recorder. */
  readonly warnings: readonly string[];
}

/** One thing wrong with a target, by path inside it. `detail` never repeats a value. */
interface TargetIssue {
  readonly path: readonly (string | number)[];
  readonly detail: string;
}
type ParsedTarget =
  | { readonly ok: true; readonly target: Target; readonly targetKey: string }
  | { readonly ok: false; readonly issues: readonly TargetIssue[] };

export interface LocatedTarget {
  readonly recorderId: RecorderId;
  readonly target: Target;
  readonly targetKey: string;
}
export type Located =
  | { readonly kind: "located"; readonly targets: readonly LocatedTarget[] }
  /** No recorder could be asked, so nothing is known. */
  | { readonly kind: "unavailable" };

export interface Recorders {
  list(tenant: TenantId): readonly RecorderInfo[];
  capabilities(recorderId: RecorderId): RecorderCapabilities | undefined;
  /** For a configured recorder only. */
  parseTarget(recorderId: RecorderId, raw: unknown): ParsedTarget;
  /** Asks the recorders that can survey where this agent's live conversation is. Never throws. */
  locate(tenant: TenantId, agent: AgentEntry, signal: AbortSignal): Promise<Located>;
}

/** A fixed sentence and facts from an allow-list. */
export interface Logger {
  info(facts: Readonly<Record<string, unknown>>, sentence: string): void;
  warn(facts: Readonly<Record<string, unknown>>, sentence: string): void;
  error(facts: Readonly<Record<string, unknown>>, sentence: string): void;
}

export interface Origins {
  /** Some tenant's policy lists this origin: enough for a preflight, which carries no credential. */
  any(origin: string): boolean;
  of(tenant: TenantId, origin: string): boolean;
}

export interface Limits {
  readonly bodyBytesMax: number;
  readonly headerBytesMax: number;
  readonly headerCountMax: number;
}
export const DEFAULT_LIMITS: Limits = {
  bodyBytesMax: 64 * 1024,
  headerBytesMax: 16 * 1024,
  headerCountMax: 100,
};

export interface HttpDeps {
  readonly calls: Calls;
  readonly log: LogStore;
  readonly policy: Policy;
  readonly authenticate: (request: Request, info: AuthenticateInfo) => Promise<Authenticated>;
  readonly tickets: Pick<TicketOffice, "issue">;
  readonly recorders: Recorders;
  readonly origins: Origins;
  /** The forms that this tenant's identifiers may have. */
  readonly idForm: ReturnType<typeof idForms>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: () => EpochMs;
  /** A fresh, unguessable id. */
  readonly ids: () => string;
  /** Where the request came from, as trusted proxies tell it. */
  readonly clientAddress: (request: Request) => string | undefined;
  /** WebSocket upgrade or server-sent events for `GET /v1/events`. */
  readonly events: (request: Request) => Response | Promise<Response>;
  /** A stop was asked for: no new windows. */
  readonly stopping: () => boolean;
  readonly evidence: EvidenceDesk;
  readonly incidents: IncidentWork;
  readonly retention: RetentionDesk;
  /** What is known of the log's own health, for operators. */
  readonly custody?: () => Json;
  readonly sandbox: boolean;
  readonly version: string;
  readonly limits?: Limits;
  /** Turns away what can wait. Absent: one that never finds the process late. */
  readonly gate?: Gate;
  /** Makes whoever tries credentials out wait. */
  readonly guesses?: Pick<Guesses, "wait">;
}
