/**
 * What a target's desk does next, by what it has been through. Pure: no clock and no I/O; the desk
 * passes in the time and the dice.
 *
 * @module
 */
import type { EpochMs, RecorderStatus } from "./call.ts";
import type { DeskRules } from "./commands.ts";
import type { Claim } from "./owed.ts";
import type { ControlOutcome } from "./ports.ts";

export type Want = Claim["want"];
export type Order = "pause" | "resume";

/** Silence goes first: nothing is let go while any call asks for silence, or what it is. */
const RANK: readonly Want[] = ["paused", "watch", "baseline", "recording"];

/** What the desk works towards where several calls claim one target. */
export function wanted(wants: readonly Want[]): Want | undefined {
  return RANK.find((want) => wants.includes(want));
}

export interface Progress {
  readonly want: Want | undefined;
  /** The last command sent since the want last changed. */
  readonly sent?: Order;
  /** After a command: `doubt` asks first, the others repeat when `commandAt` comes. */
  readonly trouble: "none" | "doubt" | "unreachable" | "refused";
  /** The wanted status was seen, and nothing else since. */
  readonly confirmed: boolean;
  readonly attempts: number;
  readonly failures: number;
  readonly readFailures: number;
  /** The next command goes no sooner. */
  readonly commandAt: EpochMs;
  /** The next read goes no sooner. */
  readonly readAt: EpochMs;
}

export const begun = (want: Want | undefined): Progress => ({
  want,
  trouble: "none",
  confirmed: false,
  attempts: 0,
  failures: 0,
  readFailures: 0,
  commandAt: 0,
  readAt: 0,
});

/** What the desk knows at this moment beside its progress. */
export interface Sight {
  readonly now: EpochMs;
  readonly canAsk: boolean;
  /** Seen after the last command was answered or given up. */
  readonly current?: RecorderStatus;
  /** Seen last, whenever that was. */
  readonly last?: RecorderStatus;
  /** Resumes wait until every claim is folded after a start. */
  readonly held: boolean;
  /** A claim came after the last command, and the recorder's yes is all there is to tell it. */
  readonly untold: boolean;
}

export function commandDue(progress: Progress, sight: Sight): Order | undefined {
  if (progress.want === "paused") return pauseDue(progress, sight) ? "pause" : undefined;
  if (progress.want === "recording") return resumeDue(progress, sight) ? "resume" : undefined;
  return undefined;
}

function pauseDue(progress: Progress, sight: Sight): boolean {
  if (progress.sent !== "pause") return true;
  if (sight.current === "paused") return false;
  const due = progress.commandAt <= sight.now;
  return sight.current === undefined ? due && unanswered(progress, sight) : due;
}

function resumeDue(progress: Progress, sight: Sight): boolean {
  if (sight.held) return false;
  if (progress.sent !== "resume") {
    if (!sight.canAsk) return true;
    // Nothing is known of it, as after a start: it is asked first, and told where it cannot be.
    if (sight.last === undefined) return progress.readFailures > 0;
    // Last seen recording: it may never have been silenced.
    return sight.last !== "recording";
  }
  const due = progress.commandAt <= sight.now;
  return sight.current === undefined
    ? due && unanswered(progress, sight)
    : due && sight.current === "paused";
}

/** Nothing was seen since the last command: whether that alone is reason to repeat it. */
function unanswered({ trouble }: Progress, { canAsk, untold }: Sight): boolean {
  if (!canAsk) return trouble !== "none" || untold;
  return trouble === "unreachable" || trouble === "refused";
}

export interface Reading {
  readonly rules: DeskRules;
  /** Its reads share surveys with those of the recorder's other targets. */
  readonly pooled: boolean;
  /** When the newest read that still counts was asked. */
  readonly seenAt?: EpochMs;
  /** Some claim came after that read. */
  readonly isUntold: boolean;
  /** Until then a command that was given up may land. */
  readonly settlesAt: EpochMs;
}

