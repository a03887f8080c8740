/**
 * Odd ways to speak HTTP, over real connections: each gets one clear answer or the end of its
 * connection, nobody waits for ever, and nothing that was smuggled behind a request is done.
 */
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { listen, type Listening } from "../../src/runtime/node/listen.ts";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { asking, until } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { exchangeRaw, head, type RawOptions } from "./raw.ts";
import { startWithin, stopServices, type Within } from "./within.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let recorders: Recorders;
let tacet: Within;
let port = 0;
/** Stands for the key until there is one. */
const pay = "authorization: Bearer @KEY@";
beforeAll(async () => {
  recorders = await startRecorders();
  tacet = await startWithin(await folder(), recorders.origins, {
    // Sixty together: event streams are counted beside the connections of requests.
    listen: { connectionCountMax: 40 },
    events: { socketCountMax: 20 },
  });
  ({ port } = tacet.service.api);
  const one = begin(recorders, 10);
  await tacet.as("pay")("PUT", "/v1/calls/c10", { targets: one.targets });
});
afterAll(async () => {
  await stopServices();
  await cleanUp();
  await closeRecorders();
});

const keyed = (bytes: string): string => bytes.replaceAll("@KEY@", tacet.keys.pay);
const say = (parts: string | readonly string[], options: RawOptions = {}) =>
  exchangeRaw(port, [parts].flat().map(keyed), options);

const HOST = "host: tacet.test";
const CLOSE = "connection: close";
const KEY = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
const UPGRADE = ["connection: Upgrade", KEY, "sec-websocket-version: 13"];
const JSON_TYPE = "content-type: application/json";

/** What a pause looks like; done, it would leave a window behind. */
const pauseOf = (windowId: string, ...headers: string[]): string => {
  const body = JSON.stringify({ windowId, waitMs: 0 });
  const length = `content-length: ${body.length}`;
  return `${head("POST /v1/calls/c10/pause HTTP/1.1", [HOST, pay, JSON_TYPE, length, ...headers])}${body}`;
};
const windowsOf = async (): Promise<readonly string[]> => {
  const { body } = await tacet.as("pay")("GET", "/v1/calls/c10");
  return (body["windows"] as { windowId: string }[]).map(({ windowId }) => windowId);
};

describe("an upgrade that is none is answered, and never leaves a connection hanging:", () => {
  const SHAPES: readonly (readonly [string, string, number, boolean])[] = [
    [
      "to HTTP/2 on any path",
      head("GET /healthz HTTP/1.1", [
        HOST,
        "connection: Upgrade, HTTP2-Settings",
        "upgrade: h2c",
        "http2-settings: AAMAAABkAAQCAAAAAAIAAAAA",
      ]),
      200,
      false,
    ],
    [
      "to nonsense",
      head("GET /v1/events HTTP/1.1", [HOST, pay, ...UPGRADE, "upgrade: \u00ff;drop table"]),
      426,
      false,
    ],
    [
      "to several at once",
      head("GET /v1/events HTTP/1.1", [HOST, pay, ...UPGRADE, "upgrade: websocket, h2c"]),
      426,
      false,
    ],
    [
      "to a socket, without the connection's word",
      head("GET /v1/events HTTP/1.1", [HOST, pay, KEY, "upgrade: websocket"]),
      426,
      false,
    ],
    [
      "by another method",
      head("POST /v1/events HTTP/1.1", [
        HOST,
        pay,
        ...UPGRADE,
        "upgrade: websocket",
        "content-length: 0",
      ]),
      405,
      false,
    ],
    [
      "of another path",
      head("GET /healthz HTTP/1.1", [HOST, ...UPGRADE, "upgrade: websocket"]),
      200,
      true,
    ],
    [
      "with a host that is none",
      head("GET /v1/events HTTP/1.1", ["host: bad host", pay, ...UPGRADE, "upgrade: websocket"]),
      400,
      true,
    ],
    [
      "with no host",
      head("GET /v1/events HTTP/1.1", [pay, ...UPGRADE, "upgrade: websocket"]),
      400,
      true,
    ],
    [
      "with a host beyond every address",
      head("GET /v1/events HTTP/1.1", [
        "host: 999.999.999.999",
        pay,
        ...UPGRADE,
        "upgrade: websocket",
      ]),
      426,
      true,
    ],
    [
      "with a key that is none",
      head("GET /v1/events HTTP/1.1", [
        HOST,
        pay,
        "connection: Upgrade",
        "sec-websocket-key: x",
        "sec-websocket-version: 13",
        "upgrade: websocket",
      ]),
      400,
      true,
    ],
    [
      "of a version that is none",
      head("GET /v1/events HTTP/1.1", [
        HOST,
        pay,
        "connection: Upgrade",
        KEY,
        "sec-websocket-version: 99",
        "upgrade: websocket",
      ]),
      400,
      true,
    ],
    [
      "without a credential",
      head("GET /v1/events HTTP/1.1", [HOST, ...UPGRADE, "upgrade: websocket"]),
      401,
      true,
    ],
  ];
  test.each(SHAPES)("%s", async (_name, bytes, status, closes) => {
    const heard = await say(bytes, closes ? {} : { answers: 1 });
    expect(heard.statuses).toEqual([status]);
    expect(heard.closed || !closes).toBe(true);
    expect(heard.text).not.toMatch(/ at |node_modules|\.ts:/);
  });

  test("a connection that was refused its upgrade is still under the clock of every other", async () => {
    const quick = await quickListener();
    const heard = await exchangeRaw(quick.port, [
      head("GET / HTTP/1.1", [HOST, "connection: Upgrade", "upgrade: h2c"]),
    ]);
    expect(heard).toMatchObject({ statuses: [200], closed: true });
    await quick.close(0);
  });
});

