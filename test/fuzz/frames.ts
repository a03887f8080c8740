/**
 * WebSocket frames as bytes (RFC 6455), right and wrong, and what a server may send back. Written
 * by hand: a library would not send what a broken client does.
 */
import * as fc from "fast-check";

export interface Frame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Uint8Array;
  /** What the header says instead of the payload's own length. */
  readonly said?: number;
  /** Bytes the length takes in the header, where more than needed. */
  readonly lengthBytes: 0 | 2 | 8;
}

const KEY = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

export function bytesOf(frame: Frame): Buffer {
  const { fin, lengthBytes, masked, opcode, payload, rsv } = frame;
  const length = frame.said ?? payload.length;
  const wide = length > 0xffff || lengthBytes === 8 ? 8 : length > 125 || lengthBytes === 2 ? 2 : 0;
  const head = Buffer.alloc(2 + wide + (masked ? 4 : 0));
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (wide === 8 ? 127 : wide === 2 ? 126 : length);
  if (wide === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (wide === 2) head.writeUInt16BE(length, 2);
  if (!masked) return Buffer.concat([head, payload]);
  head.set(KEY, 2 + wide);
  return Buffer.concat([head, payload.map((byte, at) => byte ^ (KEY[at % 4] ?? 0))]);
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

export const textFrame = (text: string): Frame => ({
  fin: true,
  rsv: 0,
  opcode: 1,
  masked: true,
  payload: encode(text),
  lengthBytes: 0,
});

const id = fc.oneof(
  fc.constantFrom("c10", "c11", "a-204", "__proto__", "constructor"),
  fc.string({ minLength: 1, maxLength: 20 }),
);
const some = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const fits = fc.oneof(
  fc.record(
    {
      type: fc.constant("subscribe"),
      calls: fc.array(id, { maxLength: 5 }),
      agents: fc.array(id, { maxLength: 5 }),
      where: fc.dictionary(id, id, { maxKeys: 3 }),
      all: fc.boolean(),
      since: fc.record({ epoch: id, position: fc.nat() }),
      maxHz: fc.double({ min: 0.1, max: 50, noNaN: true }),
    },
    { requiredKeys: ["type"] },
  ),
  fc.record({ type: fc.constant("shown"), callId: id, position: fc.nat(1_000) }),
  fc.constant({ type: "pong" }),
);
const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fits.map((message) => JSON.stringify(message)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)) },
  {
    weight: 1,
    arbitrary: fc
      .record({
        type: fc.constantFrom("subscribe", "shown", "x"),
        calls: some(fc.jsonValue()),
        position: some(fc.jsonValue()),
      })
      .map((value) => JSON.stringify(value)),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.nat(9_000).map((depth) => "[".repeat(depth) + "]".repeat(depth)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(60_000, 65_536, 65_537, 70_000)
      .map((length) => JSON.stringify({ type: "pong", x: "y".repeat(length) })),
  },
);

/** One message as one frame, or in pieces, at times with a ping between them. */
const message: fc.Arbitrary<readonly Frame[]> = fc
  .record({ text: texts, pieces: fc.constantFrom(1, 1, 1, 2, 5, 300), ping: fc.boolean() })
  .map(({ text, pieces, ping }) => {
    const payload = encode(text);
    const size = Math.max(1, Math.ceil(payload.length / pieces));
    const frames: Frame[] = [];
    for (let at = 0; at === 0 || at < payload.length; at += size) {
      const last = at + size >= payload.length;
      const piece = payload.subarray(at, at + size);
      const opcode = at === 0 ? 1 : 0;
      frames.push({ fin: last, rsv: 0, opcode, masked: true, payload: piece, lengthBytes: 0 });
      if (ping && !last && frames.length < 4) frames.push({ ...textFrame("p"), opcode: 9 });
    }
    return frames;
  });

