/**
 * The one place per recorder that orders commands per target, whichever calls want it: it routes
 * claims to targets, pools the guard's reads into surveys, listens to pushes and knows the
 * recorder's health.
 *
 * @module
 */
import type { EpochMs, RecorderId, Target } from "./call.ts";
import type { DeskRules } from "./commands.ts";
import { Kin, noKin } from "./kin.ts";
import type { Claim } from "./owed.ts";
import type {
  Clock,
  Observation,
  PushedChange,
  PushedEnd,
  RecorderContext,
  RecorderPort,
} from "./ports.ts";
import type { DeskReport } from "./sightings.ts";
import { TargetDesk } from "./target.ts";

/** Reads that fall due within this many ms of each other share one survey. */
const POOL_MS = 10;

export interface DeskHealth {
  readonly recorderId: RecorderId;
  /** Undefined until it was first asked. */
  readonly reachable?: boolean;
  readonly answeredAt?: EpochMs;
  readonly failure?: { readonly at: EpochMs; readonly kind: string; readonly detail?: string };
  readonly targetCount: number;
}

/** Hears what a recorder showed of one claim. Synchronous; never throws. */
export type Listener = (callKey: string, tapId: string, report: DeskReport) => void;

interface Pooled {
  readonly target: Target;
  readonly ctx: RecorderContext;
  answer(observation: Observation): void;
}

export class Desk {
  readonly recorder: RecorderPort;
  readonly #rules: DeskRules;
  readonly #clock: Clock;
  readonly #listen: Listener;
  readonly #targets = new Map<string, TargetDesk>();
  /** Which targets a call has claims on, so that a claim that is gone is dropped. */
  readonly #claimed = new Map<string, Map<string, string>>();
  readonly #pool = new Map<string, Pooled>();
  readonly #kin: Kin | undefined;
  readonly #ended: ((end: PushedEnd) => void) | undefined;
  #isLearning = false;
  #held = true;
  #stopWatch: (() => void) | undefined;
  #health: Omit<DeskHealth, "targetCount" | "recorderId"> = {};

  constructor(
    recorder: RecorderPort,
    rules: DeskRules,
    clock: Clock,
    listen: Listener,
    ended?: (end: PushedEnd) => void,
  ) {
    this.recorder = recorder;
    this.#ended = ended;
    this.#rules = rules;
    this.#clock = clock;
    this.#listen = listen;
    if (recorder.capabilities.aliases === true) this.#kin = new Kin(() => this.#learned());
  }

  /** All claims of one call on this recorder. `addOnly` lets go of nothing: the log is failing. */
  sync(callKey: string, claims: readonly Claim[], addOnly = false): void {
    const before = this.#claimed.get(callKey) ?? new Map<string, string>();
    const after = new Map<string, string>(addOnly ? before : []);
    for (const claim of claims) after.set(claim.tapId, claim.targetKey);
    if (after.size > 0) this.#claimed.set(callKey, after);
    else this.#claimed.delete(callKey);
    for (const [tapId, targetKey] of before) {
      if (!after.has(tapId)) this.#targets.get(targetKey)?.drop(callKey, tapId);
    }
    // Silence first: one name may let go only what no other name of the audio asks to be silent.
    const letsGo = (claim: Claim) => Number(claim.want === "recording");
    for (const claim of claims.toSorted((a, b) => letsGo(a) - letsGo(b)))
      this.#target(claim.targetKey).set(callKey, claim);
  }

