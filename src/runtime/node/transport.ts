/**
 * How the event stream writes to one WebSocket: what is sent in one go leaves in one write, because
 * each write costs more than its message.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { Transport } from "../../events/connection.ts";
import { BUFFERED_BYTES_MAX } from "../../events/subscriber.ts";
import { createFrames, PING } from "./frames.ts";

const frames = createFrames();

/**
 * Beside `ws` on the same connection: it neither compresses nor splits what it sends, so its own
 * frames (pongs, closing) and these each stand whole in the stream.
 */
export function transportOf(socket: WebSocket, wire: Duplex, drained: () => void): Transport {
  let full = false;
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;

  const buffered = (): number => gatheredBytes + wire.writableLength;

  const written = (): void => {
    if (!full || buffered() > BUFFERED_BYTES_MAX) return;
    full = false;
    drained();
  };

  const flush = (): void => {
    const [first] = gathered;
    if (first === undefined) return;
    const bytes = gathered.length === 1 ? first : Buffer.concat(gathered, gatheredBytes);
    gathered = [];
    gatheredBytes = 0;
    // A socket that is closing takes nothing more.
    if (socket.readyState === WebSocket.OPEN && wire.writable) wire.write(bytes, written);
  };

  const gather = (frame: Buffer): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (gathered.length === 0) process.nextTick(flush);
    gathered.push(frame);
    gatheredBytes += frame.length;
    if (buffered() > BUFFERED_BYTES_MAX) full = true;
  };

  return {
    send: (text) => gather(frames.of(text)),
    buffered() {
      const bytes = buffered();
      // Whoever is told that it is full waits to be told that it is not.
      if (bytes > BUFFERED_BYTES_MAX) full = true;
      return bytes;
    },
    close(code, reason) {
      flush();
      socket.close(code, reason);
    },
    ping: () => gather(PING),
  };
}
