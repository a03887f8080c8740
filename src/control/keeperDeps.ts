/**
 * What the keeper of all calls is given.
 *
 * @module
 */
import type { RecorderId, TenantId } from "./call.ts";
import type { DeskRules } from "./commands.ts";
import type {
  CallDirectory,
  Clock,
  ControlLog,
  Publisher,
  PushedEnd,
  RecorderPort,
} from "./ports.ts";
import type { SessionRules } from "./session.ts";

export interface KeeperDeps {
  readonly clock: Clock;
  readonly log: ControlLog & CallDirectory;
  readonly publisher: Publisher;
  readonly recorders: readonly { readonly port: RecorderPort; readonly rules: DeskRules }[];
  readonly rules: (tenant: TenantId, attributes: Readonly<Record<string, string>>) => SessionRules;
  readonly sessionCountMax?: number;
  /** Hears that a recorder says a conversation is over. Never throws. */
  readonly ended?: (recorderId: RecorderId, end: PushedEnd) => void;
}
