/**
 * A recorder that does as little as one can: AnywhereNow's wire on bare `node:http`, so that what is
 * measured is what stands in front of it. Its arguments: after how many ms it answers, one for each
 * port it listens on.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const STARTED = 1;
/** RecordingState of conversations that were told something; all others are being recorded. */
const states = new Map<string, number>();

function listen(delayMs: number): Promise<string> {
  const server = createServer((request, response) => {
    const later = (id: string, ucc: string) => {
      if (delayMs === 0) answer(response, id, ucc);
      else setTimeout(answer, delayMs, response, id, ucc);
    };
    if (request.method === "GET") {
      const parts = (request.url ?? "").split("/");
      return later(parts.at(-1) ?? "", parts.at(-2) ?? "");
    }
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => obey(request, response, body, later));
  });
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

function obey(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  later: (id: string, ucc: string) => void,
): void {
  // A call that has ended is told of by the bench itself, so that a long run needs no more memory.
  if (request.url === "/forget") {
    for (const id of JSON.parse(body) as string[]) states.delete(id);
    response.end();
    return;
  }
  const order = JSON.parse(body) as { Action: number; CorrelationId: string; UCCName: string };
  states.set(order.CorrelationId, order.Action);
  later(order.CorrelationId, order.UCCName);
}

function answer(response: ServerResponse, id: string, ucc: string): void {
  const text = JSON.stringify({
    CorrelationId: id,
    RecordingState: states.get(id) ?? STARTED,
    MarkingState: 0,
    SavingState: 1,
    ErrorMessage: null,
    UCCName: ucc,
  });
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

const delays = process.argv.slice(2).map(Number);
process.send?.({ urls: await Promise.all(delays.map(listen)) });
process.once("disconnect", () => process.exit());
