/**
 * A call's entries as a picture: spans of what was so, from when to when, one lane for the call, one
 * per window and one per tap. Pure: what the core says of the call at any instant, the picture says.
 *
 * @module
 */
import type {
  CallState,
  EpochMs,
  Protection,
  Tap,
  TapId,
  Window,
  WindowId,
} from "../../control/call.ts";
import { newCall } from "../../control/call.ts";
import { protection } from "../../control/conclude.ts";
import type { CallEvent } from "../../control/events.ts";
import { evolve } from "../../control/evolve.ts";
import { type TapWord, tapWord } from "./tapWord.ts";

/** `to` is after the span. */
export interface Span<Word extends string> {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly word: Word;
}

export type WindowWord = "open" | "kept";
export type MarkKind =
  | "confirmed"
  | "drift"
  | "failed"
  | "lapsed"
  | "overdue"
  | "renewed"
  | "expired"
  | "closed";

/** Something that happened at an instant. */
export interface Mark {
  readonly at: EpochMs;
  readonly kind: MarkKind;
  readonly event: CallEvent;
}

export interface Lane<Word extends string> {
  readonly spans: readonly Span<Word>[];
  readonly marks: readonly Mark[];
  /** What the last span says held when the picture ends. */
  readonly goesOn: boolean;
}

export interface WindowLane extends Lane<WindowWord> {
  readonly windowId: WindowId;
}

export interface TapLane extends Lane<TapWord> {
  readonly tapId: TapId;
  readonly recorderId: string;
  readonly targetKey: string;
  readonly tap: Tap;
}

export interface Timeline {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly call: Lane<Protection>;
  readonly windows: readonly WindowLane[];
  readonly taps: readonly TapLane[];
  /** The call after the last of the events. */
  readonly state: CallState;
}

/** A call's id may be used anew after its call has ended: the events of each life. */
export function livesOf(events: readonly CallEvent[]): readonly (readonly CallEvent[])[] {
  const lives: CallEvent[][] = [];
  let ended = true;
  for (const event of events) {
    if (lives.length === 0 || (ended && event.type === "CallRegistered")) {
      lives.push([]);
      ended = false;
    }
    if (event.type === "CallEnded") ended = true;
    lives.at(-1)?.push(event);
  }
  return lives;
}

/**
 * Of the newest life in `events`, which are all from the first on. `now`: how far a call reaches
 * that has not ended. Undefined where there are none.
 */
export function timelineOf(events: readonly CallEvent[], now: EpochMs): Timeline | undefined {
  let state = newCall;
  let drawn: Drawing | undefined;
  for (const event of events) {
    const before = state;
    const anew = event.type === "CallRegistered" && before.endedAt !== undefined;
    state = evolve(before, event);
    if (drawn === undefined || anew) drawn = newDrawing(state.at);
    follow(drawn, before, state, event);
  }
  if (drawn === undefined) return undefined;
  const to = state.endedAt === undefined ? Math.max(now, state.at) : state.at;
  return {
    from: drawn.from,
    to,
    call: finished(drawn.call, to),
    windows: [...drawn.windows].map(([windowId, row]) => ({ windowId, ...finished(row, to) })),
    taps: [...drawn.taps].map(([tapId, row]) => {
      const { recorderId, targetKey } = row.tap;
      return { tapId, recorderId, targetKey, tap: row.tap, ...finished(row, to) };
    }),
    state,
  };
}

/** What a lane says at an instant; undefined where it says nothing. */
export function wordAt<Word extends string>(
  { goesOn, spans }: Lane<Word>,
  at: EpochMs,
): Word | undefined {
  const found = spans.findLast((span) => span.from <= at);
  if (found === undefined) return undefined;
  return at < found.to || (goesOn && found === spans.at(-1)) ? found.word : undefined;
}

interface Row<Word extends string> {
  readonly spans: { readonly from: EpochMs; to: EpochMs; readonly word: Word }[];
  readonly marks: Mark[];
  /** The last span goes on. */
  isOpen: boolean;
}
interface Drawing {
  readonly from: EpochMs;
  readonly call: Row<Protection>;
  readonly windows: Map<WindowId, Row<WindowWord>>;
  readonly taps: Map<TapId, Row<TapWord> & { tap: Tap }>;
}

