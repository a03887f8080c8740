/** `tacet verify URL` where the service does not hand its log over: nothing is said of the log. */
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { canonical } from "../../src/log/canonical.ts";
import { TRY_COUNT_MAX } from "../../src/runtime/node/log/fetchWhole.ts";
import { type NodeLog, openLog } from "../../src/runtime/node/log/openLog.ts";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";
import { payment } from "./events.ts";

const AT = 1_795_312_000_000;
const PAGE = 7;
let log: NodeLog;
let head = "";

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "tacet-url-"));
  const options = { folder, originBase: "tacet.example", now: () => AT, ballastBytes: 0 };
  log = await openLog(options);
  for (let call = 0; call < 4; call += 1) {
    await log.append("acme", `c${call}`, 0, payment(`w${call}`, AT + call * 60_000));
  }
  head = await log.checkpoint("acme");
  return async () => {
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  };
});

/** What the service answers of the log, a page of 7 entries; the page after 14 is the one that fails. */
async function answerOf(url: URL): Promise<string> {
  if (url.pathname === "/v1/log/checkpoint") return head;
  const page = await log.read("acme", {}, Number(url.searchParams.get("after")), PAGE);
  return page.entries.map((entry) => `${canonical(entry)}\n`).join("");
}

/** Answers in place of the service, or undefined to leave it to the service; `count` is from 1. */
type Fault = (reply: ServerResponse, count: number, text: string) => boolean;

async function serving(
  fault: Fault,
  at = "after=14",
): Promise<{ url: string; asked: () => number }> {
  let count = 0;
  const answer = async (request: IncomingMessage, reply: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://x");
    const text = await answerOf(url);
    reply.setHeader("tacet-key", log.verifierKey);
    if (`${url.pathname}${url.search}`.includes(at)) {
      count += 1;
      if (fault(reply, count, text)) return;
    }
    reply.end(text);
  };
  const server = createServer((request, reply) => void answer(request, reply));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => count,
  };
}

async function verify(url: string, more: { replyMsMax?: number; replyBytesMax?: number } = {}) {
  const said: string[] = [];
  const waits: number[] = [];
  const io = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  const wait = async (ms: number) => void waits.push(ms);
  const code = await verifyCommand([url], io, { wait, ...more });
  return { code, said: said.join("\n"), waits };
}

const status = (code: number, headers: Record<string, string> = {}): Fault =>
  function answer(reply) {
    reply.writeHead(code, headers).end();
    return true;
  };
const always = (run: (reply: ServerResponse, text: string) => void): Fault =>
  function answer(reply, _count, text) {
    run(reply, text);
    return true;
  };
const half = (text: string) => text.slice(0, text.length / 2);

