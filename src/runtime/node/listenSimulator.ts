/**
 * Serves a simulator on loopback, and breaks connections where it says so.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { serve } from "@hono/node-server";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { WebSocketServer } from "ws";
import { cutOf } from "../../sandbox/simulator.ts";
import type { Simulator } from "../../sandbox/simulator.ts";

export interface ListeningSimulator {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** Breaks what is open and stops listening. */
  close(): Promise<void>;
}

/** Port 0 lets the system choose. Rejects where the port is taken. */
export function listenSimulator(
  simulator: Pick<Simulator, "app" | "sockets">,
  port = 0,
): Promise<ListeningSimulator> {
  return new Promise((resolve, reject) => {
    const server = serve({
      hostname: "127.0.0.1",
      port,
      async fetch(request, env) {
        const response = await simulator.app.fetch(request, env);
        if (cutOf(response) === undefined) return response;
        (env as HttpBindings).incoming.socket.destroy();
        return RESPONSE_ALREADY_SENT;
      },
    });
    const sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request: IncomingMessage, wire: Duplex, head: Buffer) => {
      const address = new URL(request.url ?? "/", "http://localhost");
      const talk = simulator.sockets?.(address, request.headers.authorization) ?? 404;
      if (typeof talk === "number") return wire.end(`HTTP/1.1 ${talk} no\r\n\r\n`);
      sockets.handleUpgrade(request, wire, head, (socket) => {
        const { closed, message } = talk({
          send: (text) => socket.send(text),
          cut: () => socket.terminate(),
        });
        socket.on("message", (data: Buffer) => message(data.toString()));
        socket.on("close", closed);
        socket.on("error", () => undefined);
      });
    });
    server.on("error", reject);
    server.on("listening", () => {
      const { port: chosen } = server.address() as AddressInfo;
      resolve({
        origin: `http://127.0.0.1:${chosen}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets.clients) socket.terminate();
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      });
    });
  });
}
