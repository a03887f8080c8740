/**
 * Serves a simulator on loopback, and breaks connections where it says so.
 *
 * @module
 */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
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
  simulator: Pick<Simulator, "app">,
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
    server.on("error", reject);
    server.on("listening", () => {
      const { port: chosen } = server.address() as AddressInfo;
      resolve({
        origin: `http://127.0.0.1:${chosen}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      });
    });
  });
}