/** When the next read is due; undefined where nothing needs it. */
export function readDue(progress: Progress, reading: Reading): EpochMs | undefined {
  const { isUntold, pooled, rules, seenAt, settlesAt } = reading;
  if (seenAt === undefined || isUntold) return progress.readAt;
  if (progress.want === "baseline") return undefined;
  const guard = pooled ? nextTick(seenAt, rules.guardMs) : seenAt + rules.guardMs;
  return Math.max(seenAt < settlesAt ? Math.min(guard, settlesAt) : guard, progress.readAt);
}

/** The same moments for every target of a recorder, so that one survey serves them all. */
const nextTick = (at: EpochMs, everyMs: number): EpochMs =>
  (Math.floor(at / everyMs) + 1) * everyMs;

/** The numbers and the dice (0 ≤ x < 1) for how long to wait after a failure. */
export interface Patience {
  readonly now: EpochMs;
  readonly rules: DeskRules;
  readonly dice: () => number;
}

export function sent(progress: Progress, order: Order): Progress {
  return { ...progress, sent: order, attempts: progress.attempts + 1 };
}

/** A command was answered or given up: what it did is asked at once, its repeat has to wait. */
export function answered(
  progress: Progress,
  outcome: ControlOutcome,
  patience: Patience,
): Progress {
  const asking = { ...progress, readAt: 0 };
  if (outcome.kind === "acknowledged") return { ...asking, trouble: "none" };
  const trouble = outcome.kind === "in_doubt" ? "doubt" : outcome.kind;
  const atLeastMs = outcome.kind === "unreachable" ? (outcome.retryAfterMs ?? 0) : 0;
  return backOff({ ...asking, trouble }, patience, atLeastMs);
}

export function observed(
  progress: Progress,
  status: RecorderStatus,
  /** Nothing was recorded for the target until now. */
  appeared: boolean,
  patience: Patience,
): Progress {
  const wasSilent = progress.readFailures > 0;
  const seen = { ...progress, readFailures: 0 };
  const { confirmed, failures, trouble } = seen;
  if (status === (seen.want === "paused" ? "paused" : "recording")) {
    return { ...seen, confirmed: true, failures: 0, trouble: "none" };
  }
  const now = { confirmed: false, trouble: "none", commandAt: patience.now } as const;
  // It drifted or began: no reason to wait.
  if (appeared || confirmed) return { ...seen, ...now, failures: 0 };
  // It is back, or never heard the first command. What failed before still counts, so that a
  // recorder that answers reads and fails commands is not asked without end.
  const isBack = trouble === "unreachable" && wasSilent;
  const wasLost = trouble === "doubt" && failures <= 1;
  if (isBack || wasLost) return { ...seen, ...now };
  if (trouble !== "none" && trouble !== "doubt") return seen;
  // Acknowledged and not done. Once a command: a guard's read does not put it off further.
  return backOff({ ...seen, trouble: "refused" }, patience);
}

/** A read told nothing. */
export function unseen(progress: Progress, patience: Patience): Progress {
  const { now, rules } = patience;
  const readFailures = progress.readFailures + 1;
  const readAt = now + Math.min(rules.guardMs, jitterMs(readFailures, patience));
  const unread = { ...progress, readFailures, readAt };
  if (progress.trouble !== "doubt") return unread;
  // Nobody says whether the doubtful command worked: say it again.
  const commandAt = progress.failures <= 1 ? now : progress.commandAt;
  return { ...unread, trouble: "unreachable", commandAt };
}

function backOff(progress: Progress, patience: Patience, atLeastMs = 0): Progress {
  const failures = progress.failures + 1;
  const asked = Math.min(atLeastMs, patience.rules.retryMsMax);
  const waitMs = Math.max(asked, jitterMs(failures, patience));
  return { ...progress, failures, commandAt: patience.now + waitMs };
}

/** Full jitter: anywhere up to the doubled bound, so that many targets do not retry together. */
function jitterMs(failures: number, { dice, rules }: Patience): number {
  const bound = Math.min(rules.retryMsMax, rules.retryMsMin * 2 ** Math.min(failures, 20));
  return Math.max(1, Math.round(bound * dice()));
}
