/**
 * The orders of one target of one recorder: one command in flight, re-read while it is claimed,
 * silent while any call claims it. What it shows goes to the calls that claim it.
 *
 * @module
 */
import type { ConfirmedBy, EpochMs, Goal, RecorderStatus, TapFailure, Target } from "./call.ts";
import type { DeskRules } from "./commands.ts";
import type { Claim } from "./owed.ts";
import type {
  Clock,
  ControlOutcome,
  Observation,
  PushedChange,
  RecorderContext,
  RecorderPort,
} from "./ports.ts";

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
  | { readonly type: "handed_over" };

export interface TargetDeps {
  readonly recorder: RecorderPort;
  readonly rules: DeskRules;
  readonly clock: Clock;
  /** Resumes wait until every claim is folded after a start. */
  readonly held: () => boolean;
  readonly listen: (callKey: string, tapId: string, report: DeskReport) => void;
  readonly read: (target: Target, ctx: RecorderContext, pooled: boolean) => Promise<Observation>;
  readonly heard: (kind: string, detail?: string) => void;
  readonly idle: () => void;
}

interface Standing {
  readonly callKey: string;
  readonly claim: Claim;
  /** Reads asked after this moment of the desk's own order speak of this claim. */
  readonly since: number;
}

interface Running {
  readonly kind: "pause" | "resume";
  readonly startedAt: EpochMs;
  readonly abort: AbortController;
  readonly deadline: () => void;
}

interface Seen {
  readonly status: Exclude<RecorderStatus, "unknown">;
  readonly askedSeq: number;
  readonly askedAt: EpochMs;
  readonly session?: string;
  readonly confirmedBy: ConfirmedBy;
}

type Want = Claim["want"];
const RANK: readonly Want[] = ["paused", "recording", "watch", "baseline"];

export class TargetDesk {
  readonly #deps: TargetDeps;
  readonly #standing = new Map<string, Standing>();
  /** The desk's own order of claims, questions and answers; clocks may stand still. */
  #seq = 0;
  #commandEndedSeq = 0;
  #running: Running | undefined;
  #asking: { readonly abort: AbortController } | undefined;
  #seen: Seen | undefined;
  #want: Want | undefined;
  /** The last command sent since the want last changed. */
  #sent: "pause" | "resume" | undefined;
  /** After a command: `doubt` asks first, `failed` repeats when `#nextAt` comes. */
  #trouble: "none" | "doubt" | "unreachable" | "refused" = "none";
  /** A command that was given up may still land until `settleMs` after. */
  #abandoned: { readonly kind: "pause" | "resume"; readonly at: EpochMs } | undefined;
  #attempts = 0;
  #failures = 0;
  #readFailures = 0;
  #confirmed = false;
  #nextAt = 0;
  #nextReadAt = 0;
  #timer: (() => void) | undefined;
  #stopped = false;

  constructor(deps: TargetDeps) {
    this.#deps = deps;
  }

  set(callKey: string, claim: Claim): void {
    const key = `${callKey}\n${claim.tapId}`;
    const known = this.#standing.get(key);
    const same = known?.claim.want === claim.want && known.claim.turn === claim.turn;
    this.#standing.set(key, { callKey, claim, since: same ? known.since : ++this.#seq });
    this.step();
  }

  drop(callKey: string, tapId: string): void {
    this.#standing.delete(`${callKey}\n${tapId}`);
    this.step();
  }

  /** The connection that pushes was lost: what it last said is worth nothing. */
  reread(): void {
    this.#nextReadAt = 0;
    this.#seen = undefined;
    this.step();
  }

  /** A pushed `recording` counts at once; anything else pushed causes a read. */
  pushed(change: PushedChange): void {
    if (change.status === "recording" && this.#running === undefined) {
      this.#see({ kind: "observed", status: "recording" }, ++this.#seq, this.#now(), "pushed");
    } else {
      this.#nextReadAt = 0;
      this.#seen = undefined;
    }
    this.step();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.();
    this.#asking?.abort.abort();
    this.#running?.deadline();
  }

