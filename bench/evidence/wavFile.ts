/** WAV files from samples, in every coding that is heard, and as careless recorders write them. */
import type { WavCodec } from "../../src/evidence/sound/codec.ts";

export interface WavOptions {
  readonly codec?: WavCodec;
  readonly rateHz: number;
  /** What the header says of the data's size; absent: the truth. */
  readonly dataSize?: number;
  /** Chunks before the data: name and size. */
  readonly before?: readonly (readonly [string, number])[];
  readonly after?: readonly (readonly [string, number])[];
  readonly extensible?: boolean;
}

const TAGS: Readonly<Record<WavCodec, readonly [tag: number, bits: number]>> = {
  pcm8: [1, 8],
  pcm16: [1, 16],
  pcm24: [1, 24],
  pcm32: [1, 32],
  float32: [3, 32],
  alaw: [6, 8],
  mulaw: [7, 8],
};

export function wavFile(channels: readonly Float32Array[], options: WavOptions): Buffer {
  const { after = [], before = [], codec = "pcm16", extensible = false, rateHz } = options;
  const [tag, bits] = TAGS[codec];
  const frameBytes = (bits / 8) * channels.length;
  const data = samplesAs(codec, channels);
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels.length, 2);
  format.writeUInt32LE(rateHz, 4);
  format.writeUInt32LE(rateHz * frameBytes, 8);
  format.writeUInt16LE(frameBytes, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt16LE(tag, 24);
    Buffer.from("000000001000800000aa00389b71", "hex").copy(format, 26);
  }
  const other = ([id, size]: readonly [string, number]) => chunk(id, Buffer.alloc(size, 0x5a));
  const body = Buffer.concat([
    Buffer.from("WAVE"),
    chunk("fmt ", format),
    ...before.map(other),
    chunk("data", data, options.dataSize),
    ...after.map(other),
  ]);
  return Buffer.concat([header("RIFF", body.length), body]);
}

function header(id: string, size: number): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, "latin1");
  head.writeUInt32LE(size, 4);
  return head;
}

const chunk = (id: string, body: Buffer, size = body.length): Buffer =>
  Buffer.concat([header(id, size), body, Buffer.alloc(body.length % 2)]);

function samplesAs(codec: WavCodec, channels: readonly Float32Array[]): Buffer {
  const bytes = TAGS[codec][1] / 8;
  const count = channels[0]?.length ?? 0;
  const out = Buffer.alloc(count * channels.length * bytes);
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    for (const channel of channels) {
      write(out, codec, channel[index] ?? 0, at);
      at += bytes;
    }
  }
  return out;
}

function write(out: Buffer, codec: WavCodec, given: number, at: number): void {
  const value = Math.max(-1, Math.min(1, given));
  switch (codec) {
    case "pcm8":
      out[at] = Math.round(value * 127) + 128;
      return;
    case "pcm16":
      out.writeInt16LE(Math.round(value * 32_767), at);
      return;
    case "pcm24":
      out.writeIntLE(Math.round(value * 8_388_607), at, 3);
      return;
    case "pcm32":
      out.writeInt32LE(Math.round(value * 2_147_483_647), at);
      return;
    case "float32":
      out.writeFloatLE(value, at);
      return;
    case "alaw":
      out[at] = alawOf(Math.round(value * 32_767));
      return;
    case "mulaw":
      out[at] = mulawOf(Math.round(value * 32_767));
      return;
    default:
      codec satisfies never;
  }
}

/** ITU-T G.711, by its segments. */
function mulawOf(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const size = Math.min(32_635, Math.abs(sample)) + 0x84;
  const exponent = Math.max(0, 31 - Math.clz32(size) - 7);
  return ~(sign | (exponent << 4) | ((size >> (exponent + 3)) & 0x0f)) & 0xff;
}

function alawOf(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const size = Math.min(32_767, sample >= 0 ? sample : -sample - 1);
  const exponent = Math.max(0, 31 - Math.clz32(size) - 7);
  const mantissa = exponent === 0 ? size >> 4 : size >> (exponent + 3);
  return (sign | (exponent << 4) | (mantissa & 0x0f)) ^ 0x55;
}
