/**
 * What the calls that claim a target are told of what was seen of it, and when they are told
 * nothing yet. Pure.
 *
 * @module
 */
import type {
  ConfirmedBy,
  EpochMs,
  Goal,
  LetGoReason,
  RecorderStatus,
  TapFailure,
} from "./call.ts";
import type { DeskRules } from "./commands.ts";
import type { Claim } from "./owed.ts";
import type { Order, Want } from "./plan.ts";
import type { NotDone } from "./ports.ts";

/** What a call is told of one of its claims. */
export type DeskReport =
  | {
      readonly type: "baseline";
      readonly status: RecorderStatus;
      readonly askedAt: EpochMs;
      readonly session?: string;
    }
  | {
      readonly type: "status";
      readonly status: RecorderStatus;
      readonly askedAt: EpochMs;
      readonly confirmedBy: ConfirmedBy;
      readonly turn: number;
      readonly goal: Goal;
      readonly attempts: number;
      readonly session?: string;
      readonly reason?: string;
    }
  | (TapFailure & { readonly type: "failure"; readonly turn: number })
  /** Nothing of this claim is left for its call to undo. */
  | { readonly type: "let_go"; readonly reason: LetGoReason };

export interface Standing {
  readonly callKey: string;
  readonly claim: Claim;
  /** Reads asked after this moment of the desk's own order speak of this claim. */
  readonly since: number;
}

export interface Seen {
  readonly status: Exclude<RecorderStatus, "unknown">;
  readonly askedSeq: number;
  readonly askedAt: EpochMs;
  readonly session?: string;
  readonly confirmedBy: ConfirmedBy;
}

/** When a command of each kind was last given up; it may still land until `settleMs` after. */
export type Abandoned = Readonly<Partial<Record<Order, EpochMs>>>;

export function latest(a: Abandoned, b: Abandoned): Abandoned {
  const pause = Math.max(a.pause ?? 0, b.pause ?? 0);
  const resume = Math.max(a.resume ?? 0, b.resume ?? 0);
  return { ...(pause === 0 ? {} : { pause }), ...(resume === 0 ? {} : { resume }) };
}

/** Until when a command that was given up may land; 0 where none was. */
export function settledAt({ pause, resume }: Abandoned, settleMs: number): EpochMs {
  const last = Math.max(pause ?? 0, resume ?? 0);
  return last === 0 ? 0 : last + settleMs;
}

/**
 * What a process that ended was still sending may land yet: commands for the present goal until it
 * ended, which is now at the latest, those for the other goal until soon after the goal flipped.
 */
export function inherited(
  known: Abandoned,
  { touched, turnAt, want }: Claim,
  now: EpochMs,
  { commandMsMax, resumeMsMax }: DeskRules,
): Abandoned {
  if (!touched) return known;
  const isReleasing = want === "recording";
  const pause = isReleasing ? Math.min(now, turnAt + commandMsMax) : now;
  const resume = isReleasing ? now : Math.min(now, turnAt + resumeMsMax);
  return {
    pause: Math.max(known.pause ?? 0, pause),
    resume: Math.max(known.resume ?? 0, resume),
  };
}

/** A command that was given up may land yet and turn what was seen into its opposite. */
function mayStillLand(want: Want, seen: Seen, abandoned: Abandoned, settleMs: number): boolean {
  const opposite = want === "recording" ? "pause" : "resume";
  const at = want === "baseline" ? undefined : abandoned[opposite];
  if (at === undefined || seen.askedAt >= at + settleMs) return false;
  return seen.status !== (opposite === "pause" ? "paused" : "recording");
}

export interface Telling {
  readonly abandoned: Abandoned;
  readonly settleMs: number;
  readonly attempts: number;
  /** A resume was sent since the last change of what is wanted. */
  readonly resumeSent: boolean;
}

/** Undefined where what was seen says nothing yet to this claim. */
export function reportOf(
  { claim, since }: Standing,
  seen: Seen,
  { abandoned, attempts, resumeSent, settleMs }: Telling,
): DeskReport | undefined {
  const { askedAt, confirmedBy, status } = seen;
  const { turn, want } = claim;
  if (seen.askedSeq < since || mayStillLand(want, seen, abandoned, settleMs)) return undefined;
  const session = seen.session === undefined ? {} : { session: seen.session };
  const elsewhere =
    claim.session !== undefined && seen.session !== undefined && claim.session !== seen.session;
  if (want === "baseline") {
    return { type: "baseline", status: elsewhere ? "unknown" : status, ...session, askedAt };
  }
  // What tacet silenced gets its resume even where nothing seems to be recorded: a channel's mute
  // can outlive its call.
  if (want === "recording" && status === "absent" && !resumeSent) return undefined;
  const foreign = elsewhere && want !== "recording";
  return {
    type: "status",
    status: foreign ? "unknown" : status,
    ...(foreign ? { reason: "other_conversation" } : {}),
    askedAt,
    confirmedBy,
    turn,
    goal: want === "recording" ? "recording" : "paused",
    attempts,
    ...session,
  };
}

export function failureOf(failure: NotDone, attempts: number, { turn }: Claim): DeskReport {
  const { detail, kind: outcome } = failure;
  const reason = failure.kind === "refused" ? failure.reason : outcome;
  const said = detail === undefined ? {} : { detail };
  return { type: "failure", outcome, reason, ...said, attempts, turn };
}

export function acknowledgedOf(
  goal: Goal,
  askedAt: EpochMs,
  attempts: number,
  { turn }: Claim,
): DeskReport {
  const confirmedBy = "acknowledged";
  return { type: "status", status: goal, goal, confirmedBy, askedAt, attempts, turn };
}

/**
 * What needs no question where several claims are on one target, or on targets that come to the
 * same; `all` holds those too.
 */
export function toldByOthers(
  { callKey, claim }: Standing,
  all: readonly Standing[],
  at: EpochMs,
  canAsk: boolean,
): DeskReport | undefined {
  const isAnother = (one: Standing) => one.callKey !== callKey || one.claim.tapId !== claim.tapId;
  const others = all.filter((one) => isAnother(one) && one.claim.touched);
  if (claim.want === "recording") {
    // Its silence is another call's to undo now.
    return others.some((one) => one.claim.want === "paused")
      ? { type: "let_go", reason: "claimed_by_another_call" }
      : undefined;
  }
  if (claim.want === "paused") return undefined;
  const [other] = others;
  if (other === undefined) {
    return claim.want === "baseline" && !canAsk
      ? { type: "baseline", status: "unknown", askedAt: at }
      : undefined;
  }
  // tacet silenced it already, so that it is silent now says nothing of what it was.
  const { before, session } = other.claim;
  const status = before === undefined || before === "paused" ? "unknown" : before;
  return { type: "baseline", status, askedAt: at, ...(session === undefined ? {} : { session }) };
}
