/**
 * A recorder that is compromised, broken or somebody else's: whatever it answers, the Node HTTP port
 * holds no more than its bound, waits no longer than its deadline, asks nobody else, and the next
 * request's answer is its own.
 */
import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { HttpRequest, HttpResult } from "../../src/adapters/recorder.ts";
import { vendors } from "../../src/adapters/registry.ts";
import { parseConfig } from "../../src/policy/config.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { acme } from "../service/acme.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0).toReversed()) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers every request with these bytes. */
async function serveBytes(answer: (socket: Socket, count: number) => void): Promise<string> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", () => answer(socket, (count += 1)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const REPLY_BYTES_MAX = 10_000;
function port(origin: string, origins = [origin]) {
  const send = nodeSend({ origins, replyBytesMax: REPLY_BYTES_MAX, connections: 1 });
  closing.push(() => send.close());
  return (path = "/", signal = AbortSignal.timeout(10_000)): Promise<HttpResult> => {
    const request: HttpRequest = { method: "GET", url: `${origin}${path}`, headers: {} };
    return send(request, signal);
  };
}

describe("a reply is held to its bounds:", () => {
  test("one without end is given up at the bound, and its connection is broken", async () => {
    let broken = false;
    const origin = await serve((_request, response) => {
      const pour = setInterval(() => response.write("x".repeat(4_000)), 1);
      response.on("close", () => {
        broken = true;
        clearInterval(pour);
      });
    });
    expect(await port(origin)()).toMatchObject({ kind: "too_large" });
    await vi.waitFor(() => expect(broken).toBe(true));
  });
  test("one that unpacks to a hundred times its size is never unpacked", async () => {
    const packed = gzipSync(Buffer.alloc(5_000_000, "{"), { level: 9 });
    expect(packed.length).toBeLessThan(REPLY_BYTES_MAX);
    const origin = await serve((request, response) => {
      expect(request.headers["accept-encoding"]).toBeUndefined();
      response.writeHead(200, { "content-encoding": "gzip", "content-type": "application/json" });
      response.end(packed);
    });
    const result = await port(origin)();
    expect(result).toMatchObject({ kind: "reply" });
    expect(result.kind === "reply" && result.reply.body.length).toBeLessThan(REPLY_BYTES_MAX);
  });
  test("one that drips on beyond the deadline is lost at the deadline", async () => {
    let broken = false;
    const origin = await serve((_request, response) => {
      const drip = setInterval(() => response.write("x"), 5);
      response.on("close", () => {
        broken = true;
        clearInterval(drip);
      });
    });
    const deadline = new AbortController();
    const result = port(origin)("/", deadline.signal);
    setTimeout(() => deadline.abort(), 60);
    expect(await result).toMatchObject({ kind: "lost" });
    await vi.waitFor(() => expect(broken).toBe(true));
  });
  test("headers without end are lost, not held", async () => {
    const origin = await serveBytes((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const pour = setInterval(() => socket.write(`x-${"a".repeat(2_000)}: b\r\n`), 1);
      socket.on("close", () => clearInterval(pour));
    });
    expect(await port(origin)()).toMatchObject({ kind: "lost" });
  });
  test("interim answers without end are lost at the deadline", async () => {
    const origin = await serveBytes((socket) => {
      const pour = setInterval(
        () => socket.write("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
        1,
      );
      socket.on("close", () => clearInterval(pour));
    });
    expect(await port(origin)("/", AbortSignal.timeout(200))).toMatchObject({ kind: "lost" });
  });
});

describe("a reply whose end is told wrongly is no reply, and never the next one's:", () => {
  const LIES: Readonly<Record<string, string>> = {
    "shorter than it says":
      "HTTP/1.1 200 OK\r\ncontent-length: 50\r\nconnection: close\r\n\r\nshort",
    "two lengths": "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 5\r\n\r\nhello",
    "a length and chunks":
      "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length that is none": "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nx",
    "a chunk that is none": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "an upgrade nobody asked for":
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
  };
  test.each(Object.entries(LIES))("%s", async (_name, bytes) => {
    const origin = await serveBytes((socket) => {
      socket.write(bytes);
      setTimeout(() => socket.end(), 20);
    });
    expect(await port(origin)()).toMatchObject({ kind: "lost" });
  });
  test("a second answer behind the first is not the answer to the next request", async () => {
    const answer = (body: string) =>
      `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const origin = await serveBytes((socket, count) => {
      socket.write(count === 1 ? answer("first") + answer("forged") : answer(`own-${count}`));
    });
    const send = port(origin);
    const bodies: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const result = await send();
      if (result.kind === "reply") bodies.push(result.reply.body);
      // Forged bytes that lie on a kept connection must have arrived before it is used again.
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(bodies).not.toContain("forged");
  });
});

describe("nobody but the configured origins is asked:", () => {
  test.each([301, 302, 303, 307, 308])(
    "a %s to elsewhere is a reply and no more",
    async (status) => {
      let asked = 0;
      const elsewhere = await serve((_request, response) => {
        asked += 1;
        response.end("{}");
      });
      const origin = await serve((_request, response) =>
        response
          .writeHead(status, { location: `${elsewhere}/x`, refresh: `0; url=${elsewhere}` })
          .end(),
      );
      expect(await port(origin)()).toMatchObject({ kind: "reply", reply: { status } });
      expect(asked).toBe(0);
    },
  );
  test.each(["file:///etc/passwd", "data:text/plain,x", "ftp://127.0.0.1/x", "http://[::1]:1/x"])(
    "%s is not sent",
    async (url) => {
      const origin = await serve((_request, response) => response.end());
      const send = nodeSend({ origins: [origin] });
      closing.push(() => send.close());
      const result = await send({ method: "GET", url, headers: {} }, AbortSignal.timeout(1_000));
      expect(result).toMatchObject({ kind: "not_sent" });
    },
  );
  test("an address that only looks like the configured one is not sent", async () => {
    let asked = 0;
    const origin = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const { host } = new URL(origin);
    const send = nodeSend({ origins: [origin] });
    closing.push(() => send.close());
    for (const url of [
      `http://${host}@127.0.0.1:1/`,
      `http://${host}.example/`,
      `https://${host}/`,
      "http://",
      "not an address",
    ]) {
      const result = await send({ method: "GET", url, headers: {} }, AbortSignal.timeout(1_000));
      expect(result).toMatchObject({ kind: "not_sent" });
    }
    expect(asked).toBe(0);
  });
  test("a proxy in the environment is passed by", async () => {
    let proxied = 0;
    const proxy = await serve((_request, response) => {
      proxied += 1;
      response.end("proxied");
    });
    for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"]) {
      vi.stubEnv(name, proxy);
    }
    const origin = await serve((_request, response) => response.end("straight"));
    expect(await port(origin)()).toMatchObject({ kind: "reply", reply: { body: "straight" } });
    expect(proxied).toBe(0);
  });
});