test("a socket that was refused is let go, whether its client stays or has gone: it holds no place", async () => {
  const bytes = head("GET /v1/events HTTP/1.1", [HOST, ...UPGRADE, "upgrade: websocket"]);
  const staying: Socket[] = [];
  // Many more than there are places for connections.
  for (let n = 0; n < 150; n += 1) {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    staying.push(socket);
    socket.write(bytes);
    const told = await new Promise<string>((resolve) => {
      socket.once("data", (data: Buffer) => resolve(data.toString()));
      for (const event of ["end", "close"]) socket.once(event, () => resolve("turned away"));
    });
    // A place is free again within a moment of the refusal before.
    if (told.startsWith("HTTP/1.1 401")) continue;
    await new Promise((resolve) => setTimeout(resolve, 100));
    n -= 1;
  }
  for (const socket of staying) socket.destroy();
});

describe("a request whose end is told in two ways is never taken for two:", () => {
  const SMUGGLED = pauseOf("smuggled", CLOSE);
  const SHAPES: readonly (readonly [string, string])[] = [
    [
      "both lengths, the body shorter",
      head("POST /v1/calls/c10/resume HTTP/1.1", [
        HOST,
        pay,
        JSON_TYPE,
        "content-length: 6",
        "transfer-encoding: chunked",
      ]) + `0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "two lengths",
      head("POST /v1/calls/c10/resume HTTP/1.1", [
        HOST,
        pay,
        JSON_TYPE,
        "content-length: 0",
        `content-length: ${SMUGGLED.length}`,
      ]) + SMUGGLED,
    ],
    [
      "a length with a sign",
      head("POST /v1/calls/c10/resume HTTP/1.1", [HOST, pay, JSON_TYPE, "content-length: +0"]) +
        SMUGGLED,
    ],
    [
      "chunked, but not last",
      head("POST /v1/calls/c10/resume HTTP/1.1", [
        HOST,
        pay,
        JSON_TYPE,
        "transfer-encoding: chunked, identity",
      ]) + `0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "a name before the colon with a blank",
      head("POST /v1/calls/c10/resume HTTP/1.1", [
        HOST,
        pay,
        JSON_TYPE,
        "transfer-encoding : chunked",
        "content-length: 0",
      ]) + `0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "a folded header",
      head("POST /v1/calls/c10/resume HTTP/1.1", [
        HOST,
        pay,
        JSON_TYPE,
        "transfer-encoding:\r\n chunked",
        "content-length: 0",
      ]) + SMUGGLED,
    ],
    [
      "lines that end in a bare LF",
      `POST /v1/calls/c10/resume HTTP/1.1\n${HOST}\n${pay}\ncontent-length: 0\ntransfer-encoding: chunked\n\n0\n\n${SMUGGLED}`,
    ],
    [
      "a chunk's length that overflows",
      head("POST /v1/calls/c10/resume HTTP/1.1", [
        HOST,
        pay,
        JSON_TYPE,
        "transfer-encoding: chunked",
      ]) + `10000000000000000\r\n${SMUGGLED}`,
    ],
    [
      "a CR in a header's value",
      head("POST /v1/calls/c10/resume HTTP/1.1", [
        HOST,
        pay,
        JSON_TYPE,
        "x-a: b\rtransfer-encoding: chunked",
        "content-length: 0",
      ]) + `0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "a NUL in a header's value",
      head("POST /v1/calls/c10/resume HTTP/1.1", [
        HOST,
        pay,
        JSON_TYPE,
        "x-a: b\0c",
        "content-length: 0",
      ]) + SMUGGLED,
    ],
  ];
  test.each(SHAPES)("%s", async (_name, bytes) => {
    const heard = await say(bytes);
    expect(heard.closed).toBe(true);
    expect(heard.statuses.filter((status) => status < 400)).toEqual([]);
    expect(heard.statuses.length).toBeLessThanOrEqual(1);
    expect(await windowsOf()).toEqual([]);
  });
});

