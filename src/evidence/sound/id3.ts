/**
 * Leaves out the ID3v2 tag in front of MP3: whatever it holds, none of it is taken for sound.
 *
 * @module
 */

export interface TagSkipper {
  push(bytes: Uint8Array): void;
  /** After the last piece: hands on what was too short to tell. */
  end(): void;
}

const HEADER_BYTES = 10;
const FOOTER_FLAG = 0x10;

/** Hands on what is no tag. */
export function skipTag(to: (bytes: Uint8Array) => void): TagSkipper {
  const header = new Uint8Array(HEADER_BYTES);
  let headerBytes = 0;
  /** Of the tag; unknown until its header was read. */
  let left: number | undefined;

  return {
    push(bytes) {
      let at = 0;
      if (left === undefined) {
        at = Math.min(HEADER_BYTES - headerBytes, bytes.length);
        header.set(bytes.subarray(0, at), headerBytes);
        headerBytes += at;
        if (headerBytes < HEADER_BYTES) return;
        left = afterHeader(header);
        if (left === undefined) {
          left = 0;
          to(header);
        }
      }
      const skipped = Math.min(left, bytes.length - at);
      left -= skipped;
      to(bytes.subarray(at + skipped));
    },
    end() {
      if (left === undefined) to(header.subarray(0, headerBytes));
    },
  };
}

/** How long a tag goes on after its header: four times seven bits, and a footer where flagged. */
function afterHeader([a, b, c, , , flags = 0, ...size]: Uint8Array): number | undefined {
  if (a !== 0x49 || b !== 0x44 || c !== 0x33) return undefined;
  const bytes = size.slice(0, 4).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
  return bytes + ((flags & FOOTER_FLAG) === 0 ? 0 : HEADER_BYTES);
}
