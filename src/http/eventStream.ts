/**
 * The event stream as server-sent events: the same messages as the WebSocket's, one way, with the
 * filter in the query and `Last-Event-ID` as `since`.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Clock } from "../control/ports.ts";
import { type Filter, filterOf } from "../events/filter.ts";
import type { Hub, Since } from "../events/hub.ts";
import { filterSchema, HZ_MAX } from "../events/parse.ts";
import type { Viewer } from "../events/project.ts";
import type { ServerMessage } from "../events/protocol.ts";
import { reconnectAfterMs } from "../events/reconnect.ts";
import { BUFFERED_BYTES_MAX } from "../events/subscriber.ts";
import type { ProblemError } from "./problem.ts";

const PING_MS = 15_000;
/** A reader that takes nothing for this many pings is let go. */
const STUCK_PINGS_MAX = 4;
/** No browser comes back sooner. */
const RETRY_MS_MIN = 1_000;

export interface StreamAsked {
  readonly filter: Filter;
  readonly since?: Since;
  readonly maxHz?: number;
}

export type ParsedQuery =
  | { readonly ok: true; readonly value: StreamAsked }
  | { readonly ok: false; readonly detail: string; readonly errors: readonly ProblemError[] };

/**
 * `calls` and `agents` may be repeated; `where.NAME=value`; `all=true`; `maxHz`. `ticket` is the
 * credential's. Anything else is refused: a misspelt filter would silently show nothing.
 */
export function parseStreamQuery(request: Request): ParsedQuery {
  const query = new URL(request.url).searchParams;
  const errors: ProblemError[] = [];
  const where: Record<string, string> = {};
  for (const [name, value] of query) {
    if (name.startsWith("where.") && name.length > 6) where[name.slice(6)] = value;
    else if (!["calls", "agents", "all", "maxHz", "ticket"].includes(name)) {
      errors.push({ path: "query", code: "unknown", detail: "there is no such parameter" });
    }
  }
  if (query.has("all") && !["true", "false"].includes(query.get("all") ?? "")) {
    errors.push({ path: "all", code: "invalid", detail: "true or false" });
  }
  const maxHz = query.has("maxHz") ? Number(query.get("maxHz")) : undefined;
  if (maxHz !== undefined && !(maxHz >= 0.1 && maxHz <= HZ_MAX)) {
    errors.push({ path: "maxHz", code: "invalid", detail: `0.1 to ${HZ_MAX}` });
  }
  const parsed = filterSchema.safeParse({
    calls: query.getAll("calls"),
    agents: query.getAll("agents"),
    where,
    all: query.get("all") === "true",
  });
  for (const issue of parsed.error?.issues ?? []) {
    errors.push({ path: String(issue.path[0]), code: issue.code, detail: "does not fit" });
  }
  const filter = filterOf(parsed.data ?? {});
  const names = filter.calls.size + filter.agents.size + Object.keys(filter.where).length;
  if (errors.length === 0 && names === 0 && !filter.all) {
    errors.push({ path: "calls", code: "missing", detail: "or agents, where.NAME, all=true" });
  }
  if (errors.length > 0) {
    return { ok: false, detail: "The filter cannot be read.", errors: errors.slice(0, 10) };
  }
  const since = sinceOf(request.headers.get("last-event-id"));
  return {
    ok: true,
    value: {
      filter,
      ...(since !== undefined && { since }),
      ...(maxHz !== undefined && { maxHz }),
    },
  };
}

/** `epoch#position`. What cannot be read is no `since`: everything is sent. */
function sinceOf(id: string | null): Since | undefined {
  const found = /^(.{1,256})#(\d{1,15})$/.exec(id ?? "");
  if (found?.[1] === undefined) return undefined;
  return { epoch: found[1], position: Number(found[2]) };
}

export interface StreamsOptions {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly sandbox?: boolean;
  readonly pingMs?: number;
  readonly onError?: (error: unknown) => void;
}

/** Whose stream it is. */
interface StreamParty {
  readonly viewer: Viewer;
  readonly expiresAt?: EpochMs;
  /** Calls `over` once whoever opened it has signed out. What is returned calls it off. */
  readonly follow?: (over: () => void) => () => void;
  /** Runs once, when the stream is over. */
  readonly onClosed?: () => void;
}