describe("whoever speaks oddly but within the rules is served:", () => {
  test("several requests in one segment are answered in their order", async () => {
    const ask = (path: string, ...more: string[]) => head(`GET ${path} HTTP/1.1`, [HOST, ...more]);
    const heard = await exchangeRaw(
      port,
      ask("/healthz") + ask("/nowhere") + ask("/readyz", CLOSE),
    );
    expect(heard.statuses).toEqual([200, 404, 200]);
  });
  test("a client that ends its side after asking still gets the answer", async () => {
    const heard = await say(head("GET /healthz HTTP/1.1", [HOST]), {
      halfClose: true,
    });
    expect(heard).toMatchObject({ statuses: [200], closed: true });
  });
  test("HTTP/1.0 is answered and closed; without a host it is a problem document", async () => {
    const old = await say(head("GET /healthz HTTP/1.0", [HOST]));
    expect(old).toMatchObject({ statuses: [200], closed: true });
    const bare = await say(head("GET /healthz HTTP/1.0"));
    expect(bare).toMatchObject({ statuses: [400], closed: true });
    expect(bare.text).toContain("application/problem+json");
  });
  test("an absolute address is its path, whatever host it names", async () => {
    const line = "GET http://elsewhere.example/healthz HTTP/1.1";
    const heard = await say(head(line, [HOST, CLOSE]));
    expect(heard.statuses).toEqual([200]);
  });
  test.each([
    "OPTIONS *",
    "GET healthz",
    "GET http://",
    "GET ftp://x/healthz",
    "GET /\\..\\healthz",
  ])("%s is no address: a problem document", async (what) => {
    const heard = await say(head(`${what} HTTP/1.1`, [HOST, CLOSE]));
    expect(heard.statuses).toEqual([400]);
    expect(heard.text).toMatch(/application\/problem\+json/i);
  });
  test.each(["CONNECT tacet.test:443", "TRACE /v1/calls/c10", "PRI *", "DELETE /v1/calls/c10"])(
    "%s does nothing and ends",
    async (what) => {
      const heard = await say(head(`${what} HTTP/1.1`, [HOST, pay, CLOSE]));
      expect(heard.closed).toBe(true);
      expect(heard.statuses.filter((status) => status < 400 || status >= 500)).toEqual([]);
      expect(heard.text).not.toContain(tacet.keys.pay);
    },
  );
  test("who asks first whether to send the body is told to; another wish is refused", async () => {
    const body = '{"waitMs":0}';
    const headers = [HOST, pay, JSON_TYPE, `content-length: ${body.length}`, CLOSE];
    const line = "POST /v1/calls/c10/resume HTTP/1.1";
    const asked = await say([head(line, [...headers, "expect: 100-continue"]), body]);
    expect(asked.statuses).toEqual([100, 404]);
    const odd = await say(head(line, [...headers, "expect: 200-maybe"]));
    expect(odd).toMatchObject({ statuses: [417], closed: true });
    expect(odd.text).toContain("application/problem+json");
  });
  test("an address as long as the headers may be is refused without an answer's doubt", async () => {
    const heard = await exchangeRaw(
      port,
      head(`GET /${"a".repeat(20_000)} HTTP/1.1`, [HOST, CLOSE]),
    );
    expect(heard).toMatchObject({ statuses: [431], closed: true });
    const long = await say(head(`GET /${"a".repeat(8_000)} HTTP/1.1`, [HOST, CLOSE]));
    expect(long.statuses).toEqual([404]);
  });
});

