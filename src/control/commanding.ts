/**
 * The one command in flight to a target, when those that were given up may land, and whether any
 * that was sent may have silenced it.
 *
 * @module
 */
import type { EpochMs, Target } from "./call.ts";
import type { DeskRules } from "./commands.ts";
import type { Exchange } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import type { Claim } from "./owed.ts";
import type { Order } from "./plan.ts";
import type { Clock, ControlOutcome, RecorderContext, RecorderPort } from "./ports.ts";
import type { Abandoned } from "./sightings.ts";
import { inherited } from "./sightings.ts";

interface Running {
  readonly order: Order;
  readonly startedAt: EpochMs;
  readonly exchange: Exchange;
}

export interface CommandingDeps {
  readonly recorder: RecorderPort;
  readonly rules: DeskRules;
  readonly clock: Clock;
}

export class Commanding {
  readonly #deps: CommandingDeps;
  #running: Running | undefined;
  #abandoned: Abandoned = {};
  #hasSilenced = false;

  constructor(deps: CommandingDeps) {
    this.#deps = deps;
  }

  get running(): Order | undefined {
    return this.#running?.order;
  }

  get abandoned(): Abandoned {
    return this.#abandoned;
  }

  /**
   * False only where every pause was sent from here, and each was refused or did not arrive: then
   * there is nothing to undo.
   */
  get mayHaveSilenced(): boolean {
    return this.#hasSilenced || this.running === "pause";
  }

  /** What a process that ended did for this claim is not known, and what it sent may land yet. */
  inherit(claim: Claim): void {
    const { clock, rules } = this.#deps;
    this.#abandoned = inherited(this.#abandoned, claim, clock.now(), rules);
    if (claim.touched) this.#hasSilenced = true;
  }

  /** False where the recorder has no such command. `end` is not called for one that is given up. */
  send(
    order: Order,
    target: Target,
    context: Omit<RecorderContext, "signal">,
    end: (outcome: ControlOutcome) => void,
  ): boolean {
    const { clock, recorder, rules } = this.#deps;
    const send = order === "pause" ? recorder.pause : recorder.resume;
    if (send === undefined) return false;
    const ended = (outcome: ControlOutcome) => {
      this.#running = undefined;
      if (outcome.kind === "in_doubt") this.#abandon(order);
      else if (order === "pause" && !isClearNo(outcome)) this.#hasSilenced = true;
      end(outcome);
    };
    this.#running = {
      order,
      startedAt: clock.now(),
      exchange: exchange<ControlOutcome>({
        clock,
        msMax: rules.commandMsMax,
        ask: (signal) => send(target, { signal, ...context }),
        failed: (detail) => ({ kind: "in_doubt", detail }),
        end: ended,
        late: () => ended({ kind: "in_doubt", detail: "no answer in time" }),
      }),
    };
    return true;
  }

  /**
   * Where nothing can be asked: until then a command that was given up may land behind this one and
   * undo it, unseen. So a resume waits, and a pause is said again and confirms nothing before.
   */
  undoneUntil(order: Order): EpochMs {
    const { recorder, rules } = this.#deps;
    const at = this.#abandoned[order === "pause" ? "resume" : "pause"];
    return at === undefined || recorder.capabilities.status ? 0 : at + rules.settleMs;
  }

  /** In how many ms a pause may go although a resume is in flight. */
  overtakenInMs(): number {
    const startedAt = this.#running?.startedAt ?? 0;
    return Math.max(0, startedAt + this.#deps.rules.resumeMsMax - this.#deps.clock.now());
  }

  /** Closes the connection: it tells nothing any more, and may land all the same. */
  giveUp(): void {
    const running = this.#running;
    if (running === undefined) return;
    running.exchange.giveUp();
    this.#running = undefined;
    this.#abandon(running.order);
  }

  #abandon(order: Order): void {
    if (order === "pause") this.#hasSilenced = true;
    this.#abandoned = { ...this.#abandoned, [order]: this.#deps.clock.now() };
  }
}

/** A reply that cannot be read is no yes, and no clear no either. */
const isClearNo = (outcome: ControlOutcome): boolean =>
  outcome.kind === "refused" ? outcome.reason !== "bad_reply" : outcome.kind === "unreachable";
