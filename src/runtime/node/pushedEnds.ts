/**
 * What follows when a recorder says by itself that a conversation is over: the call is ended, and
 * its witnesses are asked.
 *
 * A recorder that only testifies may call a leg complete while the caller talks on elsewhere. So an
 * open window is never cut short while another recorder of the call still has the conversation:
 * then the silence lasts until that one has lost it too, or the window's own lease ends. Nor does a
 * target that the call moved away from end it, or one of several before the last of them.
 *
 * @module
 */
import type { Actor, CallId, CallState, RecorderId, Tap, TenantId } from "../../control/call.ts";
import type { Calls } from "../../control/calls.ts";
import type { Clock, PushedEnd } from "../../control/ports.ts";
import type { Logger } from "../../http/deps.ts";

/** Between two looks at a call that another recorder still has. */
const LOOK_MS = 2_000;
/** By then every recorder has been read many times: what still has the call will have it longer. */
const LOOK_COUNT_MAX = 15;
/** Calls looked at again at once. Beyond it a call ends by its own means. */
const WAITING_COUNT_MAX = 1_000;
/** Ends that are remembered while another target of the same recorder goes on; the newest. */
const ENDED_COUNT_MAX = 10_000;

export interface PushedEndsOptions {
  readonly calls: Pick<Calls, "callOfTarget" | "execute" | "read">;
  /** The tenants whose routes name this recorder. */
  readonly tenantsOf: (recorderId: RecorderId) => readonly TenantId[];
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
  /** Asks the call's witnesses, soon and without waiting for them. */
  readonly askWitnesses: (tenant: TenantId, callId: CallId) => void;
}

export interface PushedEnds {
  /** Synchronous; never throws. */
  ended(recorderId: RecorderId, end: PushedEnd): void;
  stop(): void;
}

export function pushedEnds(options: PushedEndsOptions): PushedEnds {
  const { askWitnesses, calls, clock, logger, tenantsOf } = options;
  const waiting = new Map<string, () => void>();
  const overTaps = new Set<string>();
  let stopped = false;

  const tapKey = (tenant: TenantId, callId: CallId, tap: Pick<Tap, "recorderId" | "targetKey">) =>
    JSON.stringify([tenant, callId, tap.recorderId, tap.targetKey]);

  function remember(key: string): void {
    overTaps.delete(key);
    overTaps.add(key);
    const [oldest] = overTaps;
    if (overTaps.size > ENDED_COUNT_MAX && oldest !== undefined) overTaps.delete(oldest);
  }

  /** What the recorder told of is all that the call has of it by now. */
  function isAllOver(
    tenant: TenantId,
    callId: CallId,
    { taps }: CallState,
    id: RecorderId,
  ): boolean {
    const own = Object.values(taps).filter(
      ({ elsewhere, recorderId, role }) =>
        recorderId === id && role === "active" && elsewhere !== true,
    );
    return own.length > 0 && own.every((tap) => overTaps.has(tapKey(tenant, callId, tap)));
  }

  async function look(
    tenant: TenantId,
    callId: CallId,
    recorderId: RecorderId,
    looks: number,
  ): Promise<void> {
    const view = await calls.read(tenant, callId);
    if (stopped || view === undefined || view.state.endingAt !== undefined) return;
    if (!isAllOver(tenant, callId, view.state, recorderId)) return;
    if (!isHeldElsewhere(view.state, recorderId)) {
      const ended = await calls.execute(tenant, callId, { type: "EndCall", by: by(recorderId) });
      if (ended.kind !== "log_failed") return;
    }
    if (looks < LOOK_COUNT_MAX) lookLater(tenant, callId, recorderId, looks + 1);
  }

  function start(tenant: TenantId, callId: CallId, recorderId: RecorderId, looks: number): void {
    look(tenant, callId, recorderId, looks).catch((error: unknown) => {
      logger.error({ recorderId, err: error }, "a call that a recorder says is over was not ended");
    });
  }

  function lookLater(
    tenant: TenantId,
    callId: CallId,
    recorderId: RecorderId,
    looks: number,
  ): void {
    const key = JSON.stringify([tenant, callId]);
    if (stopped || waiting.has(key) || waiting.size >= WAITING_COUNT_MAX) return;
    const cancel = clock.after(LOOK_MS, () => {
      waiting.delete(key);
      start(tenant, callId, recorderId, looks);
    });
    waiting.set(key, cancel);
  }

  return {
    ended(recorderId, { isThisCall, targetKey }) {
      if (stopped) return;
      for (const tenant of tenantsOf(recorderId)) {
        const callId = calls.callOfTarget(tenant, recorderId, targetKey);
        if (callId === undefined) continue;
        askWitnesses(tenant, callId);
        if (!isThisCall) continue;
        remember(tapKey(tenant, callId, { recorderId, targetKey }));
        start(tenant, callId, recorderId, 0);
      }
    },
    stop() {
      stopped = true;
      for (const cancel of waiting.values()) cancel();
      waiting.clear();
      overTaps.clear();
    },
  };
}

const by = (recorderId: RecorderId): Actor => ({
  id: `recorder:${recorderId}`,
  kind: "system",
  owner: "tacet",
});

/** A window is open, and a recorder that can be silenced was last seen with this conversation. */
function isHeldElsewhere(state: CallState, recorderId: RecorderId): boolean {
  if (!Object.values(state.windows).some((window) => window.state !== "closed")) return false;
  return Object.values(state.taps).some(
    (tap) =>
      tap.recorderId !== recorderId &&
      tap.control !== "none" &&
      tap.elsewhere !== true &&
      tap.status !== "absent",
  );
}
