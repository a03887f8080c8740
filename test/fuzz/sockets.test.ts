/**
 * The event socket of the served process, with every kind of frame, whole, cut and wrong, and
 * requests with bent bytes: it closes what is broken with a code that says so, answers what is not,
 * keeps none of them, and goes on serving everybody else.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { begin, closeRecorders, type Recorders, startRecorders } from "../service/acme.ts";
import { asking, until, type Watching } from "../service/client.ts";
import { cleanUp, folder } from "../service/process.ts";
import { exchangeRaw } from "../service/raw.ts";
import { type Served, serve } from "../service/serve.ts";
import { bytesOf, readFrames, talk, type Talk, textFrame } from "./frames.ts";
import { heapOf, INSPECTED, slopeOf } from "./heap.ts";
import { replay, RUNS, SEARCH_MS_MAX, SEED, tell, TEST_MS_MAX } from "./size.ts";

vi.setConfig({ testTimeout: TEST_MS_MAX, hookTimeout: 60_000 });

const CONNECTIONS = Math.ceil(RUNS / 10);
const AT_ONCE = 8;
const ANSWER_MS_MAX = 10_000;
const LEAK_BYTES_MAX = CONNECTIONS >= 2_000 ? 2_000 : 30_000;

let recorders: Recorders;
let tacet: Served;
let port = 0;
beforeAll(async () => {
  recorders = await startRecorders();
  const wish = { logging: { level: "info" } };
  tacet = await serve(await folder(), recorders, wish, INSPECTED);
  port = Number(new URL(tacet.url).port);
  for (const number of [10, 11]) {
    const { targets } = begin(recorders, number);
    await tacet.as("pay")("PUT", `/v1/calls/c${number}`, { agentId: "a-204", targets });
  }
});
afterAll(async () => {
  await cleanUp();
  await closeRecorders();
});

/** Codes a server may give: of RFC 6455 for what was sent, and the protocol's own. */
const CODES = new Set([
  1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1012, 4401, 4403, 4408, 4410,
]);
const TYPES = new Set(["hello", "subscribed", "call", "gone", "ping", "ticket", "error"]);

const handshake = (key: string, origin?: string): string =>
  [
    "GET /v1/events HTTP/1.1",
    "host: tacet.test",
    `authorization: Bearer ${key}`,
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version: 13",
    "sec-websocket-protocol: tacet.v1",
    ...(origin === undefined ? [] : [`origin: ${origin}`]),
  ].join("\r\n") + "\r\n\r\n";

interface Spoken {
  /** Of the handshake; 0 where it was not answered. */
  readonly status: number;
  /** What came after the handshake's answer. */
  readonly bytes: Buffer;
  readonly closed: boolean;
}

/** Opens a socket, says it all, and hears until the server ends the connection or has had its time. */
function speak({ bytes, cuts, end, proper }: Talk, key: string, origin?: string): Promise<Spoken> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    let heard = Buffer.alloc(0);
    let said = false;
    const done = (closed: boolean): void => {
      clearTimeout(timer);
      clearTimeout(enough);
      socket.destroy();
      const body = heard.indexOf("\r\n\r\n");
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(heard.toString("latin1"))?.[1] ?? 0);
      resolve({ status, bytes: heard.subarray(body < 0 ? heard.length : body + 4), closed });
    };
    const timer = setTimeout(() => done(false), ANSWER_MS_MAX);
    let enough: NodeJS.Timeout | undefined;
    socket.on("error", () => {});
    socket.on("close", () => done(true));
    socket.on("end", () => done(true));
    socket.on("data", (data) => {
      heard = Buffer.concat([heard, data]);
      if (said || !heard.includes("\r\n\r\n")) return;
      said = true;
      void say();
    });
    const say = async (): Promise<void> => {
      const places = [0, ...[...cuts].toSorted((a, b) => a - b), bytes.length];
      for (const [index, from] of places.slice(0, -1).entries()) {
        const part = bytes.subarray(from, places[index + 1]);
        if (part.length > 0 && !socket.destroyed) {
          await new Promise<void>((written) => socket.write(part, () => written()));
        }
        await new Promise((next) => setImmediate(next));
      }
      if (end === "reset") return void socket.resetAndDestroy();
      if (end === "half") return void socket.end();
      if (end === "close") {
        socket.write(bytesOf({ ...textFrame(""), opcode: 8, payload: Uint8Array.of(3, 232) }));
        // Behind a frame that is not whole, the close is taken for the rest of it.
        if (proper) return undefined;
      }
      enough = setTimeout(() => done(false), 100);
      return undefined;
    };
    socket.write(handshake(key, origin));
  });
}

