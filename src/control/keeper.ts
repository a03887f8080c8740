/**
 * All calls of all tenants, each behind its own session, and the desks they share.
 *
 * @module
 */
import { AGENT_CALL_COUNT_MAX, isLiveOf, knownBefore, knownOfAgent } from "./before.ts";
import { SESSION_COUNT_MAX } from "./before.ts";
import type { CallId, RecorderId, TenantId, WindowId } from "./call.ts";
import type { Before, CallCommand, Calls, CallsOfAgent } from "./calls.ts";
import type { CallView, Executed, Waited } from "./calls.ts";
import { isAtRest } from "./conclude.ts";
import { Desk } from "./desk.ts";
import type { DeskHealth } from "./desk.ts";
import type { KeeperDeps } from "./keeperDeps.ts";
import type { CallChange, LoadedCall } from "./ports.ts";
import type { Claim } from "./owed.ts";
import { Session } from "./session.ts";
import type { DeskReport } from "./sightings.ts";
import { key, Whereabouts } from "./whereabouts.ts";
import { told, within } from "./within.ts";

/** Calls looked at by one sweep. */
const SWEEP_COUNT_MAX = 1_000;

export class Keeper implements Calls {
  readonly #deps: KeeperDeps;
  readonly #sessions = new Map<string, Promise<Session>>();
  readonly #ready = new Map<string, Session>();
  readonly #desks = new Map<RecorderId, Desk>();
  readonly #where = new Whereabouts();
  /** How many requests hold each call's session at this moment. */
  readonly #users = new Map<string, number>();
  #stopping = false;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    for (const { port, rules } of deps.recorders) {
      this.#desks.set(
        port.id,
        new Desk(
          port,
          rules,
          deps.clock,
          (...told) => this.#report(...told),
          (end) => deps.ended?.(port.id, end),
        ),
      );
    }
  }

  /** Folds every call that is not at rest, drives it, and only then lets the desks resume. */
  async start(): Promise<void> {
    const unrested = await this.#deps.log.unrested();
    await Promise.all(unrested.map(({ tenant, callId }) => this.#session(tenant, callId)));
    for (const desk of this.#desks.values()) desk.open();
  }

  /** No new windows, no more commands; what runs is left to the log. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const desk of this.#desks.values()) desk.stop();
    for (const session of this.#ready.values()) session.stop();
    await Promise.all([...this.#ready.values()].map((session) => session.read()));
  }

  health(): readonly DeskHealth[] {
    return [...this.#desks.values()].map((desk) => desk.health());
  }

  async execute(tenant: TenantId, callId: CallId, command: CallCommand): Promise<Executed> {
    if (this.#stopping && command.type === "OpenWindow") return { kind: "stopping" };
    if (command.type === "RegisterCall" && this.#isFull(tenant, callId))
      return { kind: "overloaded" };
    if (command.type === "OpenWindow" && command.taps.length > 0)
      await this.#loadedOrBlind(tenant, callId);
    return this.#with(tenant, callId, (session) => session.execute(command));
  }

  async waitSecured(
    tenant: TenantId,
    callId: CallId,
    windowId: WindowId,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<Waited> {
    return this.#with(tenant, callId, (session) => session.waitSecured(windowId, waitMs, signal));
  }

  async waitFor(
    tenant: TenantId,
    callId: CallId,
    what: "settled" | "baselined",
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#with(tenant, callId, (session) => session.waitFor(what, waitMs, signal));
  }

  async read(tenant: TenantId, callId: CallId): Promise<CallView | undefined> {
    const view = await this.#with(tenant, callId, (session) => session.read());
    return view.state.version > 0 ? view : undefined;
  }

  beforePause(tenant: TenantId, callId: CallId, windowId: WindowId): Promise<Before> {
    const { clock } = this.#deps;
    const { logMsMax } = this.#deps.rules(tenant, {});
    const viewed = this.#with(tenant, callId, async (session) => session.view());
    return knownBefore(clock, logMsMax, viewed, this.callOfWindow(tenant, windowId));
  }

  callsOfAgent(tenant: TenantId, agentId: string): Promise<CallsOfAgent> {
    const { logMsMax } = this.#deps.rules(tenant, {});
    const listed = this.live(tenant, AGENT_CALL_COUNT_MAX, agentId);
    const inMemory = () => [...this.#ready.values()].map((session) => session.view());
    return knownOfAgent(this.#deps.clock, logMsMax, { tenant, agentId }, listed, inMemory);
  }

  async live(tenant: TenantId, limit: number, agentId?: string): Promise<readonly CallView[]> {
    const { clock, log } = this.#deps;
    const ids = await told(clock, log.live(tenant, limit, "newest", agentId));
    const views = await Promise.all(ids.map((callId) => this.read(tenant, callId)));
    // Reading brings a call up to now: it may have ended, or passed on, in the meantime.
    return views.filter(
      (view): view is CallView => view !== undefined && isLiveOf(view.state, agentId),
    );
  }

  /** Ends idle calls that this process never loaded: at rest, they cost a start nothing. */
  async sweep(tenant: TenantId): Promise<void> {
    for (const callId of await this.#deps.log.live(tenant, SWEEP_COUNT_MAX, "oldest")) {
      if (this.#sessions.has(key(tenant, callId))) continue;
      const view = await this.read(tenant, callId);
      // The ones after it changed later still.
      if (view !== undefined && view.state.endedAt === undefined) return;
    }
  }

  async callOfWindow(tenant: TenantId, windowId: WindowId): Promise<CallId | undefined> {
    const known = this.#where.callOfWindow(tenant, windowId);
    return known ?? told(this.#deps.clock, this.#deps.log.callOfWindow(tenant, windowId));
  }

  callOfTarget(tenant: TenantId, recorderId: RecorderId, targetKey: string): CallId | undefined {
    return this.#where.callOfTarget(tenant, recorderId, targetKey);
  }

  /** A session in somebody's hands is not forgotten; one of a call nobody knows is, afterwards. */
  async #with<T>(
    tenant: TenantId,
    callId: CallId,
    use: (session: Session) => Promise<T>,
  ): Promise<T> {
    const callKey = key(tenant, callId);
    this.#users.set(callKey, (this.#users.get(callKey) ?? 0) + 1);
    try {
      // No short cut for a call that is ready: whoever came first is served first.
      return await use(await told(this.#deps.clock, this.#session(tenant, callId)));
    } finally {
      const left = (this.#users.get(callKey) ?? 1) - 1;
      if (left > 0) this.#users.set(callKey, left);
      else this.#users.delete(callKey);
      if (this.#ready.get(callKey)?.view().state.version === 0) this.#forgetUnknown(callKey);
    }
  }

  #session(tenant: TenantId, callId: CallId): Promise<Session> {
    const callKey = key(tenant, callId);
    const known = this.#sessions.get(callKey);
    if (known !== undefined) return known;
    const made = this.#load(tenant, callId, callKey);
    this.#sessions.set(callKey, made);
    made.catch(() => {
      if (this.#sessions.get(callKey) === made) this.#sessions.delete(callKey);
    });
    this.#evict();
    return made;
  }

  /** A pause does not wait for a log that cannot be read: it goes out, and is entered behind it. */
  async #loadedOrBlind(tenant: TenantId, callId: CallId): Promise<void> {
    const callKey = key(tenant, callId);
    if (this.#ready.has(callKey)) return;
    const { logMsMax } = this.#deps.rules(tenant, {});
    const loaded = await within(this.#deps.clock, logMsMax, this.#session(tenant, callId));
    if (loaded.kind === "in_time" || this.#ready.has(callKey)) return;
    this.#sessions.set(callKey, Promise.resolve(this.#made(tenant, callId, callKey)));
  }

  async #load(tenant: TenantId, callId: CallId, callKey: string): Promise<Session> {
    const loaded = await this.#deps.log.load(tenant, callId);
    // Somebody could not wait for it.
    const blind = this.#ready.get(callKey);
    if (blind !== undefined) return blind;
    const session = this.#made(tenant, callId, callKey, loaded);
    this.#where.keep({ tenant, callId, state: loaded.state });
    if (loaded.state.version > 0) {
      // Nothing confirmed before this process is fresh; that is entered before anyone is answered.
      session.tell({ type: "Wake" });
      await session.read();
      session.drive();
    }
    return session;
  }

  #made(tenant: TenantId, callId: CallId, callKey: string, loaded?: LoadedCall): Session {
    const { clock, log } = this.#deps;
    const session = new Session(tenant, callId, loaded, {
      clock,
      log,
      publisher: {
        publish: (change) => this.#published(change),
        doubt: (...call) => this.#deps.publisher.doubt?.(...call),
      },
      sync: (claims, addOnly) => this.#sync(callKey, claims, addOnly),
      rules: (attributes) => this.#deps.rules(tenant, attributes),
    });
    this.#ready.set(callKey, session);
    return session;
  }

  #published(change: CallChange): void {
    // A call may remember a thousand windows: only those that changed are looked at.
    const named = change.events.flatMap((one) => ("windowId" in one ? [one.windowId] : []));
    this.#where.keep(change, named);
    this.#deps.publisher.publish(change);
  }

  #sync(callKey: string, claims: readonly Claim[], addOnly: boolean): void {
    for (const desk of this.#desks.values()) {
      const own = claims.filter((claim) => claim.recorderId === desk.recorder.id);
      desk.sync(callKey, own, addOnly);
    }
  }

  #report(callKey: string, tapId: string, report: DeskReport): void {
    const session = this.#ready.get(callKey);
    if (session === undefined) return;
    switch (report.type) {
      case "baseline":
        return session.tell({ ...report, type: "ReportBaseline", tapId });
      case "status":
        return session.tell({ ...report, type: "ReportRecorder", tapId });
      case "failure":
        return session.tell({ ...report, type: "ReportFailure", tapId });
      case "let_go":
        return session.tell({ ...report, type: "LetGoTap", tapId });
    }
  }

  #countMax = (): number => this.#deps.sessionCountMax ?? SESSION_COUNT_MAX;
  #isFull(tenant: TenantId, callId: CallId): boolean {
    this.#evict();
    return this.#sessions.size >= this.#countMax() && !this.#sessions.has(key(tenant, callId));
  }

  /** The oldest sessions whose calls are at rest make room. */
  #evict(): void {
    if (this.#ready.size < this.#countMax()) return;
    for (const session of this.#ready.values()) {
      if (!session.isIdle() || !isAtRest(session.view().state)) continue;
      this.#forget(session);
      if (this.#ready.size < this.#countMax()) return;
    }
  }

  /** A little later, when the session has done with whoever asked. */
  #forgetUnknown(callKey: string): void {
    this.#deps.clock.after(0, () => {
      const session = this.#ready.get(callKey);
      if (session?.view().state.version === 0) this.#forget(session);
    });
  }

  #forget(session: Session): void {
    const { callId, tenant } = session;
    const callKey = key(tenant, callId);
    if (!session.isIdle() || this.#users.has(callKey)) return;
    const { state } = session.view();
    session.forget();
    this.#where.forget({ tenant, callId, state });
    this.#sessions.delete(callKey);
    this.#ready.delete(callKey);
  }
}
