/**
 * What a WAV file says of its sound: coding, rate and channels.
 *
 * @module
 */
import { BYTES_PER_SAMPLE, type WavCodec } from "./codec.ts";
import type { Problem, SoundFormat, Unheard } from "./wav.ts";

const RATE_HZ = { min: 8_000, max: 48_000 };
export const isSame = (a: SoundFormat, b: SoundFormat): boolean =>
  a.codec === b.codec && a.sampleRateHz === b.sampleRateHz && a.channelCount === b.channelCount;

const EXTENSIBLE = 0xfffe;
/** The last fourteen bytes of every KSDATAFORMAT_SUBTYPE that stands for a format tag. */
const SUBTYPE = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/** The bytes of a `fmt ` chunk, 16 at least. */
export function readFormat(view: DataView, bytes: number): SoundFormat<WavCodec> | Problem {
  const problem = (name: Unheard, detail: string): Problem => ({
    kind: "unheard",
    problem: name,
    detail,
  });
  const given = view.getUint16(0, true);
  const channelCount = view.getUint16(2, true);
  const sampleRateHz = view.getUint32(4, true);
  const bits = view.getUint16(14, true);
  const extended = given === EXTENSIBLE && bytes >= 40;
  const known = SUBTYPE.every((byte, index) => view.getUint8(26 + index) === byte);
  const tag = extended && known ? view.getUint16(24, true) : given;
  const codec = codecOf(tag, bits);
  if (codec === undefined) {
    return problem("codec_unknown", `format 0x${tag.toString(16)} with ${bits} bits is not known`);
  }
  if (sampleRateHz < RATE_HZ.min || sampleRateHz > RATE_HZ.max) {
    return problem("format_unknown", `${sampleRateHz} samples a second are not heard`);
  }
  if (channelCount !== 1 && channelCount !== 2) {
    return problem("format_unknown", `${channelCount} channels are not heard`);
  }
  const frame = view.getUint16(12, true);
  if (frame !== BYTES_PER_SAMPLE[codec] * channelCount) {
    return problem("not_sound", `its format says that one sample takes ${frame} bytes`);
  }
  return { codec, sampleRateHz, channelCount };
}

function codecOf(tag: number, bits: number): WavCodec | undefined {
  if (tag === 3) return bits === 32 ? "float32" : undefined;
  if (tag === 6) return bits === 8 ? "alaw" : undefined;
  if (tag === 7) return bits === 8 ? "mulaw" : undefined;
  if (tag !== 1) return undefined;
  switch (bits) {
    case 8:
      return "pcm8";
    case 16:
      return "pcm16";
    case 24:
      return "pcm24";
    case 32:
      return "pcm32";
    default:
      return undefined;
  }
}