describe("what could not be fetched says nothing of the log", () => {
  test.each<readonly [string, Fault, string, number]>([
    ["a reset connection", always((reply) => reply.destroy()), "the connection failed", 4],
    [
      "an answer shorter than it said",
      always((reply, text) => {
        reply.writeHead(200, { "content-length": text.length }).write(half(text));
        setTimeout(() => reply.destroy(), 20);
      }),
      "the connection failed",
      4,
    ],
    [
      "chunks that break off",
      always((reply, text) => {
        reply.write(half(text));
        setTimeout(() => reply.destroy(), 20);
      }),
      "the connection failed",
      4,
    ],
    [
      "an answer without a length that is cut within a line",
      always((reply, text) => raw(reply, half(text))),
      "the answer broke off",
      4,
    ],
    ["an answer that never comes", always(() => undefined), "no whole answer came", 4],
    ["too many requests", status(429, { "retry-after": "3" }), "429, too many requests", 4],
    ["a proxy without its service", status(502), "it answered 502", 4],
    ["a service that stops", status(503), "it answered 503", 4],
    ["a key that is no more", status(401), "takes no such credential", 1],
    ["a key that may not read", status(403), "may not read the log", 1],
    ["another address", status(302, { location: "/sign-in" }), "not followed elsewhere", 1],
    [
      "a sign-in page",
      always((reply) => reply.setHeader("content-type", "text/html").end("<p>Sign in</p>\n")),
      "a web page was answered",
      1,
    ],
  ])("%s, at the head and amid the entries", async (_what, fault, why, tries) => {
    for (const at of ["/v1/log/checkpoint", "after=14"]) {
      const { asked, url } = await serving(fault, at);
      const { code, said } = await verify(url, { replyMsMax: 300 });
      expect(said).toContain(why);
      expect(said).toContain(at);
      expect(said).toContain("could not be fetched");
      expect(said).toContain("of the log this says nothing");
      expect(said).not.toMatch(/damaged|WRONG|MISSING|BAD|INTACT|CANNOT BE READ/);
      expect(code).toBe(3);
      expect(asked()).toBe(tries);
    }
  });

  test("a port where nobody is, and a name that leads nowhere", async () => {
    const { code, said } = await verify(`http://127.0.0.1:${await freePort()}`);
    expect([code, said]).toEqual([3, expect.stringContaining("refused (ECONNREFUSED), 4 times")]);
    const nowhere = await verify("http://tacet.invalid");
    expect([nowhere.code, nowhere.said]).toEqual([3, expect.stringContaining("leads nowhere")]);
  });

  test("a service that speaks no TLS where it is asked to", async () => {
    const { url } = await serving(() => false);
    const { code, said } = await verify(url.replace("http:", "https:"));
    expect(code).toBe(3);
    expect(said).toMatch(/the connection failed \(\w+\), 4 times/);
  });
});

test("an answer is asked for so often, after as long as the service says and a minute at most", async () => {
  const told = await serving(status(429, { "retry-after": "3" }));
  expect((await verify(told.url)).waits).toEqual([3_000, 3_000, 3_000]);
  expect(told.asked()).toBe(TRY_COUNT_MAX);
  const late = await serving(status(503, { "retry-after": "86400" }));
  expect((await verify(late.url)).waits).toEqual([60_000, 60_000, 60_000]);
  const untold = await serving(status(503, { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }));
  expect((await verify(untold.url)).waits).toEqual([500, 2_000, 5_000]);
});

test("an answer larger than a page can be is given up, and says nothing of the log", async () => {
  const { url } = await serving(always((reply, text) => reply.end(text.repeat(10))));
  const { code, said } = await verify(url, { replyBytesMax: 10_000 });
  expect([code, said]).toEqual([3, expect.stringContaining("more than 10000 bytes")]);
});

test.each<readonly [string, Fault]>([
  ["failed twice", (reply, count) => count <= 2 && status(503)(reply, count, "")],
  [
    "was cut between two lines",
    (reply, count, text) => {
      if (count > 1) return false;
      raw(reply, text.split("\n").slice(0, 3).join("\n").concat("\n"));
      return true;
    },
  ],
  [
    "came empty once",
    (reply, count) => {
      if (count === 1) raw(reply, "");
      return count === 1;
    },
  ],
])("a page that %s is fetched, and the log judged by all of it", async (_what, fault) => {
  const { url } = await serving(fault);
  const { code, said } = await verify(url);
  expect(said).toContain("INTACT, 40 entries");
  expect(code).toBe(0);
});

test("what is wrong in what was fetched before is still found", async () => {
  const { url } = await serving((reply, _count, text) => {
    reply.end(text.replace("success", "succesS"));
    return true;
  }, "after=0");
  const { code, said } = await verify(url);
  expect(said).toMatch(/IS WRONG|MISSING/);
  expect(code).toBe(1);
});

test("an address with a password in it is not asked, and not repeated", async () => {
  const { code, said } = await verify("http://ann:s3cret@127.0.0.1:1");
  expect(code).toBe(2);
  expect(said).toContain("TACET_API_KEY");
  expect(said).not.toContain("s3cret");
});

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The end of the connection is the end of this answer: whoever reads it cannot tell a cut. */
function raw(reply: ServerResponse, text: string): void {
  const { socket } = reply;
  const head = ["HTTP/1.1 200 OK", `tacet-key: ${log.verifierKey}`, "connection: close"];
  socket?.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}
