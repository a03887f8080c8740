/**
 * The event stream's messages: the only file a client author has to read. A message is the whole
 * state of one call, so nothing is ever replayed: the newest wins. Times are Unix milliseconds,
 * durations end in `Ms`.
 *
 * @module
 */
import type {
  AudioEffect,
  ConfirmedBy,
  Control,
  Protection,
  RecorderStatus,
} from "../control/call.ts";

/** WebSocket subprotocol. */
export const SUBPROTOCOL = "tacet.v1";

/** What a principal may do with a call now. */
export type Can = "pause" | "resume" | "renew" | "move" | "end";

export interface WindowView {
  readonly windowId: string;
  readonly openedAt: number;
  readonly expiresAt: number;
  /** The window is yours: your credential's issuer opened it. */
  readonly own: boolean;
  readonly reason?: string;
  readonly agentId?: string;
}

export interface RecorderView {
  readonly recorderId: string;
  readonly required: boolean;
  readonly control: Control;
  readonly audio: AudioEffect;
  readonly status: RecorderStatus;
  readonly confirmedBy?: ConfirmedBy;
  readonly confirmedAfterMs?: number;
  readonly attempts: number;
  /** Present while the call moves away from this target. */
  readonly leaving?: true;
  /** It was paused by somebody else before; tacet leaves it so. */
  readonly pausedByOther?: true;
  /** The last command's trouble since the last confirmation. */
  readonly failure?: { readonly outcome: string; readonly reason: string };
}

/** The whole state of one call as one principal may see it. */
export interface CallMessage {
  readonly type: "call";
  readonly callId: string;
  readonly agentId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly protection: Protection;
  /** Open windows only. A page is safe only while `protection` is `secured` and its own is here. */
  readonly windows: readonly WindowView[];
  readonly recorders: readonly RecorderView[];
  readonly can: readonly Can[];
  readonly unsecuredMs: number;
  readonly unrecordedMs: number;
  readonly position: number;
  readonly at: number;
  readonly sandbox?: true;
}

export type ServerMessage =
  | {
      readonly type: "hello";
      /** The log's origin id. Another epoch means that `since` says nothing. */
      readonly epoch: string;
      readonly position: number;
      readonly pingMs: number;
      /** For the next connection, where this one came by ticket. */
      readonly nextTicket?: string;
      readonly sandbox?: true;
    }
  /** `recovered`: the calls that changed after `since` follow; otherwise every live call does. */
  | { readonly type: "subscribed"; readonly recovered: boolean }
  | CallMessage
  | { readonly type: "error"; readonly code: string; readonly detail: string };

/** Members of `subscribe` are joined by OR; `all` asks for every call this principal may see. */
export type ClientMessage =
  | {
      readonly type: "subscribe";
      readonly calls?: readonly string[];
      readonly agents?: readonly string[];
      readonly where?: Readonly<Record<string, string>>;
      readonly all?: boolean;
      readonly since?: { readonly epoch: string; readonly position: number };
      /** At most this many messages a second, for walls. */
      readonly maxHz?: number;
    }
  /** The desktop has painted this state. Entered once per agent, own call and protection. */
  | { readonly type: "shown"; readonly callId: string; readonly position: number };

export const CLOSE = {
  notAuthenticated: 4401,
  notAllowed: 4403,
  idle: 4408,
  /** Connect afresh. */
  epochGone: 4410,
  restarting: 1012,
} as const;
