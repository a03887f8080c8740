/** The real core between simulated recorders and a simulated disk, under a virtual clock. */
import type { Actor, TapSpec } from "../../../src/control/call.ts";
import type { Executed } from "../../../src/control/calls.ts";
import { DEFAULT_DESK_RULES, DEFAULT_RULES } from "../../../src/control/commands.ts";
import type { DeskRules, Rules } from "../../../src/control/commands.ts";
import { protection, safeToCollect } from "../../../src/control/conclude.ts";
import { Keeper } from "../../../src/control/keeper.ts";
import type { CallChange } from "../../../src/control/ports.ts";
import { VirtualClock } from "./clock.ts";
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
  readonly log: ReturnType<typeof simLog>;
  readonly recorders: Readonly<Record<string, SimRecorder>>;
  readonly changes: CallChange[];
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
  const boot = () =>
    new Keeper({
      clock,
      log,
      publisher: { publish: (change) => void changes.push(change) },
      recorders: Object.values(recorders).map((port) => ({
        port,
        rules: { ...DEFAULT_DESK_RULES, ...options.desk },
      })),
      rules: () => ({
        rules,
        whenLogFails: options.whenLogFails ?? "refuse",
        logMsMax: 200,
        logRetryMs: 500,
      }),
    });
  const self: World = {
    clock,
    log,
    recorders,
    changes,
    keeper: boot(),
    async restart(downMs = 0) {
      clock.crash();
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
