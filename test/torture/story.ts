/**
 * What everybody in a torture writes down while it happens, a JSON object a line, for the referee to
 * read. Types only. Every moment is the wall clock of the one machine all of them run on, in Unix ms.
 */

/** A recorder's own journal: what it truly recorded from this moment on. */
export interface Change {
  readonly kind: "change";
  readonly recorderId: string;
  readonly target: string;
  readonly at: number;
  readonly status: "recording" | "paused" | "absent";
  /** `restart`: the recorder itself came back without what it had been told. */
  readonly cause: "command" | "person" | "call" | "restart";
}

export type What = "pause" | "renew" | "read" | "resume" | "end" | "put";

/** A client is about to send this. Written before it is sent. */
export interface Ask {
  readonly kind: "ask";
  readonly id: string;
  readonly at: number;
  readonly by: string;
  /** A browser asked, with a ticket of theirs. */
  readonly byTicket?: true;
  readonly what: What;
  readonly callId: string;
  readonly windowId?: string;
}

/** What it was told. Written after the last byte came. */
export interface Told {
  readonly kind: "told";
  readonly id: string;
  readonly at: number;
  readonly status: number;
  readonly code?: string;
  readonly protection?: string;
  readonly safe?: boolean;
  readonly collectForMs?: number;
  readonly expiresAt?: number;
  readonly position?: number;
}

/** A desktop received the state of a call. */
export interface Shown {
  readonly kind: "shown";
  readonly reader: string;
  readonly at: number;
  readonly callId: string;
  readonly protection: string;
  readonly position: number;
  /** When the last lease in the message ends; 0 where no window is open. */
  readonly until: number;
}

/** A desktop lost its connection, or heard nothing for so long that it must not believe what it shows. */
export interface Blind {
  readonly kind: "blind";
  readonly reader: string;
  readonly at: number;
}

/** A desktop is back, and may keep what it had where `recovered`. */
export interface Subscribed {
  readonly kind: "subscribed";
  readonly reader: string;
  readonly at: number;
  readonly recovered: boolean;
}

/**
 * Something was made, or measured, that explains a late discovery. `silence`: a recorder may not have
 * answered. `lag`: the service did not run. `link`: what it sent to clients may have been held up.
 * `delay`: a wire's or a client's own process did not run.
 */
export interface Trouble {
  readonly kind: "trouble";
  readonly what: "silence" | "lag" | "link" | "delay";
  readonly recorderId?: string;
  readonly from: number;
  readonly until: number;
}

/** The service was killed. */
export interface Kill {
  readonly kind: "kill";
  readonly at: number;
}

/** A signed head that an auditor was given. */
export interface Head {
  readonly kind: "head";
  readonly at: number;
  readonly note: string;
}

export type Line = Change | Ask | Told | Shown | Blind | Subscribed | Trouble | Kill | Head;

/** The numbers of the configuration that the promises are stated in. */
export interface Bounds {
  readonly guardMs: number;
  readonly statusMsMax: number;
  readonly confirmAgeMsMax: number;
  readonly baselineAgeMsMax: number;
  readonly pingMs: number;
}

export type Breach =
  | "entry_missing"
  | "false_safe"
  | "false_secured"
  | "left_silent"
  | "left_recording"
  | "left_unsecured"
  | "foreign_mute_undone"
  | "closed_unasked"
  | "window_reopened"
  | "call_not_ended"
  | "desktop_stale"
  | "ticket_refused"
  | "log_rewritten"
  | "log_malformed";

export interface Finding {
  readonly breach: Breach;
  readonly detail: string;
}
