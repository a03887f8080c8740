/**
 * What the control log says of each window on each tap: from when to when it was silent, and when
 * it was not. Pure: made from the call's events alone.
 *
 * @module
 */
import type { CallState, EpochMs, RecorderStatus, Tap, TapId, WindowId } from "../control/call.ts";
import { newCall } from "../control/call.ts";
import { goalOf, isSilent, protection } from "../control/conclude.ts";
import type { CallEvent } from "../control/events.ts";
import { evolve } from "../control/evolve.ts";
import type { Stretch, TapInCall, WindowOnTap } from "./evidence.ts";

export interface Told {
  readonly taps: readonly TapInCall[];
  /** In the order in which they were opened. */
  readonly windows: readonly WindowOnTap[];
  readonly endedAt?: EpochMs;
}

interface Track {
  tap: Tap;
  readonly from: EpochMs;
  to?: EpochMs;
  wasSeen: boolean;
  /** Since when the silence it had confirmed is vouched for by nobody. */
  lapsedFrom?: EpochMs;
}

interface Row {
  readonly windowId: WindowId;
  readonly track: Track;
  readonly openedAt: EpochMs;
  silentFrom?: EpochMs;
  until?: EpochMs;
  recordsBy?: EpochMs;
  readonly drift: Stretch[];
  readonly exposed: Stretch[];
  driftFrom?: EpochMs;
  exposedFrom?: EpochMs;
}

interface Reading {
  readonly tracks: Map<TapId, Track>;
  readonly rows: Row[];
  /** Rows that later events still tell of. */
  readonly unfinished: Set<Row>;
}

const nothing = (): Reading => ({ tracks: new Map(), rows: [], unfinished: new Set() });

