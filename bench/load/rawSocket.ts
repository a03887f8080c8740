/**
 * The least a WebSocket client can be, on a bare TCP connection: ten thousand of them cost little,
 * and one that stops reading really stops reading.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

export interface RawSocket {
  /** Sends a text message. */
  say(text: string): void;
  /** Reads no more; what comes stays with the operating system. */
  stopReading(): void;
  /** Cuts the connection, as a failing network does. */
  cut(): void;
}

export interface Heard {
  /** The upgrade was accepted. */
  opened(): void;
  /** A text message; the bytes are only good during the call. */
  message(payload: Buffer): void;
  /** The connection is gone; `refused` where there was never a WebSocket. */
  gone(refused: Refused | undefined): void;
}

export interface Refused {
  readonly status: number;
  /** As the answer said, else 0. */
  readonly retryAfterMs: number;
}

export function openRaw(url: URL, key: string, heard: Heard): RawSocket {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  let rest: Buffer = Buffer.alloc(0);
  let upgraded = false;
  let refused: Refused | undefined;
  let cut = false;
  socket.once("connect", () => socket.write(handshake(url, key)));
  socket.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!upgraded) {
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      refused = refusalOf(rest.subarray(0, end).toString("latin1"));
      if (refused !== undefined) return void socket.destroy();
      rest = rest.subarray(end + 4);
      upgraded = true;
      heard.opened();
    }
    rest = readFrames(rest, socket, heard);
  });
  // An error is followed by `close`.
  socket.on("error", () => undefined);
  socket.once("close", () => {
    if (!cut) heard.gone(refused);
  });
  return {
    say: (text) => void socket.write(frame(TEXT, Buffer.from(text))),
    stopReading: () => void socket.pause(),
    cut() {
      cut = true;
      socket.resetAndDestroy();
    },
  };
}

function refusalOf(head: string): Refused | undefined {
  const status = Number(head.slice(9, 12));
  if (status === 101) return undefined;
  const seconds = /^retry-after: (\d+)/im.exec(head)?.[1] ?? "0";
  return { status, retryAfterMs: Number(seconds) * 1_000 };
}

const handshake = (url: URL, key: string): string =>
  [
    "GET /v1/events HTTP/1.1",
    `Host: ${url.host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Protocol: tacet.v1",
    `Authorization: Bearer ${key}`,
    "\r\n",
  ].join("\r\n");

/** Returns what is left of a frame that is not whole yet. */
function readFrames(bytes: Buffer, socket: Socket, heard: Heard): Buffer {
  let at = 0;
  while (bytes.length - at >= 2) {
    const opcode = (bytes[at] as number) & 0x0f;
    let length = (bytes[at + 1] as number) & 0x7f;
    let start = at + 2;
    if (length === 126) {
      if (bytes.length - at < 4) break;
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === 127) {
      if (bytes.length - at < 10) break;
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    if (bytes.length - start < length) break;
    const payload = bytes.subarray(start, start + length);
    if (opcode === TEXT) heard.message(payload);
    else if (opcode === PING) socket.write(frame(PONG, payload));
    else if (opcode === CLOSE) socket.end(frame(CLOSE, payload));
    at = start + length;
  }
  return bytes.subarray(at);
}

/** A client's frame is masked (RFC 6455, 5.3); with zeros, which is as good on a test bench. */
function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | Math.min(length, 126);
  if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}
