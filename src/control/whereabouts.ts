/**
 * Which call a window or a target belongs to, of the calls kept in memory.
 *
 * @module
 */
import type { CallId, RecorderId, TenantId, WindowId } from "./call.ts";
import type { CallChange } from "./ports.ts";

type Known = Pick<CallChange, "tenant" | "callId" | "state">;

export const key = (...parts: readonly string[]): string => parts.join("\n");

export class Whereabouts {
  readonly #windows = new Map<string, CallId>();
  readonly #targets = new Map<string, CallId>();
  readonly #targetsOf = new Map<string, ReadonlySet<string>>();

  callOfWindow(tenant: TenantId, windowId: WindowId): CallId | undefined {
    return this.#windows.get(key(tenant, windowId));
  }

  callOfTarget(tenant: TenantId, recorderId: RecorderId, targetKey: string): CallId | undefined {
    return this.#targets.get(key(tenant, recorderId, targetKey));
  }

  /** An ended call has no targets; one it moved away from is its own no longer. */
  keep({ tenant, callId, state }: Known, windowIds = Object.keys(state.windows)): void {
    for (const windowId of windowIds) this.#windows.set(key(tenant, windowId), callId);
    const callKey = key(tenant, callId);
    const taps = state.endedAt === undefined ? Object.values(state.taps) : [];
    const now = new Set(taps.map((tap) => key(tenant, tap.recorderId, tap.targetKey)));
    for (const target of this.#targetsOf.get(callKey) ?? []) {
      if (!now.has(target) && this.#targets.get(target) === callId) this.#targets.delete(target);
    }
    for (const target of now) this.#targets.set(target, callId);
    if (now.size > 0) this.#targetsOf.set(callKey, now);
    else this.#targetsOf.delete(callKey);
  }

  forget(known: Known): void {
    this.keep({ ...known, state: { ...known.state, taps: {} } });
    for (const windowId of Object.keys(known.state.windows)) {
      this.#windows.delete(key(known.tenant, windowId));
    }
  }
}
