/**
 * Entries of the system log that nobody waits for: kept in order and tried again while the log
 * cannot be written.
 *
 * @module
 */
import { type Json, SYSTEM } from "../../control/call.ts";
import type { Clock } from "../../control/ports.ts";
import type { EntryDraft } from "../../log/entry.ts";
import { type LogStore, SYSTEM_TENANT } from "../../log/store.ts";

/** Facts that wait for the log. Beyond it the oldest are left out; the metrics counted them. */
const WAITING_COUNT_MAX = 1_000;
const RETRY_MS = 2_000;

export interface SystemFact {
  readonly type: string;
  readonly at: number;
  readonly component: string;
  readonly outcome: "success" | "failure";
  readonly recorderId?: string;
  readonly reason?: string;
  readonly detail: { readonly [name: string]: Json };
}

export interface EnterLater {
  /** Synchronous; never throws. */
  enter(fact: SystemFact): void;
  /** Tries what waits once more, and then no more. */
  stop(): Promise<void>;
}

export function enterLater(log: Pick<LogStore, "enter">, clock: Clock): EnterLater {
  let waiting: EntryDraft[] = [];
  let running: Promise<void> | undefined;
  let cancel: (() => void) | undefined;
  let stopped = false;

  /** One at a time, so that none is lost or entered twice when the next one fails. */
  async function drain(): Promise<void> {
    for (let [first] = waiting; first !== undefined; [first] = waiting) {
      const entered = await log.enter([first]);
      if (entered.kind === "failed") {
        if (!stopped) cancel = clock.after(RETRY_MS, start);
        return;
      }
      waiting = waiting.filter((one) => one !== first);
    }
  }

  function start(): void {
    cancel?.();
    cancel = undefined;
    running ??= drain().finally(() => {
      running = undefined;
    });
  }

  return {
    enter(fact) {
      waiting.push(draftOf(fact));
      if (waiting.length > WAITING_COUNT_MAX) waiting = waiting.slice(-WAITING_COUNT_MAX);
      if (cancel === undefined) start();
    },
    async stop() {
      stopped = true;
      await running;
      cancel?.();
      if (waiting.length > 0) await drain();
    },
  };
}

function draftOf({ component, type, at, outcome, recorderId, reason, detail }: SystemFact) {
  return {
    at,
    tenant: SYSTEM_TENANT,
    type,
    ...(recorderId === undefined ? {} : { recorderId }),
    actor: { id: SYSTEM.id, kind: SYSTEM.kind },
    origin: { component },
    outcome,
    ...(reason === undefined ? {} : { reason }),
    detail,
  } satisfies EntryDraft;
}
