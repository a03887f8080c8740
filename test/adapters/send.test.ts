/** The Node HTTP port: it knows what left, sends at most once, follows nothing, and is bounded. */
import { createServer } from "node:http";
import type { RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { HttpRequest } from "../../src/adapters/recorder.ts";
import { nodeSend, plainHttpProblem } from "../../src/runtime/node/send.ts";
import type { NodeSendOptions } from "../../src/runtime/node/send.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function serve(listener: RequestListener): Promise<{ origin: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** A server that speaks TCP only: `on` gets each connection. */
async function serveTcp(on: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    on(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function port(options: NodeSendOptions) {
  const send = nodeSend(options);
  closing.push(() => send.close());
  return send;
}

const get = (url: string, headers = {}): HttpRequest => ({ method: "GET", url, headers });
const soon = () => AbortSignal.timeout(10_000);
/** An address where nothing listens: it was just given up. */
async function nobody(): Promise<string> {
  const { origin, server } = await serve(() => {});
  await new Promise((resolve) => server.close(resolve));
  return origin;
}

describe("a reply", () => {
  test("comes whole: status, lower-case headers, body as UTF-8", async () => {
    const { origin } = await serve((request, response) => {
      const heard: Buffer[] = [];
      request.on("data", (chunk: Buffer) => heard.push(chunk));
      request.on("end", () => {
        response.writeHead(201, { "X-Two": ["a", "b"], "Content-Type": "application/json" });
        response.end(`${request.method} ${request.url} ${Buffer.concat(heard).toString()} é`);
      });
    });
    const send = port({ origins: [origin] });
    const request = {
      method: "POST",
      url: `${origin}/a%20b?q=1`,
      headers: {},
      body: "{}",
    } as const;
    const result = await send(request, soon());
    expect(result).toMatchObject({
      kind: "reply",
      reply: {
        status: 201,
        headers: { "x-two": "a, b", "content-type": "application/json" },
        body: "POST /a%20b?q=1 {} é",
      },
    });
  });
  test("that redirects is handed over and not followed", async () => {
    let followed = 0;
    const { origin } = await serve((request, response) => {
      if (request.url === "/elsewhere") followed += 1;
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    const result = await port({ origins: [origin] })(get(`${origin}/`), soon());
    expect(result).toMatchObject({ kind: "reply", reply: { status: 302 } });
    expect(followed).toBe(0);
  });
  test.each([true, false])("beyond its bound is given up (length told: %s)", async (told) => {
    const { origin } = await serve((_request, response) => {
      if (told) response.setHeader("content-length", 2_000);
      response.write("x".repeat(1_500));
      response.end("x".repeat(500));
    });
    const send = port({ origins: [origin], replyBytesMax: 1_000 });
    expect(await send(get(origin), soon())).toMatchObject({ kind: "too_large" });
  });
  test("of exactly its bound is a reply", async () => {
    const { origin } = await serve((_request, response) => response.end("x".repeat(1_000)));
    const send = port({ origins: [origin], replyBytesMax: 1_000 });
    expect(await send(get(origin), soon())).toMatchObject({ kind: "reply" });
  });
  test("that is not HTTP is lost", async () => {
    const origin = await serveTcp((socket) => socket.on("data", () => socket.end("220 hello\r\n")));
    expect(await port({ origins: [origin] })(get(origin), soon())).toMatchObject({ kind: "lost" });
  });
});

describe("what surely did not leave is not_sent", () => {
  test("nobody listens", async () => {
    const origin = await nobody();
    const result = await port({ origins: [origin] })(get(origin), soon());
    expect(result).toMatchObject({
      kind: "not_sent",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
  });
  test("no such host", async () => {
    const origin = "https://recorder.invalid";
    const result = await port({ origins: [origin] })(get(origin), soon());
    expect(result).toMatchObject({ kind: "not_sent" });
  });
  test("the deadline had passed", async () => {
    let heard = 0;
    const { origin } = await serve((_request, response) => {
      heard += 1;
      response.end();
    });
    const result = await port({ origins: [origin] })(get(origin), AbortSignal.abort());
    expect(result).toMatchObject({ kind: "not_sent" });
    expect(heard).toBe(0);
  });
  test("the deadline passes while it waits for a connection, and it never leaves later", async () => {
    const heard: (string | undefined)[] = [];
    let first: ServerResponse | undefined;
    const { origin } = await serve((request, response) => {
      heard.push(request.url);
      if (request.url === "/first") first = response;
      else response.end();
    });
    const send = port({ origins: [origin], connections: 1 });
    const firstResult = send(get(`${origin}/first`), soon());
    await vi.waitFor(() => expect(heard).toEqual(["/first"]));
    const deadline = new AbortController();
    const second = send(get(`${origin}/second`), deadline.signal);
    deadline.abort();
    expect(await second).toMatchObject({ kind: "not_sent" });
    first?.end();
    expect(await firstResult).toMatchObject({ kind: "reply" });
    expect(await send(get(`${origin}/third`), soon())).toMatchObject({ kind: "reply" });
    expect(heard).toEqual(["/first", "/third"]);
  });
  test("another origin, told without its path or query", async () => {
    const { origin } = await serve((_request, response) => response.end());
    const send = port({ origins: ["http://127.0.0.1:1"] });
    const result = await send(get(`${origin}/secret?rec_hh=abc`), soon());
    expect(result).toMatchObject({ kind: "not_sent" });
    expect(JSON.stringify(result)).not.toMatch(/secret|abc/);
  });
  test("a header that cannot be sent, told without its value", async () => {
    const { origin } = await serve((_request, response) => response.end());
    const request = get(origin, { authorization: "Bearer sec\r\nret" });
    const result = await port({ origins: [origin] })(request, soon());
    expect(result).toMatchObject({ kind: "not_sent" });
    expect(JSON.stringify(result)).not.toContain("sec");
  });
});

describe("what may have arrived is lost, and is sent at most once", () => {
  test.each(["GET", "POST"] as const)("%s: the server breaks off in mid-flight", async (method) => {
    let heard = 0;
    const { origin } = await serve((request) => {
      heard += 1;
      request.socket.destroy();
    });
    const send = port({ origins: [origin] });
    const request = { method, url: origin, headers: {}, ...(method === "POST" && { body: "x" }) };
    expect(await send(request, soon())).toMatchObject({ kind: "lost" });
    expect(await send(request, soon())).toMatchObject({ kind: "lost" });
    expect(heard).toBe(2);
  });
  test("the server breaks off in mid-reply", async () => {
    const { origin } = await serve((request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half", () => request.socket.destroy());
    });
    expect(await port({ origins: [origin] })(get(origin), soon())).toMatchObject({ kind: "lost" });
  });
  test("a kept connection that the server closes is not used to send twice", async () => {
    const heard: string[] = [];
    const { origin } = await serve((request, response) => {
      heard.push(request.url ?? "");
      // Promises to keep the connection, and closes it right behind the answer.
      response.end("ok", () => request.socket.end());
    });
    const send = port({ origins: [origin], connections: 1 });
    const kinds: string[] = [];
    for (let n = 0; n < 30; n += 1) kinds.push((await send(get(`${origin}/${n}`), soon())).kind);
    expect(new Set(heard).size).toBe(heard.length);
    // What was answered was heard; what was not may have been, but never more than once.
    expect(heard.length).toBeGreaterThanOrEqual(kinds.filter((kind) => kind === "reply").length);
  });
  test("a request on a kept connection that dies under it is lost, not sent again", async () => {
    let requests = 0;
    const origin = await serveTcp((socket) => {
      let onThis = 0;
      socket.on("data", () => {
        requests += 1;
        onThis += 1;
        if (onThis === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        else socket.destroy();
      });
    });
    const send = port({ origins: [origin], connections: 1 });
    expect(await send(get(`${origin}/1`), soon())).toMatchObject({ kind: "reply" });
    expect(await send(get(`${origin}/2`), soon())).toMatchObject({ kind: "lost" });
    expect(requests).toBe(2);
    expect(await send(get(`${origin}/3`), soon())).toMatchObject({ kind: "reply" });
    expect(requests).toBe(3);
  });
  test("the deadline passes after it was sent: the connection is broken", async () => {
    let broken = false;
    let heard = 0;
    const { origin } = await serve((request) => {
      heard += 1;
      request.socket.on("close", () => {
        broken = true;
      });
    });
    const deadline = new AbortController();
    const result = port({ origins: [origin] })(get(origin), deadline.signal);
    await vi.waitFor(() => expect(heard).toBe(1));
    deadline.abort();
    expect(await result).toMatchObject({ kind: "lost" });
    await vi.waitFor(() => expect(broken).toBe(true));
  });
  test("closing the port breaks what is in flight", async () => {
    let heard = 0;
    const { origin } = await serve(() => {
      heard += 1;
    });
    const send = nodeSend({ origins: [origin] });
    const result = send(get(origin), soon());
    await vi.waitFor(() => expect(heard).toBe(1));
    await send.close();
    expect(await result).toMatchObject({ kind: "lost" });
    expect(await send(get(origin), soon())).toMatchObject({ kind: "not_sent" });
  });
  test("a connection carries one request at a time", async () => {
    let open = 0;
    let most = 0;
    const { origin } = await serve((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => {
        open -= 1;
        response.end();
      });
    });
    const send = port({ origins: [origin], connections: 2 });
    await Promise.all(Array.from({ length: 10 }, () => send(get(origin), soon())));
    expect(most).toBeLessThanOrEqual(2);
  });
});

describe("plain http", () => {
  test.each(["http://localhost:1", "http://127.0.0.1", "http://127.8.9.1:80", "http://[::1]:1"])(
    "to loopback is fine: %s",
    (origin) => {
      expect(plainHttpProblem(origin, false)).toBeUndefined();
    },
  );
  test.each(["http://10.0.0.1", "http://recorder.example.com", "http://127.0.0.1.example.com"])(
    "beyond loopback has to be allowed: %s",
    (origin) => {
      expect(plainHttpProblem(origin, false)).toContain("in the clear");
      expect(plainHttpProblem(origin, true)).toBeUndefined();
      expect(() => nodeSend({ origins: [origin] })).toThrow(
        expect.objectContaining({ code: "plain_http_refused" }),
      );
    },
  );
  test("https is always fine, and other schemes never", () => {
    expect(plainHttpProblem("https://recorder.example.com", false)).toBeUndefined();
    expect(plainHttpProblem("ftp://recorder.example.com", true)).toContain("neither");
  });
});
