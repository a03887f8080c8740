/**
 * How far one destination is with each log: one small record a tenant, and one for each log of it
 * that a restore put aside, taken in turn.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { CopiedLog } from "./kept.ts";

export interface Stream {
  readonly log: CopiedLog;
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
  readonly log: CopiedLog;
  /** Logs that were put aside; they may become known later. */
  readonly kept: () => readonly CopiedLog[];
  readonly startFrom: (origin: string) => number;
  /** Undefined: all. */
  readonly tenants: readonly TenantId[] | undefined;
}

export function streamsOf({ kept, log, startFrom, tenants }: StreamsOptions): Streams {
  const wanted = tenants === undefined ? undefined : new Set(tenants);
  /** As many as there are logs, by origin. */
  const streams = new Map<string, Stream>();
  let order: Stream[] = [];
  let last = -1;
  let seenCount = 0;

  function grown(): void {
    const known = [log, ...kept()].flatMap((one) =>
      one.tenants().map((tenant) => ({ one, tenant })),
    );
    if (known.length === seenCount) return;
    seenCount = known.length;
    for (const { one, tenant } of known) {
      const origin = one.origin(tenant);
      if (streams.has(origin) || wanted?.has(tenant) === false) continue;
      streams.set(origin, begun(one, tenant, origin));
    }
    order = [...streams.values()];
  }

  function begun(one: CopiedLog, tenant: TenantId, origin: string): Stream {
    const position = startFrom(origin);
    const size = one.size(tenant);
    // A position beyond the log is not this log's: all of it is sent, as far as it is still there.
    // One that was put aside may have lost its end, which the destination has.
    const beyond = one === log ? 0 : size;
    const confirmed = Math.max(position > size ? beyond : position, one.prunedTo(tenant));
    return {
      log: one,
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
