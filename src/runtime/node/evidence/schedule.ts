/**
 * Which calls are to be looked at when: bounded, a few at once, tried again with longer and longer
 * pauses until they are given up.
 *
 * @module
 */
import type { CallId, EpochMs, TenantId } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";

/** Calls that wait. Beyond it new ones are left to `missed`. */
const WAITING_COUNT_MAX = 20_000;
/** Calls that are asked about at once. */
const RUNNING_COUNT_MAX = 4;
const TICK_MS = 250;

export interface Due {
  readonly tenant: TenantId;
  readonly callId: CallId;
  readonly dueAt: EpochMs;
  /** From here on the time until it is given up counts. */
  readonly firstAt: EpochMs;
  /** A window's end brought it here: another window makes it pointless. */
  readonly ofWindow: boolean;
}

export interface ScheduleOptions {
  readonly clock: Clock;
  readonly retryMsMin: number;
  readonly retryMsMax: number;
  readonly giveUpMs: number;
  /** `again`: tried again, `notBefore` then. Never rejects. */
  readonly run: (due: Due, last: boolean) => Promise<"done" | { readonly notBefore: EpochMs }>;
  /** There was no room for some, and there is now. */
  readonly missed: () => void;
  readonly waitingCountMax?: number;
}

export interface Schedule {
  /** Synchronous and cheap. What is known of the call already is replaced. */
  put(due: Due): void;
  /** Not before a moment; what waits already comes forward. */
  soon(tenant: TenantId, callId: CallId, dueAt: EpochMs): void;
  /** A window of it is open again. */
  dropWindow(tenant: TenantId, callId: CallId): void;
  waitingCount(): number;
  /** Nothing is begun any more; returns once what runs has ended. */
  stop(): Promise<void>;
}

interface Waiting extends Due {
  readonly tries: number;
}

const keyOf = (tenant: TenantId, callId: CallId): string => `${tenant}\n${callId}`;

export function schedule(options: ScheduleOptions): Schedule {
  const { clock, giveUpMs, retryMsMax, retryMsMin } = options;
  const waitingCountMax = options.waitingCountMax ?? WAITING_COUNT_MAX;
  const waiting = new Map<string, Waiting>();
  const running = new Map<string, Promise<void>>();
  let hasMissed = false;
  let stopped = false;
  let cancel: (() => void) | undefined;

  function keep(one: Waiting): void {
    const key = keyOf(one.tenant, one.callId);
    if (waiting.has(key) || waiting.size < waitingCountMax) waiting.set(key, one);
    else hasMissed = true;
    if (!stopped) cancel ??= clock.after(TICK_MS, tick);
  }

  /** Each time twice as long, and spread, so that not all come back at once. */
  function pauseMs(tries: number): number {
    const whole = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(tries, 30));
    return whole * (0.5 + clock.random() / 2);
  }

  async function start(one: Waiting): Promise<void> {
    const last = clock.now() - one.firstAt >= giveUpMs;
    const came = await options.run(one, last);
    // Something else that happened meanwhile has put it here again.
    if (came === "done" || waiting.has(keyOf(one.tenant, one.callId))) return;
    const dueAt = Math.max(clock.now() + pauseMs(one.tries), came.notBefore);
    keep({ ...one, dueAt, tries: one.tries + 1 });
  }

  function begin(key: string, one: Waiting): void {
    waiting.delete(key);
    const ended = start(one).finally(() => running.delete(key));
    running.set(key, ended);
  }

  function tick(): void {
    cancel = undefined;
    const now = clock.now();
    for (const [key, one] of waiting) {
      if (running.size >= RUNNING_COUNT_MAX) break;
      if (one.dueAt <= now && !running.has(key)) begin(key, one);
    }
    if (hasMissed && waiting.size < waitingCountMax / 2) {
      hasMissed = false;
      options.missed();
    }
    if (waiting.size > 0 || hasMissed) cancel ??= clock.after(TICK_MS, tick);
  }

  return {
    put: (due) => keep({ ...due, tries: 0 }),
    soon(tenant, callId, dueAt) {
      const known = waiting.get(keyOf(tenant, callId));
      if (known === undefined) {
        keep({ tenant, callId, dueAt, firstAt: dueAt, ofWindow: false, tries: 0 });
      } else waiting.set(keyOf(tenant, callId), { ...known, dueAt: Math.min(known.dueAt, dueAt) });
    },
    dropWindow(tenant, callId) {
      const key = keyOf(tenant, callId);
      if (waiting.get(key)?.ofWindow === true) waiting.delete(key);
    },
    waitingCount: () => waiting.size,
    async stop() {
      stopped = true;
      cancel?.();
      await Promise.all(running.values());
    },
  };
}
