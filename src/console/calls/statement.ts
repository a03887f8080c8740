/**
 * The gaps in one recording, as the control log tells of them: who asked, why, from when to when,
 * how each is known, and which entries say so. Pure.
 *
 * @module
 */
import type { CallEvent } from "../../control/events.ts";
import type { ConfirmedBy, EpochMs, Tap, TapId, WindowId } from "../../control/call.ts";
import type { Stretch, WindowOnTap } from "../../evidence/evidence.ts";
import { toldBy } from "../../evidence/windows.ts";
import { eventOfEntry } from "../../log/callEntries.ts";
import type { Entry } from "../../log/entry.ts";
import type { TapWord } from "./tapWord.ts";
import { livesOf, type TapLane, timelineOf } from "./timeline.ts";

type Who = Entry["actor"];

/** How silence stopped being asked for. `left`: the call moved away from this recorder. */
export interface Ended {
  readonly how: "closed" | "expired" | "ending" | "left" | "open";
  readonly at?: EpochMs;
  readonly by?: Who;
}

/** One window that asked for this silence. */
export interface Request {
  readonly windowId: WindowId;
  readonly askedAt: EpochMs;
  readonly by?: Who;
  /** Whose the window is, where that is not who asked. */
  readonly owner?: string;
  readonly agentId?: string;
  readonly reason?: string;
  readonly ended: Ended;
}

/** One stretch without a recording: windows that follow one another before it records again are one. */
export interface Gap {
  readonly requests: readonly Request[];
  readonly silentFrom?: EpochMs;
  readonly silentHow?: ConfirmedBy;
  /** When the last of them stopped asking. Absent: it is still asked for. */
  readonly until?: EpochMs;
  readonly resumed: Ended;
  readonly recordsBy?: EpochMs;
  readonly recordsHow?: ConfirmedBy;
  readonly drift: readonly Stretch[];
  /** Of the entries that say all this, in order. */
  readonly positions: readonly number[];
}

export interface Statement {
  readonly tap: Tap;
  readonly gaps: readonly Gap[];
  readonly silentMs: number;
  readonly lateMs: number;
  readonly notSilentMs: number;
}

interface Told {
  readonly entry: Entry;
  readonly event: CallEvent;
}

/**
 * `entries`: all events of the call, from the first; the newest life counts. Undefined for a tap
 * that this call does not have.
 */
export function statementOf(
  entries: readonly Entry[],
  tapId: TapId,
  now: EpochMs,
): Statement | undefined {
  const told = entries.map((entry) => ({ entry, event: eventOfEntry(entry) }));
  const events = told.map(({ event }) => event);
  const timeline = timelineOf(events, now);
  const lane = timeline?.taps.find((one) => one.tapId === tapId);
  if (timeline === undefined || lane === undefined) return undefined;
  const ofLife = livesOf(events).at(-1)?.length ?? 0;
  const life = told.slice(told.length - ofLife);
  const rows = toldBy(events).windows.filter((row) => row.tapId === tapId);
  return {
    tap: lane.tap,
    gaps: gathered(rows).map((group) => gapOf(group, life, tapId)),
    silentMs: lengthOf(lane, ["silent"]),
    lateMs: lengthOf(lane, ["resuming", "stalled"]),
    notSilentMs: lengthOf(lane, ["pausing", "exposed", "unconfirmed"]),
  };
}

const lengthOf = ({ spans }: TapLane, words: readonly TapWord[]): number =>
  spans.reduce((sum, { from, to, word }) => sum + (words.includes(word) ? to - from : 0), 0);

type Rows = readonly [WindowOnTap, ...WindowOnTap[]];

/** Rows between which it was not heard recording belong together. */
function gathered(rows: readonly WindowOnTap[]): readonly Rows[] {
  const groups: [WindowOnTap, ...WindowOnTap[]][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    const isOver = group?.every((one) => (one.recordsBy ?? Infinity) <= row.openedAt) ?? true;
    if (group === undefined || isOver) groups.push([row]);
    else group.push(row);
  }
  return groups;
}

