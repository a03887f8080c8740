/**
 * A server's text messages as the bytes of a WebSocket (RFC 6455, 5.2): unmasked, one frame each. A
 * message that goes to many is made into bytes once.
 *
 * @module
 */

const FIN_TEXT = 0x81;
/** FIN, opcode 9, and no payload: a client's stack answers it by itself. */
export const PING = Buffer.from([0x89, 0x00]);
/** Messages whose bytes are kept for the next reader; the oldest goes first. */
export const FRAME_COUNT_MAX = 512;

export interface Frames {
  of(text: string): Buffer;
  /** How many are kept. */
  count(): number;
}

export function createFrames(countMax: number = FRAME_COUNT_MAX): Frames {
  const kept = new Map<string, Buffer>();
  return {
    of(text) {
      const known = kept.get(text);
      if (known !== undefined) return known;
      const frame = frameOf(text);
      if (kept.size >= countMax) kept.delete(kept.keys().next().value ?? "");
      kept.set(text, frame);
      return frame;
    },
    count: () => kept.size,
  };
}

function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = FIN_TEXT;
  if (start === 2) {
    frame[1] = length;
  } else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, start);
  return frame;
}
