/**
 * What policy answers. The configuration settles it; `rules.ts` implements it.
 *
 * @module
 */
import type { Control, RecorderId, TenantId } from "../control/call.ts";
import type { Rules } from "../control/commands.ts";

/** One recorder's part in a call. */
export interface RecorderPart {
  readonly recorderId: RecorderId;
  readonly required: boolean;
  /** Overrides how the recorder is silenced, where its adapter offers a choice. */
  readonly control?: Control;
  readonly absentIs: "unprotected" | "protected";
  readonly acceptAcknowledged: boolean;
}

/** What policy settles for a call with these attributes. */
export interface Routing {
  readonly recorders: readonly RecorderPart[];
  readonly rules: Rules;
  readonly leaseMsDefault: number;
  readonly waitMsDefault: number;
  readonly waitMsMax: number;
  readonly whenLogFails: "refuse" | "protect";
}

/** How an agent is found in recorders. */
export interface AgentEntry {
  readonly extension?: string;
  readonly sipUri?: string;
  readonly recorderAgentId?: string;
}

export interface Policy {
  routing(tenant: TenantId, attributes: Readonly<Record<string, string>>): Routing;
  agent(tenant: TenantId, agentId: string): AgentEntry | undefined;
  tenants(): readonly TenantId[];
}
