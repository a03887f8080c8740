/**
 * Simulated payment systems: what they ask reaches the service late, twice, out of order or not at
 * all, and every answer they get is kept for the judge.
 */
import type { Actor, TapSpec } from "../../src/control/call.ts";
import type { CallCommand, CallView, Executed } from "../../src/control/calls.ts";
import { pauseAnswerOf } from "../../src/http/answer.ts";
import type { World } from "./world.ts";

/** An answer that says something may be collected, or may not. */
export interface Answer {
  readonly tenant: string;
  readonly callId: string;
  readonly windowId: string;
  readonly by: Actor;
  /** When the caller sent its request. */
  readonly askedAt: number;
  readonly safe: boolean;
  readonly collectForMs: number;
  readonly view: CallView;
}

/** What the service said was done. */
export interface Acknowledged {
  readonly tenant: string;
  readonly callId: string;
  readonly command: CallCommand;
  readonly view: CallView;
}

export interface Callers {
  onAnswer: (answer: Answer) => void;
  onDone: (done: Acknowledged) => void;
  /** Requests that reached a process that still lives, and have had no answer for this long. */
  unanswered(ms: number): number;
  /** `copies` arrive, each in its own time. */
  pause(asked: Asked & { taps: readonly TapSpec[]; leaseMs: number; agentId?: string }): void;
  resume(asked: Asked): void;
  renew(asked: Asked & { leaseMs: number }): void;
  tell(tenant: string, callId: string, command: CallCommand, arrivesInMs?: number): void;
}

export interface Asked {
  readonly tenant: string;
  readonly callId: string;
  readonly windowId: string;
  readonly by: Actor;
  /** When each copy of the request arrives; one for most. */
  readonly arrivesInMs: readonly number[];
  readonly waitMs?: number;
}

export function newCallers(w: World, whenLogFails: "refuse" | "protect"): Callers {
  const open = new Set<{ life: { alive: boolean }; since: number }>();
  /** Ends of leases that a page asks at. */
  const ends = new Set<string>();

  /** Runs in the process that the request reaches; when that ends, nobody is answered. */
  function reach(inMs: number, run: () => Promise<void>): void {
    w.clock.after(inMs, () => {
      const life = w.process;
      if (!life.alive) return;
      const request = { life, since: w.clock.now() };
      open.add(request);
      void run().finally(() => open.delete(request));
    });
  }

  async function execute(tenant: string, callId: string, command: CallCommand): Promise<Executed> {
    const executed = await w.keeper.execute(tenant, callId, command);
    if (executed.kind === "done") callers.onDone({ tenant, callId, command, view: executed.view });
    return executed;
  }

  function answer(asked: Asked, askedAt: number, view: CallView, by: Actor): void {
    const said = pauseAnswerOf(view, asked.windowId, by, whenLogFails, w.log.origin(asked.tenant));
    callers.onAnswer({
      ...asked,
      askedAt,
      view,
      safe: said.safeToCollect,
      collectForMs: said.collectForMs,
    });
    if (said.safeToCollect && said.expiresAt !== undefined) askAtTheEnd(asked, said.expiresAt, by);
  }

  /** A page that has nothing else to go by asks at the very millisecond its lease ends. */
  function askAtTheEnd(asked: Asked, expiresAt: number, by: Actor): void {
    const { callId, tenant, windowId } = asked;
    const name = `${tenant} ${windowId} ${expiresAt}`;
    if (ends.has(name)) return;
    ends.add(name);
    reach(expiresAt - w.now(), async () => {
      const askedAt = w.clock.now();
      const view = await w.keeper.read(tenant, callId);
      if (view !== undefined) answer(asked, askedAt, view, by);
    });
  }

  const callers: Callers = {
    onAnswer: () => {},
    onDone: () => {},
    unanswered: (ms) =>
      [...open].filter((one) => one.life.alive && w.clock.now() - one.since > ms).length,
    pause(asked) {
      const { agentId, arrivesInMs, by, callId, leaseMs, taps, tenant, windowId } = asked;
      const askedAt = w.clock.now();
      const agent = agentId === undefined ? {} : { agentId };
      for (const inMs of arrivesInMs) {
        reach(inMs, async () => {
          const holder = await w.keeper.callOfWindow(tenant, windowId);
          if (holder !== undefined && holder !== callId) return;
          const executed = await execute(tenant, callId, {
            type: "OpenWindow",
            by,
            windowId,
            leaseMs,
            taps,
            ...agent,
          });
          if (executed.kind === "log_failed" && whenLogFails === "refuse") return;
          if (executed.kind !== "done" && executed.kind !== "log_failed") return;
          await w.keeper.waitSecured(tenant, callId, windowId, asked.waitMs ?? 3_000);
          const view = await w.keeper.read(tenant, callId);
          if (view !== undefined) answer(asked, askedAt, view, by);
        });
      }
    },
    renew(asked) {
      const { arrivesInMs, by, callId, leaseMs, tenant, windowId } = asked;
      const askedAt = w.clock.now();
      for (const inMs of arrivesInMs) {
        reach(inMs, async () => {
          const command = { type: "RenewWindow", by, windowId, leaseMs } as const;
          const executed = await execute(tenant, callId, command);
          if (executed.kind !== "done") return;
          await w.keeper.waitSecured(tenant, callId, windowId, asked.waitMs ?? 0);
          const view = await w.keeper.read(tenant, callId);
          if (view !== undefined) answer(asked, askedAt, view, by);
        });
      }
    },
    resume({ arrivesInMs, by, callId, tenant, windowId }) {
      for (const inMs of arrivesInMs) {
        reach(inMs, async () => {
          await execute(tenant, callId, { type: "CloseWindow", by, windowId });
        });
      }
    },
    tell(tenant, callId, command, arrivesInMs = 0) {
      reach(arrivesInMs, async () => {
        await execute(tenant, callId, command);
      });
    },
  };
  return callers;
}
