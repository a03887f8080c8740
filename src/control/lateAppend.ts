/**
 * An append that takes longer than `logMsMax`: silence that it asks for, or that is asked for
 * behind it, goes out all the same, and is spooled first so that a crash does not forget it.
 *
 * @module
 */
import type { Asked, Decided } from "./batch.ts";
import type { CallId, CallState, TenantId } from "./call.ts";
import type { CallEvent } from "./events.ts";
import type { Freshness } from "./freshness.ts";
import type { Clock, ControlLog, Publisher } from "./ports.ts";

export interface LateAppendDeps {
  readonly clock: Clock;
  readonly log: ControlLog;
  readonly publisher: Publisher;
  readonly tenant: TenantId;
  readonly callId: CallId;
  readonly logMsMax: number;
  /** What the call is in the log, what is being appended, and what that would make of it. */
  readonly version: number;
  readonly events: readonly CallEvent[];
  readonly state: CallState;
  /** What is fresh, on its own: what is looked at here is decided again when its turn comes. */
  readonly fresh: Freshness;
  readonly decide: (batch: readonly Asked[], from: CallState, fresh: Freshness) => Decided;
  /** What has come in behind the append so far. */
  readonly queue: () => readonly Asked[];
  readonly protect: (state: CallState) => void;
}

export class LateAppend {
  readonly #deps: LateAppendDeps;
  readonly #cancel: () => void;
  /** What the append, and what was looked at behind it, would make of the call. */
  #state: CallState;
  #lookedAt = 0;
  #isLate = false;

  constructor(deps: LateAppendDeps) {
    this.#deps = deps;
    this.#state = deps.state;
    this.#cancel = deps.clock.after(deps.logMsMax, () => this.#begin());
  }

  get isLate(): boolean {
    return this.#isLate;
  }

  get state(): CallState {
    return this.#state;
  }

  get fresh(): Freshness {
    return this.#deps.fresh;
  }

  /** The append came back. */
  end(): void {
    this.#cancel();
    this.#isLate = false;
  }

  /** Something has come in behind, or time has passed. False where the append may yet be in time. */
  look(): boolean {
    if (!this.#isLate) return false;
    const batch = this.#deps.queue().slice(this.#lookedAt);
    this.#lookedAt += batch.length;
    const { events, state } = this.#deps.decide(batch, this.#state, this.#deps.fresh);
    this.#spool(this.#state.version, events);
    this.#state = state;
    this.#deps.protect(state);
    return true;
  }

  #begin(): void {
    const { callId, events, publisher, tenant, version } = this.#deps;
    this.#isLate = true;
    publisher.doubt?.(tenant, callId);
    this.#spool(version, events);
    this.look();
  }

  /** The log decides what of it is entered at a start: what it has already is not entered again. */
  #spool(version: number, events: readonly CallEvent[]): void {
    const { callId, log, tenant } = this.#deps;
    if (events.length > 0) void log.spool(tenant, callId, version, events);
  }
}
