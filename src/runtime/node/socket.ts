/**
 * WebSockets on Node: `ws` behind the app's own `GET /v1/events`, so that a socket is let in by
 * the same code as every other request.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { upgradeWebSocket, type WebSocketServerLike } from "@hono/node-server";
import { Context } from "hono";
import { WebSocket, WebSocketServer } from "ws";
import type { Connection } from "../../events/connection.ts";
import { MESSAGE_BYTES_MAX, SUBPROTOCOL } from "../../events/protocol.ts";
import type { Upgrade } from "../../http/events.ts";
import { transportOf } from "./transport.ts";

type Fetch = (request: Request, env: Env) => Response | Promise<Response>;
/** What the server hands to `fetch` beside the request; only its upgrade reads it. */
type Env = Readonly<Record<string | symbol, unknown>>;

export interface Sockets {
  /** For `serve({ websocket: { server } })`. */
  readonly server: WebSocketServerLike;
  /** For `serve({ fetch })`: the app's own, which `upgrade` must be able to trace requests to. */
  fetch(app: Fetch): (request: Request, env: unknown) => Response | Promise<Response>;
  readonly upgrade: Upgrade;
  /** Whether this request came so that its connection can leave HTTP, and does not only say so. */
  readonly canUpgrade: (request: Request) => boolean;
  /** Sockets that stand, for metrics. */
  count(): number;
  /** Waits for closing handshakes, at most `waitMs`, then cuts what is left. */
  stop(waitMs: number): Promise<void>;
}

/** Pieces of one message: no client has a use for more. */
export const FRAGMENT_COUNT_MAX = 256;

export function createSockets(): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    maxFragments: FRAGMENT_COUNT_MAX,
    // A few hundred bytes a message: compressing them costs more memory than it saves.
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const environments = new WeakMap<Request, Env>();

  const upgrade: Upgrade = async (request, open) => {
    const env = environments.get(request);
    let connection: Connection | undefined;
    const context = new Context(request, { env: env ?? {} });
    const answer = await upgradeWebSocket(context, {
      onOpen(_event, socket) {
        const wire = wireOf(env);
        if (!(socket.raw instanceof WebSocket) || wire === undefined) return socket.close(1011);
        const transport = transportOf(socket.raw, wire, () => connection?.drained());
        connection = open(transport);
        socket.raw.on("pong", () => connection?.alive());
      },
      onMessage({ data }) {
        // Not JSON either, and counted as such.
        connection?.receive(typeof data === "string" ? data : "");
      },
      onClose() {
        connection?.closed();
      },
      // `ws` closes the socket by itself; a message too large is 1009.
      onError() {},
    });
    return answer;
  };

  return {
    // The two packages differ only in whether an option may be `undefined`.
    server: server as unknown as WebSocketServerLike,
    fetch: (app) => (request, env) => {
      if (isEnv(env)) {
        if (request.headers.has("upgrade")) environments.set(request, env);
        return app(request, env);
      }
      return app(request, {});
    },
    upgrade,
    canUpgrade: (request) => {
      const env = environments.get(request);
      return env !== undefined && env["outgoing"] === undefined;
    },
    count: () => server.clients.size,
    async stop(waitMs) {
      const closed = [...server.clients].map(
        (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
      );
      const { promise: time, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, waitMs);
      await Promise.race([Promise.all(closed), time]);
      clearTimeout(timer);
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

const isEnv = (env: unknown): env is Env => typeof env === "object" && env !== null;

/** The connection beneath an upgraded request. */
const wireOf = (env: Env | undefined): Duplex | undefined =>
  (env?.["incoming"] as IncomingMessage | undefined)?.socket;
