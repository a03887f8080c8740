/** Somebody's alert receiver: a real HTTP server that believes nothing whose signature does not fit. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { until } from "./client.ts";

export const webhookSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

export interface Received {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  /** Everything that was sent and taken, repeats too. */
  readonly got: Received[];
  /** Requests of any kind, by path. */
  readonly heard: string[];
  /** How it answers from now on. */
  answer: (response: ServerResponse) => void;
  /** The one message that fits; waits for it. */
  message(fits: (one: Received) => boolean): Promise<Received>;
  down(): Promise<void>;
  /** On the same port. */
  up(): Promise<void>;
}

const servers = new Set<Server>();

/** Verifies with the secret alone, by the package that receivers use. */
export async function receiver(secret: string): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const got: Received[] = [];
  const heard: string[] = [];
  let server: Server | undefined;
  const listen = (port: number) =>
    new Promise<number>((resolve) => {
      server = createServer((request, response) => void take(request, response));
      servers.add(server);
      server.listen(port, "127.0.0.1", () =>
        resolve((server?.address() as AddressInfo | undefined)?.port ?? 0),
      );
    });
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    heard.push(request.url ?? "");
    try {
      const headers = request.headers as Record<string, string>;
      const { data, timestamp, type } = webhook.verify(body, headers) as Omit<Received, "id">;
      got.push({ id: headers["webhook-id"] ?? "", type, timestamp, data, body });
    } catch {
      response.writeHead(401).end();
      return;
    }
    self.answer(response);
  }
  const port = await listen(0);
  const self: Receiver = {
    url: `http://127.0.0.1:${port}/alerts`,
    got,
    heard,
    answer: (response) => void response.writeHead(204).end(),
    async message(fits) {
      const found = await until(
        () => got.find(fits),
        (one) => one !== undefined,
      );
      return found as Received;
    },
    down: () =>
      new Promise((resolve) => {
        server?.closeAllConnections();
        server?.close(() => resolve());
      }),
    async up() {
      await listen(port);
    },
  };
  return self;
}

export async function closeReceivers(): Promise<void> {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers.clear();
}