/** Turned away for lack of room, as described: the machine is busy, and nothing has failed. */
const isBusy = ({ status }: Spoken): boolean => status === 503 || status === 429;

function judge(one: Talk, { bytes, closed, status }: Spoken): string | undefined {
  if (status !== 101) return `the handshake was answered ${status}`;
  const { closeCode, texts, wrong } = readFrames(bytes);
  if (wrong !== undefined) return `the server sent frames ${wrong}`;
  if (closeCode !== undefined && !CODES.has(closeCode)) return `closed with ${closeCode}`;
  const types = texts.map((text) => (JSON.parse(text) as { type: string }).type);
  const strange = types.find((type) => !TYPES.has(type));
  if (strange !== undefined) return `a message ${strange}`;
  if (one.end === "reset") return undefined;
  const ends = one.end === "half" || (one.end === "close" && one.proper);
  if (ends && !closed) return "it was not closed";
  if (types.length > 0 && types[0] !== "hello") return `${types[0]} came first`;
  return one.proper && types.length === 0 ? "a proper client was not greeted" : undefined;
}

const sockets = async (): Promise<number> => {
  const { text } = await asking(tacet.ops)("GET", "/metrics");
  return Number(/^tacet_sockets (\d+)$/m.exec(text)?.[1]);
};

