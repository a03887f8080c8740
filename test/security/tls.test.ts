/** TLS as the oldest and the weakest clients ask for it, byte by byte, and as honest ones do. */
import { connect as connectPlain } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authority } from "../adapters/certificates.ts";
import { closeRecorders, startRecorders } from "../service/acme.ts";
import { cleanUp, folder } from "../service/process.ts";
import { startWithin, stopServices } from "../service/within.ts";

const root = authority("tacet test");
let port = 0;
beforeAll(async () => {
  const recorders = await startRecorders();
  const tls = root.issue("tacet.test");
  const tacet = await startWithin(await folder(), recorders.origins, { listen: { tls } });
  port = Number(new URL(tacet.url).port);
});
afterAll(async () => {
  await stopServices();
  await cleanUp();
  await closeRecorders();
});

const u16 = (value: number) => Buffer.of(value >> 8, value & 0xff);
const sized = (bytes: Buffer) => Buffer.concat([u16(bytes.length), bytes]);

/**
 * The first flight of a client that speaks `version` at most and these cipher suites alone. Written
 * by hand, because the library of today refuses to send it.
 */
function clientHello(version: number, suites: readonly number[]): Buffer {
  const groups = Buffer.concat([
    u16(0x000a),
    sized(sized(Buffer.concat([0x001d, 0x0017].map(u16)))),
  ]);
  const points = Buffer.concat([u16(0x000b), sized(Buffer.of(1, 0))]);
  const algorithms = [0x0403, 0x0503, 0x0203, 0x0804, 0x0401].map(u16);
  const signatures = Buffer.concat([u16(0x000d), sized(sized(Buffer.concat(algorithms)))]);
  const body = Buffer.concat([
    u16(version),
    Buffer.alloc(32, 7),
    Buffer.of(0),
    sized(Buffer.concat(suites.map(u16))),
    Buffer.of(1, 0),
    sized(Buffer.concat([groups, points, signatures])),
  ]);
  const length = Buffer.of(0, body.length >> 8, body.length & 0xff);
  const handshake = Buffer.concat([Buffer.of(1), length, body]);
  return Buffer.concat([Buffer.of(0x16, 0x03, 0x01), sized(handshake)]);
}

/** What comes back first: `hello`, or the number of the alert. */
function firstAnswer(hello: Buffer): Promise<"hello" | number | "nothing"> {
  return new Promise((resolve) => {
    const socket = connectPlain(port, "127.0.0.1", () => socket.write(hello));
    socket.once("data", (data: Buffer) => {
      resolve(data[0] === 0x15 ? (data[6] ?? 0) : data[0] === 0x16 ? "hello" : "nothing");
      socket.destroy();
    });
    socket.once("error", () => resolve("nothing"));
    socket.once("close", () => resolve("nothing"));
  });
}

/** Suites that every version up to 1.2 knows, forward secret and authenticated by ECDSA. */
const COMMON = [0xc009, 0xc00a, 0xc023, 0xc02b, 0xc02c];
const PROTOCOL_VERSION = 70;
const HANDSHAKE_FAILURE = 40;

describe("a client that speaks at most", () => {
  test("TLS 1.2 is greeted: what is refused below is refused for its version alone", async () => {
    expect(await firstAnswer(clientHello(0x0303, COMMON))).toBe("hello");
  });

  test.each([
    ["TLS 1.1", 0x0302],
    ["TLS 1.0", 0x0301],
  ])("%s is told that its version is not spoken", async (_, version) => {
    expect(await firstAnswer(clientHello(version, COMMON))).toBe(PROTOCOL_VERSION);
  });

  test("SSL 3.0 gets no handshake", async () => {
    const alert = await firstAnswer(clientHello(0x0300, COMMON));
    expect([PROTOCOL_VERSION, HANDSHAKE_FAILURE]).toContain(alert);
  });

  test("SSL 2.0 is told nothing", async () => {
    const hello = Buffer.concat([
      Buffer.of(0x80, 0x2e, 0x01, 0x00, 0x02, 0x00, 0x15, 0x00, 0x00, 0x00, 0x10),
      Buffer.alloc(0x2e - 9, 1),
    ]);
    expect(await firstAnswer(hello)).not.toBe("hello");
  });
});

test.each([
  ["no encryption", [0x0001, 0x0002, 0x003b, 0xc006, 0xc010]],
  ["export strength", [0x0003, 0x0006, 0x0008, 0x0014, 0x0062]],
  ["RC4", [0x0004, 0x0005, 0xc007, 0xc011]],
  ["DES and triple DES", [0x0009, 0x000a, 0x0016, 0xc008, 0xc012]],
  ["nobody's key", [0x0018, 0x0034, 0x006c, 0xc015, 0xc018, 0xc019]],
])("a client of TLS 1.2 that offers %s alone gets no handshake", async (_, suites) => {
  expect(await firstAnswer(clientHello(0x0303, suites))).toBe(HANDSHAKE_FAILURE);
});

describe("an honest client", () => {
  const handshake = (options: ConnectionOptions) =>
    new Promise<{ protocol: string | null; cipher: string; forward: boolean }>(
      (resolve, reject) => {
        const socket = connectTls({ port, host: "127.0.0.1", ca: root.cert, ...options }, () => {
          const { name } = socket.getCipher();
          const { type } = socket.getEphemeralKeyInfo() as { type?: string };
          resolve({ protocol: socket.getProtocol(), cipher: name, forward: type !== undefined });
          socket.destroy();
        });
        socket.once("error", reject);
      },
    );

  test("speaks TLS 1.3, or 1.2, with keys that no later theft of the certificate's opens", async () => {
    expect(await handshake({})).toMatchObject({ protocol: "TLSv1.3", forward: true });
    const second = await handshake({ maxVersion: "TLSv1.2" });
    expect(second).toMatchObject({ protocol: "TLSv1.2", forward: true });
    expect(second.cipher).toMatch(/^ECDHE-.*(?:GCM|POLY1305)/);
  });

  test("may not renegotiate", async () => {
    const options = { port, host: "127.0.0.1", ca: root.cert, maxVersion: "TLSv1.2" } as const;
    const came = await new Promise<string>((resolve) => {
      const socket = connectTls(options, () => {
        socket.renegotiate({}, (error) => resolve(error === null ? "renegotiated" : "refused"));
      });
      socket.once("error", () => resolve("refused"));
      socket.once("close", () => resolve("refused"));
    });
    expect(came).toBe("refused");
  });
});
