/**
 * The one loop of one call: decide, append, evolve, tell the desks what is wanted, set one alarm.
 * Commands are taken one after another; no recorder is spoken to in here.
 *
 * @module
 */
import type { Answer, Asked, Decided, Own, ReportRecorder, SessionCommand } from "./batch.ts";
import { answer, decideBatch, outlivesOutage, withoutLog } from "./batch.ts";
import type { CallId, CallState, EpochMs, TenantId } from "./call.ts";
import { newCall } from "./call.ts";
import type { CallView } from "./calls.ts";
import { protection } from "./conclude.ts";
import { nextDeadline } from "./deadlines.ts";
import { decide } from "./decide.ts";
import type { CallEvent } from "./events.ts";
import { Freshness } from "./freshness.ts";
import { LateAppend } from "./lateAppend.ts";
import type { LoopDeps, SessionRules } from "./loopDeps.ts";
import { Outage } from "./outage.ts";
import { claims, owed } from "./owed.ts";
import type { LoadedCall } from "./ports.ts";

/** With something owed and no deadline ahead, the desks are told again this often. */
const REDRIVE_MS = 5_000;
const BUSY_MS = 100;
/** A conflict means another writer; one process has none, so more than a few is a fault. */
const CONFLICTS_MAX = 3;

export class Loop {
  readonly tenant: TenantId;
  readonly callId: CallId;
  readonly #deps: LoopDeps;
  #state: CallState;
  #position: number;
  #queue: Asked[] = [];
  #busy = false;
  #stopping = false;
  #conflicts = 0;
  #alarm: (() => void) | undefined;
  /** Re-reads are memory, not entries. */
  readonly #fresh = new Freshness();
  #outage: Outage | undefined;
  #late: LateAppend | undefined;
  /** What the log holds of this call is not known yet. */
  #isBlind: boolean;

  /** Without `loaded` the log could not say in time what it holds of this call. */
  constructor(tenant: TenantId, callId: CallId, loaded: LoadedCall | undefined, deps: LoopDeps) {
    this.tenant = tenant;
    this.callId = callId;
    this.#isBlind = loaded === undefined;
    this.#state = loaded?.state ?? newCall;
    this.#position = loaded?.position ?? 0;
    this.#deps = deps;
  }

