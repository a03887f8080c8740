/**
 * One connection to a hub, of either kind: what it needs and what it tells. It is made once and
 * lost once; whoever holds it makes the next.
 *
 * @module
 */
import type { HubAddress } from "../../../adapters/hub.ts";
import type { Send } from "../../../adapters/recorder.ts";
import type { Clock } from "../../../control/ports.ts";
import type { Dial } from "./dial.ts";

export interface Link {
  readonly address: HubAddress;
  readonly connectionToken: string;
  readonly token?: string;
  readonly send: Send;
  readonly dial: Dial;
  readonly clock: Clock;
  /** Silence beyond this means that the connection is dead. */
  readonly silentMsMax: number;
  event(args: readonly unknown[]): void;
  /** Once, and only after it stood. */
  lost(detail: string): void;
}

/** Resolves once it stands, with what ends it. Rejects with words that may be shown. */
export type Open = (link: Link) => Promise<() => void>;

export const HTTP_MS_MAX = 5_000;

export const bearing = (token: string | undefined): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** An error's words without addresses: theirs carry tokens. Some clients throw words alone. */
export function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : typeof error === "string" ? error : "";
  if (text === "") return "connection lost";
  return text.replace(/\b(?:https?|wss?):\/\/\S+/gi, "[address]").slice(0, 200);
}
