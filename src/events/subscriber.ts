/**
 * One reader of the hub: which calls it has to be told of, and how fast it takes them. What waits
 * is a set of call ids, so a slow reader waits for at most one message a call, and gets the newest.
 *
 * @module
 */
import type { CallId, EpochMs } from "../control/call.ts";
import { type Filter, matches, NOTHING } from "./filter.ts";
import type { HeldCall, SentMark } from "./memory.ts";
import type { Viewer } from "./project.ts";
import type { ServerMessage } from "./protocol.ts";

/** Bytes that may wait in a transport before the hub stops writing to it. */
export const BUFFERED_BYTES_MAX = 65_536;
/** Sent states of one call that `shown` may name. */
export const MARK_COUNT_MAX = 4;

/** Where a reader's messages go. Neither function throws. */
export interface Outlet {
  /** `position` is there for `call`, `gone` and `ping`. */
  send(text: string, type: ServerMessage["type"], position?: number): void;
  /** Bytes taken and not yet handed to the network. */
  buffered(): number;
}

export interface Subscriber {
  readonly viewer: Viewer;
  readonly outlet: Outlet;
  filter: Filter;
  /** Whether a filter was ever set. */
  asked: boolean;
  /** In the order in which the calls last changed: what was read bounds what was not. */
  readonly pending: Set<CallId>;
  /** What the reader believes to have of each call: calls it must be told of when they go. */
  readonly holds: Map<CallId, readonly SentMark[]>;
  /** The transport is full; `drained` says when it is not. */
  parked: boolean;
  /** Told of no change after this one's number until it wakes. */
  asleepAt: number | undefined;
  closed: boolean;
  /** 0: as they come. */
  gapMs: number;
  nextBurstAt: EpochMs;
  burstLeft: number;
  cancelTimer: (() => void) | undefined;
}

export function newSubscriber(viewer: Viewer, outlet: Outlet): Subscriber {
  return {
    viewer,
    outlet,
    filter: NOTHING,
    asked: false,
    pending: new Set(),
    holds: new Map(),
    parked: false,
    asleepAt: undefined,
    closed: false,
    gapMs: 0,
    nextBurstAt: 0,
    burstLeft: 0,
    cancelTimer: undefined,
  };
}

export function wants(subscriber: Subscriber, callId: CallId, state: HeldCall["state"]): boolean {
  return (
    matches(subscriber.filter, callId, state) &&
    (!subscriber.viewer.ownCallsOnly || state.agentId === subscriber.viewer.agentId) &&
    subscriber.viewer.sees(callId, state)
  );
}

/** The state joins the queue's end: it is the newest change. */
export function mark(subscriber: Subscriber, callId: CallId): void {
  subscriber.pending.delete(callId);
  subscriber.pending.add(callId);
}

/** The reader has, or is taken to have, this state. */
export function noteHeld(subscriber: Subscriber, held: HeldCall): void {
  if (held.state.endedAt !== undefined) {
    subscriber.holds.delete(held.callId);
    return;
  }
  // Only an agent's desktop says what it has shown; others need no more than the newest.
  const before = subscriber.viewer.agentId === undefined ? [] : subscriber.holds.get(held.callId);
  const isFirst = before === undefined || before.length === 0;
  const marks = isFirst ? held.marks : [...before, ...held.marks].slice(-MARK_COUNT_MAX);
  subscriber.holds.set(held.callId, marks);
}

/** The reader may have some state of this call from an earlier connection. */
export function mayHold(subscriber: Subscriber, callId: CallId): void {
  if (!subscriber.holds.has(callId)) subscriber.holds.set(callId, []);
}

/**
 * Sends at most `countMax` messages, as long as the transport takes them. Returns how many calls it
 * looked at.
 */
export function pump(
  subscriber: Subscriber,
  countMax: number,
  now: EpochMs,
  look: (callId: CallId) => HeldCall | undefined,
  write: (held: HeldCall, viewer: Viewer) => string,
): number {
  const { outlet, pending } = subscriber;
  if (subscriber.gapMs > 0 && subscriber.burstLeft === 0) {
    if (now < subscriber.nextBurstAt) return 0;
    subscriber.burstLeft = pending.size;
    subscriber.nextBurstAt = now + subscriber.gapMs;
  }
  let looked = 0;
  for (const callId of pending) {
    if (looked === countMax) break;
    if (subscriber.gapMs > 0 && subscriber.burstLeft === 0) break;
    if (outlet.buffered() > BUFFERED_BYTES_MAX) {
      subscriber.parked = true;
      break;
    }
    pending.delete(callId);
    looked += 1;
    if (subscriber.burstLeft > 0) subscriber.burstLeft -= 1;
    const held = look(callId);
    if (held !== undefined && wants(subscriber, callId, held.state)) {
      outlet.send(write(held, subscriber.viewer), "call", held.position);
      noteHeld(subscriber, held);
    } else {
      sayGone(subscriber, callId, held);
    }
  }
  if (pending.size === 0) subscriber.burstLeft = 0;
  return looked;
}

/** Only to a reader who has the call: others may not learn that it exists. */
function sayGone(subscriber: Subscriber, callId: CallId, held: HeldCall | undefined): void {
  const marks = subscriber.holds.get(callId);
  if (marks === undefined) return;
  subscriber.holds.delete(callId);
  const position = held?.position ?? marks.at(-1)?.position ?? 0;
  subscriber.outlet.send(JSON.stringify({ type: "gone", callId, position }), "gone", position);
}