/** A client that behaves; turned away for lack of room, it comes back as it is told to. */
async function watchingSoon(): Promise<Watching> {
  for (;;) {
    const one = tacet.watch("pay");
    const first = await Promise.race([one.message("subscribed"), one.closed]);
    if (typeof first !== "number") return one;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

test(`whatever frames come, the socket answers or closes with a code, and nothing of it is kept (${replay})`, async () => {
  tell(`sockets: ${replay}`);
  const heap = await heapOf(tacet.process);
  const watching = await watchingSoon();
  const points: [number, number][] = [];
  const runs = Math.ceil(CONNECTIONS / AT_ONCE);
  let run = 0;
  let closedCount = 0;
  let busyCount = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(talk, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (talks) => {
      run += 1;
      await Promise.all(
        talks.map(async (one, index) => {
          const foreign = index === 0 ? "https://elsewhere.example" : undefined;
          const spoken = await speak(one, tacet.keys[index % 2 === 0 ? "pay" : "ann"], foreign);
          if (spoken.closed) closedCount += 1;
          if (isBusy(spoken)) {
            busyCount += 1;
            return;
          }
          const wrong = foreign === undefined ? judge(one, spoken) : readFrames(spoken.bytes).wrong;
          if (wrong !== undefined) throw new Error(wrong);
        }),
      );
      if (run > runs / 4 && run % Math.ceil((runs * 0.75) / 8) === 0) {
        await until(sockets, (count) => count <= 1);
        points.push([run * AT_ONCE, await heap.used()]);
      }
    }),
    { seed: SEED, numRuns: runs, endOnFailure: runs > 50, interruptAfterTimeLimit: SEARCH_MS_MAX },
  );
  // Whoever behaves has heard nothing of all this, and hears of the next change at once.
  await tacet.as("pay")("PUT", "/v1/calls/c10", { attributes: { site: "hull" } });
  await watching.call("c10", ({ attributes }) => attributes["site"] === "hull");
  watching.close();
  await until(sockets, (count) => count === 0);
  heap.close();
  const leak = slopeOf(points);
  tell(
    `${run * AT_ONCE} sockets, ${closedCount} of them closed by the service, ${busyCount} turned away for lack of room; none left`,
  );
  tell(
    `heap: ${points.map(([at, bytes]) => `${at}: ${(bytes / 1e6).toFixed(2)} MB`).join(", ")}; ${leak.toFixed(0)} bytes a socket`,
  );
  expect(busyCount).toBeLessThan(run * AT_ONCE);
  expect(leak).toBeLessThan(LEAK_BYTES_MAX);
  expect(tacet.process.out()).not.toMatch(/"level":[56]0/);
});

/** A connection whose handshake was answered, and no more. */
async function opened(): Promise<Socket> {
  for (;;) {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.write(handshake(tacet.keys.pay));
    const [head] = (await once(socket, "data")) as [Buffer];
    if (head.toString().startsWith("HTTP/1.1 101")) return socket;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

test("a client that pings without end and never reads is cut; its answers do not pile up", async () => {
  const ping = bytesOf({ ...textFrame("x".repeat(125)), opcode: 9 });
  const flood = Buffer.concat(Array.from({ length: 2_000 }, () => ping));
  const socket = await opened();
  socket.pause();
  expect(await sockets()).toBe(1);
  socket.write(flood);
  await until(sockets, (count) => count === 0);
  socket.destroy();
});

/** A request that is right, before something is done to its bytes. */
const right = (run: number): string => {
  const body = JSON.stringify({
    windowId: `bent-${run}`,
    waitMs: 0,
    reason: "card_payment",
    leaseMs: 1_000,
  });
  return [
    "POST /v1/calls/c10/pause HTTP/1.1",
    "host: tacet.test",
    `authorization: Bearer ${tacet.keys.pay}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
};

const bend = fc.array(
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom("insert", "drop", "change", "double", "cut"),
    with: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 6 }),
      fc
        .constantFrom(
          "\r\n",
          "\n",
          "\r\n\r\n",
          "\0",
          " ",
          ":",
          "HTTP/1.1",
          "transfer-encoding: chunked\r\n",
          "content-length: 1\r\n",
          "0\r\n\r\n",
        )
        .map((text) => new TextEncoder().encode(text)),
    ),
    length: fc.nat(40),
  }),
  { minLength: 1, maxLength: 4 },
);

test(`whatever happens to a request's bytes, it is answered once or its connection ends (${replay})`, async () => {
  const runs = Math.ceil(CONNECTIONS / AT_ONCE);
  const statuses = new Map<number, number>();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(bend, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (bends) => {
      await Promise.all(
        bends.map(async (changes) => {
          let bytes = Buffer.from(right((run += 1)));
          for (const { at, how, length, with: added } of changes) {
            const place = bytes.length === 0 ? 0 : at % bytes.length;
            const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
            if (how === "insert") bytes = Buffer.concat([before, added, after]);
            else if (how === "drop") bytes = Buffer.concat([before, after.subarray(length)]);
            else if (how === "change")
              bytes = Buffer.concat([before, added, after.subarray(added.length)]);
            else if (how === "double")
              bytes = Buffer.concat([before, after.subarray(0, length), after]);
            else bytes = before;
          }
          const heard = await exchangeRaw(port, bytes, { halfClose: true });
          for (const status of heard.statuses)
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (!heard.closed) throw new Error("neither answered nor closed");
          const failed = heard.statuses.find((status) => status >= 500);
          if (failed !== undefined) throw new Error(`a ${failed}: ${heard.text}`);
        }),
      );
    }),
    { seed: SEED, numRuns: runs, endOnFailure: runs > 50, interruptAfterTimeLimit: SEARCH_MS_MAX },
  );
  tell(
    `${run} bent requests: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(", ")}`,
  );
  expect((await asking(tacet.url)("GET", "/readyz")).status).toBe(200);
  expect(tacet.process.out()).not.toMatch(/"level":[56]0/);
});
