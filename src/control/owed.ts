/**
 * The work a call still owes its recorders, and what it claims of their desks. Derived from state
 * alone, so a restart asks for exactly what was outstanding.
 *
 * @module
 */
import type {
  CallState,
  EpochMs,
  RecorderId,
  RecorderStatus,
  Tap,
  TapId,
  Target,
  WindowId,
} from "./call.ts";
import { goalOf, isReleased, isSilent } from "./conclude.ts";

export interface Order {
  /** `check` asks without commanding: a baseline, or what somebody else silenced. */
  readonly order: "pause" | "resume" | "check";
  readonly tapId: TapId;
}

/** Empty exactly when every tap is as it should be, by its own confirmation. */
export function owed(state: CallState): readonly Order[] {
  const orders: Order[] = [];
  for (const tap of Object.values(state.taps)) {
    const order = owedTo(state, tap);
    if (order !== undefined) orders.push({ order, tapId: tap.tapId });
  }
  return orders;
}

function owedTo(state: CallState, tap: Tap): Order["order"] | undefined {
  if (tap.control === "none" && !tap.touched) return undefined;
  if (tap.baselineBy !== undefined) return "check";
  if (goalOf(state, tap) === "paused") {
    if (isSilent(tap, state.turn)) return undefined;
    return tap.touched ? "pause" : "check";
  }
  if (!tap.touched || isReleased(tap, state.turn)) return undefined;
  // Heard recording, but asked before this turn: ask again rather than command.
  return tap.status === "recording" ? "check" : "resume";
}

/** What one call wants of one target, for as long as it stands. */
export interface Claim {
  readonly tapId: TapId;
  readonly recorderId: RecorderId;
  readonly targetKey: string;
  readonly target: Target;
  /**
   * `baseline`: tell what it is. `watch`: somebody else silenced it; tell when that changes.
   * `paused`: silence it and keep it so. `recording`: let go of what tacet silenced.
   */
  readonly want: "baseline" | "watch" | "paused" | "recording";
  readonly turn: number;
  /** When the goal last flipped: commands for the other goal were sent before. */
  readonly turnAt: EpochMs;
  readonly touched: boolean;
  readonly before?: RecorderStatus;
  readonly session?: string;
  /** The newest open window, for a note or tag in the recorder. */
  readonly windowId?: WindowId;
}

/** Claims stand while a window is open, silenced or not: that is what the guard looks at. */
export function claims(state: CallState): readonly Claim[] {
  const windowId = Object.entries(state.windows)
    .filter(([, window]) => window.state === "open")
    .sort(([, a], [, b]) => b.openedAt - a.openedAt)[0]?.[0];
  const made: Claim[] = [];
  for (const tap of Object.values(state.taps)) {
    const want = wantOf(state, tap);
    if (want === undefined) continue;
    const { before, recorderId, session, tapId, target, targetKey, touched } = tap;
    made.push({
      tapId,
      recorderId,
      targetKey,
      target,
      want,
      turn: state.turn,
      turnAt: state.turnAt,
      touched,
      ...(before === undefined ? {} : { before }),
      ...(session === undefined ? {} : { session }),
      ...(windowId === undefined ? {} : { windowId }),
    });
  }
  return made;
}

function wantOf(state: CallState, tap: Tap): Claim["want"] | undefined {
  if (tap.control === "none" && !tap.touched) return undefined;
  if (tap.baselineBy !== undefined) return "baseline";
  if (goalOf(state, tap) === "paused") return tap.touched ? "paused" : "watch";
  return tap.touched ? "recording" : undefined;
}
