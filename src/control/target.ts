/**
 * The orders of one target of one recorder: one command in flight, re-read while it is claimed,
 * silent while any call claims it. What is due is planned in `plan.ts`; here it is done.
 *
 * @module
 */
import type { EpochMs, Target } from "./call.ts";
import type { Claim } from "./owed.ts";
import type { CommandingDeps } from "./commanding.ts";
import { Commanding } from "./commanding.ts";
import type { Exchange } from "./exchange.ts";
import type { KinOf } from "./kin.ts";
import { exchange } from "./exchange.ts";
import type { Order, Patience, Progress, Want } from "./plan.ts";
import { answered, begun, commandDue, observed, readDue, sent, unseen } from "./plan.ts";
import type { ControlOutcome, Observation, PushedChange, RecorderContext } from "./ports.ts";
import type { DeskReport, Seen } from "./sightings.ts";
import { settledAt } from "./sightings.ts";
import type { Sibling } from "./siblings.ts";
import { Siblings } from "./siblings.ts";
import { Standings } from "./standings.ts";
import { Telling } from "./telling.ts";

export interface TargetDeps extends CommandingDeps {
  /** Resumes wait until every claim is folded after a start. */
  readonly held: () => boolean;
  /** Other names of the same audio. */
  readonly kin: KinOf;
  readonly listen: (callKey: string, tapId: string, report: DeskReport) => void;
  readonly read: (target: Target, ctx: RecorderContext, pooled: boolean) => Promise<Observation>;
  readonly heard: (kind: string, detail?: string) => void;
  readonly idle: () => void;
}

export class TargetDesk implements Sibling {
  readonly #deps: TargetDeps;
  readonly standing = new Standings();
  #progress: Progress = begun(undefined);
  #wantedAt: EpochMs = 0;
  /** The desk's own order of claims, questions and answers; clocks may stand still. */
  #seq = 0;
  #commandEndedSeq = 0;
  readonly commanding: Commanding;
  readonly #siblings: Siblings;
  readonly #telling: Telling;
  #asking: Exchange | undefined;
  #seen: Seen | undefined;
  #timer: (() => void) | undefined;
  #stopped = false;