/** Of the newest life of the call's id: one that ended may start anew. */
export function toldBy(events: readonly CallEvent[]): Told {
  let state = newCall;
  let reading = nothing();
  for (const event of events) {
    if (event.type === "CallRegistered" && state.endedAt !== undefined) reading = nothing();
    const before = state;
    state = openOnly(evolve(state, event));
    followTaps(reading, before, state, event);
    openRows(reading, state, event);
    for (const row of reading.unfinished) {
      if (row.until === undefined) followRow(row, state, event);
      else if (recordsAgain(row, event)) row.recordsBy = Math.max(row.until, event.at);
      if (row.recordsBy !== undefined) reading.unfinished.delete(row);
    }
  }
  const { at, endedAt } = state;
  return {
    taps: [...reading.tracks.values()].map(tapOf),
    windows: reading.rows.map((row) => windowOf(row, at)),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}

/** What ended changes nothing any more, and a call may have had a thousand windows. */
function openOnly(state: CallState): CallState {
  const windows = Object.entries(state.windows).filter(([, one]) => one.state !== "closed");
  const isSame = windows.length === Object.keys(state.windows).length;
  return isSame ? state : { ...state, windows: Object.fromEntries(windows) };
}

function followTaps(
  { tracks }: Reading,
  before: CallState,
  after: CallState,
  event: CallEvent,
): void {
  const added = event.type === "TapAdded" ? after.taps[event.tap.tapId] : undefined;
  if (added !== undefined) {
    const known = tracks.get(added.tapId);
    if (known === undefined || known.to !== undefined) {
      const { from = event.at, wasSeen = false } = known ?? {};
      tracks.set(added.tapId, { tap: added, from, wasSeen });
    }
  }
  if (event.type === "ConfirmationLapsed") {
    // A process that starts again knows nothing of the time since its last word.
    const since = event.reason === "started" ? before.at : event.at;
    for (const tapId of event.tapIds) {
      const track = tracks.get(tapId);
      if (track !== undefined) track.lapsedFrom ??= since;
    }
  }
  for (const track of tracks.values()) {
    if (track.to !== undefined) continue;
    const tap = after.taps[track.tap.tapId];
    if (tap !== undefined) track.tap = tap;
    if (isSeen(tap?.status) || isSeen(tap?.before)) track.wasSeen = true;
    const over = after.idleSince ?? after.endingAt;
    if (over !== undefined) track.to = Math.max(track.from, over);
    else if (tap === undefined || !isOfCall(tap)) track.to = event.at;
  }
}

const isSeen = (status: RecorderStatus | undefined): boolean =>
  status === "recording" || status === "paused";

/** Neither let go, nor carrying another conversation by now. */
const isOfCall = (tap: Tap): boolean => tap.freed !== true && tap.elsewhere !== true;

function openRows({ rows, tracks, unfinished }: Reading, after: CallState, event: CallEvent): void {
  if (event.type !== "WindowOpened" && event.type !== "TapAdded") return;
  for (const windowId of Object.keys(after.windows)) {
    for (const track of tracks.values()) {
      const isOpen = [...unfinished].some(
        (row) => row.until === undefined && row.windowId === windowId && row.track === track,
      );
      if (isOpen || track.to !== undefined) continue;
      const row = { windowId, track, openedAt: event.at, drift: [], exposed: [] };
      rows.push(row);
      unfinished.add(row);
    }
  }
}

function followRow(row: Row, after: CallState, event: CallEvent): void {
  const { at } = event;
  const { track } = row;
  const tap = after.taps[track.tap.tapId];
  const isAsked =
    tap !== undefined &&
    isOfCall(tap) &&
    goalOf(after, tap) === "paused" &&
    after.windows[row.windowId] !== undefined;
  if (!isAsked) {
    endStretch(row, "drift", at);
    endStretch(row, "exposed", at);
    row.until = at;
    return;
  }
  const silent = isSilent(tap, after.turn);
  if (silent) {
    row.silentFrom ??= at;
    delete track.lapsedFrom;
  }
  const seenAt = seenRecording(tap, event);
  if (seenAt !== undefined && row.silentFrom !== undefined) {
    const from = Math.min(track.lapsedFrom ?? seenAt, at);
    row.driftFrom ??= Math.max(row.silentFrom, from);
  }
  if (tap.status !== "recording") endStretch(row, "drift", at);
  const isExposed = !silent && protection(after) === "secured";
  if (isExposed) row.exposedFrom ??= at;
  else endStretch(row, "exposed", at);
}

/** When it was asked, where this is a recorder's word that it records. */
function seenRecording(tap: Tap, event: CallEvent): EpochMs | undefined {
  if (event.type !== "RecorderReported" || event.tapId !== tap.tapId) return undefined;
  return tap.status === "recording" ? event.askedAt : undefined;
}

const recordsAgain = ({ track: { tap } }: Row, event: CallEvent): boolean =>
  event.type === "RecorderReported" &&
  event.tapId === tap.tapId &&
  event.status === "recording" &&
  event.reason !== "other_conversation";

function endStretch(row: Row, kind: "drift" | "exposed", at: EpochMs): void {
  const name = kind === "drift" ? "driftFrom" : "exposedFrom";
  const { [name]: from } = row;
  if (from === undefined) return;
  delete row[name];
  row[kind].push({ from, to: Math.max(from, at) });
}

function tapOf({ from, tap, to, wasSeen }: Track): TapInCall {
  const { audio, control, recorderId, tapId, target } = tap;
  const ended = to === undefined ? {} : { to };
  return { tapId, recorderId, target, control, audio, from, ...ended, wasSeen };
}

/** `at`: how far the log tells. */
function windowOf(row: Row, at: EpochMs): WindowOnTap {
  const { drift, driftFrom, exposed, exposedFrom, openedAt, recordsBy, track, windowId } = row;
  const { audio, control, recorderId, tapId, target, targetKey } = track.tap;
  const open = (from: EpochMs | undefined): Stretch[] =>
    from === undefined ? [] : [{ from, to: Math.max(from, at) }];
  const allExposed = [...exposed, ...open(exposedFrom)];
  return {
    windowId,
    tapId,
    recorderId,
    targetKey,
    target,
    control,
    audio,
    openedAt,
    ...(row.silentFrom === undefined ? {} : { silentFrom: row.silentFrom }),
    ...(row.until === undefined ? {} : { until: row.until }),
    drift: [...drift, ...open(driftFrom)],
    ...(allExposed.length === 0 ? {} : { exposed: allExposed }),
    ...(recordsBy === undefined ? {} : { recordsBy }),
  };
}