/** The real listener on a small app, with times that a test can wait for. */
const quickListener = (): Promise<Listening> =>
  listen({
    listen: { host: "127.0.0.1", port: 0 },
    headerBytesMax: 16_384,
    sandbox: false,
    times: { headersMs: 300, requestMs: 600, keepAliveMs: 300, checkMs: 50 },
    note: () => {},
    fetch: async (request) => {
      const text = await request.text().catch(() => "torn");
      return new Response(text);
    },
  });

describe("who is slow is cut, and holds up nobody:", () => {
  const dripped = (first: string, drop: string, port_: number) =>
    new Promise<{ text: string; drops: number }>((resolve) => {
      const socket = connect({ port: port_, host: "127.0.0.1" });
      let [text, drops] = ["", 0];
      socket.on("error", () => {});
      socket.on("data", (data: Buffer) => (text += data.toString()));
      socket.write(first);
      const timer = setInterval(() => {
        drops += 1;
        socket.write(drop);
      }, 40);
      socket.on("close", () => {
        clearInterval(timer);
        resolve({ text, drops });
      });
    });
  test("headers that come one by one", async () => {
    const quick = await quickListener();
    const { text } = await dripped("GET / HTTP/1.1\r\nhost: x\r\n", "x-a: b\r\n", quick.port);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    await quick.close(0);
  });
  test("a connection that says nothing", async () => {
    const quick = await quickListener();
    expect(await exchangeRaw(quick.port, "")).toMatchObject({ closed: true });
    await quick.close(0);
  });
  test("a body that comes byte by byte, however long it was said to be", async () => {
    const quick = await quickListener();
    const first = head("POST / HTTP/1.1", ["host: x", "content-length: 60000"]);
    const { drops, text } = await dripped(first, "x", quick.port);
    expect(drops).toBeLessThan(1_000);
    expect(text).not.toMatch(/^HTTP\/1\.1 200 /);
    await quick.close(0);
  });
  test("a connection that is kept and not used", async () => {
    const quick = await quickListener();
    const heard = await exchangeRaw(quick.port, head("GET / HTTP/1.1", ["host: x"]));
    expect(heard).toMatchObject({ statuses: [200], closed: true });
    await quick.close(0);
  });
  test("beyond the connections there may be, the next is turned away; once they go, it is served", async () => {
    const idle: Socket[] = [];
    let refused = 0;
    for (let n = 0; n < 120; n += 1) {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.on("close", () => (refused += 1));
      idle.push(socket);
    }
    await until(
      () => refused,
      (count) => count >= 60,
    );
    for (const socket of idle) socket.destroy();
    await until(
      async () => (await asking(tacet.url)("GET", "/healthz").catch(() => undefined))?.status,
      (status) => status === 200,
    );
  });
  test("uploads that break off leave nothing behind", async () => {
    for (let n = 0; n < 40; n += 1) {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", () => {});
      const torn = pauseOf(`torn-${n}`).slice(0, -5);
      await new Promise<void>((resolve) => socket.write(keyed(torn), () => resolve()));
      socket.destroy();
    }
    expect((await asking(tacet.url)("GET", "/healthz")).status).toBe(200);
    expect(await windowsOf()).toEqual([]);
  });
});

describe("an event stream that nobody reads is not kept:", () => {
  const streams = async (): Promise<number> => {
    const { text } = await asking(tacet.service.ops.url)("GET", "/metrics");
    return Number(/^tacet_\w*(?:sockets|connections)\w* (\d+)$/m.exec(text)?.[1]);
  };
  const stream = ["accept: text/event-stream", HOST];
  test("asked for by HEAD", async () => {
    const before = await streams();
    const line = "HEAD /v1/events?all=true HTTP/1.1";
    const heard = await say(head(line, [pay, CLOSE, ...stream]));
    expect(heard.statuses).toEqual([426]);
    expect(await streams()).toBe(before);
  });
  test("left before it began", async () => {
    for (let n = 0; n < 20; n += 1) {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", () => {});
      const bytes = head("GET /v1/events?all=true HTTP/1.1", [pay, ...stream]);
      await new Promise<void>((resolve) => socket.write(keyed(bytes), () => resolve()));
      socket.resetAndDestroy();
    }
    await until(streams, (count) => count === 0);
  });
});

test("nothing of all this was a failure inside", () => {
  expect(tacet.logged.filter((line) => line.includes("failed"))).toEqual([]);
});
