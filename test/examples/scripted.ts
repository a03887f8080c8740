/** A service that answers as a test wants it to, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** `cut` breaks the connection. Text is sent as it is. */
export interface Said {
  readonly status: number;
  readonly body?: unknown;
  readonly retryAfter?: number;
}
export type Step = Said | "cut";

export interface Heard {
  readonly what: "pause" | "renew" | "resume";
  readonly at: number;
  readonly path: string;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Scripted {
  readonly url: string;
  readonly heard: readonly Heard[];
  close(): Promise<void>;
}

/** Each kind of request takes its next step; the last one stays. */
export async function scripted(
  steps: Readonly<Record<Heard["what"], readonly Step[]>>,
): Promise<Scripted> {
  const heard: Heard[] = [];
  const left = { pause: [...steps.pause], renew: [...steps.renew], resume: [...steps.resume] };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      const what = path.endsWith("/pause") ? "pause" : path.endsWith("/renew") ? "renew" : "resume";
      heard.push({
        what,
        at: Date.now(),
        path,
        key: request.headers.authorization ?? "",
        body: JSON.parse(Buffer.concat(chunks).toString() || "{}") as Record<string, unknown>,
      });
      const mine = left[what];
      const step = mine.length > 1 ? mine.shift() : mine[0];
      if (step === undefined || step === "cut") return void request.socket.destroy();
      const text = typeof step.body === "string" ? step.body : JSON.stringify(step.body ?? {});
      response.writeHead(step.status, {
        "content-type": "application/json",
        ...(step.retryAfter === undefined ? {} : { "retry-after": String(step.retryAfter) }),
      });
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const SAFE: Said = { status: 200, body: { safeToCollect: true, collectForMs: 60_000 } };
export const OVER: Said = { status: 200, body: { safeToCollect: false, protection: "recording" } };