  take(asked: Asked): void {
    this.#queue.push({ at: this.#now(), ...asked });
    if (this.#busy) return this.#look();
    this.#busy = true;
    void this.#run();
  }

  /** What a desk or the keeper has to say; nobody waits for it. */
  tell(command: SessionCommand): void {
    if (command.type === "ReportRecorder" && this.#reaffirms(command)) return;
    this.take({ command });
  }

  /** Tells the desks what this call claims, as its log says; for a start. */
  drive(): void {
    if (this.#outage === undefined) this.#deps.sync(claims(this.#state), false);
    this.#arm();
  }

  /** The newest state without waiting for what time has brought about since. */
  view(): CallView {
    const { tenant, callId } = this;
    // What the log holds is no longer what is so: drift that waits behind a hung append is shown.
    const waiting = this.#outage ?? (this.#late?.isLate === true ? this.#late : undefined);
    const state = waiting?.state ?? this.#state;
    const durable = waiting === undefined && !this.#isBlind;
    const at = Math.max(this.#now(), state.at);
    return { tenant, callId, state, position: this.#position, at, durable };
  }

  rules(state: CallState): SessionRules {
    return this.#deps.rules(state.attributes);
  }

  /** Nothing is being decided or written, and no deadline has passed unanswered. */
  isUpToNow(): boolean {
    const state = this.#outage?.state ?? this.#state;
    const due = nextDeadline(state, this.rules(state).rules, this.#fresh.known);
    return !this.#busy && (due === undefined || due > this.#now());
  }

  isIdle(): boolean {
    return !this.#busy && this.#outage === undefined;
  }

  /** What runs is left to the log. */
  stop(): void {
    this.#stopping = true;
    this.#alarm?.();
    this.#outage?.stop();
  }

  async #run(): Promise<void> {
    // Let what arrives in the same moment share one append.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#work(this.#queue.splice(0));
    this.#busy = false;
    this.#arm();
    this.#deps.changed();
  }

  async #work(batch: readonly Asked[]): Promise<void> {
    if (this.#outage !== undefined) return this.#workWithoutLog(batch);
    const { answers, events, state } = this.#decide(batch, this.#state);
    if (events.length === 0) return answer(answers, this.view());
    if (this.#isBlind) return this.#begin(events, state, answers);
    // Alarm first, then append: whatever happens to the write, this call wakes again.
    const { callId, tenant } = this;
    const { version } = this.#state;
    const late = (this.#late = this.#ifLate(version, events, state));
    this.#arm();
    // A question changes nothing, so it may go out beside the append.
    const asked = claims(state).filter((claim) => claim.want === "baseline");
    if (asked.length > 0) this.#deps.sync(asked, true);
    const result = await this.#deps.log.append(tenant, callId, version, events);
    late.end();
    this.#late = undefined;
    switch (result.kind) {
      case "appended": {
        this.#conflicts = 0;
        this.#commit(state, events, result.positions.at(-1) ?? this.#position);
        return answer(answers, this.view());
      }
      case "conflict":
        return this.#reload(batch, events, state, answers);
      case "failed":
        return this.#begin(events, state, answers);
    }
  }

  #decide(batch: readonly Asked[], from: CallState, fresh = this.#fresh): Decided {
    return decideBatch(batch, from, {
      at: Math.max(this.#now(), from.at),
      fresh,
      rules: (state) => this.rules(state).rules,
    });
  }

  #commit(state: CallState, events: readonly CallEvent[], position: number): void {
    this.#state = state;
    this.#position = position;
    this.#fresh.keepOnly(state);
    const { callId, tenant } = this;
    this.#deps.publisher.publish({ tenant, callId, state, events, position });
    // Entered late: what time or a waiting report has undone since is not shown secured meanwhile.
    if (protection(state) === "secured" && !this.#staysSecured(state))
      this.#deps.publisher.doubt?.(tenant, callId);
    // What was let go of was claimed before this: whatever still holds is told again.
    this.#queue = this.#queue.filter(({ command }) => command.type !== "LetGoTap");
    if (!this.#stopping) this.#deps.sync(claims(state), false);
    this.#arm();
    this.#deps.changed();
  }

  #staysSecured(state: CallState): boolean {
    const { state: then } = this.#decide(this.#queue, state, this.#fresh.copy());
    return protection(then) === "secured";
  }

  async #reload(
    batch: readonly Asked[],
    events: readonly CallEvent[],
    state: CallState,
    answers: readonly Answer[],
  ): Promise<void> {
    this.#conflicts += 1;
    try {
      if (this.#conflicts > CONFLICTS_MAX) throw new Error("another writer");
      const loaded = await this.#deps.log.load(this.tenant, this.callId);
      this.#state = loaded.state;
      this.#position = loaded.position;
      this.#queue.unshift(...batch);
      // What was asked for beside the append, or by the other writer, is set right.
      if (!this.#stopping) this.#deps.sync(claims(loaded.state), false);
    } catch {
      this.#begin(events, state, answers);
    }
  }

  /** The log cannot be written: silence goes out, nothing is let go, what happened waits. */
  #begin(events: readonly CallEvent[], state: CallState, answers: readonly Answer[]): void {
    this.#outage = new Outage({
      ...this.#deps,
      tenant: this.tenant,
      callId: this.callId,
      durable: { state: this.#state, position: this.#position },
      events,
      retryMs: this.rules(state).logRetryMs,
      isBlind: this.#isBlind,
      promised: this.rules(state).whenLogFails === "protect",
      written: (loaded, written) => {
        this.#outage = undefined;
        this.#isBlind = false;
        this.#commit(loaded.state, written, loaded.position);
      },
    });
    this.#deps.publisher.doubt?.(this.tenant, this.callId);
    this.#protect(state);
    this.#deps.changed();
    answer(answers.map(withoutLog), this.view());
  }

  #workWithoutLog(batch: readonly Asked[]): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    const kept = batch.filter(({ command }) => outlivesOutage(command));
    const dropped = batch.filter(({ command }) => !outlivesOutage(command));
    const { answers, events, state } = this.#decide(kept, outage.state);
    outage.add(events);
    this.#protect(state);
    answer(answers.map(withoutLog), this.view());
    for (const { answer: to } of dropped) to?.({ kind: "log_failed", view: this.view() });
    this.#deps.changed();
  }

  /** The one exception to record, then act: a pause goes out although its intent is not durable. */
  #protect(state: CallState): void {
    if (this.#stopping) return;
    this.#deps.sync(
      claims(state).filter((claim) => claim.want !== "recording"),
      true,
    );
  }

  #ifLate(version: number, events: readonly CallEvent[], state: CallState): LateAppend {
    return new LateAppend({
      ...this.#deps,
      tenant: this.tenant,
      callId: this.callId,
      logMsMax: this.rules(state).logMsMax,
      version,
      events,
      state,
      fresh: this.#fresh.copy(),
      decide: (...asked) => this.#decide(...asked),
      queue: () => this.#queue,
      protect: (wanted) => this.#protect(wanted),
    });
  }

  /** What came in behind an append that hangs, and what time has brought about, is acted on. */
  #look(): void {
    if (this.#late?.look() === true) this.#arm();
  }

  /** A re-read that says what is known already is remembered, and enters nothing. */
  #reaffirms(command: Own<ReportRecorder>): boolean {
    if (this.#busy || this.#outage !== undefined) return false;
    const rules = this.rules(this.#state).rules;
    const decided = decide({ ...command, at: this.#now() }, this.#state, rules);
    if (!decided.ok || decided.value.length > 0) return false;
    this.#fresh.remember(command, this.#state);
    return true;
  }

  /** One alarm for the whole call. It never throws and re-arms before anything is written. */
  #arm(): void {
    this.#alarm?.();
    this.#alarm = undefined;
    if (this.#stopping) return;
    const state = this.#late?.state ?? this.#outage?.state ?? this.#state;
    const { logRetryMs, rules } = this.rules(state);
    const due = nextDeadline(state, rules, (this.#late?.fresh ?? this.#fresh).known);
    const driven = owed(state).length > 0 ? this.#now() + REDRIVE_MS : undefined;
    const at = Math.min(due ?? Number.POSITIVE_INFINITY, driven ?? Number.POSITIVE_INFINITY);
    if (at === Number.POSITIVE_INFINITY) return;
    // While a write is under way its own end arms again; this one is for a write that never ends.
    const least = this.#outage === undefined ? (this.#busy ? BUSY_MS : 0) : logRetryMs;
    this.#alarm = this.#deps.clock.after(Math.max(least, at - this.#now()), () => {
      this.#alarm = undefined;
      this.#arm();
      // What is being written brings the call up to now when it is done.
      if (this.#busy) return this.#look();
      this.tell({ type: "PassTime" });
      if (this.#outage === undefined && owed(this.#state).length > 0) {
        this.#deps.sync(claims(this.#state), false);
      }
    });
  }

  #now(): EpochMs {
    return this.#deps.clock.now();
  }
}
