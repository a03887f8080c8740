/**
 * What one day's entries tell of its windows: how each ended, how long they were not secured, and
 * what was not as it should be. Pure: the entries come in the log's order, and a call's state from
 * before the day is given in.
 *
 * @module
 */
import type { CallId, CallState, EpochMs, Protection, WindowId } from "../../control/call.ts";
import { newCall } from "../../control/call.ts";
import { pausedByOther, protection } from "../../control/conclude.ts";
import { evolve } from "../../control/evolve.ts";
import type { CallEvent } from "../../control/events.ts";
import { eventOfEntry, isCallEntry } from "../../log/callEntries.ts";
import type { Entry } from "../../log/entry.ts";

/**
 * Of a window: `secured` in time and until its end, `late`, `drifted` out of being secured,
 * `not_secured` at all, `withdrawn` before its time was over, `open` and not secured yet.
 */
export const OUTCOMES = ["secured", "late", "drifted", "not_secured", "withdrawn", "open"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const KINDS = [
  "not_secured",
  "drifted",
  "stalled",
  "expired",
  "paused_by_other",
  "suspect",
] as const;
export type Kind = (typeof KINDS)[number];

export interface Exception {
  readonly kind: Kind;
  readonly at: EpochMs;
  readonly position: number;
  readonly callId: CallId;
  readonly windowIds: readonly WindowId[];
  readonly recorderIds: readonly string[];
  readonly recordingId?: string;
}

export interface Figures {
  readonly windows: Readonly<Record<Outcome, number>>;
  /** Ms from a window's opening to the confirmation of its last recorder. */
  readonly securedAfterMs?: { readonly median: number; readonly worst: number };
  /** Open window and not secured; paused and no window open: summed to each call's newest entry. */
  readonly unsecuredMs: number;
  readonly unrecordedMs: number;
  readonly counts: Readonly<Record<Kind, number>>;
  /** The first of them, in the log's order. */
  readonly exceptions: readonly Exception[];
}

export interface Day {
  take(entry: Entry): void;
  knows(callId: CallId): boolean;
  /** What a call was before the day began. */
  begin(callId: CallId, state: CallState): void;
  figures(): Figures;
}

/** Exceptions kept in full; the others are counted. */
export const EXCEPTION_COUNT_MAX = 2_000;
/** Calls whose state is kept; one at rest that is left out is read again when it goes on. */
export const CALL_COUNT_MAX = 20_000;
/** Times of which the median is taken; the worst is of all. */
const TIME_COUNT_MAX = 100_000;

interface Watched {
  readonly windows: Map<WindowId, Seen>;
  state: CallState;
}
interface Seen {
  readonly openedAt: EpochMs;
  isSecured: boolean;
  wasOverdue: boolean;
  hasDrifted: boolean;
}

export function openDay(): Day {
  const calls = new Map<CallId, Watched>();
  const windows = zeros(OUTCOMES);
  const counts = zeros(KINDS);
  const exceptions: Exception[] = [];
  const times: number[] = [];
  const judged = new Set<string>();
  let worst = 0;
  let unsecuredMs = 0;
  let unrecordedMs = 0;

  function tell(exception: Exception): void {
    counts[exception.kind] += 1;
    if (exceptions.length < EXCEPTION_COUNT_MAX) exceptions.push(exception);
  }

  function follow(entry: Entry, callId: CallId, event: CallEvent): void {
    const call = calls.get(callId) ?? { windows: new Map<WindowId, Seen>(), state: newCall };
    const before = call.state;
    const after = evolve(before, event);
    call.state = after;
    calls.delete(callId);
    calls.set(callId, call);
    unsecuredMs += Math.max(0, after.unsecuredMs - before.unsecuredMs);
    unrecordedMs += Math.max(0, after.unrecordedMs - before.unrecordedMs);
    if (event.type === "WindowOpened") {
      const seen = { isSecured: false, wasOverdue: false, hasDrifted: false };
      call.windows.set(event.windowId, { ...seen, openedAt: event.at });
    }
    const words = [protection(before), protection(after)] as const;
    const shared = { at: entry.at, position: entry.position, callId };
    const windowIds = Object.keys(after.windows).filter(
      (id) => after.windows[id]?.state === "open",
    );
    const recorderIds = recordersOf(event, after);
    for (const kind of turnedTo(words)) tell({ ...shared, kind, windowIds, recorderIds });
    if (event.type === "WindowExpired")
      tell({ ...shared, kind: "expired", windowIds: [event.windowId], recorderIds: [] });
    for (const [tapId, tap] of Object.entries(after.taps)) {
      const was = before.taps[tapId];
      if (!pausedByOther(tap) || (was !== undefined && pausedByOther(was))) continue;
      tell({ ...shared, kind: "paused_by_other", windowIds, recorderIds: [tap.recorderId] });
    }
    for (const [id, seen] of call.windows) mark(words[1], event, id, seen, after);
    settle(call);
    if (after.endedAt !== undefined) calls.delete(callId);
  }

  /** What the call's word now means for one of its windows. */
  function mark(
    is: Protection,
    event: CallEvent,
    id: WindowId,
    seen: Seen,
    { windows: all }: CallState,
  ): void {
    if (all[id]?.state !== "open") return;
    if (is === "secured") {
      // One that opens on a call that is secured already waited for nobody.
      if (!seen.isSecured && event.type !== "WindowOpened") took(event.at - seen.openedAt);
      seen.isSecured = true;
    }
    if (is === "unsecured") {
      if (seen.isSecured) seen.hasDrifted = true;
      else seen.wasOverdue = true;
    }
  }

  function took(ms: number): void {
    worst = Math.max(worst, ms);
    if (times.length < TIME_COUNT_MAX) times.push(ms);
  }

  /** Windows that are over are counted and forgotten. */
  function settle({ state, windows: seen }: Watched): void {
    for (const [id, one] of seen) {
      if (state.windows[id]?.state === "open") continue;
      windows[outcomeOf(one, true)] += 1;
      seen.delete(id);
    }
    for (const [callId, call] of calls) {
      if (calls.size <= CALL_COUNT_MAX) break;
      if (call.windows.size === 0) calls.delete(callId);
    }
  }

  return {
    knows: (callId) => calls.has(callId),
    begin: (callId, state) => void calls.set(callId, { windows: new Map(), state }),
    take(entry) {
      const { callId, detail, reason, recorderId, type, windowId } = entry;
      if (callId === undefined) return;
      if (isCallEntry(entry)) return follow(entry, callId, eventOfEntry(entry));
      if (type !== "WindowJudged" || reason !== "suspect") return;
      // A window that is judged again, by time and by sound, is one exception of its recording.
      const recordingId = typeof detail?.recordingId === "string" ? detail.recordingId : undefined;
      const key = JSON.stringify([callId, windowId, recorderId, recordingId]);
      if (judged.has(key)) return;
      if (judged.size < EXCEPTION_COUNT_MAX) judged.add(key);
      tell({
        kind: "suspect",
        at: entry.at,
        position: entry.position,
        callId,
        windowIds: windowId === undefined ? [] : [windowId],
        recorderIds: recorderId === undefined ? [] : [recorderId],
        ...(recordingId === undefined ? {} : { recordingId }),
      });
    },
    figures() {
      const now = { ...windows };
      for (const call of calls.values())
        for (const seen of call.windows.values()) now[outcomeOf(seen, false)] += 1;
      const sorted = times.toSorted((a, b) => a - b);
      const median = sorted[Math.floor((sorted.length - 1) / 2)];
      return {
        windows: now,
        ...(median === undefined ? {} : { securedAfterMs: { median, worst } }),
        unsecuredMs,
        unrecordedMs,
        counts: { ...counts },
        exceptions: [...exceptions],
      };
    },
  };
}

/** Of which recorders an event tells. */
function recordersOf(event: CallEvent, { taps }: CallState): readonly string[] {
  const named = "tapIds" in event ? event.tapIds.flatMap((id) => taps[id]?.recorderId ?? []) : [];
  return [...new Set("recorderId" in event ? [event.recorderId] : named)];
}

function turnedTo([was, is]: readonly [Protection, Protection]): readonly Kind[] {
  if (was === is) return [];
  if (is === "stalled") return ["stalled"];
  if (is !== "unsecured") return [];
  return [was === "secured" ? "drifted" : "not_secured"];
}

function outcomeOf(seen: Seen, isOver: boolean): Outcome {
  if (seen.hasDrifted) return "drifted";
  if (seen.isSecured) return seen.wasOverdue ? "late" : "secured";
  if (seen.wasOverdue) return "not_secured";
  return isOver ? "withdrawn" : "open";
}

const zeros = <K extends string>(names: readonly K[]): Record<K, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
