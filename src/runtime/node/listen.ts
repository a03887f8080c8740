/**
 * One listener on Node: HTTP or TLS, bounded headers and times, and a close that waits.
 *
 * @module
 */
import { createServer as createPlain } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { createServer as createTls } from "node:https";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Sockets } from "./socket.ts";
import { answerUnreadable } from "./unreadable.ts";

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
}

export interface Listening {
  /** Such as `http://127.0.0.1:8443`; a host of all addresses is told as loopback. */
  readonly url: string;
  readonly port: number;
  /** Takes no more, waits at most `waitMs` for what is being answered, then cuts. */
  close(waitMs: number): Promise<void>;
}

const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 60_000;
const KEEP_ALIVE_MS = 60_000;

/** Rejects where the port is taken or the certificate cannot be read. */
export function listen(options: ListenOptions): Promise<Listening> {
  const { connectionCountMax, host, port, tls } = options.listen;
  const limits = {
    maxHeaderSize: options.headerBytesMax,
    headersTimeout: HEADERS_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const secure = tls === undefined ? {} : { ...tlsOptions(tls), minVersion: "TLSv1.2" as const };
  return new Promise((resolve, reject) => {
    const server = serve({
      hostname: host,
      port,
      createServer: tls === undefined ? createPlain : createTls,
      serverOptions: { ...limits, ...secure },
      fetch(request, env) {
        const { incoming } = env as unknown as { incoming?: IncomingMessage };
        options.note(request, incoming?.socket.remoteAddress);
        return options.fetch(request, env);
      },
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