  /** Does the next thing this target needs, and sets the timer for the one after. */
  step(): void {
    if (this.#stopped) return;
    this.#timer?.();
    this.#timer = undefined;
    const want = RANK.find((one) => this.#any(one));
    if (want !== this.#want) this.#begin(want);
    if (want === undefined) return this.#rest();
    this.#settleClaims();
    if (this.#running !== undefined && !this.#overtakes(want)) return;
    if (want === "paused" && this.#mustPause()) return this.#command("pause");
    if (want === "recording" && this.#mustResume()) return this.#command("resume");
    const readAt = this.#readAt(want);
    if (readAt !== undefined && readAt <= this.#now()) this.#ask();
    this.#arm(want, readAt);
  }

  #begin(want: Want | undefined): void {
    this.#want = want;
    this.#sent = undefined;
    this.#trouble = "none";
    this.#attempts = 0;
    this.#failures = 0;
    this.#confirmed = false;
    this.#nextAt = 0;
    this.#nextReadAt = 0;
  }

  #rest(): void {
    const settlesAt =
      this.#abandoned === undefined ? 0 : this.#abandoned.at + this.#deps.rules.settleMs;
    const left = settlesAt - this.#now();
    if (this.#running !== undefined) return;
    if (left > 0) this.#timer = this.#deps.clock.after(left, () => this.step());
    else this.#deps.idle();
  }

  /** What needs no question: a target somebody else claims is theirs to undo; a baseline is known. */
  #settleClaims(): void {
    const silencer = [...this.#standing.values()].find(
      ({ claim }) => claim.touched && claim.want === "paused",
    );
    for (const standing of this.#standing.values()) {
      const { callKey, claim } = standing;
      const other = [...this.#standing.values()].find(
        (one) => one.callKey !== callKey && one.claim.touched,
      );
      if (claim.want === "recording" && silencer !== undefined && silencer.callKey !== callKey) {
        this.#deps.listen(callKey, claim.tapId, { type: "handed_over" });
      } else if (claim.want === "baseline" && (other !== undefined || !this.#canAsk())) {
        // tacet silenced it already, so what it is now says nothing of what it was.
        const status = other?.claim.before ?? "unknown";
        const session = other?.claim.session === undefined ? {} : { session: other.claim.session };
        const askedAt = this.#now();
        this.#deps.listen(callKey, claim.tapId, { type: "baseline", status, ...session, askedAt });
      }
    }
  }

  /** A pause waits for a resume in flight only so long; every other command is waited for. */
  #overtakes(want: Want): boolean {
    const running = this.#running;
    if (running?.kind !== "resume" || want !== "paused") return false;
    const left = running.startedAt + this.#deps.rules.resumeMsMax - this.#now();
    if (left > 0) {
      this.#timer = this.#deps.clock.after(left, () => this.step());
      return false;
    }
    this.#giveUp(running);
    return true;
  }

  #mustPause(): boolean {
    if (this.#sent !== "pause") return true;
    const due = this.#nextAt <= this.#now();
    const seen = this.#current();
    if (seen?.status === "paused") return false;
    if (seen !== undefined) return due;
    if (!this.#canAsk()) return due && (this.#trouble !== "none" || this.#untold("pause"));
    return due && (this.#trouble === "unreachable" || this.#trouble === "refused");
  }

  #mustResume(): boolean {
    if (this.#deps.held()) return false;
    const due = this.#nextAt <= this.#now();
    const seen = this.#current();
    if (this.#sent !== "resume") {
      // Last seen recording: it may never have been silenced, so it is asked before it is told.
      return this.#seen?.status !== "recording" || !this.#canAsk();
    }
    if (seen !== undefined) return seen.status === "paused" && due;
    if (!this.#canAsk()) return due && (this.#trouble !== "none" || this.#untold("resume"));
    return due && (this.#trouble === "unreachable" || this.#trouble === "refused");
  }

  /** A claim came after the last command, and the recorder's yes is all there is to tell it. */
  #untold(kind: "pause" | "resume"): boolean {
    const want = kind === "pause" ? "paused" : "recording";
    return this.#claims(want).some((one) => one.since > this.#commandEndedSeq);
  }

  #command(kind: "pause" | "resume"): void {
    const { clock, recorder, rules } = this.#deps;
    const send = kind === "pause" ? recorder.pause : recorder.resume;
    const target = this.#targetOf();
    if (send === undefined || target === undefined) return;
    const abort = new AbortController();
    const running: Running = {
      kind,
      abort,
      startedAt: this.#now(),
      deadline: clock.after(rules.commandMsMax, () => {
        this.#giveUp(running);
        this.#judge(running, { kind: "in_doubt", detail: "no answer in time" });
        this.step();
      }),
    };
    this.#running = running;
    this.#sent = kind;
    this.#attempts += 1;
    const end = (outcome: ControlOutcome) => {
      // Given up before: it tells nothing any more.
      if (this.#running !== running) return;
      running.deadline();
      this.#running = undefined;
      this.#commandEndedSeq = ++this.#seq;
      this.#judge(running, outcome);
      this.step();
    };
    send(target, this.#context(abort.signal)).then(end, (error: unknown) =>
      end({ kind: "in_doubt", detail: error instanceof Error ? error.name : "adapter failed" }),
    );
  }

  #giveUp(running: Running): void {
    running.deadline();
    if (this.#running === running) this.#running = undefined;
    this.#commandEndedSeq = ++this.#seq;
    this.#abandoned = { kind: running.kind, at: this.#now() };
    running.abort.abort();
  }

  #judge({ kind }: Running, outcome: ControlOutcome): void {
    const want = kind === "pause" ? "paused" : "recording";
    this.#deps.heard(outcome.kind, "detail" in outcome ? outcome.detail : undefined);
    this.#nextReadAt = 0;
    if (outcome.kind === "acknowledged") {
      this.#trouble = "none";
      if (!this.#canAsk()) this.#acknowledged(want);
      return;
    }
    if (outcome.kind === "in_doubt") this.#abandoned = { kind, at: this.#now() };
    this.#trouble = outcome.kind === "in_doubt" ? "doubt" : outcome.kind;
    this.#backOff(outcome.kind === "unreachable" ? outcome.retryAfterMs : undefined);
    this.#fail(want, outcome);
  }

  #acknowledged(want: "paused" | "recording"): void {
    this.#failures = 0;
    const report = { type: "status", status: want, confirmedBy: "acknowledged" } as const;
    for (const { callKey, claim } of this.#claims(want)) {
      const { turn, tapId } = claim;
      const askedAt = this.#now();
      const goal = want;
      this.#deps.listen(callKey, tapId, {
        ...report,
        turn,
        goal,
        askedAt,
        attempts: this.#attempts,
      });
    }
  }

  #fail(want: Want, outcome: Exclude<ControlOutcome, { kind: "acknowledged" }>): void {
    const reason = outcome.kind === "refused" ? outcome.reason : outcome.kind;
    const detail = outcome.detail === undefined ? {} : { detail: outcome.detail };
    for (const { callKey, claim } of this.#claims(want)) {
      this.#deps.listen(callKey, claim.tapId, {
        type: "failure",
        outcome: outcome.kind,
        reason,
        ...detail,
        attempts: this.#attempts,
        turn: claim.turn,
      });
    }
  }

  #ask(): void {
    const target = this.#targetOf();
    if (target === undefined || this.#asking !== undefined || !this.#canAsk()) return;
    const abort = new AbortController();
    const asking = { abort };
    const [askedSeq, askedAt] = [++this.#seq, this.#now()];
    const guard = this.#confirmed && this.#want === "paused";
    const end = (observation: Observation) => {
      if (this.#asking !== asking) return;
      deadline();
      this.#asking = undefined;
      this.#see(observation, askedSeq, askedAt, "read_back");
      this.step();
    };
    this.#asking = asking;
    const deadline = this.#deps.clock.after(this.#deps.rules.statusMsMax, () => {
      end({ kind: "unreachable", detail: "no answer in time" });
      abort.abort();
    });
    this.#deps.read(target, this.#context(abort.signal), guard).then(end, (error: unknown) =>
      end({
        kind: "unreachable",
        detail: error instanceof Error ? error.name : "adapter failed",
      }),
    );
  }

  #see(
    observation: Observation,
    askedSeq: number,
    askedAt: EpochMs,
    confirmedBy: ConfirmedBy,
  ): void {
    this.#deps.heard(observation.kind, observation.detail);
    if (observation.kind !== "observed") return this.#unseen(observation);
    this.#readFailures = 0;
    const { status } = observation;
    const appeared = this.#seen?.status === "absent" && status === "recording";
    const session = observation.session === undefined ? {} : { session: observation.session };
    const seen: Seen = { status, askedSeq, askedAt, ...session, confirmedBy };
    // A question that left before the last command was answered says nothing of what it did.
    if (this.#running !== undefined || askedSeq < this.#commandEndedSeq) return;
    this.#seen = seen;
    this.#plan(seen, appeared);
    for (const standing of this.#standing.values()) this.#tell(standing, seen);
  }

  #unseen(failure: Exclude<Observation, { kind: "observed" }>): void {
    this.#readFailures += 1;
    this.#nextReadAt =
      this.#now() + Math.min(this.#deps.rules.guardMs, this.#jitter(this.#readFailures));
    // Nobody says whether the doubtful command worked: say it again.
    if (this.#trouble === "doubt") {
      this.#trouble = "unreachable";
      if (this.#failures <= 1) this.#nextAt = this.#now();
    }
    if (this.#want === "paused" || this.#want === "recording") this.#fail(this.#want, failure);
  }

  /** When the command is due again, by what was seen after it. */
  #plan(seen: Seen, appeared: boolean): void {
    const wanted = this.#want === "paused" ? "paused" : "recording";
    if (seen.status === wanted) {
      this.#confirmed = true;
      this.#failures = 0;
      this.#trouble = "none";
    } else if (appeared || this.#confirmed || this.#trouble === "unreachable" || this.#wasLost()) {
      // It drifted, began, is back, or never heard the command: no reason to wait.
      this.#confirmed = false;
      this.#failures = 0;
      this.#trouble = "none";
      this.#nextAt = this.#now();
    } else if (this.#trouble !== "refused") {
      // Acknowledged and not done. Once a command: a guard's read does not put it off further.
      this.#trouble = "refused";
      this.#backOff();
    }
  }

  /** In doubt for the first time, and now seen not to have taken effect. */
  #wasLost(): boolean {
    return this.#trouble === "doubt" && this.#failures <= 1;
  }

  #tell({ callKey, claim, since }: Standing, seen: Seen): void {
    const { askedAt, confirmedBy, status } = seen;
    if (seen.askedSeq < since || this.#mayStillLand(claim.want, seen)) return;
    const session = seen.session === undefined ? {} : { session: seen.session };
    const elsewhere =
      claim.session !== undefined && seen.session !== undefined && claim.session !== seen.session;
    const { tapId, turn } = claim;
    if (claim.want === "baseline") {
      const before = elsewhere ? "unknown" : status;
      return this.#deps.listen(callKey, tapId, {
        type: "baseline",
        status: before,
        ...session,
        askedAt,
      });
    }
    // What tacet silenced gets its resume even where nothing seems to be recorded: a channel's mute
    // can outlive its call.
    if (claim.want === "recording" && status === "absent" && this.#sent !== "resume") return;
    const shown = elsewhere && claim.want !== "recording" ? "unknown" : status;
    this.#deps.listen(callKey, tapId, {
      type: "status",
      status: shown,
      ...(shown === "unknown" ? { reason: "other_conversation" } : {}),
      askedAt,
      confirmedBy,
      turn,
      goal: claim.want === "recording" ? "recording" : "paused",
      attempts: this.#attempts,
      ...session,
    });
  }

  /** A command that was given up may land yet and turn what was seen into its opposite. */
  #mayStillLand(want: Want, seen: Seen): boolean {
    if (this.#abandoned === undefined) return false;
    if (seen.askedAt >= this.#abandoned.at + this.#deps.rules.settleMs) return false;
    return this.#abandoned.kind === "resume"
      ? want === "paused" && seen.status !== "recording"
      : want === "recording" && seen.status !== "paused";
  }

  /** When the next read is due; undefined where nothing can be read or nothing needs it. */
  #readAt(want: Want): EpochMs | undefined {
    if (!this.#canAsk() || this.#asking !== undefined) return undefined;
    const { guardMs, settleMs } = this.#deps.rules;
    const seen = this.#current();
    const waiting = [...this.#standing.values()].some(({ claim, since }) =>
      seen === undefined || since > seen.askedSeq
        ? claim.want === want || claim.want === "baseline"
        : false,
    );
    if (seen === undefined || waiting) return this.#nextReadAt;
    if (want === "baseline") return undefined;
    const guard =
      this.#deps.recorder.survey === undefined
        ? seen.askedAt + guardMs
        : nextTick(seen.askedAt, guardMs);
    const settled = this.#abandoned === undefined ? 0 : this.#abandoned.at + settleMs;
    const due = seen.askedAt < settled ? Math.min(guard, settled) : guard;
    return Math.max(due, this.#nextReadAt);
  }

  #arm(want: Want, readAt: EpochMs | undefined): void {
    if (this.#running !== undefined || this.#timer !== undefined) return;
    const times: EpochMs[] = [];
    if (readAt !== undefined && this.#asking === undefined) times.push(readAt);
    const held = want === "recording" && this.#deps.held();
    if ((want === "paused" || want === "recording") && !held && this.#nextAt > this.#now())
      times.push(this.#nextAt);
    if (times.length === 0) return;
    const ms = Math.max(0, Math.min(...times) - this.#now());
    this.#timer = this.#deps.clock.after(ms, () => this.step());
  }

  #backOff(atLeastMs = 0): void {
    this.#failures += 1;
    this.#nextAt = this.#now() + Math.max(atLeastMs, this.#jitter(this.#failures));
  }

  /** Full jitter: anywhere up to the doubled bound, so that many targets do not retry together. */
  #jitter(failures: number): number {
    const { retryMsMax, retryMsMin } = this.#deps.rules;
    const bound = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures, 20));
    return Math.max(1, Math.round(bound * this.#deps.clock.random()));
  }

  /** What was seen after the last command was answered or given up. */
  #current(): Seen | undefined {
    if (this.#seen === undefined || this.#running !== undefined) return undefined;
    return this.#seen.askedSeq > this.#commandEndedSeq ? this.#seen : undefined;
  }

  #context(signal: AbortSignal): RecorderContext {
    const windowId = this.#claims("paused").find((one) => one.claim.windowId !== undefined)?.claim
      .windowId;
    const silenced = [...this.#standing.values()].some((one) => one.claim.touched);
    const now = () => this.#now();
    return { signal, now, silenced, ...(windowId === undefined ? {} : { windowId }) };
  }

  #claims(want: Want): readonly Standing[] {
    return [...this.#standing.values()].filter((one) => one.claim.want === want);
  }

  #any(want: Want): boolean {
    for (const one of this.#standing.values()) if (one.claim.want === want) return true;
    return false;
  }

  #targetOf(): Target | undefined {
    const wanted = [...this.#standing.values()].filter((one) => one.claim.want === this.#want);
    return wanted.at(-1)?.claim.target;
  }

  #canAsk(): boolean {
    return this.#deps.recorder.capabilities.status;
  }

  #now(): EpochMs {
    return this.#deps.clock.now();
  }
}

/** The same moments for every target of a recorder, so that one survey serves them all. */
const nextTick = (at: EpochMs, everyMs: number): EpochMs =>
  (Math.floor(at / everyMs) + 1) * everyMs;