  /** All claims are folded after a start: from now on resumes may be sent. */
  open(): void {
    this.#held = false;
    this.#stopWatch = this.recorder.watch?.(
      {
        change: (change) => this.#pushed(change),
        reconnected: () => this.#targets.forEach((target) => target.reread()),
        ended: (end) => this.#ended?.(end),
      },
      { now: () => this.#clock.now(), after: (ms, run) => this.#clock.after(ms, run) },
    );
    for (const target of this.#targets.values()) target.step();
  }

  stop(): void {
    this.#stopWatch?.();
    for (const target of this.#targets.values()) target.stop();
  }

  health(): DeskHealth {
    return { recorderId: this.recorder.id, ...this.#health, targetCount: this.#targets.size };
  }

  #target(targetKey: string): TargetDesk {
    const known = this.#targets.get(targetKey);
    if (known !== undefined) return known;
    const made: TargetDesk = new TargetDesk({
      recorder: this.recorder,
      rules: this.#rules,
      clock: this.#clock,
      held: () => this.#held,
      kin: this.#kin?.of(targetKey) ?? noKin,
      listen: this.#listen,
      read: (target, ctx, pooled) => this.#read(targetKey, target, ctx, pooled),
      heard: (kind, detail) => this.#heard(kind, detail),
      idle: () => {
        if (this.#targets.get(targetKey) !== made) return;
        this.#targets.delete(targetKey);
        this.#kin?.leave(targetKey);
      },
    });
    this.#targets.set(targetKey, made);
    this.#kin?.join(targetKey, made);
    return made;
  }

  /** Whoever waits to learn whether a name is of the same audio may know now; once for all. */
  #learned(): void {
    if (this.#isLearning) return;
    this.#isLearning = true;
    this.#clock.after(0, () => {
      this.#isLearning = false;
      for (const target of this.#targets.values()) {
        if (target.standing.want() === "recording") target.step();
      }
    });
  }

  #pushed(change: PushedChange): void {
    this.#targets.get(change.targetKey)?.pushed(change);
  }

  #heard(kind: string, detail?: string): void {
    const at = this.#clock.now();
    const answered = kind === "acknowledged" || kind === "observed" || kind === "refused";
    const said = detail === undefined ? {} : { detail };
    this.#health = {
      reachable: answered,
      ...(answered ? { answeredAt: at } : pick(this.#health, "answeredAt")),
      ...(kind === "acknowledged" || kind === "observed"
        ? pick(this.#health, "failure")
        : { failure: { at, kind, ...said } }),
    };
  }

  async #read(
    targetKey: string,
    target: Target,
    ctx: RecorderContext,
    pooled: boolean,
  ): Promise<Observation> {
    if (!pooled || this.recorder.survey === undefined) return this.#status(target, ctx);
    return new Promise((answer) => {
      if (this.#pool.size === 0) this.#clock.after(POOL_MS, () => void this.#survey());
      this.#pool.set(targetKey, { target, ctx, answer });
    });
  }

  async #status(target: Target, ctx: RecorderContext): Promise<Observation> {
    if (this.recorder.status === undefined)
      return { kind: "unreachable", detail: "cannot be asked" };
    return this.recorder.status(target, ctx);
  }

  /** One request for all that fell due together; what it does not tell is asked for alone. */
  async #survey(): Promise<void> {
    const pool = new Map(this.#pool);
    this.#pool.clear();
    const [first] = pool.values();
    if (first === undefined) return;
    const alone = (key: string, one: Pooled) =>
      void this.#status(one.target, one.ctx).then(one.answer, () =>
        one.answer({ kind: "unreachable", detail: `no status of ${key}` }),
      );
    if (pool.size === 1) return pool.forEach((one, key) => alone(key, one));
    const targets = new Map([...pool].map(([key, one]) => [key, one.target]));
    const survey = async () => this.recorder.survey?.(targets, first.ctx);
    const told = await survey().catch(() => undefined);
    for (const [key, one] of pool) {
      if (told === undefined) alone(key, one);
      else if ("kind" in told) one.answer(told);
      else {
        const observation = told.get(key);
        if (observation === undefined) alone(key, one);
        else one.answer(observation);
      }
    }
  }
}

function pick<T extends object, K extends keyof T>(from: T, name: K): Pick<T, K> | object {
  return from[name] === undefined ? {} : { [name]: from[name] };
}
