/**
 * What the loop of one call is given.
 *
 * @module
 */
import type { Rules } from "./commands.ts";
import type { Claim } from "./owed.ts";
import type { Clock, ControlLog, Publisher } from "./ports.ts";

export interface SessionRules {
  readonly rules: Rules;
  readonly whenLogFails: "refuse" | "protect";
  /** A pause goes out when its intent is not durable within this. */
  readonly logMsMax: number;
  readonly logRetryMs: number;
}

export interface LoopDeps {
  readonly clock: Clock;
  readonly log: ControlLog;
  readonly publisher: Publisher;
  /** Tells every desk what this call claims. `addOnly` while the log fails: nothing is let go. */
  readonly sync: (claims: readonly Claim[], addOnly: boolean) => void;
  readonly rules: (attributes: Readonly<Record<string, string>>) => SessionRules;
  /** The call, or whether it is durable, may be another now. Never throws. */
  readonly changed: () => void;
}
