/**
 * What one call does while the log cannot be written: it keeps the facts that wait, spools them
 * where a later start finds them, and tries again, backing off, until they are durable.
 *
 * @module
 */
import type { CallId, CallState, TenantId } from "./call.ts";
import type { CallEvent } from "./events.ts";
import { fold } from "./evolve.ts";
import type { Clock, ControlLog, LoadedCall } from "./ports.ts";
import { rebased } from "./rebase.ts";

const RETRY_MS_MAX = 30_000;
/** Facts that wait in memory for one call. Beyond it recorders' troubles are left out first. */
export const WAITING_COUNT_MAX = 1_000;

export interface OutageDeps {
  readonly clock: Clock;
  readonly log: ControlLog;
  readonly tenant: TenantId;
  readonly callId: CallId;
  /** What was durable before. */
  readonly durable: LoadedCall;
  readonly events: readonly CallEvent[];
  readonly retryMs: number;
  /** What the log holds of this call is not known: `durable` is a call that nobody knows. */
  readonly isBlind: boolean;
  /** Pages may have been told to collect although nothing was durable. */
  readonly promised: boolean;
  /** Everything that waited is durable now; `written` is what became durable since. */
  readonly written: (loaded: LoadedCall, written: readonly CallEvent[]) => void;
}

export class Outage {
  readonly #deps: OutageDeps;
  #waiting: readonly CallEvent[] = [];
  /** The version that what waits follows. */
  #from: number;
  #isBlind: boolean;
  #state: CallState;
  #retryMs: number;
  #cancel: (() => void) | undefined;
  #over = false;

  constructor(deps: OutageDeps) {
    this.#deps = deps;
    this.#state = deps.durable.state;
    this.#from = deps.durable.state.version;
    this.#isBlind = deps.isBlind;
    this.#retryMs = deps.retryMs;
    this.add(deps.events);
    this.#schedule();
  }

  /** What the call would be if what waits were durable. */
  get state(): CallState {
    return this.#state;
  }

  add(events: readonly CallEvent[]): void {
    const full = this.#waiting.length >= WAITING_COUNT_MAX;
    const kept = full ? events.filter((event) => event.type !== "RecorderFailed") : events;
    if (kept.length === 0) return;
    const { callId, log, tenant } = this.#deps;
    void log.spool(tenant, callId, this.#state.version, kept);
    this.#waiting = [...this.#waiting, ...kept];
    this.#state = fold(kept, this.#state);
  }

  stop(): void {
    this.#over = true;
    this.#cancel?.();
  }

  #schedule(): void {
    const ms = this.#retryMs;
    this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
    this.#cancel = this.#deps.clock.after(ms, () => void this.#retry());
  }

  /** Nothing of this call was written before: whatever the log holds, what waits comes after it. */
  #rebase(held: CallState): void {
    this.#isBlind = false;
    if (held.version === 0) return;
    this.#waiting = rebased(this.#waiting, held, this.#deps.promised);
    this.#from = held.version;
    this.#state = fold(this.#waiting, held);
  }

  /** A failed append may be there after all: what the log holds decides what is still to write. */
  async #retry(): Promise<void> {
    const { callId, log, tenant } = this.#deps;
    try {
      const loaded = await log.load(tenant, callId);
      if (this.#isBlind) this.#rebase(loaded.state);
      const present = loaded.state.version - this.#from;
      const waiting = this.#waiting.slice(present);
      const positions =
        waiting.length === 0
          ? [loaded.position]
          : await appended(log.append(tenant, callId, loaded.state.version, waiting));
      if (positions === undefined || this.#over) return this.#over ? undefined : this.#schedule();
      // More may have come to wait while this was being written.
      const written = this.#waiting.slice(0, present + waiting.length);
      if (written.length < this.#waiting.length) return this.#schedule();
      this.#over = true;
      this.#deps.written(
        { state: this.#state, position: positions.at(-1) ?? loaded.position },
        written,
      );
    } catch {
      if (!this.#over) this.#schedule();
    }
  }
}

async function appended(
  result: ReturnType<ControlLog["append"]>,
): Promise<readonly number[] | undefined> {
  const { kind, ...rest } = await result;
  return kind === "appended" && "positions" in rest ? rest.positions : undefined;
}
