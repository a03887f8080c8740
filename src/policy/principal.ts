/**
 * Who asks, once their credential has been checked.
 *
 * @module
 */
import type { CallId, EpochMs, PrincipalKind, TenantId } from "../control/call.ts";

export const SCOPES = [
  "calls:write",
  "targets:write",
  "windows:write",
  "events:read",
  "log:read",
  "log:export",
  "evidence:write",
  "incidents:write",
  "retention:write",
  "operate",
  "tickets:issue",
] as const;
export type Scope = (typeof SCOPES)[number];

export interface Principal {
  readonly tenant: TenantId;
  readonly id: string;
  readonly kind: Exclude<PrincipalKind, "system">;
  /** Whose windows it opens: its own, or for a ticket those of who issued the ticket. */
  readonly owner: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly agentId?: string;
  readonly credential: "jwt" | "api_key" | "ticket";
  /** A call ticket serves this call only, and `pause renew resume` only. */
  readonly ticket?:
    | {
        readonly use: "call";
        readonly id: string;
        readonly callId: CallId;
        /** Its time is over: it still serves the window it opened, and opens none. */
        readonly lapsed?: true;
      }
    | {
        readonly use: "events";
        readonly id: string;
        /** No ticket that follows from this one lives longer. */
        readonly until?: EpochMs;
        /** The console's session that it came from, by its `ref`: it ends with that. */
        readonly session?: string;
        /** What whoever asked for it may command. The ticket itself commands nothing. */
        readonly commands?: ReadonlySet<Scope>;
      };
  readonly expiresAt?: EpochMs;
}
