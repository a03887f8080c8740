/**
 * The real core, hub and adapters between simulated recorders, a simulated network and a simulated
 * disk, under a virtual clock.
 */
import type { AnyRecorder } from "../../src/adapters/recorder.ts";
import { bind } from "../../src/adapters/registry.ts";
import type { Actor, TapSpec, Target } from "../../src/control/call.ts";
import type { Executed } from "../../src/control/calls.ts";
import { DEFAULT_DESK_RULES, DEFAULT_RULES } from "../../src/control/commands.ts";
import type { DeskRules, Rules } from "../../src/control/commands.ts";
import { protection, safeToCollect } from "../../src/control/conclude.ts";
import { Keeper } from "../../src/control/keeper.ts";
import type {
  CallChange,
  CallDirectory,
  Clock,
  ControlLog,
  RecorderContext,
  RecorderPort,
} from "../../src/control/ports.ts";
import type { Connections } from "../../src/events/connection.ts";
import { createConnections } from "../../src/events/connection.ts";
import type { Hub } from "../../src/events/hub.ts";
import { createHub } from "../../src/events/hub.ts";
import { anywherenowAdapter, simAnywherenow } from "./anywherenow.ts";
import type { Life } from "./clock.ts";
import { VirtualClock } from "./clock.ts";
import type { SimLog } from "./log.ts";
import { simLog } from "./log.ts";
import type { SimRecorder } from "./recorder.ts";
import { simRecorder } from "./recorder.ts";
import type { Vendor } from "./network.ts";
import { simNetwork } from "./network.ts";
import type { Recording } from "./tape.ts";
import { simVslogger, vsloggerAdapter } from "./vslogger.ts";

export const PAGE: Actor = { id: "page", kind: "payment", owner: "page" };
export const IVR: Actor = { id: "ivr", kind: "payment", owner: "ivr" };
export const SUPERVISOR: Actor = { id: "sue", kind: "supervisor", owner: "sue" };

export const tap = (recorderId: string, ref: string, more: Partial<TapSpec> = {}): TapSpec => ({
  tapId: `${recorderId}/${ref}`,
  recorderId,
  targetKey: ref,
  target: { ref },
  control: "pause",
  audio: "gap",
  required: true,
  absentIs: "unprotected",
  acceptAcknowledged: false,
  ...more,
});

/** One run of the process, from its start to its crash. */
export interface Process extends Life {
  readonly keeper: Keeper;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly offsetMs: number;
  readonly startedAt: number;
  readonly ended: AbortController;
}

/** A start that takes longer, disks hanging or not, has no end. */
const STARTS_IN_MAX = 120_000;

export interface World {
  readonly clock: VirtualClock;
  readonly log: SimLog;
  readonly recorders: Readonly<Record<string, SimRecorder>>;
  readonly vendors: Readonly<Record<string, Vendor>>;
  /** All of them, whichever way they are spoken to. */
  readonly recordings: Readonly<Record<string, Recording>>;
  readonly changes: CallChange[];
  /** What was last published of each call. */
  readonly shown: ReadonlyMap<string, CallChange>;
  readonly process: Process;
  readonly keeper: Keeper;
  /** What the process takes for the time. */
  now(): number;
  onPublish: (change: CallChange) => void;
  onDoubt: (tenant: string, callId: string) => void;
  /** A process has just ended. */
  onCrash: () => Promise<void>;
  /** The next one is about to start. */
  onBoot: () => void;
  /**
   * Ends the process where it stands and starts another on the same log and recorders, the wall
   * clock set by `wallMs` meanwhile.
   */
  restart(downMs?: number, wallMs?: number): Promise<void>;
  pause(
    callId: string,
    windowId: string,
    taps?: readonly TapSpec[],
    by?: Actor,
    leaseMs?: number,
  ): Promise<Executed>;
  resume(callId: string, windowId: string, by?: Actor): Promise<Executed>;
  register(callId: string, taps: readonly TapSpec[], agentId?: string): Promise<Executed>;
  end(callId: string): Promise<Executed>;
  word(callId: string): Promise<string>;
  safe(callId: string, windowId: string, by?: Actor): Promise<boolean>;
}

