/**
 * How samples are written in a WAV file, and what they are as numbers from -1 to 1.
 *
 * @module
 */

/** Named in reports. `mp3` is decoded by whoever holds a decoder. */
export type Codec = "pcm8" | "pcm16" | "pcm24" | "pcm32" | "float32" | "alaw" | "mulaw" | "mp3";
export type WavCodec = Exclude<Codec, "mp3">;

export const BYTES_PER_SAMPLE: Readonly<Record<WavCodec, number>> = {
  pcm8: 1,
  pcm16: 2,
  pcm24: 3,
  pcm32: 4,
  float32: 4,
  alaw: 1,
  mulaw: 1,
};

/** Reads interleaved samples: `count` of each channel, from `at` in `bytes`. */
export function unpack(
  codec: WavCodec,
  bytes: Uint8Array,
  at: number,
  count: number,
  into: readonly Float32Array[],
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step = BYTES_PER_SAMPLE[codec];
  const frame = step * into.length;
  for (const [channel, out] of into.entries()) {
    let place = at + channel * step;
    switch (codec) {
      case "pcm16":
        for (let index = 0; index < count; index += 1, place += frame) {
          out[index] = view.getInt16(place, true) / 32_768;
        }
        break;
      case "alaw":
      case "mulaw": {
        const table = codec === "alaw" ? ALAW : MULAW;
        for (let index = 0; index < count; index += 1, place += frame) {
          out[index] = table[bytes[place] ?? 0] ?? 0;
        }
        break;
      }
      case "pcm8":
        for (let index = 0; index < count; index += 1, place += frame) {
          out[index] = ((bytes[place] ?? 128) - 128) / 128;
        }
        break;
      case "pcm24":
        for (let index = 0; index < count; index += 1, place += frame) {
          const high = view.getInt8(place + 2);
          out[index] = (high * 65_536 + view.getUint16(place, true)) / 8_388_608;
        }
        break;
      case "pcm32":
        for (let index = 0; index < count; index += 1, place += frame) {
          out[index] = view.getInt32(place, true) / 2_147_483_648;
        }
        break;
      case "float32":
        for (let index = 0; index < count; index += 1, place += frame) {
          const value = view.getFloat32(place, true);
          // What is no number is heard as the loudest there is, so that it hides nothing.
          out[index] = Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 1;
        }
        break;
      default:
        codec satisfies never;
    }
  }
}

/** ITU-T G.711. */
const MULAW = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const size = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return ((bits & 0x80) === 0 ? size : -size) / 32_768;
});

const ALAW = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const exponent = (bits & 0x70) >> 4;
  const mantissa = ((bits & 0x0f) << 4) + 8;
  const size = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return ((bits & 0x80) === 0 ? -size : size) / 32_768;
});
