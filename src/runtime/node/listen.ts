/**
 * One listener on Node: HTTP or TLS, bounded headers and times, and a close that waits.
 *
 * @module
 */
import { constants } from "node:crypto";
import { createServer as createPlain } from "node:http";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { createServer as createTls } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener, type HttpBindings, serve } from "@hono/node-server";
import type { Sockets } from "./socket.ts";
import { answerUnreadable, unreadable } from "./unreadable.ts";

type FetchCallback = Parameters<typeof getRequestListener>[0];

export interface ListenOptions {
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly tls?:
      | {
          readonly cert?: string;
          readonly key?: string;
          /** PKCS #12, base64. */
          readonly pfx?: string;
          readonly passphrase?: string;
          readonly clientCa?: string;
        }
      | undefined;
    readonly connectionCountMax?: number;
  };
  readonly headerBytesMax: number;
  readonly sandbox: boolean;
  readonly fetch: (request: Request, env: unknown) => Response | Promise<Response>;
  readonly websocket?: { readonly server: Sockets["server"] };
  readonly note: (request: Request, peer: string | undefined) => void;
  readonly times?: Partial<ListenTimes>;
}

/** How long a client may take before its connection is cut. */
export interface ListenTimes {
  /** Until its headers are there, from the first byte or from connecting. */
  readonly headersMs: number;
  /** Until its request is there as a whole. */
  readonly requestMs: number;
  /** Between two requests. */
  readonly keepAliveMs: number;
  /** How often all this is looked at: a slow client has up to that much longer. */
  readonly checkMs: number;
}

export interface Listening {
  /** Such as `http://127.0.0.1:8443`; a host of all addresses is told as loopback. */
  readonly url: string;
  readonly port: number;
  /** Takes no more, waits at most `waitMs` for what is being answered, then cuts. */
  close(waitMs: number): Promise<void>;
}

/** Event streams never take the connections that pauses come by: they are counted beside them. */
export const withStreams = <L extends { readonly connectionCountMax: number }>(config: {
  readonly listen: L;
  readonly events: { readonly socketCountMax: number };
}): L => ({
  ...config.listen,
  connectionCountMax: config.listen.connectionCountMax + config.events.socketCountMax,
});

const TIMES: ListenTimes = {
  headersMs: 10_000,
  requestMs: 60_000,
  keepAliveMs: 60_000,
  checkMs: 5_000,
};

/** Whoever asks for one handshake after another on a connection has the server do most of the work. */
const STRICT = {
  minVersion: "TLSv1.2",
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const;

/** Rejects where the port is taken or the certificate cannot be read. */
export function listen(options: ListenOptions): Promise<Listening> {
  const { connectionCountMax, host, port, tls } = options.listen;
  const times = { ...TIMES, ...options.times };
  const limits = {
    maxHeaderSize: options.headerBytesMax,
    headersTimeout: times.headersMs,
    requestTimeout: times.requestMs,
    keepAliveTimeout: times.keepAliveMs,
    connectionsCheckingInterval: times.checkMs,
    // Told in our own words by `answerUnreadable`, not in none.
    requireHostHeader: false,
    shouldUpgradeCallback: (request: IncomingMessage) =>
      options.websocket !== undefined && asksForSocket(request),
  };
  const fetch: FetchCallback = (request, env) => {
    const { incoming, outgoing } = env as unknown as Partial<HttpBindings>;
    options.note(request, incoming?.socket.remoteAddress);
    const answered = options.fetch(request, env);
    if (incoming === undefined || outgoing !== undefined) return answered;
    return endRefused(answered, incoming.socket);
  };
  // The adapter's own listener has no words for a request that it can make no URL of.
  const answer = getRequestListener(fetch, {
    errorHandler: (error) => unreadable(error, options.sandbox),
  });
  const listener: RequestListener = (request, response) => void answer(request, response);
  const made =
    tls === undefined
      ? createPlain(limits, listener)
      : createTls({ ...limits, ...tlsOptions(tls), ...STRICT }, listener);
  return new Promise((resolve, reject) => {
    const server = serve({
      hostname: host,
      port,
      createServer: (() => made) as typeof createPlain,
      fetch,
      ...(options.websocket === undefined ? {} : { websocket: options.websocket }),
    }) as Server;
    answerUnreadable(server, options.sandbox);
    if (connectionCountMax !== undefined) server.maxConnections = connectionCountMax;
    server.once("error", reject);
    server.once("listening", () => {
      const chosen = (server.address() as AddressInfo).port;
      const name =
        host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
      resolve({
        url: `${tls === undefined ? "http" : "https"}://${name}:${chosen}`,
        port: chosen,
        close: (waitMs) => closed(server, waitMs),
      });
    });
  });
}

/** A host that makes a URL: for another, the adapter would refuse an upgrade without a word. */
const HOST = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/;

/**
 * Whether a connection leaves HTTP here. Any other wish for an upgrade is none: it is answered as
 * the request it also is, because nobody would ever answer it otherwise, nor cut it.
 */
function asksForSocket({ headers, method, url }: IncomingMessage): boolean {
  return (
    method === "GET" &&
    url?.startsWith("/") === true &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    HOST.test(headers.host ?? "") &&
    URL.canParse(`http://${headers.host}${url}`)
  );
}

/** How long a connection whose upgrade was refused may take to go. */
const REFUSED_MS_MAX = 1_000;

/**
 * A connection that was handed over for an upgrade is under no clock of the server's, and nobody
 * reads from it: refused, it would stand for ever, whether or not the client has gone.
 */
async function endRefused(answered: Response | Promise<Response>, socket: Socket) {
  try {
    return await answered;
  } finally {
    // By then the refusal is written; a socket that was upgraded is open.
    setImmediate(() => {
      if (!socket.writableEnded) return;
      const cut = setTimeout(() => socket.destroy(), REFUSED_MS_MAX);
      socket.once("close", () => clearTimeout(cut));
      socket.once("end", () => socket.destroy());
      socket.resume();
    });
  }
}

function tlsOptions(tls: NonNullable<ListenOptions["listen"]["tls"]>) {
  const { cert, clientCa, key, passphrase, pfx } = tls;
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(pfx === undefined ? {} : { pfx: Buffer.from(pfx, "base64") }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(clientCa === undefined
      ? {}
      : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  };
}

function closed(server: Server, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), waitMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
