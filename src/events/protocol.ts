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
  /** Open window and not secured, summed to `at`. */
  readonly unsecuredMs: number;
  /** Paused and no window open, summed to `at`. */
  readonly unrecordedMs: number;
  /** Of the call's newest entry in the control log. */
  readonly position: number;
  /** When the call last changed. */
  readonly at: number;
  /** The control log cannot be written and newer facts wait for it: never `secured` meanwhile. */
  readonly unlogged?: true;
  readonly sandbox?: true;
}

/**
 * Whether a recorder would obey, by asking it and by what real commands met. Sent to whoever may
 * see recorders (not to agents: their calls say how each of their recorders is): those that are
 * down after `subscribed`, and each when that changes.
 */
export interface RecorderMessage {
  readonly type: "recorder";
  readonly recorderId: string;
  readonly healthy: boolean;
  /** Down since, and by one word why. */
  readonly since?: number;
  readonly cause?: string;
  readonly sandbox?: true;
}

/**
 * What the server sends. Messages about calls come in the order in which the calls last changed,
 * so the newest `position` of any `call`, `gone` or `ping` is what `since` asks for.
 */
export type ServerMessage =
  | {
      readonly type: "hello";
      /** The log's origin id. Another epoch means that `since` says nothing. */
      readonly epoch: string;
      /** The log's newest position now. Not a `since`: nothing was received yet. */
      readonly position: number;
      /** A message of some kind comes at least this often; after two of these without, reconnect. */
      readonly pingMs: number;
      /** For the next connection, where this one came by ticket. */
      readonly nextTicket?: string;
      /**
       * When this connection is lost, wait this long before you come back: drawn for you alone, so
       * that not everybody comes in the same second. Pings bring newer ones; the newest counts.
       */
      readonly reconnectAfterMs: number;
      readonly sandbox?: true;
    }
  /**
   * `recovered`: keep what you have; calls that changed after `since` follow. Otherwise forget
   * every call you had; every live one follows.
   */
  | { readonly type: "subscribed"; readonly recovered: boolean }
  | CallMessage
  /** The call is no longer among those you asked for or may see. Forget it: its word is stale. */
  | { readonly type: "gone"; readonly callId: string; readonly position: number }
  | RecorderMessage
  /** The connection lives. `position` is there when everything up to it has been sent to you. */
  | {
      readonly type: "ping";
      readonly at: number;
      readonly position?: number;
      readonly reconnectAfterMs: number;
    }
  /** Takes the place of the last `nextTicket`, which is about to expire. */
  | { readonly type: "ticket"; readonly nextTicket: string }
  | { readonly type: "error"; readonly code: string; readonly detail: string };

/** What a client may send: JSON text, at most `MESSAGE_BYTES_MAX`, no other members. */
export type ClientMessage =
  /**
   * Replaces the filter; what comes before its `subscribed` belongs to the old one. `calls`,
   * `agents`, `where` and `all` are joined by OR (the attributes inside `where` by AND); `all` asks
   * for every call this principal may see.
   */
  | {
      readonly type: "subscribe";
      readonly calls?: readonly string[];
      readonly agents?: readonly string[];
      readonly where?: Readonly<Record<string, string>>;
      readonly all?: boolean;
      /** What was received with this same filter before the connection broke. */
      readonly since?: { readonly epoch: string; readonly position: number };
      /** At most this many bursts a second, each with the newest state of what changed. For walls. */
      readonly maxHz?: number;
    }
  /** The desktop has painted this state. Entered once per agent, own call and protection. */
  | { readonly type: "shown"; readonly callId: string; readonly position: number }
  /** Answers `ping`, for clients whose WebSocket does not answer protocol pings by itself. */
  | { readonly type: "pong" };

export const MESSAGE_BYTES_MAX = 65_536;

export const CLOSE = {
  /** No credential, a wrong one, or it has expired. Get another first. */
  notAuthenticated: 4401,
  /** The credential may not read events, or the page's origin is not in policy. */
  notAllowed: 4403,
  /** No answer to pings, or nothing was subscribed to in time. */
  idle: 4408,
  /** The control log is another one now. Connect afresh, without `since`. */
  epochGone: 4410,
  /** The server stops or restarts. Connect again after `reconnectAfterMs`. */
  restarting: 1012,
  /** Too many messages that could not be read, or too many at once. Mend the client. */
  misused: 1008,
} as const;