describe("an address in the configuration is http or https, and holds no credential:", () => {
  const at = { anywherenow: "http://127.0.0.1:9", vslogger: "http://127.0.0.1:9" };
  type Members = Record<string, unknown>;
  /** Paths of what is wrong with a good document once one member is another. */
  const refusedWith = async (path: string, value: unknown): Promise<string[]> => {
    const { document } = await acme("/tmp/nowhere", at);
    const changed = structuredClone(document) as Members;
    const names = path.split(".");
    const last = names.pop() ?? "";
    const holder = names.reduce<Members>((from, name) => from[name] as Members, changed);
    if (last !== "") holder[last] = value;
    const parsed = parseConfig(changed, vendors);
    return parsed.ok ? [] : parsed.problems.map((problem) => problem.path);
  };
  const ODD = [
    "file:///etc/passwd",
    "ftp://recorder.example",
    "javascript:alert(1)",
    "data:text/plain,x",
    "ws://recorder.example",
    "recorder.example",
    "",
  ];
  test("the document itself is good", async () => {
    expect(await refusedWith("", undefined)).toEqual([]);
  });
  test.each([...ODD, "http://user:word@127.0.0.1:9"])("a recorder's address: %j", async (url) => {
    for (const id of ["vslogger", "anywherenow"]) {
      const path = `recorders.${id}.settings.baseUrl`;
      expect((await refusedWith(path, url)).join()).toContain("baseUrl");
    }
  });
  test.each([...ODD, "http://user:word@127.0.0.1:9"])("a token's address: %j", async (url) => {
    const path = "recorders.anywherenow.settings.auth.tokenUrl";
    expect((await refusedWith(path, url)).join()).toContain("tokenUrl");
  });
  test.each(ODD)("an issuer's key set: %j", async (jwksUrl) => {
    const issuer = {
      issuer: "https://issuer.example",
      audience: ["tacet"],
      tenants: ["acme"],
      kind: "payment",
      jwksUrl: "https://issuer.example/keys",
    };
    expect(await refusedWith("auth.issuers", [issuer])).toEqual([]);
    const wrong = await refusedWith("auth.issuers", [{ ...issuer, jwksUrl }]);
    expect(wrong.join()).toContain("jwksUrl");
  });
});
