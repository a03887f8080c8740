/**
 * Tells whether an MP3 frame can be decoded whole, by its side information (ISO 11172-3, 2.4.1.7;
 * ISO 13818-3, 2.4.1.7): a decoder makes silence of one that cannot, without a word.
 *
 * @module
 */
import type { Mp3Header } from "./mp3Frames.ts";

/** A frame's sound may begin in the frames before it, at most so far back. */
const BACK_BYTES_MAX = 511;
const LENGTH_BITS = 12;
const CRC_BYTES = 2;

/** Asks each frame of a file in turn. */
export function wholeFrames(): (header: Mp3Header, bytes: Uint8Array) => boolean {
  let behind = 0;
  return (header, bytes) => {
    const { backBytes, soundBits } = sideOf(header, bytes);
    const own = Math.max(0, bytes.length - header.sideBytes - crcBytes(bytes));
    const whole = backBytes <= behind && soundBits <= (backBytes + own) * 8;
    behind = Math.min(BACK_BYTES_MAX, behind + own);
    return whole;
  };
}

/** Where the frame's sound begins, before the frame, and how long it is. */
function sideOf({ channelCount, samples }: Mp3Header, bytes: Uint8Array) {
  const first = samples === 1_152;
  const mono = channelCount === 1;
  const backBits = first ? 9 : 8;
  // Bits for private use, and in MPEG-1 four a channel that say what two granules share.
  const between = first ? (mono ? 5 + 4 : 3 + 8) : mono ? 1 : 2;
  const granules = (first ? 2 : 1) * channelCount;
  const granuleBits = first ? 59 : 63;
  const from = (4 + crcBytes(bytes)) * 8;
  let soundBits = 0;
  for (let granule = 0; granule < granules; granule += 1) {
    const at = from + backBits + between + granule * granuleBits;
    soundBits += bitsAt(bytes, at, LENGTH_BITS);
  }
  return { backBytes: bitsAt(bytes, from, backBits), soundBits };
}

const crcBytes = (bytes: Uint8Array): number => (((bytes[1] ?? 0) & 1) === 0 ? CRC_BYTES : 0);

/** At most 16. */
function bitsAt(bytes: Uint8Array, at: number, count: number): number {
  const byte = at >> 3;
  const three = ((bytes[byte] ?? 0) << 16) | ((bytes[byte + 1] ?? 0) << 8) | (bytes[byte + 2] ?? 0);
  return (three >> (24 - (at & 7) - count)) & ((1 << count) - 1);
}