const newRow = <Word extends string>(): Row<Word> => ({ spans: [], marks: [], isOpen: false });
const newDrawing = (from: EpochMs): Drawing => ({
  from,
  call: newRow(),
  windows: new Map(),
  taps: new Map(),
});

function follow(drawn: Drawing, before: CallState, state: CallState, event: CallEvent): void {
  const { at } = state;
  say(drawn.call, at, protection(state));
  const kind = markOfCall(event);
  if (kind !== undefined) drawn.call.marks.push({ at, kind, event });
  for (const windowId of changedWindows(before, state, event)) {
    const window = state.windows[windowId];
    if (window === undefined) continue;
    const row = drawn.windows.get(windowId) ?? newRow<WindowWord>();
    drawn.windows.set(windowId, row);
    say(row, at, windowWord(window));
  }
  for (const tap of Object.values(state.taps)) {
    const row = drawn.taps.get(tap.tapId) ?? { ...newRow<TapWord>(), tap };
    row.tap = tap;
    drawn.taps.set(tap.tapId, row);
  }
  for (const [tapId, row] of drawn.taps) {
    const tap = state.taps[tapId];
    say(row, at, tap === undefined ? undefined : tapWord(state, tap));
  }
  mark(drawn, state, event);
}

/** A call keeps the ids of all its windows, and most events change one of them or none. */
function changedWindows(
  before: CallState,
  state: CallState,
  event: CallEvent,
): readonly WindowId[] {
  if (before.windows === state.windows) return [];
  return "windowId" in event ? [event.windowId] : Object.keys(state.windows);
}

/** From here on the row says this; undefined: nothing. What was said for no time is not kept. */
function say<Word extends string>(row: Row<Word>, at: EpochMs, word: Word | undefined): void {
  let last = row.spans.at(-1);
  if (row.isOpen && last !== undefined) {
    if (last.word === word) return;
    last.to = at;
    row.isOpen = false;
    if (last.from === at) {
      row.spans.pop();
      last = row.spans.at(-1);
    }
  }
  if (word === undefined) return;
  row.isOpen = true;
  if (last?.word !== word || last.to !== at) row.spans.push({ from: at, to: at, word });
}

function finished<Word extends string>(row: Row<Word>, to: EpochMs): Lane<Word> {
  const last = row.spans.at(-1);
  if (row.isOpen && last !== undefined) last.to = to;
  return { spans: row.spans, marks: row.marks, goesOn: row.isOpen };
}

function windowWord(window: Window): WindowWord | undefined {
  switch (window.state) {
    case "open":
      return "open";
    case "expired":
      return "kept";
    case "closed":
      return undefined;
  }
}

function markOfCall(event: CallEvent): MarkKind | undefined {
  if (event.type === "ConfirmationOverdue") return "overdue";
  return event.type === "ConfirmationLapsed" ? "lapsed" : undefined;
}

function mark({ taps, windows }: Drawing, { at }: CallState, event: CallEvent): void {
  const onWindow = (windowId: WindowId, kind: MarkKind) =>
    windows.get(windowId)?.marks.push({ at, kind, event });
  const onTap = (tapId: TapId, kind: MarkKind) => taps.get(tapId)?.marks.push({ at, kind, event });
  switch (event.type) {
    case "WindowRenewed":
      return void onWindow(event.windowId, "renewed");
    case "WindowExpired":
      return void onWindow(event.windowId, "expired");
    case "WindowClosed":
    case "WindowReleased":
    case "WindowForestalled":
      return void onWindow(event.windowId, "closed");
    case "RecorderReported": {
      const drifted = event.goal === "paused" && event.status === "recording";
      return void onTap(event.tapId, drifted ? "drift" : "confirmed");
    }
    case "RecorderFailed":
      return void onTap(event.tapId, "failed");
    case "ConfirmationLapsed":
      return event.tapIds.forEach((tapId) => onTap(tapId, "lapsed"));
    case "CallRegistered":
    case "CallMoved":
    case "TapAdded":
    case "TapLeaving":
    case "TapReleased":
    case "TapBaselined":
    case "WindowOpened":
    case "ConfirmationOverdue":
    case "CallEnding":
    case "CallEnded":
  }
}