/** All event streams of one process. */
export interface Streams {
  open(party: StreamParty, asked: StreamAsked): Response;
  count(): number;
  /** Ends every stream; browsers come back by themselves. */
  stop(): void;
}

export function createStreams(options: StreamsOptions): Streams {
  const open = new Set<() => void>();
  return {
    open(party, asked) {
      const body = streamOf(party, asked, options, open);
      return new Response(body, {
        headers: {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store",
          "x-accel-buffering": "no",
        },
      });
    },
    count: () => open.size,
    stop() {
      for (const end of open) end();
    },
  };
}

function streamOf(
  { viewer, expiresAt, follow, onClosed }: StreamParty,
  asked: StreamAsked,
  { hub, clock, sandbox, onError, pingMs = PING_MS }: StreamsOptions,
  open: Set<() => void>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const epoch = hub.epoch(viewer.tenant);
  let end: (() => void) | undefined;
  let drained: (() => void) | undefined;
  const source: UnderlyingDefaultSource<Uint8Array> = {
    start(controller) {
      let ended = false;
      let takenAt = clock.now();
      let cancelBeat: (() => void) | undefined;
      let unfollow: (() => void) | undefined;
      const buffered = () => BUFFERED_BYTES_MAX - (controller.desiredSize ?? 0);
      const write = (text: string): void => {
        if (!ended) controller.enqueue(encoder.encode(text));
      };
      const send = (text: string, type: ServerMessage["type"], position?: number): void => {
        // Each id is where a browser that comes back goes on from.
        const id = position === undefined ? "" : `id: ${epoch}#${position}\n`;
        write(`event: ${type}\n${id}data: ${text}\n\n`);
      };
      const subscription = hub.subscribe(viewer, { send, buffered });
      const finish = (): void => {
        if (ended) return;
        ended = true;
        cancelBeat?.();
        unfollow?.();
        subscription.close();
        open.delete(close);
        onClosed?.();
      };
      const close = (): void => {
        if (ended) return;
        finish();
        controller.close();
      };
      const beat = (): void => {
        const now = clock.now();
        const full = buffered() > BUFFERED_BYTES_MAX;
        if (!full) takenAt = now;
        const expired = expiresAt !== undefined && now >= expiresAt;
        const stuck = now - takenAt > STUCK_PINGS_MAX * pingMs;
        if (expired || stuck || hub.epoch(viewer.tenant) !== epoch) return close();
        const position = subscription.settledAt();
        if (!full) {
          const ping: ServerMessage = {
            type: "ping",
            at: now,
            ...(position !== undefined && { position }),
            reconnectAfterMs: comeBackMs(),
          };
          send(JSON.stringify(ping), "ping", position);
        }
        const leftMs = (expiresAt ?? Infinity) - now;
        cancelBeat = clock.after(Math.min(pingMs, leftMs), beat);
      };

      /** A browser comes back by itself, by the newest `retry`. */
      const comeBackMs = (): number => {
        const afterMs = RETRY_MS_MIN + reconnectAfterMs(open.size, clock);
        write(`retry: ${afterMs}\n\n`);
        return afterMs;
      };
      end = finish;
      drained = () => subscription.drained();
      open.add(close);
      const hello: ServerMessage = {
        type: "hello",
        epoch,
        position: hub.position(viewer.tenant),
        pingMs,
        reconnectAfterMs: comeBackMs(),
        ...(sandbox === true && { sandbox }),
      };
      send(JSON.stringify(hello), "hello");
      cancelBeat = clock.after(Math.min(pingMs, (expiresAt ?? Infinity) - clock.now()), beat);
      subscription.replace(asked.filter, asked.since, asked.maxHz).catch((error: unknown) => {
        onError?.(error);
        close();
      });
      unfollow = follow?.(close);
    },
    pull: () => drained?.(),
    cancel: () => end?.(),
  };
  return new ReadableStream(
    source,
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFERED_BYTES_MAX }),
  );
}
