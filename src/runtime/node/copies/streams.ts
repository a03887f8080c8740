/**
 * How far one destination is with each log: one small record a tenant, taken in turn.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { LogStore } from "../../../log/store.ts";

export interface Stream {
  readonly tenant: TenantId;
  readonly origin: string;
  /** The destination has everything up to here. */
  confirmed: number;
  /** Sent on this connection. */
  sent: number;
  /** Sizes of the newest head sent, and confirmed. 0 after a start: the newest is sent again. */
  headSent: number;
  headConfirmed: number;
  /** A new head is looked for no sooner. */
  headAt: EpochMs;
  /** Of this log alone: its parcels were refused. */
  failures: number;
  nextAt: EpochMs;
}

export interface Streams {
  all(): Iterable<Stream>;
  /** The next one that is due, after the one before it. */
  next(isDue: (stream: Stream) => boolean): Stream | undefined;
  /** Back to what is confirmed. */
  rewind(): void;
}

export interface StreamsOptions {
  readonly log: Pick<LogStore, "origin" | "prunedTo" | "size" | "tenants">;
  readonly startFrom: (origin: string) => number;
  /** Undefined: all. */
  readonly tenants: readonly TenantId[] | undefined;
}

export function streamsOf({ log, startFrom, tenants }: StreamsOptions): Streams {
  const wanted = tenants === undefined ? undefined : new Set(tenants);
  /** As many as there are logs. */
  const streams = new Map<TenantId, Stream>();
  let order: Stream[] = [];
  let last = -1;
  let seenCount = 0;

  function grown(): void {
    const known = log.tenants();
    if (known.length === seenCount) return;
    seenCount = known.length;
    for (const tenant of known) {
      if (streams.has(tenant) || wanted?.has(tenant) === false) continue;
      streams.set(tenant, begun(tenant));
    }
    order = [...streams.values()];
  }

  function begun(tenant: TenantId): Stream {
    const origin = log.origin(tenant);
    const kept = startFrom(origin);
    // A position beyond the log is not this log's: all of it is sent, as far as it is still there.
    const confirmed = Math.max(kept > log.size(tenant) ? 0 : kept, log.prunedTo(tenant));
    return {
      tenant,
      origin,
      confirmed,
      sent: confirmed,
      headSent: 0,
      headConfirmed: 0,
      headAt: 0,
      failures: 0,
      nextAt: 0,
    };
  }

  return {
    all() {
      grown();
      return order;
    },
    next(isDue) {
      grown();
      for (let step = 1; step <= order.length; step += 1) {
        const at = (last + step) % order.length;
        const stream = order[at];
        if (stream === undefined || !isDue(stream)) continue;
        last = at;
        return stream;
      }
      return undefined;
    },
    rewind() {
      for (const stream of order) {
        stream.sent = stream.confirmed;
        stream.headSent = stream.headConfirmed;
      }
    },
  };
}