const odd: fc.Arbitrary<Frame> = fc
  .record({
    fin: fc.boolean(),
    rsv: fc.constantFrom(0, 0, 0, 1, 2, 4, 7),
    opcode: fc.constantFrom(0, 1, 1, 2, 3, 7, 8, 9, 10, 11, 15),
    masked: fc.constantFrom(true, true, true, true, false),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 130 }),
      // Close codes, those that must not be sent too, with reasons that are no UTF-8.
      fc
        .tuple(
          fc.constantFrom(
            0,
            999,
            1000,
            1001,
            1004,
            1005,
            1006,
            1011,
            1015,
            2999,
            3000,
            4401,
            65_535,
          ),
          fc.uint8Array({ maxLength: 20 }),
        )
        .map(([code, reason]) => Uint8Array.of(code >> 8, code & 255, ...reason)),
      fc.constantFrom("\ud800", "é", "\u0000").map(encode),
      fc
        .constantFrom(
          [0xff],
          [0xc0, 0x80],
          [0xed, 0xa0, 0x80],
          [0xf4, 0x90, 0x80, 0x80],
          [0xe2, 0x82],
        )
        .map((bytes) => Uint8Array.from(bytes)),
    ),
    said: some(
      fc.constantFrom(0, 5, 126, 65_536, 65_537, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
    ),
    lengthBytes: fc.constantFrom<0 | 2 | 8>(0, 0, 0, 2, 8),
  })
  .map(({ said, ...frame }) => (said === undefined ? frame : { ...frame, said }));

/** What one client sends once its socket stands, cut into segments at these places. */
export interface Talk {
  readonly bytes: Buffer;
  readonly cuts: readonly number[];
  /** Nothing but whole frames of this protocol, however they were cut. */
  readonly proper: boolean;
  readonly end: "close" | "half" | "reset" | "wait";
}

const pings = fc
  .nat(400)
  .map((count) =>
    Array.from({ length: count }, () => ({ ...textFrame("x".repeat(125)), opcode: 9 })),
  );

export const talk: fc.Arbitrary<Talk> = fc
  .record({
    messages: fc.array(message, { maxLength: 6 }),
    odds: fc.array(odd, { maxLength: 3 }),
    flood: fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: pings }),
    garbage: fc.oneof(
      { weight: 9, arbitrary: fc.constant(new Uint8Array()) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    ),
    cuts: fc.array(fc.nat(), { maxLength: 4 }),
    end: fc.constantFrom("close" as const, "half" as const, "reset" as const, "wait" as const),
  })
  .map(({ cuts, end, flood, garbage, messages, odds }) => {
    const frames = [...messages.flat(), ...flood, ...odds];
    const bytes = Buffer.concat([...frames.map(bytesOf), garbage]);
    const proper = odds.length === 0 && garbage.length === 0;
    return {
      bytes,
      cuts: cuts.map((cut) => (bytes.length === 0 ? 0 : cut % bytes.length)),
      end,
      proper,
    };
  });

export interface Received {
  readonly texts: readonly string[];
  readonly closeCode?: number;
  /** What in the server's bytes no server may send. */
  readonly wrong?: string;
}

/** Reads what a server sent after its handshake. An unfinished last frame is left alone. */
export function readFrames(bytes: Buffer): Received {
  const heard: string[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const [first = 0, second = 0] = [bytes[at], bytes[at + 1]];
    const opcode = first & 15;
    if ((first & 0x70) !== 0) return { texts: heard, wrong: "reserved bits" };
    if ((first & 0x80) === 0) return { texts: heard, wrong: "in pieces" };
    if ((second & 0x80) !== 0) return { texts: heard, wrong: "masked" };
    const short = second & 127;
    const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (at + 2 + wide > bytes.length) break;
    const length =
      wide === 0
        ? short
        : wide === 2
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    const from = at + 2 + wide;
    if (from + length > bytes.length) break;
    const payload = bytes.subarray(from, from + length);
    at = from + length;
    if (opcode === 8) {
      const closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      return at === bytes.length
        ? { texts: heard, closeCode }
        : { texts: heard, wrong: "more after its close" };
    }
    if (opcode === 1) heard.push(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    else if (opcode !== 9 && opcode !== 10) return { texts: heard, wrong: `opcode ${opcode}` };
  }
  return { texts: heard };
}