export interface WorldOptions {
  readonly seed?: number;
  readonly recorders?: Readonly<Record<string, Parameters<typeof simRecorder>[2]>>;
  readonly vendors?: Readonly<Record<string, keyof typeof VENDORS>>;
  readonly networkMs?: (clock: VirtualClock) => number;
  readonly rules?: Partial<Rules>;
  readonly desk?: Partial<DeskRules>;
  readonly whenLogFails?: "refuse" | "protect";
}

export async function world(options: WorldOptions = {}): Promise<World> {
  const clock = new VirtualClock(options.seed);
  const log = simLog(clock);
  const names = Object.entries(options.recorders ?? { a: {}, b: {} });
  const recorders = Object.fromEntries(names.map(([id, how]) => [id, simRecorder(id, clock, how)]));
  const vendors = Object.fromEntries(
    Object.entries(options.vendors ?? {}).map(([id, kind]) => [id, VENDORS[kind].sim(id, clock)]),
  );
  const changes: CallChange[] = [];
  const rules = { ...DEFAULT_RULES, ...options.rules };
  const shown = new Map<string, CallChange>();
  const desk = { ...DEFAULT_DESK_RULES, ...options.desk };
  let wallMs = 0;

  const boot = (): Process => {
    const life = {
      alive: true,
      ended: new AbortController(),
      startedAt: clock.now(),
      // The wall clock at start, but never before the log's last entry.
      offsetMs: Math.max(wallMs, log.newestAt - clock.now()),
    };
    const own = clockOf(clock, life);
    const vendorPort = ([id, vendor]: [string, Vendor]) => {
      const adapter = VENDORS[options.vendors?.[id] ?? "vslogger"].adapter(id, own.now);
      const network = simNetwork(vendor, clock, () => options.networkMs?.(clock) ?? 5);
      return portOf(heardOrders(bind(adapter, network), adapter, vendor), life);
    };
    const hub = createHub({
      clock: own,
      epoch: log.origin,
      position: log.size,
      live: (tenant, limit) => keeper.live(tenant, limit),
      onError: (error) => log.wrong.push(`hub: ${String(error)}`),
    });
    const keeper = new Keeper({
      clock: own,
      log: logOf(log, life),
      publisher: {
        publish(change) {
          changes.push(change);
          shown.set(change.callId, change);
          hub.publish(change);
          self.onPublish(change);
        },
        doubt(tenant, callId) {
          shown.delete(callId);
          hub.doubt(tenant, callId);
          self.onDoubt(tenant, callId);
        },
      },
      recorders: [
        ...Object.values(recorders).map((port) => portOf(port, life)),
        ...Object.entries(vendors).map(vendorPort),
      ].map((port) => ({ port, rules: desk })),
      rules: () => ({
        rules,
        whenLogFails: options.whenLogFails ?? "refuse",
        logMsMax: 200,
        logRetryMs: 500,
      }),
    });
    const connections = createConnections({
      hub,
      clock: own,
      onShown: ({ viewer }, { agentId, callId, position, protection }) =>
        log.enter([
          {
            at: own.now(),
            tenant: viewer.tenant,
            type: "DesktopShown",
            callId,
            actor: { id: agentId, kind: "agent" },
            origin: { component: "events" },
            outcome: "shown",
            detail: { position, protection },
          },
        ]),
      onError: (error) => log.wrong.push(`events: ${String(error)}`),
    });
    return Object.assign(life, { keeper, hub, connections });
  };

  let process: Process;
  const self: World = {
    clock,
    log,
    recorders,
    vendors,
    recordings: { ...recorders, ...vendors },
    changes,
    shown,
    get process() {
      return process;
    },
    get keeper() {
      return process.keeper;
    },
    now: () => clock.now() + process.offsetMs,
    onPublish: () => {},
    onDoubt: () => {},
    onCrash: async () => {},
    onBoot: () => {},
    async restart(downMs = 0, jumpMs = 0) {
      process.alive = false;
      process.ended.abort();
      clock.bury();
      log.crash();
      shown.clear();
      await self.onCrash();
      await clock.pass(downMs);
      wallMs += jumpMs;
      log.reopen();
      self.onBoot();
      process = boot();
      const start = { isUp: false };
      const started = process.keeper.start().then(() => (start.isUp = true));
      // A disk that hangs holds a start up.
      for (let round = 0; round < STARTS_IN_MAX / 100 && !start.isUp; round += 1)
        await clock.pass(100);
      if (start.isUp) await started;
      else log.wrong.push("alarm: a start has no end");
    },
    pause: (callId, windowId, taps = [], by = PAGE, leaseMs = 60_000) =>
      process.keeper.execute("t", callId, { type: "OpenWindow", by, windowId, leaseMs, taps }),
    resume: (callId, windowId, by = PAGE) =>
      process.keeper.execute("t", callId, { type: "CloseWindow", by, windowId }),
    register: (callId, specs, agentId) =>
      process.keeper.execute("t", callId, {
        type: "RegisterCall",
        by: PAGE,
        taps: { mode: "only", specs },
        ...(agentId === undefined ? {} : { agentId }),
      }),
    end: (callId) => self.keeper.execute("t", callId, { type: "EndCall", by: PAGE }),
    async word(callId) {
      const read = self.keeper.read("t", callId);
      await clock.pass(5);
      const view = await read;
      return view === undefined ? "unknown" : protection(view.state);
    },
    async safe(callId, windowId, by = PAGE) {
      const read = self.keeper.read("t", callId);
      await clock.pass(5);
      const view = await read;
      return view !== undefined && view.durable && safeToCollect(view.state, windowId, by, view.at);
    },
  };
  process = boot();
  await process.keeper.start();
  return self;
}

