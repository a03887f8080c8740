/** The real core between simulated recorders and a simulated disk, under a virtual clock. */
import type { Actor, TapSpec } from "../../src/control/call.ts";
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
  RecorderPort,
} from "../../src/control/ports.ts";
import type { Life } from "./clock.ts";
import { VirtualClock } from "./clock.ts";
import type { SimLog } from "./log.ts";
import { simLog } from "./log.ts";
import type { SimRecorder } from "./recorder.ts";
import { simRecorder } from "./recorder.ts";

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

export interface World {
  readonly clock: VirtualClock;
  readonly log: SimLog;
  readonly recorders: Readonly<Record<string, SimRecorder>>;
  readonly changes: CallChange[];
  /** What desktops show of each call now. */
  readonly shown: ReadonlyMap<string, CallChange>;
  keeper: Keeper;
  /** Ends the process where it stands and starts another on the same log and recorders. */
  restart(downMs?: number): Promise<void>;
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
  readonly rules?: Partial<Rules>;
  readonly desk?: Partial<DeskRules>;
  readonly whenLogFails?: "refuse" | "protect";
}

export async function world(options: WorldOptions = {}): Promise<World> {
  const clock = new VirtualClock(options.seed);
  const log = simLog(clock);
  const names = Object.entries(options.recorders ?? { a: {}, b: {} });
  const recorders = Object.fromEntries(names.map(([id, how]) => [id, simRecorder(id, clock, how)]));
  const changes: CallChange[] = [];
  const rules = { ...DEFAULT_RULES, ...options.rules };
  const shown = new Map<string, CallChange>();
  let life = { alive: true };
  const boot = () => {
    const process = (life = { alive: true });
    return new Keeper({
      clock: clockOf(clock, process),
      log: logOf(log, process),
      publisher: {
        publish(change) {
          changes.push(change);
          shown.set(change.callId, change);
        },
        doubt: (_tenant, callId) => void shown.delete(callId),
      },
      recorders: Object.values(recorders).map((port) => ({
        port: portOf(port, process),
        rules: { ...DEFAULT_DESK_RULES, ...options.desk },
      })),
      rules: () => ({
        rules,
        whenLogFails: options.whenLogFails ?? "refuse",
        logMsMax: 200,
        logRetryMs: 500,
      }),
    });
  };
  const self: World = {
    clock,
    log,
    recorders,
    changes,
    shown,
    keeper: boot(),
    async restart(downMs = 0) {
      life.alive = false;
      clock.bury();
      log.crash();
      shown.clear();
      await clock.pass(downMs);
      log.reopen();
      self.keeper = boot();
      const started = self.keeper.start();
      await clock.pass(100);
      await started;
    },
    pause: (callId, windowId, taps = [], by = PAGE, leaseMs = 60_000) =>
      self.keeper.execute("t", callId, { type: "OpenWindow", by, windowId, leaseMs, taps }),
    resume: (callId, windowId, by = PAGE) =>
      self.keeper.execute("t", callId, { type: "CloseWindow", by, windowId }),
    register: (callId, specs, agentId) =>
      self.keeper.execute("t", callId, {
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
  await self.keeper.start();
  return self;
}

/** A process that ended hears nothing more; what it sent to recorders goes on without it. */
async function heardBy<T>(life: Life, answer: Promise<T>): Promise<T> {
  const answered = await answer;
  return life.alive ? answered : new Promise<T>(() => {});
}

const clockOf = (clock: VirtualClock, life: Life): Clock => ({
  now: () => clock.now(),
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

function portOf(port: SimRecorder, life: Life): RecorderPort {
  const { capabilities, id, pause, resume, status, survey, watch } = port;
  return {
    id,
    capabilities,
    ...(pause && { pause: (...asked) => heardBy(life, pause(...asked)) }),
    ...(resume && { resume: (...asked) => heardBy(life, resume(...asked)) }),
    ...(status && { status: (...asked) => heardBy(life, status(...asked)) }),
    ...(survey && { survey: (...asked) => heardBy(life, survey(...asked)) }),
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