  constructor(deps: TargetDeps) {
    this.#deps = deps;
    this.commanding = new Commanding(deps);
    this.#siblings = new Siblings(this, deps.kin);
    this.#telling = new Telling({
      standing: this.standing,
      siblings: this.#siblings,
      listen: deps.listen,
      now: () => deps.clock.now(),
      canAsk: deps.recorder.capabilities.status,
      mayHaveSilenced: () => this.commanding.mayHaveSilenced,
      settleMs: deps.rules.settleMs,
    });
  }

  set(callKey: string, claim: Claim): void {
    const isNew = this.standing.set(callKey, claim, this.#seq + 1);
    this.#seq += 1;
    // A resume that is owed before this desk sent anything is owed for what another process did.
    if (isNew && (this.#deps.held() || claim.want === "recording")) this.commanding.inherit(claim);
    this.step();
  }

  drop(callKey: string, tapId: string): void {
    this.standing.drop(callKey, tapId);
    this.step();
  }

  /** The connection that pushes was lost: what it last said is worth nothing. */
  reread(): void {
    this.#progress = { ...this.#progress, readAt: 0 };
    this.#seen = undefined;
    this.step();
  }

  /** A pushed `recording` counts at once; anything else pushed causes a read. */
  pushed(change: PushedChange): void {
    if (change.status !== "recording") return this.reread();
    const [askedSeq, askedAt] = [++this.#seq, this.#now()];
    const seen: Seen = { status: "recording", askedSeq, askedAt, confirmedBy: "pushed" };
    if (this.commanding.running === undefined) {
      this.#see(seen);
    } else {
      // The command in flight decides what comes of it; whoever counts on silence hears it now.
      const counting = this.standing.of().filter((one) => one.claim.want !== "recording");
      this.#telling.seen(seen, this.#progress, counting);
    }
    this.step();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.();
    this.#asking?.giveUp();
    this.commanding.giveUp();
  }

  /** Does the next thing this target needs, and sets the timer for the one after. */
  step(): void {
    if (this.#stopped) return;
    this.#timer?.();
    this.#timer = undefined;
    const want = this.standing.want();
    if (want !== this.#progress.want) {
      this.#progress = begun(want);
      this.#wantedAt = this.#now();
    }
    if (want === undefined) return this.#rest();
    this.#telling.withoutAsking();
    if (!this.#overtakes(want)) return;
    const order = this.#commandDue();
    if (order !== undefined && this.#command(order)) return;
    const readAt = this.#readAt(want);
    if (readAt !== undefined && readAt <= this.#now()) this.#ask();
    this.#arm(want, readAt);
  }

  /** Nobody claims it: it is forgotten once no command of its can land any more. */
  #rest(): void {
    if (this.commanding.running !== undefined) return;
    const left = settledAt(this.commanding.abandoned, this.#deps.rules.settleMs) - this.#now();
    if (left > 0) this.#timer = this.#deps.clock.after(left, () => this.step());
    else this.#deps.idle();
  }

  /** A pause waits for a resume in flight only so long; every other command is waited for. */
  #overtakes(want: Want): boolean {
    if (want !== "paused") return this.commanding.running === undefined;
    const resuming = this.#siblings.resuming();
    if (resuming === undefined) return this.commanding.running === undefined;
    const leftMs = resuming.commanding.overtakenInMs();
    if (leftMs > 0) {
      this.#timer = this.#deps.clock.after(leftMs, () => this.step());
      return false;
    }
    resuming.giveUp();
    if (resuming !== this) this.#deps.clock.after(0, () => resuming.step());
    return this.commanding.running === undefined;
  }

  giveUp(): void {
    this.commanding.giveUp();
    this.#commandEndedSeq = ++this.#seq;
  }

  #isHeld(): boolean {
    if (this.#deps.held() || this.#telling.isNothingToUndo()) return true;
    return this.#siblings.keepSilent(this.#wantedAt);
  }

  #commandDue(): Order | undefined {
    const current = this.#current();
    const want = this.#progress.want;
    const rests = this.commanding.undoneUntil("resume") > this.#now();
    return commandDue(this.#progress, {
      now: this.#now(),
      canAsk: this.#canAsk(),
      ...(current === undefined ? {} : { current: current.status }),
      ...(this.#seen === undefined ? {} : { last: this.#seen.status }),
      held: want === "recording" && (rests || this.#isHeld()),
      untold: this.standing.of(want).some(({ since }) => since > this.#commandEndedSeq),
    });
  }

  /** False where the recorder has no such command. */
  #command(order: Order): boolean {
    const target = this.standing.target(this.#progress.want);
    if (target === undefined) return false;
    const goes = this.commanding.send(order, target, this.#context(), (outcome) => {
      this.#commandEndedSeq = ++this.#seq;
      this.#judge(order, outcome);
      this.step();
    });
    if (goes) this.#progress = sent(this.#progress, order);
    return goes;
  }

  #judge(order: Order, outcome: ControlOutcome): void {
    const want = order === "pause" ? "paused" : "recording";
    this.#deps.heard(outcome.kind, "detail" in outcome ? outcome.detail : undefined);
    this.#progress = answered(this.#progress, outcome, this.#patience());
    if (outcome.kind !== "acknowledged") return this.#telling.failed(want, outcome, this.#progress);
    const { status, watch } = this.#deps.recorder.capabilities;
    if (status || watch) return;
    const commandAt = this.commanding.undoneUntil(order);
    if (commandAt > this.#now()) {
      this.#progress = { ...this.#progress, trouble: "doubt", commandAt };
      return;
    }
    this.#progress = { ...this.#progress, failures: 0 };
    this.#telling.acknowledged(want, this.#progress);
  }

  #ask(): void {
    const target = this.standing.target(this.#progress.want);
    if (target === undefined || this.#asking !== undefined || !this.#canAsk()) return;
    const context = this.#context();
    const [askedSeq, askedAt] = [++this.#seq, this.#now()];
    const isGuard = this.#progress.confirmed && this.#progress.want === "paused";
    const failed = (detail: string): Observation => ({ kind: "unreachable", detail });
    const end = (observation: Observation) => {
      this.#asking = undefined;
      this.#observe(observation, askedSeq, askedAt);
      this.step();
    };
    this.#asking = exchange<Observation>({
      clock: this.#deps.clock,
      msMax: this.#deps.rules.statusMsMax,
      ask: (signal) => this.#deps.read(target, { signal, ...context }, isGuard),
      failed,
      end,
      late: () => end(failed("no answer in time")),
    });
  }

  #observe(observation: Observation, askedSeq: number, askedAt: EpochMs): void {
    this.#deps.heard(observation.kind, observation.detail);
    if (observation.kind !== "observed") {
      this.#progress = unseen(this.#progress, this.#patience());
      const { want } = this.#progress;
      if (want === "paused" || want === "recording") {
        this.#telling.failed(want, observation, this.#progress);
      }
      return;
    }
    // A question that left before the last command was answered says nothing of what it did.
    if (this.commanding.running !== undefined || askedSeq < this.#commandEndedSeq) return;
    const { session, status } = observation;
    this.#deps.kin.reaches(observation.resource, askedAt);
    const carried = session === undefined ? {} : { session };
    this.#see({ status, askedSeq, askedAt, ...carried, confirmedBy: "read_back" });
  }

  #see(seen: Seen): void {
    const appeared = this.#seen?.status === "absent" && seen.status === "recording";
    this.#seen = seen;
    this.#progress = observed(this.#progress, seen.status, appeared, this.#patience());
    this.#telling.seen(seen, this.#progress);
  }

  #readAt(want: Want): EpochMs | undefined {
    if (!this.#canAsk() || this.#asking !== undefined) return undefined;
    const seen = this.#current();
    const { recorder, rules } = this.#deps;
    return readDue(this.#progress, {
      rules,
      pooled: recorder.survey !== undefined,
      ...(seen === undefined ? {} : { seenAt: seen.askedAt }),
      isUntold: this.standing.isUntold(want, seen?.askedSeq ?? 0),
      settlesAt: settledAt(this.#siblings.abandoned(this.#now()), rules.settleMs),
    });
  }

  #arm(want: Want, readAt: EpochMs | undefined): void {
    if (this.commanding.running !== undefined || this.#timer !== undefined) return;
    const mayCommand = want === "paused" || (want === "recording" && !this.#isHeld());
    const restsUntil = want === "recording" ? this.commanding.undoneUntil("resume") : 0;
    const commandAt = Math.max(this.#progress.commandAt, restsUntil);
    const at = Math.min(
      this.#asking === undefined ? (readAt ?? Infinity) : Infinity,
      mayCommand && commandAt > this.#now() ? commandAt : Infinity,
    );
    if (at === Infinity) return;
    this.#timer = this.#deps.clock.after(Math.max(0, at - this.#now()), () => this.step());
  }

  /** What was seen after the last command was answered or given up. */
  #current(): Seen | undefined {
    if (this.#seen === undefined || this.commanding.running !== undefined) return undefined;
    return this.#seen.askedSeq > this.#commandEndedSeq ? this.#seen : undefined;
  }

  #context(): Omit<RecorderContext, "signal"> {
    return { now: () => this.#now(), ...this.standing.context() };
  }

  #patience(): Patience {
    const { clock, rules } = this.#deps;
    return { now: clock.now(), rules, dice: () => clock.random() };
  }

  #canAsk(): boolean {
    return this.#deps.recorder.capabilities.status;
  }

  #now(): EpochMs {
    return this.#deps.clock.now();
  }
}