const VENDORS = {
  anywherenow: { sim: simAnywherenow, adapter: anywherenowAdapter },
  vslogger: { sim: simVslogger, adapter: vsloggerAdapter },
} as const;

/** The judge hears of a command as the desk gives it, whatever the adapter makes of it. */
function heardOrders(port: RecorderPort, adapter: AnyRecorder, vendor: Vendor): RecorderPort {
  const { pause, resume } = port;
  const refOf = (target: Target) => vendor.refOf(adapter.targetKey(target));
  return {
    ...port,
    ...(pause && {
      pause(target, ctx) {
        vendor.sent("pause", refOf(target));
        return pause(target, ctx);
      },
    }),
    ...(resume && {
      resume(target, ctx) {
        vendor.sent("resume", refOf(target));
        return resume(target, ctx);
      },
    }),
  };
}

/** A process that ended hears nothing more; what it sent to recorders goes on without it. */
async function heardBy<T>(life: Life, answer: Promise<T>): Promise<T> {
  const answered = await answer;
  return life.alive ? answered : new Promise<T>(() => {});
}

const clockOf = (clock: VirtualClock, life: Life): Clock => ({
  now: () => clock.now() + (life.offsetMs ?? 0),
  random: () => clock.random(),
  after: (ms, run) => clock.after(ms, run, life),
});

const logOf = (log: SimLog, life: Life): ControlLog & CallDirectory => ({
  append: (...asked) => heardBy(life, log.append(...asked)),
  load: (...asked) => heardBy(life, log.load(...asked)),
  spool: (...asked) => heardBy(life, log.spool(...asked)),
  unrested: () => heardBy(life, log.unrested()),
  live: (...asked) => heardBy(life, log.live(...asked)),
  callOfWindow: (...asked) => heardBy(life, log.callOfWindow(...asked)),
});

/** What a process that ended was asking goes on without it, its connections closed. */
function portOf(port: RecorderPort, life: Life & { ended: AbortController }): RecorderPort {
  const { capabilities, id, pause, resume, status, survey, watch } = port;
  const closed = (ctx: RecorderContext): RecorderContext => ({
    ...ctx,
    signal: AbortSignal.any([ctx.signal, life.ended.signal]),
  });
  return {
    id,
    capabilities,
    ...(pause && { pause: (target, ctx) => heardBy(life, pause(target, closed(ctx))) }),
    ...(resume && { resume: (target, ctx) => heardBy(life, resume(target, closed(ctx))) }),
    ...(status && { status: (target, ctx) => heardBy(life, status(target, closed(ctx))) }),
    ...(survey && { survey: (targets, ctx) => heardBy(life, survey(targets, closed(ctx))) }),
    ...(watch && {
      watch: (on, ctx) =>
        watch(
          {
            change: (change) => void (life.alive && on.change(change)),
            reconnected: () => void (life.alive && on.reconnected()),
          },
          ctx,
        ),
    }),
  };
}
