/** Bytes that no proper client sends, over real connections: each gets its answer and changes nothing. */
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { answerUnreadable } from "../../src/runtime/node/unreadable.ts";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { asking } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { startWithin, stopServices, type Within } from "./within.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let recorders: Recorders;
let tacet: Within;
let heard = (): readonly string[] => [];
beforeAll(async () => {
  recorders = await startRecorders();
  tacet = await startWithin(await folder(), recorders.origins);
  const one = begin(recorders, 10);
  ({ heard } = one);
  await tacet.as("pay")("PUT", "/v1/calls/c10", { targets: one.targets });
});
afterAll(async () => {
  await stopServices();
  await cleanUp();
  await closeRecorders();
});

interface Raw {
  readonly line?: string;
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  /** Instead of the body's own. */
  readonly length?: number | "none";
  readonly type?: string;
}

/** Says exactly these bytes and hears until the connection closes or an answer is whole. */
function say(
  { body = "", headers = [], length, line, type }: Raw,
  port = tacet.service.api.port,
): Promise<{ status: number; text: string }> {
  const bytes = Buffer.from(body);
  const head = [
    line ?? "POST /v1/calls/c10/pause HTTP/1.1",
    "host: tacet.test",
    `authorization: Bearer ${tacet.keys.pay}`,
    `content-type: ${type ?? "application/json"}`,
    "connection: close",
    ...(length === "none" ? [] : [`content-length: ${length ?? bytes.length}`]),
    ...headers,
  ];
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let text = "";
    socket.on("data", (data: Buffer) => (text += data.toString()));
    socket.once("error", reject);
    socket.once("close", () => resolve({ status: Number(text.split(" ")[1]), text }));
    socket.write(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]));
  });
}

const pause = (members: object = {}) => JSON.stringify({ windowId: "w", ...members });
const deep = `{"windowId":"w","attributes":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

const BAD: readonly (readonly [string, Raw, number, string | undefined])[] = [
  ["no JSON", { body: "{windowId:" }, 400, "body_not_json"],
  ["nothing", { body: "" }, 422, "window_id_missing"],
  ["a list", { body: "[]" }, 422, "body_invalid"],
  ["twice the same member", { body: '{"windowId":"w","windowId":7}' }, 422, "body_invalid"],
  [
    "bad UTF-8",
    { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
    400,
    "body_not_utf8",
  ],
  ["half a character", { body: '{"windowId":"w","reason":"\\ud800"}' }, 400, "body_not_unicode"],
  ["too deep", { body: deep }, 400, "body_too_deep"],
  ["an unknown member", { body: pause({ paws: 1 }) }, 422, "body_invalid"],
  ["a prototype", { body: '{"windowId":"w","__proto__":{"leaseMs":1}}' }, 422, "body_invalid"],
  ["another type", { body: pause(), type: "text/plain" }, 415, "media_type_unsupported"],
  [
    "compressed",
    { body: pause(), headers: ["content-encoding: gzip"] },
    415,
    "media_type_unsupported",
  ],
  ["too large", { body: pause({ reason: "x".repeat(70_000) }) }, 413, "body_too_large"],
  ["too large, said before it is sent", { body: "{", length: 90_000_000 }, 413, "body_too_large"],
  [
    "too large, in pieces",
    { body: chunked("x".repeat(90_000)), length: "none", headers: ["transfer-encoding: chunked"] },
    413,
    "body_too_large",
  ],
  [
    "both lengths",
    { body: chunked(pause()), headers: ["transfer-encoding: chunked"] },
    400,
    undefined,
  ],
  [
    "large headers",
    { body: pause(), headers: [`x-a: ${"a".repeat(20_000)}`] },
    431,
    "headers_too_large",
  ],
  [
    "many headers",
    { body: pause(), headers: Array.from({ length: 300 }, (_, at) => `x-${at}: a`) },
    431,
    "headers_too_large",
  ],
  ["no HTTP", { line: "pause please" }, 400, undefined],
  ["an unknown method", { line: "BREW /v1/calls/c10/pause HTTP/1.1" }, 400, undefined],
  ["another method", { line: "DELETE /v1/calls/c10/pause HTTP/1.1" }, 405, "method_not_allowed"],
  [
    "a path that climbs",
    { line: "POST /v1/calls/..%2f..%2fhealthz/pause HTTP/1.1", body: pause() },
    422,
    "id_invalid",
  ],
  [
    "a path cut short",
    { line: "POST /v1/calls/%ff/pause HTTP/1.1", body: pause() },
    422,
    "id_invalid",
  ],
  [
    "a null in the path",
    { line: "POST /v1/calls/c%00/pause HTTP/1.1", body: pause() },
    422,
    "id_invalid",
  ],
  [
    "an unknown query",
    { line: "POST /v1/calls/c10/pause?x=1 HTTP/1.1", body: pause() },
    422,
    "query_invalid",
  ],
];

test.each(BAD)("%s is refused by name and opens no window", async (_name, raw, status, code) => {
  const before = await tacet.as("pay")("GET", "/v1/calls/c10");
  const told = await say(raw);
  expect([told.status, told.text.match(/"code":"(\w+)"/)?.[1]]).toEqual([status, code]);
  expect(told.text).toMatch(/^content-type: application\/problem\+json\r$/im);
  expect(told.text).toMatch(/^connection: close\r$/im);
  expect(told.text).not.toMatch(/ at |node_modules|\.ts:/);
  const after = await tacet.as("pay")("GET", "/v1/calls/c10");
  expect(after.body["windows"]).toEqual([]);
  expect(after.body["log"]).toEqual(before.body["log"]);
  expect(heard()).toEqual(["recording", "recording"]);
});

test("the sandbox marks what it answers to bytes that are no request", async () => {
  const server = createServer();
  answerUnreadable(server, true);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { status, text } = await say({ line: "pause please" }, port);
  expect(status).toBe(400);
  expect(text).toMatch(/^tacet-sandbox: true\r$/m);
  expect(text).toMatch(/"sandbox":true/);
  server.close();
});

test("a client that goes away in the middle of its body opens nothing, and others are served", async () => {
  const socket = connect({ port: tacet.service.api.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  socket.write(
    `POST /v1/calls/c10/pause HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tacet.keys.pay}\r\n` +
      'content-type: application/json\r\ncontent-length: 500\r\n\r\n{"windowId":"half',
  );
  expect((await asking(tacet.url)("GET", "/healthz")).status).toBe(200);
  socket.destroy();
  const { body } = await tacet.as("pay")("GET", "/v1/calls/c10");
  expect(body["windows"]).toEqual([]);
});

test("what was logged of all this names no stack, and no request failed inside", () => {
  expect(tacet.logged.filter((line) => line.includes("a request failed"))).toEqual([]);
});