function gapOf(rows: Rows, life: readonly Told[], tapId: TapId): Gap {
  const requests = rows.map((row) => requestOf(row, life));
  const silentFrom = least(rows.map((one) => one.silentFrom));
  const untils = rows.map((one) => one.until);
  const until = untils.includes(undefined) ? undefined : greatest(untils);
  const recordsBy = until === undefined ? undefined : greatest(rows.map((one) => one.recordsBy));
  const resumed = requests.find(({ ended }) => ended.at === until)?.ended ?? { how: "open" };
  const silent = reported(life, tapId, silentFrom, ["paused", "absent"]);
  const records = reported(life, tapId, recordsBy, ["recording"]);
  return {
    requests,
    ...(silentFrom === undefined ? {} : { silentFrom }),
    ...(silent === undefined ? {} : { silentHow: silent }),
    ...(until === undefined ? {} : { until }),
    resumed,
    ...(recordsBy === undefined ? {} : { recordsBy }),
    ...(records === undefined ? {} : { recordsHow: records }),
    drift: distinct(rows.flatMap((one) => one.drift)),
    positions: positionsOf(rows, life, { tapId, from: rows[0].openedAt, to: recordsBy ?? until }),
  };
}

function requestOf(row: WindowOnTap, life: readonly Told[]): Request {
  const { windowId } = row;
  const opened = life.find(
    ({ event }) => event.type === "WindowOpened" && event.windowId === windowId,
  );
  const ended = endOf(row, life);
  if (opened?.event.type !== "WindowOpened") return { windowId, askedAt: row.openedAt, ended };
  const { agentId, at, owner, reason } = opened.event;
  const by = opened.entry.actor;
  return {
    windowId,
    askedAt: at,
    by,
    ...(isOf(owner, by) ? {} : { owner }),
    ...(agentId === undefined ? {} : { agentId }),
    ...(reason === undefined ? {} : { reason }),
    ended,
  };
}

/** An API key or token by itself owns as `api_key:its-id`. */
const isOf = (owner: string, by: Who): boolean => owner === by.id || owner.endsWith(`:${by.id}`);

function endOf({ until, windowId }: WindowOnTap, life: readonly Told[]): Ended {
  if (until === undefined) return { how: "open" };
  const found = life.find(
    ({ event }) =>
      event.at === until &&
      (event.type === "CallEnding" ||
        ((event.type === "WindowClosed" || event.type === "WindowReleased") &&
          event.windowId === windowId)),
  );
  if (found === undefined) return { how: "left", at: until };
  const by = found.entry.actor;
  if (found.event.type === "CallEnding") return { how: "ending", at: until, by };
  return { how: found.event.type === "WindowReleased" ? "expired" : "closed", at: until, by };
}

function reported(
  life: readonly Told[],
  tapId: TapId,
  at: EpochMs | undefined,
  statuses: readonly string[],
): ConfirmedBy | undefined {
  for (const { event } of life) {
    if (event.type !== "RecorderReported" || event.tapId !== tapId || event.at !== at) continue;
    if (statuses.includes(event.status)) return event.confirmedBy;
  }
  return undefined;
}

function positionsOf(
  rows: Rows,
  life: readonly Told[],
  { from, tapId, to = Infinity }: { tapId: TapId; from: EpochMs; to: EpochMs | undefined },
): readonly number[] {
  const windowIds = new Set(rows.map((one) => one.windowId));
  return life.flatMap(({ entry, event }) => {
    const inTime = event.at >= from && event.at <= to;
    const isWindow = "windowId" in event && windowIds.has(event.windowId);
    const isTap = inTime && "tapId" in event && event.tapId === tapId;
    const isCall = inTime && (event.type === "CallEnding" || event.type.startsWith("Confirmation"));
    return isWindow || isTap || isCall ? [entry.position] : [];
  });
}

const known = (all: readonly (EpochMs | undefined)[]): EpochMs[] =>
  all.filter((one) => one !== undefined);
const least = (all: readonly (EpochMs | undefined)[]): EpochMs | undefined =>
  known(all).toSorted((a, b) => a - b)[0];
const greatest = (all: readonly (EpochMs | undefined)[]): EpochMs | undefined =>
  known(all).toSorted((a, b) => b - a)[0];
const distinct = (all: readonly Stretch[]): readonly Stretch[] =>
  all.filter(({ from, to }, index) => {
    const first = all.findIndex((one) => one.from === from && one.to === to);
    return first === index;
  });
