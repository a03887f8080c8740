/**
 * The one call an indicator shows, out of what the event stream tells: which it is, what is known of
 * it, and when nothing is known any more.
 *
 * @module
 */
import type { Host } from "./host.ts";
import { connect, type CallMessage, type Stream } from "./stream.ts";

export interface FollowOptions {
  readonly url: string;
  /** This call, or the newest of this agent's. */
  readonly callId?: string;
  readonly agentId?: string;
  readonly getTicket: () => Promise<string>;
  readonly show: (shown: Shown) => void;
}

/** `unknown`: nobody can say now. `idle`: there is no such call. */
export type Shown =
  | { readonly kind: "unknown" }
  | { readonly kind: "idle" }
  | { readonly kind: "call"; readonly call: CallMessage };

export interface Followed extends Stream {
  /** How far tacet's clock is ahead of this machine's: leases end by it. */
  aheadMs(): number;
}

/** Calls kept at once: an agent's own. */
const CALL_COUNT_MAX = 100;

export function follow(options: FollowOptions, host: Host): Followed {
  const { agentId, callId, show } = options;
  const calls = new Map<string, CallMessage>();
  let known = false;
  let aheadMs = 0;
  const filter =
    callId === undefined ? { agents: agentId === undefined ? [] : [agentId] } : { calls: [callId] };

  function current(): CallMessage | undefined {
    // One that is inside a window goes before any that is not.
    const rank = (call: CallMessage) => Number(call.windows.length > 0) * 2 ** 52 + call.position;
    return [...calls.values()].sort((a, b) => rank(b) - rank(a))[0];
  }

  function tell(): void {
    const call = current();
    if (!known) show({ kind: "unknown" });
    else show(call === undefined ? { kind: "idle" } : { kind: "call", call });
  }

  const stream = connect(
    {
      url: options.url,
      filter,
      getTicket: options.getTicket,
      onTime(at) {
        aheadMs = at - host.moment().wall;
      },
      onCall(call) {
        // What has happened already is no later than now.
        aheadMs = Math.max(aheadMs, call.at - host.moment().wall);
        calls.delete(call.callId);
        if (call.protection !== "ended" || callId !== undefined) calls.set(call.callId, call);
        for (const [first] of calls) if (calls.size > CALL_COUNT_MAX) calls.delete(first);
        tell();
      },
      onGone(gone) {
        calls.delete(gone);
        tell();
      },
      onFresh() {
        calls.clear();
        known = true;
        tell();
      },
      onBack() {
        known = true;
        tell();
      },
      onLost() {
        known = false;
        tell();
      },
    },
    host,
  );
  tell();
  return { ...stream, aheadMs: () => aheadMs };
}
