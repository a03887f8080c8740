/**
 * The line port on Node: one standing TCP or TLS connection, made again for as long as somebody
 * listens, with growing pauses where it does not hold.
 *
 * @module
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import type { LineAddress, LineListener, LinePort } from "../../adapters/lines.ts";
import { lineOrigin } from "../../adapters/lines.ts";
import type { Clock } from "../../control/ports.ts";
import { type NodeSendOptions, secureContextOf } from "./send.ts";

const CONNECT_MS_MAX = 5_000;
/** After so long without a word the adapter is told, and after as long again the line is dead. */
const QUIET_MS = 10_000;
const AGAIN_MS_MIN = 1_000;
const AGAIN_MS_MAX = 30_000;
/** A connection that stood this long was a good one: the next pause is a short one. */
const STEADY_MS = 30_000;
/** What waits to be sent to a server that does not read; beyond it the connection is given up. */
export const UNSENT_BYTES_MAX = 262_144;

export interface NodeLinesOptions extends Pick<NodeSendOptions, "origins" | "tls"> {
  readonly clock: Clock;
  readonly quietMs?: number;
}

export type NodeLines = LinePort & {
  /** Ends every connection for good. */
  close(): void;
};

export function nodeLines(options: NodeLinesOptions): NodeLines {
  const known = new Set(options.origins.map((origin) => new URL(origin).origin));
  const ends = new Set<() => void>();
  const contexts = { of: once(() => secureContextOf(options.tls ?? {})) };
  let closed = false;

  const port: LinePort = (address, listener) => {
    if (closed || !known.has(new URL(lineOrigin(address)).origin)) {
      listener.lost(closed ? "tacet is stopping" : "not an address of this recorder");
      return () => undefined;
    }
    const stop = keepUp(address, listener, options, contexts.of);
    const end = (): void => {
      ends.delete(end);
      stop();
    };
    ends.add(end);
    return end;
  };
  return Object.assign(port, {
    close() {
      closed = true;
      for (const end of [...ends]) end();
    },
  });
}

function keepUp(
  address: LineAddress,
  listener: LineListener,
  options: NodeLinesOptions,
  contextOf: () => SecureContext,
): () => void {
  const { clock } = options;
  let stopped = false;
  let failures = 0;
  let socket: Socket | undefined;
  let cancel: (() => void) | undefined;

  const attempt = (): void => {
    let stoodAt = Infinity;
    try {
      socket = dial(address, options, contextOf);
    } catch (error) {
      // Certificates that cannot be read, as it may be found on the first use.
      return again(wordsOf(error));
    }
    follow(socket, clock, options.quietMs ?? QUIET_MS, {
      ...listener,
      connected(line) {
        stoodAt = clock.now();
        listener.connected(line);
      },
      lost(detail) {
        if (stopped) return;
        if (clock.now() - stoodAt >= STEADY_MS) failures = 0;
        again(detail);
      },
    });
  };
  const again = (detail: string): void => {
    listener.lost(detail);
    if (stopped) return;
    // Full jitter: whoever was sent away together does not come back together.
    const spreadMs = Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** Math.min(failures, 10));
    failures += 1;
    cancel = clock.after(clock.random() * spreadMs, attempt);
  };

  attempt();
  return () => {
    stopped = true;
    cancel?.();
    socket?.destroy();
  };
}

function dial(
  { host, port, tls }: LineAddress,
  options: NodeLinesOptions,
  contextOf: () => SecureContext,
): Socket {
  if (!tls) return connectTcp({ host, port });
  const servername = options.tls?.serverName;
  return connectTls({
    host,
    port,
    secureContext: contextOf(),
    ...(servername === undefined ? {} : { servername }),
  });
}

/** One connection from its first attempt to its end: told connected at most once, lost once. */
function follow(socket: Socket, clock: Clock, quietMs: number, listener: LineListener): void {
  let over = false;
  let cancel: (() => void) | undefined;
  const end = (detail: string): void => {
    if (over) return;
    over = true;
    cancel?.();
    socket.destroy();
    listener.lost(detail);
  };
  const heard = (): void => {
    cancel?.();
    cancel = clock.after(quietMs, () => {
      cancel = clock.after(quietMs, () => end(`no sign of life for ${2 * quietMs} ms`));
      listener.quiet();
    });
  };
  const text = new TextDecoder();

  cancel = clock.after(CONNECT_MS_MAX, () => end("no connection in time"));
  socket.setNoDelay(true);
  socket.on("encrypted" in socket ? "secureConnect" : "connect", () => {
    if (over) return;
    heard();
    listener.connected({
      say(words) {
        if (over) return;
        socket.write(words);
        if (socket.writableLength > UNSENT_BYTES_MAX) end("it does not read what is sent");
      },
      drop: end,
    });
  });
  socket.on("data", (bytes: Buffer) => {
    if (over) return;
    heard();
    listener.received(text.decode(bytes, { stream: true }));
  });
  socket.on("error", (error) => end(wordsOf(error)));
  socket.on("close", () => end("the other side closed the connection"));
}

/** The code and words of a network error: hosts and ports, nothing that was said. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  const { code } = error as Error & { code?: unknown };
  return (typeof code === "string" ? `${code}: ${error.message}` : error.message).slice(0, 200);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
