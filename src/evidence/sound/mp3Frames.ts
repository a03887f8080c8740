/**
 * Finds the frames of MP3 in bytes that come in pieces of any size, and what lies between them.
 *
 * MPEG-1 (ISO 11172-3) and MPEG-2 (ISO 13818-3) layer III, and its extension to 8 kHz that is
 * called MPEG 2.5. Frames of "free format", which do not say how long they are, are none here.
 *
 * @module
 */

export interface Mp3Header {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  /** Of each channel. */
  readonly samples: number;
  /** Of the whole frame, its header included. */
  readonly bytes: number;
  /** From the frame's first byte to where its sound is, or where it says that it has none. */
  readonly sideBytes: number;
}

export interface Mp3Frames {
  push(bytes: Uint8Array): void;
  /** After the last piece: no more frames need to follow a frame. */
  end(): void;
  /** Bytes in front of a frame or between two that are no frame: sound may be missing there. */
  lostBytes(): number;
}

/** Of the longest: 320 kbit/s at 32 kHz, or 160 at 8 kHz, and one byte of padding. */
export const FRAME_BYTES_MAX = 1_441;
const HEADER_BYTES = 4;
/** After bytes that are no frame, so many that fit must follow: by chance one in 10^14 does. */
const FOLLOWERS = 2;
const KEPT_BYTES_MAX = 32_768;

const KBITS = {
  mpeg1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const RATES_HZ = [44_100, 48_000, 32_000];
/** By the header's two bits; 1 is nothing. */
const RATE_DIVISORS = [4, undefined, 2, 1];
const LAYER_III = 1;
const MODE_MONO = 3;
const EMPHASIS_RESERVED = 2;

/** `frame` is given bytes that are used again: whoever keeps them copies them. */
export function mp3Frames(frame: (header: Mp3Header, bytes: Uint8Array) => void): Mp3Frames {
  const kept = new Uint8Array(KEPT_BYTES_MAX);
  let keptBytes = 0;
  /** Of the frame that ended where the next is looked for. */
  let before: Mp3Header | undefined;
  let lost = 0;
  /** Counts once a frame follows: behind the last is a tag, or half a frame. */
  let lostSince = 0;

  /** Undefined: it cannot be told before more has come. */
  function isFrame(header: Mp3Header, at: number, ended: boolean): boolean | undefined {
    if (before !== undefined && sameFormat(before, header)) {
      if (at + header.bytes <= keptBytes) return true;
      return ended ? false : undefined;
    }
    let next = at + header.bytes;
    for (let follower = 0; follower < FOLLOWERS; follower += 1) {
      if (next + HEADER_BYTES > keptBytes) {
        if (!ended) return undefined;
        return next === keptBytes || follower > 0;
      }
      const following = mp3Header(kept, next);
      if (following === undefined || !sameFormat(header, following)) return false;
      next += following.bytes;
    }
    return true;
  }

  function find(ended: boolean): void {
    let at = 0;
    while (at + HEADER_BYTES <= keptBytes) {
      const header = mp3Header(kept, at);
      const found = header !== undefined && isFrame(header, at, ended);
      if (found === undefined) break;
      if (header !== undefined && found) {
        lost += lostSince;
        lostSince = 0;
        before = header;
        frame(header, kept.subarray(at, at + header.bytes));
        at += header.bytes;
      } else {
        before = undefined;
        lostSince += 1;
        at += 1;
      }
    }
    kept.copyWithin(0, at, keptBytes);
    keptBytes -= at;
  }

  return {
    push(bytes) {
      for (let at = 0; at < bytes.length;) {
        const taken = Math.min(KEPT_BYTES_MAX - keptBytes, bytes.length - at);
        kept.set(bytes.subarray(at, at + taken), keptBytes);
        keptBytes += taken;
        at += taken;
        find(false);
      }
    },
    end: () => find(true),
    lostBytes: () => lost,
  };
}

/** The same rate and channels; their bits a second may differ. */
export const sameFormat = (one: Mp3Header, other: Mp3Header): boolean =>
  one.sampleRateHz === other.sampleRateHz && one.channelCount === other.channelCount;

/** A frame that holds no sound, and says how long the file is: the words of Xing, lame, and VBRI. */
export function isInfo({ sideBytes }: Mp3Header, bytes: Uint8Array): boolean {
  const wordAt = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  return ["Xing", "Info"].includes(wordAt(sideBytes)) || wordAt(36) === "VBRI";
}

/** What the four bytes from `at` on say, or undefined where they are no header. */
export function mp3Header(bytes: Uint8Array, at: number): Mp3Header | undefined {
  if (bytes[at] !== 0xff) return undefined;
  const [b = 0, c = 0, d = 0] = bytes.subarray(at + 1, at + HEADER_BYTES);
  if (b >> 5 !== 7 || ((b >> 1) & 3) !== LAYER_III) return undefined;
  const divisor = RATE_DIVISORS[(b >> 3) & 3];
  const rateHz = RATES_HZ[(c >> 2) & 3];
  const mpeg = divisor === 1 ? "mpeg1" : "mpeg2";
  const kbits = KBITS[mpeg][(c >> 4) - 1];
  if (divisor === undefined || rateHz === undefined || kbits === undefined) return undefined;
  if ((d & 3) === EMPHASIS_RESERVED) return undefined;
  const sampleRateHz = rateHz / divisor;
  const samples = mpeg === "mpeg1" ? 1_152 : 576;
  const channelCount = d >> 6 === MODE_MONO ? 1 : 2;
  const [mono, stereo] = mpeg === "mpeg1" ? [17, 32] : [9, 17];
  return {
    sampleRateHz,
    channelCount,
    samples,
    bytes: Math.floor(((samples / 8) * kbits * 1_000) / sampleRateHz) + ((c >> 1) & 1),
    sideBytes: HEADER_BYTES + (channelCount === 1 ? mono : stereo),
  };
}
