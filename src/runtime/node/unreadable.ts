/**
 * What a client is told whose bytes never became a request: a problem document like any other, and
 * the end of the connection.
 *
 * @module
 */
import { STATUS_CODES } from "node:http";
import type { Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { RequestError } from "@hono/node-server";
import { type Problem, problemDocument, refuse } from "../../http/problem.ts";

export function answerUnreadable(server: Server, sandbox: boolean): void {
  server.on("checkExpectation", (_request, response: ServerResponse) => {
    const { document } = plain(417);
    response.writeHead(417, { "content-type": "application/problem+json", connection: "close" });
    response.end(JSON.stringify(sandbox ? { ...document, sandbox } : document));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    const hasAnswered = "bytesWritten" in socket && socket.bytesWritten !== 0;
    // In the middle of another answer nothing can be said any more.
    if (error.code === "ECONNRESET" || !socket.writable || hasAnswered) return socket.destroy();
    const { document, status } = refusalOf(error.code);
    const body = JSON.stringify(sandbox ? { ...document, sandbox } : document);
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Bad Request"}`,
      "content-type: application/problem+json",
      `content-length: ${Buffer.byteLength(body)}`,
      "cache-control: no-store",
      "connection: close",
      ...(sandbox ? ["tacet-sandbox: true"] : []),
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
    return undefined;
  });
}

/** The same for a request that was read, but whose address and host make no URL. */
export function unreadable(error: unknown, sandbox: boolean): Response {
  const { document, status } =
    error instanceof RequestError
      ? plain(400)
      : told(500, refuse("internal", "tacet failed at this request; nothing is promised by it."));
  const body = JSON.stringify(sandbox ? { ...document, sandbox } : document);
  return new Response(body, {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      connection: "close",
      ...(sandbox ? { "tacet-sandbox": "true" } : {}),
    },
  });
}

function refusalOf(code: string | undefined): { status: number; document: object } {
  if (code === "HPE_HEADER_OVERFLOW") {
    return told(431, refuse("headers_too_large", "The headers are longer than is allowed."));
  }
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") {
    return told(413, refuse("body_too_large", "The body is larger than is allowed."));
  }
  return plain(code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400);
}

const told = (status: number, problem: Problem) => ({ status, document: problemDocument(problem) });

/** RFC 9457, 4.2.1: nothing more is known than what the status says. */
const plain = (status: number) => ({
  status,
  document: { type: "about:blank", title: STATUS_CODES[status], status },
});
