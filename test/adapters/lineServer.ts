/** Serves a simulated AMI on loopback, plain or over TLS. */
import { type AddressInfo, createServer as createTcp, type Socket } from "node:net";
import { createServer as createTls } from "node:tls";
import type { AmiSimulator } from "../../src/sandbox/asterisk/ami.ts";

export interface LineServer {
  readonly port: number;
  /** Connections so far. */
  madeCount(): number;
  close(): Promise<void>;
}

export function serveLines(
  simulator: Pick<AmiSimulator, "connection">,
  tls?: { readonly cert: string; readonly key: string },
): Promise<LineServer> {
  const sockets = new Set<Socket>();
  let madeCount = 0;
  const talk = (socket: Socket): void => {
    madeCount += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    const { closed, message } = simulator.connection({
      send: (text) => void socket.write(text),
      cut: () => socket.destroy(),
    });
    socket.on("data", (data) => message(data.toString()));
    socket.on("close", () => {
      sockets.delete(socket);
      closed();
    });
  };
  const server = tls === undefined ? createTcp(talk) : createTls(tls, talk);
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1", () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        madeCount: () => madeCount,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of sockets) socket.destroy();
          }),
      }),
    );
  });
}
