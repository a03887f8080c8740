/**
 * One call as requests see it: commands and their answers, reads, and waits that end at the first
 * of what they wait for. The call itself is kept by its loop.
 *
 * @module
 */
import type { SessionCommand } from "./batch.ts";
import type { CallId, TenantId, WindowId } from "./call.ts";
import type { CallCommand, CallView, Executed, Waited } from "./calls.ts";
import { goal, protection, windowOf } from "./conclude.ts";
import { Loop } from "./loop.ts";
import type { LoopDeps } from "./loopDeps.ts";
import { owed } from "./owed.ts";
import type { LoadedCall } from "./ports.ts";
import { Waiters } from "./waiters.ts";
import { LOG_ANSWER_MS_MAX } from "./within.ts";

export type { SessionRules } from "./loopDeps.ts";

export type SessionDeps = Omit<LoopDeps, "changed">;

export class Session {
  readonly tenant: TenantId;
  readonly callId: CallId;
  readonly #deps: SessionDeps;
  readonly #waiters: Waiters;
  readonly #loop: Loop;
  #stopping = false;

  constructor(tenant: TenantId, callId: CallId, loaded: LoadedCall | undefined, deps: SessionDeps) {
    this.tenant = tenant;
    this.callId = callId;
    this.#deps = deps;
    this.#waiters = new Waiters(deps.clock);
    const changed = () => this.#waiters.check();
    this.#loop = new Loop(tenant, callId, loaded, { ...deps, changed });
  }

  execute(command: CallCommand): Promise<Executed> {
    if (this.#stopping && command.type === "OpenWindow")
      return Promise.resolve({ kind: "stopping" });
    return this.#asked(command);
  }

  /** Answered although the log hangs; what was asked for may still come to be. */
  #asked(command: SessionCommand): Promise<Executed> {
    return new Promise((answer) => {
      const tooLate = this.#deps.clock.after(LOG_ANSWER_MS_MAX, () =>
        answer({ kind: "log_failed", view: { ...this.view(), durable: false } }),
      );
      const inTime = (executed: Executed) => {
        tooLate();
        answer(executed);
      };
      this.#loop.take({ command, answer: inTime });
    });
  }

  /** What a desk or the keeper has to say; nobody waits for it. */
  tell(command: SessionCommand): void {
    this.#loop.tell(command);
  }

  /** The call as of now: a deadline that has passed is entered before anyone is answered. */
  async read(): Promise<CallView> {
    if (this.#loop.isUpToNow()) return this.view();
    const read = await this.#asked({ type: "PassTime" });
    return read.kind === "log_failed" ? read.view : this.view();
  }

  /** Tells the desks what this call claims, as its log says; for a start. */
  drive(): void {
    this.#loop.drive();
  }

  /** The newest state without waiting for what time has brought about since. */
  view(): CallView {
    return this.#loop.view();
  }

  waitSecured(windowId: WindowId, waitMs: number, signal?: AbortSignal): Promise<Waited> {
    return this.#waiters.add(() => this.#securedOrGone(windowId), waitMs, signal);
  }

  async waitFor(
    what: "settled" | "baselined",
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#waiters.add(() => this.#doneOr(what), waitMs, signal);
  }

  /** No new window from here on; what runs is left to the log. */
  stop(): void {
    this.#stopping = true;
    this.#loop.stop();
    this.#waiters.end("stopping");
  }

  /** Nothing is being decided, written or waited for. */
  isIdle(): boolean {
    return this.#loop.isIdle() && this.#waiters.count === 0;
  }

  forget(): void {
    this.#loop.stop();
  }

  #securedOrGone(windowId: WindowId): Waited | undefined {
    const { state, durable } = this.view();
    if (!durable && this.#loop.rules(state).whenLogFails === "refuse") return "log_failed";
    if (windowOf(state, windowId)?.state !== "open" || state.endedAt !== undefined) return "gone";
    if (protection(state) === "secured") return "secured";
    return this.#stopping ? "stopping" : undefined;
  }

  #doneOr(what: "settled" | "baselined"): Waited | undefined {
    if (this.#isDone(what)) return "secured";
    return this.#stopping ? "stopping" : undefined;
  }

  #isDone(what: "settled" | "baselined"): boolean {
    const { state } = this.view();
    if (what === "baselined")
      return Object.values(state.taps).every((tap) => tap.baselineBy === undefined);
    return goal(state) === "recording"
      ? owed(state).length === 0
      : state.settlement.kind === "settled";
  }
}
